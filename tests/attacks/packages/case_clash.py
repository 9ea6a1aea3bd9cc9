"""Two files whose names differ by case alone.

exercise: 08_bayes_error
verdict: missing
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "case_clash"
    path.mkdir()
    (path / "08_BAYES_ERROR.PY").write_text(WRONG)
    (path / "08_bayes_error.py").write_text(HONEST)
    return path
