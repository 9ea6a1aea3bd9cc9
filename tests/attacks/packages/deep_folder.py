"""Folders nested 200 deep, with a second copy of the exercise file at the bottom, beside honest work.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "deep_folder"
    deep = path.joinpath(*["d"] * 200)
    deep.mkdir(parents=True)
    (deep / "08_bayes_error.py").write_text(WRONG)
    (path / "08_bayes_error.py").write_text(HONEST)
    return path
