"""What the student's commands print fits the terminal."""

import io
import re

import pytest
from rich.console import Console

from fls_teach.course.feedback.prose import wrapped
from fls_teach.course.feedback.terminal import print_hint, print_listing
from fls_teach.course.registry import exercises
from fls_teach.course.workspace.actions import Row


def printed(draw, width, *arguments):
    console = Console(width=width, file=io.StringIO())
    draw(console, *arguments)
    return console.file.getvalue()


@pytest.mark.parametrize("exercise", exercises(), ids=lambda each: each.name)
def test_hints_wrap_and_their_code_stays(exercise):
    """Catches prose beyond the margin, and code that a terminal or a renderer reflowed or stripped of its indent."""
    for k, (heading, text) in enumerate(exercise.hints, 1):
        for width in (40, 100):
            lines = printed(print_hint, width, exercise, heading, text, k, 3).splitlines()
            code = [line for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
            assert [line for line in lines if line.startswith("    ")] == [f"    {line}" for line in code if line]
            assert all(len(line) <= min(width, 84) for line in lines if not line.startswith("    "))


def test_prose_keeps_its_words_and_lists_their_indent():
    """Catches a word that is lost, and a list's second line at the margin."""
    text = "One `two three` four.\n\n- five six seven\n  eight\n  1. nine ten eleven\n\n| a | b |\n\n    code  x"
    shown = wrapped(text, 14)
    assert shown.split() == text.split()
    assert "\n- five six\n  seven eight\n  1. nine ten\n     eleven\n" in shown
    assert "\n| a | b |\n\n    code  x" in shown


def test_a_narrow_listing_can_be_read():
    """Catches names and notes that are cut to a column of a few letters at 40 columns."""
    note = "changed since it was checked, 2 of 3 hints"
    rows = [Row(each.name, each.title, "changed", 1, each.points, 2, note) for each in exercises()]
    lines = printed(print_listing, 40, rows).splitlines()
    assert all(len(line.rstrip()) <= 40 for line in lines)
    for each in exercises():
        (line,) = (line for line in lines if each.name in line)
        assert line.split()[-1] == f"1/{each.points}"
    words = " ".join(" ".join(lines).split())
    assert words.count("2 of 3 hints") == len(rows) and exercises()[0].title not in words
    wide = printed(print_listing, 110, rows)
    assert all(each.title in wide for each in exercises())
