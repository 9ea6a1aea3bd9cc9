"""A submission whose name fills what a file system allows, so that any suffix is too much.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / ("long" * 63)
    path.mkdir()
    (path / "08_bayes_error.py").write_text(HONEST)
    return path
