"""Two exercise files in the two places where one may lie, an honest one and one that is not.

exercise: 08_bayes_error
verdict: missing
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "flat_and_nested"
    (path / "08_bayes_error").mkdir(parents=True)
    (path / "08_bayes_error.py").write_text(WRONG)
    (path / "08_bayes_error" / "08_bayes_error.py").write_text(HONEST)
    return path
