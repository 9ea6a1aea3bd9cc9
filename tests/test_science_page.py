"""docs/science.md shows what was recorded of benchmarks/science.py, and nothing that was not."""

import json
import re
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "science.md").read_text(encoding="utf-8")
RECORD = json.loads((ROOT / "benchmarks" / "results" / "science.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    """The benchmark's names, without running it."""
    before = list(sys.path)
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return runpy.run_path(str(ROOT / "benchmarks" / "science.py"), run_name="science")
    finally:
        sys.path[:] = before


def test_every_section_is_measured_recorded_and_shown(script):
    """Catches a measured section that the page lost, or one that was never recorded."""
    shown = re.findall(r"<!-- measured: ([\w-]+) -->", PAGE)
    assert sorted(shown) == sorted(script["SECTIONS"]) == sorted(RECORD)


@pytest.mark.parametrize("name", RECORD)
def test_the_page_shows_what_was_recorded(script, name):
    """Catches a number that was edited by hand, on the page or in the record alone."""
    assert script["with_block"](PAGE, name, script["block"](RECORD[name], name)) == PAGE


@pytest.mark.parametrize("name", RECORD)
def test_a_block_stands_in_the_section_of_its_name(name):
    """Catches a table that was moved below another heading."""
    before = PAGE[: PAGE.index(f"<!-- measured: {name} -->")]
    assert re.findall(r'<a id="([\w-]+)"></a>', before)[-1] == name
