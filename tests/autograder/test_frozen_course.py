"""Marks stay what they are: a small course and six submissions are graded as they were when this was written."""

import json
import os
from pathlib import Path

from click.testing import CliRunner

from fls_teach.cli import main

HERE = Path(__file__).parent / "frozen_course"
EXPECTED = HERE / "expected.json"
VARIABLE = "format", "versions"
"""The fields that a change of schema or of versions alters; every other byte is the same."""


def comparable(record):
    """A record without what depends on versions, as text; its fields in any order."""
    return json.dumps({key: value for key, value in record.items() if key not in VARIABLE}, indent=1, sort_keys=True)


def test_marks_of_recorded_submissions_are_the_same(tmp_path):
    """Catches a refactoring of the sandbox or the grader that changes a verdict, a point, a card or a sentence.

    If marks are meant to change, look at each difference and record anew: FLS_RECORD=1 python -m pytest THIS_FILE.
    """
    words = ["--out", tmp_path / "out", "--course", HERE / "course", "--isolation", "process", "--seed", "17"]
    done = CliRunner().invoke(main, ["grade", str(HERE / "submissions"), *map(str, words)])
    assert done.exit_code == 0, done.output
    found = {
        path.parent.name: json.loads(path.read_text()) for path in sorted((tmp_path / "out").glob("*/record.json"))
    }
    if os.environ.get("FLS_RECORD"):
        trimmed = {name: json.loads(comparable(record)) for name, record in found.items()}
        EXPECTED.write_text(json.dumps(trimmed, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    assert found.keys() == expected.keys() and len(found) == 6
    for name, record in found.items():
        assert comparable(record) == comparable(expected[name]), name
    verdicts = {
        item["verdict"] for each in expected.values() for part in each["exercises"] for item in part["properties"]
    }
    assert verdicts == {"passed", "wrong", "missing", "crashed", "skipped-by-submission"}
