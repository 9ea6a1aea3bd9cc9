"""The instructor's guide and the README: every command line in them is one that `fls` understands, every link leads
somewhere, and the guide's tables list what there is."""

import re
import shlex
from pathlib import Path

import click
import pytest

import fls_teach
from fls_teach.autograder.record import VERDICTS
from fls_teach.cli import main
from fls_teach.course.new_exercise import new_exercise

ROOT = Path(fls_teach.__file__).resolve().parents[1]
PAGES = "docs/instructor.md", "README.md"
GUIDE = (ROOT / PAGES[0]).read_text(encoding="utf-8")


def command_lines(text):
    """The `fls` commands of a page, from its blocks and from within its sentences, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in (*lines, *re.findall(r"`([^`\n]+)`", text)) if re.match(r"fls [a-z]+", line)]


LINES = sorted({line for page in PAGES for line in command_lines((ROOT / page).read_text(encoding="utf-8"))})


def test_commands_were_found():
    """Otherwise the tests below would be of nothing."""
    assert "fls release student-course" in LINES and "fls doctor --attack" in LINES and len(LINES) > 12


@pytest.mark.parametrize("line", LINES)
def test_a_command_line_is_understood(line, tmp_path, monkeypatch):
    """An option that was renamed, or a value that is out of range, would meet the reader as an error."""
    monkeypatch.chdir(tmp_path)
    if "--course my-course" in line:
        new_exercise("ridge", "my-course")
    words = shlex.split(line.replace("NAME", "ucurve"))[1:]
    command, context = main, click.Context(main, info_name="fls")
    while isinstance(command, click.Group) and words:
        name = words.pop(0)
        command = command.get_command(context, name)
        assert command is not None, f"there is no 'fls {name}'"
    if words or line in GUIDE_BLOCKS:  # `fls grade` in a sentence is the name of a command
        with command.make_context(line, words):
            pass


GUIDE_BLOCKS = {line for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.M | re.S) for line in block.splitlines()}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{page} links to {target}"


def test_the_guide_lists_every_verdict():
    section = GUIDE.split("## Verdicts")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE) == list(VERDICTS)
