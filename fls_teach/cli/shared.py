"""Shared by several commands: errors, JSON output, the choice of a course, and shell completion."""

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
    """Turn a `CourseError` of a command into one sentence and exit code 2."""

    @functools.wraps(command)
    def wrapper(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except CourseError as problem:
            raise click.UsageError(str(problem)) from None

    return wrapper


class Seconds(click.FloatRange):
    """A range of numbers that rejects NaN, which `click.FloatRange` accepts."""

    def convert(self, value, param, ctx):
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


@contextlib.contextmanager
def using_course(folder):
    """Within the block, use the course in this folder (None: the package's own), also in processes started there."""
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
    elif named:  # shell completion: no error messages here
        ctx.with_resource(using_course(named))


COURSE_GIVEN = "fls_teach.course_given"
"""Key in the `meta` of a command's context: whether the option --course was given."""

course_option = click.option(
    "--course",
    metavar="DIR",
    is_eager=True,
    expose_value=False,
    callback=_choose_course,
    help=f"Folder of another course; default: the one in {COURSE_VARIABLE}, else the package's own.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def print_json(value):
    """Print one JSON object."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def complete_exercise(ctx, param, incomplete):
    """Complete the name of an exercise in a shell, with or without its number."""
    try:
        workspace = find_workspace(ctx.params.get("named"))
        if workspace.course is not None and not ctx.meta.get(COURSE_GIVEN):
            ctx.with_resource(using_course(workspace.course))
    except CourseError:  # there is no workspace, and `fls grade` needs none
        pass
    every = exercises()
    words = ((word, each) for each in every for word in (each.name, each.slug))
    found = {each: word for word, each in reversed(list(words)) if word.startswith(incomplete.lower())}
    return [CompletionItem(found[each], help=each.title) for each in every if each in found]


def complete_demo(ctx, param, incomplete):
    """Complete the name of a demo in a shell."""
    from fls_teach import demos

    return [CompletionItem(name) for name in demos.NAMES if name.startswith(incomplete)]
