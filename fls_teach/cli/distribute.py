"""The commands that package the course for students and for a grading platform."""

from pathlib import Path

import click

from fls_teach.cli.shared import course_option, sentence_for_mistakes
from fls_teach.course.registry import CourseError


@click.command()
@click.argument("folder", metavar="DIR")
@course_option
@sentence_for_mistakes
def release(folder):
    """Make the student distribution: everything that a student needs, without the solutions.

    DIR must be new, empty, or an earlier release, which is then updated.
    """
    from fls_teach.autograder.packaging import release as releasing

    done = releasing.release(folder)
    verb = "Made" if done.new else "Updated"
    click.echo(f"{verb} '{done.folder}': {done.files} files, {done.size / 1e6:.1f} MB, no solutions.")
    for name in done.removed:
        click.echo(f"  removed {name}")
    click.echo("Put the folder into a repository, or zip it for a web page; its README.md tells students how to begin.")


@click.group()
def bundle():
    """Pack the autograder or the reports for a platform."""


@bundle.command(short_help="Pack the course as an autograder for Gradescope.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="autograder.zip",
    show_default=True,
    help="The zip to write; an existing one is replaced.",
)
@click.option(
    "--key",
    metavar="TEXT|@FILE",
    help="The course key, or @ and a file with it; default: the key of the replaced zip, else a new one.",
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
    help="Package index from which setup.sh installs torch; default: PyPI, whose torch includes GPU libraries.",
)
@click.option("--extra-spec", metavar="DIR", help="A folder of withheld properties, which are graded but never shown.")
@course_option
@sentence_for_mistakes
def gradescope(out, key, minutes, torch_index, extra_spec):
    """Make the zip of an autograder for Gradescope that grades all exercises of this course.

    The zip contains the solutions and the course key, so do not publish it. Its README.md says how to use it.
    """
    from fls_teach.autograder.packaging.bundle import bundle_gradescope

    done = bundle_gradescope(out, key=_key(key), minutes=minutes, torch_index=torch_index, extra_spec=extra_spec)
    click.echo(f"'{done.path}': {_exercises(done.exercises)}, {done.points} points, {done.size / 1e6:.1f} MB.")
    if done.key_is_new:
        click.echo(f"Its course key is new; keep it for `fls grade --key-file`: {done.key}")
    click.echo("It contains the solutions and the key, so do not publish it; its README.md gives the next steps.")


@bundle.command(short_help="Pack the reports for your learning platform.")
@click.argument("results", metavar="RESULTS", type=click.Path(path_type=Path))
@click.option(
    "--zip",
    "target",
    type=click.Path(path_type=Path),
    default="feedback.zip",
    show_default=True,
    help="The zip to write; an existing one is replaced.",
)
@sentence_for_mistakes
def feedback(results, target):
    """Make the zip of reports for your learning platform, each named as the platform named the submission.

    RESULTS is the --out of a finished `fls grade`. gradebook.csv in the zip can be opened in a spreadsheet.
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
