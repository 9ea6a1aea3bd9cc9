"""What several commands share: one way to refuse, to print JSON, and to complete names."""

import functools
import json
import math

import click
from click.shell_completion import CompletionItem

from fls_teach.course.registry import CourseError, exercises


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


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def print_json(value):
    """Print one JSON object."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def complete_exercise(ctx, param, incomplete):
    """Exercises whose name begins so, with or without the number: for click's completion in a shell."""
    try:
        every = exercises()
    except (CourseError, OSError):
        return []
    words = ((word, each) for each in every for word in (each.name, each.slug))
    found = {each: word for word, each in reversed(list(words)) if word.startswith(incomplete.lower())}
    return [CompletionItem(found[each], help=each.title) for each in every if each in found]


def complete_demo(ctx, param, incomplete):
    """Demos whose name begins so."""
    from fls_teach import demos

    return [CompletionItem(name) for name in demos.NAMES if name.startswith(incomplete)]
