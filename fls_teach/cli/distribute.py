"""The commands that hand the course on: to students, and to a platform that grades them."""

from pathlib import Path

import click

from fls_teach.cli.shared import course_option, sentence_for_mistakes
from fls_teach.course.registry import CourseError


@click.command()
@click.argument("folder", metavar="DIR")
@course_option
@sentence_for_mistakes
def release(folder):
    """Make the student distribution: all that a student needs to install and work, without the solutions.

    DIR is new, empty, or holds an earlier release, which is brought up to date.
    """
    from fls_teach.autograder.packaging import release as releasing

    done = releasing.release(folder)
    verb = "Made" if done.new else "Brought up to date:"
    click.echo(f"{verb} '{done.folder}': {done.files} files, {done.size / 1e6:.1f} MB, no solutions.")
    for name in done.removed:
        click.echo(f"  removed {name}")
    click.echo("Put the folder into a repository, or zip it for a web page; its README.md tells students how to begin.")


@click.group()
def bundle():
    """Pack what goes to a platform: the autograder, or the reports."""


@bundle.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="autograder.zip",
    show_default=True,
    help="The zip to write; one that is there is replaced.",
)
@click.option(
    "--key",
    metavar="TEXT|@FILE",
    help="The course's key, or @ and the file that holds it; else a new one, or that of the zip replaced.",
)
@click.option(
    "--minutes",
    type=click.IntRange(2, 40),
    default=10,
    show_default=True,
    help="The assignment's time limit on Gradescope.",
)
@click.option(
    "--torch-index",
    metavar="URL",
    default="",
    help="Where setup.sh gets torch; else from the usual index, with its libraries for GPUs.",
)
@click.option("--extra-spec", metavar="DIR", help="A folder of withheld properties: graded, and never shown.")
@course_option
@sentence_for_mistakes
def gradescope(out, key, minutes, torch_index, extra_spec):
    """Make the zip for Gradescope: its autograder is this course, and grades all exercises.

    The zip holds the solutions and the course's key: keep it to yourself. README.md in it says how to use it.
    """
    from fls_teach.autograder.packaging.bundle import bundle_gradescope

    done = bundle_gradescope(out, key=_key(key), minutes=minutes, torch_index=torch_index, extra_spec=extra_spec)
    click.echo(f"'{done.path}': {_exercises(done.exercises)}, {done.points} points, {done.size / 1e6:.1f} MB.")
    if done.key_is_new:
        click.echo(f"Its course key is new; keep it for `fls grade --key-file`: {done.key}")
    click.echo("It holds the solutions and the key, so keep it to yourself; its README.md says how to go on.")


@bundle.command()
@click.argument("results", metavar="RESULTS", type=click.Path(path_type=Path))
@click.option(
    "--zip",
    "target",
    type=click.Path(path_type=Path),
    default="feedback.zip",
    show_default=True,
    help="The zip to write; one that is there is replaced.",
)
@sentence_for_mistakes
def feedback(results, target):
    """Make the zip for your learning platform: the reports alone, called as it called what was handed in.

    RESULTS is the --out of an `fls grade` that has ended. gradebook.csv in the zip opens in a spreadsheet as it is.
    """
    from fls_teach.autograder.packaging.feedback import bundle_feedback

    count = bundle_feedback(results, target)
    click.echo(f"'{target}': {count} {'report' if count == 1 else 'reports'} and the gradebook.")


def _exercises(count):
    return "1 exercise" if count == 1 else f"{count} exercises"


def _key(given):
    if given is None or not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not text"
        raise CourseError(f"the key file '{given[1:]}' cannot be read ({reason})") from None
