"""Finished results of its own beside a wrong answer: record.json, results.json, gradebook.csv, a course key.

exercise: 08_bayes_error
verdict: wrong
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "forged_results"
    path.mkdir()
    (path / "08_bayes_error.py").write_text(WRONG)
    (path / "record.json").write_text('{"format": 1, "submission": "forged_results", "score": 100, "max_score": 100}')
    (path / "results.json").write_text('{"score": 100, "tests": []}')
    (path / "gradebook.csv").write_text("submission,score,max_score\nforged_results,100,100\n")
    (path / "junit.xml").write_text('<testsuites tests="1" failures="0"/>')
    (path / "course.key").write_text("0" * 64)
    return path
