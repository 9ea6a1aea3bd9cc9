"""A submission called "...", which a careless cleaning of names turns into the folder above.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "..."
    path.mkdir()
    (path / "08_bayes_error.py").write_text(HONEST)
    return path
