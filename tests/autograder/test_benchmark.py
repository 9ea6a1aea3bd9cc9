"""The benchmark of the autograder works on this machine; what it measures is for benchmarks/results, on a quiet one."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fls_teach

BENCHMARK = Path(fls_teach.__file__).resolve().parents[1] / "benchmarks" / "grading.py"


def test_what_a_right_submission_loses_is_kept_with_its_example_and_seed(monkeypatch, capsys):
    """A trial with 99 points of which nobody could say later which property failed, and on what."""
    monkeypatch.syspath_prepend(BENCHMARK.parent)
    importlib.import_module("grading")  # the parts that cost a batch are for the slow test
    lost = importlib.import_module("batches").lost
    card = [["input", "W = 0"]]
    items = [
        {"id": "01.1", "verdict": "passed", "summary": "", "card": None},
        {"id": "01.2", "verdict": "wrong", "summary": "1, not 2", "card": card},
    ]
    found = lost({"seed": 7, "exercises": [{"properties": items}]})
    assert found == {"01.2": {"verdict": "wrong", "summary": "1, not 2", "card": card, "seed": 7}}
    assert capsys.readouterr().out == "01.2 is lost at seed 7: wrong, 1, not 2\n  input: W = 0\n"


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("bwrap") is None and "CI" not in os.environ, reason="the autograder is measured with bubblewrap"
)
def test_the_benchmark_runs_and_its_checks_hold(tmp_path):
    """Each part on next to nothing: marks, verdicts and records are right, and a part alone keeps the others."""
    for parts in (["a", "b", "c", "d"], ["e"]):
        command = [sys.executable, BENCHMARK, "--quick", "--out", tmp_path]
        done = subprocess.run(
            [*command, *(word for part in parts for word in ("--part", part))], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "grading.json").read_text(encoding="utf-8"))["parts"]
    assert list(found) == ["a", "b", "c", "d", "e"]
    (trial,) = found["a"]["trials"]
    parts = ("main", "self_test", "grader", "starts", "calls")
    assert trial["mark"] == "4/4" and sum(trial[part] for part in parts) == pytest.approx(trial["total"])
    assert found["c"]["honest_full"] == found["c"]["honest"] and found["c"]["submissions"] == 4
    assert found["c"]["hostile_verdicts_not_allowed"] == {} and found["c"]["faults"] == []
    assert all(row["peak_mib"] > 10 for row in found["d"]["rows"])
    killed = found["e"]
    assert killed["same_gradebook"] and killed["records"] == 8 and killed["records_that_differ"] == []
    assert killed["redone_after_kill"] == [0, 0] and 0 < killed["finished_at_kill"][-1] < 8
    words = " ".join((tmp_path / "grading.md").read_text(encoding="utf-8").split())  # wherever a line ends
    assert "the process group was killed 2 times" in words
