"""The command of a course's author: parse, call, print."""

import shlex

import click

from fls_teach.cli.shared import COURSE_VARIABLE, sentence_for_mistakes


@click.command("new-exercise")
@click.argument("slug", metavar="SLUG")
@click.option(
    "--course",
    metavar="DIR",
    envvar=COURSE_VARIABLE,
    help=f"Folder of your course, made if necessary; default: the one in {COURSE_VARIABLE}, else this clone.",
)
@sentence_for_mistakes
def new_exercise(slug, course):
    """Write a new exercise to start from: lesson, stub, hints, specification, solutions, misconceptions.

    It is a small working exercise, which you replace piece by piece. SLUG names the exercise and its function: ridge,
    or 07_ridge to choose the number.
    """
    from fls_teach.course.new_exercise import new_exercise as write

    done = write(slug, course)
    click.echo(f"Wrote {done.name} in '{done.course}', a small exercise that works. Replace these files:")
    width = max(len(str(path.relative_to(done.course))) for path in done.files)
    for path, purpose in done.files.items():
        click.echo(f"  {path.relative_to(done.course)!s:{width}}  {purpose}")
    number, option = done.name[:2], f" --course {shlex.quote(str(course))}" if course else ""
    click.echo(f"`fls lint {number}{option}` checks that they agree with each other.")
