"""What several commands share: one way to refuse, to print JSON, and to complete names."""

import contextlib
import functools
import json
import math
import os

import click
from click.shell_completion import CompletionItem

from fls_teach.course.registry import COURSE_VARIABLE, CourseError, check_course, exercises
from fls_teach.course.workspace.folder import find_workspace


def sentence_for_mistakes(command):
    """End with one sentence and exit code 2 on a mistake of the user's."""

    @functools.wraps(command)
    def wrapper(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except CourseError as problem:
            raise click.UsageError(str(problem)) from None

    return wrapper


class Seconds(click.FloatRange):
    """A range that refuses NaN, which click's own ranges accept."""

    def convert(self, value, param, ctx):
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


@contextlib.contextmanager
def using_course(folder):
    """Within, everything is about the course in this folder, also in processes that are started; None: our own."""
    before = os.environ.pop(COURSE_VARIABLE, None)
    if folder is not None:
        os.environ[COURSE_VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(COURSE_VARIABLE, None)
        if before is not None:
            os.environ[COURSE_VARIABLE] = before


def _choose_course(ctx, param, folder):
    named = folder or os.environ.get(COURSE_VARIABLE)
    ctx.meta[COURSE_GIVEN] = bool(folder)
    if named and not ctx.resilient_parsing:
        try:
            ctx.with_resource(using_course(check_course(named)))
        except CourseError as problem:
            raise click.UsageError(str(problem)) from None
    elif named:  # a shell completes: what is wrong is not said here
        ctx.with_resource(using_course(named))


COURSE_GIVEN = "fls_teach.course_given"
"""Where a command's context says whether --course named the course."""

course_option = click.option(
    "--course",
    metavar="DIR",
    is_eager=True,
    expose_value=False,
    callback=_choose_course,
    help=f"The folder of another course; else that in {COURSE_VARIABLE}, or our own.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def print_json(value):
    """Print one JSON object."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def complete_exercise(ctx, param, incomplete):
    """Exercises whose name begins so, with or without the number: for click's completion in a shell."""
    try:
        workspace = find_workspace(ctx.params.get("named"))
        if workspace.course is not None and not ctx.meta.get(COURSE_GIVEN):
            ctx.with_resource(using_course(workspace.course))
    except CourseError:  # none here; `fls grade` needs none
        pass
    every = exercises()
    words = ((word, each) for each in every for word in (each.name, each.slug))
    found = {each: word for word, each in reversed(list(words)) if word.startswith(incomplete.lower())}
    return [CompletionItem(found[each], help=each.title) for each in every if each in found]


def complete_demo(ctx, param, incomplete):
    """Demos whose name begins so."""
    from fls_teach import demos

    return [CompletionItem(name) for name in demos.NAMES if name.startswith(incomplete)]
