"""`fls grade --twice`: a submission whose verdicts depend on chance is named, and needs manual review."""

import csv
import json

import pytest
from click.testing import CliRunner

from fls_teach.autograder.record import read_record
from fls_teach.cli import main

from .test_frozen_course import HERE

pytestmark = pytest.mark.usefixtures("forked_graders")

ALTERNATES = """
from pathlib import Path

STATE = Path({state!r})


def spread(x):
    return float(max(x) - min(x))


def even_and_odd(x):
    seen = STATE.read_text() if STATE.exists() else ""
    STATE.write_text(seen + "x")
    odd = int(sum(x % 2))
    return (len(x) - odd, odd) if len(seen) < 2 else (-1, odd)
"""


def grade(folder, *words):
    """Grade all/ with the frozen course: (exit code, what was said)."""
    course = ["--course", HERE / "course", "--isolation", "process", "--seed", "1", "--exercise", "2"]
    done = CliRunner().invoke(main, ["grade", *map(str, [folder / "all", "--out", folder / "out", *course, *words])])
    return done.exit_code, done.output


def test_verdicts_that_differ_need_manual_review(tmp_path):
    """Catches a second run that is not made, is compared with itself, or is forgotten when the batch is resumed."""
    texts = {"chance": ALTERNATES.format(state=str(tmp_path / "state"))}
    texts["steady"] = (HERE / "submissions/right/02_counts.py").read_text()
    for name, text in texts.items():
        (tmp_path / "all" / name).mkdir(parents=True)
        (tmp_path / "all" / name / "02_counts.py").write_text(text)
    code, said = grade(tmp_path, "--twice")
    assert code == 1 and "1 needs manual review" in said and "the verdict differs for 02.1" in said
    records = {name: read_record(tmp_path / "out" / name / "record.json") for name in texts}
    assert [records[name]["twice"] for name in ("chance", "steady")] == [["02.1"], []]
    assert [records[name]["score"] for name in texts] == [3, 3], "the first run counts"
    with open(tmp_path / "out/gradebook.csv", encoding="utf-8-sig", newline="") as file:
        review = {row["submission"]: row["review"] for row in csv.DictReader(file)}
    assert "02.1" in review["chance"] and review["steady"] == ""
    assert "differs for 02.1" in (tmp_path / "out/chance/report.html").read_text(encoding="utf-8")
    changed = (tmp_path / "state").read_text()
    assert grade(tmp_path, "--twice")[0] == 1 and grade(tmp_path)[0] == 1, "what was found stays"
    assert (tmp_path / "state").read_text() == changed, "it is not marked again"


def test_a_record_of_a_single_run_is_not_enough(tmp_path):
    """Catches a resumed batch that takes an earlier run without --twice for two."""
    (tmp_path / "all/steady").mkdir(parents=True)
    source = (HERE / "submissions/right/02_counts.py").read_text()
    (tmp_path / "all/steady/02_counts.py").write_text(source)
    path = tmp_path / "out/steady/record.json"
    assert grade(tmp_path)[0] == 0 and "twice" not in json.loads(path.read_text())
    assert grade(tmp_path, "--twice")[0] == 0 and json.loads(path.read_text())["twice"] == []
