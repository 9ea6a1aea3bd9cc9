"""Commands in README.md and docs/ are commands that there are."""

import dataclasses
import importlib
import re
import shlex
from pathlib import Path

import pytest

from fls_teach.cli import main
from fls_teach.demos import NAMES

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def documented(page):
    """The words of each `fls` command in a block of shell commands."""
    for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for command in re.split(r"&&|\|", line):
                words = shlex.split(command, comments=True)
                if words[:1] == ["fls"]:
                    yield words[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_documented_command_has_its_options_and_parameters(page):
    """Catches an example with a command, an option, a demo or a parameter of a demo that is gone."""
    for name, *words in documented(page):
        command = main.get_command(None, name)
        assert command, (name, words)
        if hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        options = {option for param in command.params for option in (*param.opts, *param.secondary_opts)} | {"--help"}
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used <= options, (name, used - options)
        if "--set" in words:
            params = importlib.import_module(f"fls_teach.demos.{words[0]}.run").Params
            fields = {field.name for field in dataclasses.fields(params)}
            changed = {after.split("=")[0] for word, after in zip(words, words[1:], strict=False) if word == "--set"}
            assert changed <= fields, (words, changed - fields)


def test_the_examples_are_found():
    """Catches a pattern that finds nothing, so that the test above says nothing."""
    assert sum(len(list(documented(page))) for page in PAGES) > 20


def test_reader_lists_each_demo_with_its_picture_and_the_preset_that_gave_its_numbers():
    """Catches a demo that the page forgets, a picture that is gone, and a number whose origin nothing tells."""
    page = (ROOT / "docs" / "reader.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[`(\w+)`\]\((\S+?\.png)\).* \| (.*) \|$", page, re.MULTILINE)
    assert sorted(name for name, _, _ in rows) == sorted(NAMES)
    for name, picture, preset in rows:
        assert picture == f"results/{name}.png" and (ROOT / "docs" / picture).is_file(), name
        assert preset in ("quick", "full"), name
    # README shows that picture.
    assert (ROOT / "docs" / "ucurve.png").read_bytes() == (ROOT / "docs" / "results" / "ucurve.png").read_bytes()
