"""Folders that contain links to themselves and to everything, beside honest work.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "links_in_a_circle"
    path.mkdir()
    (path / "08_bayes_error.py").write_text(HONEST)
    for name, target in (("again", "."), ("up", ".."), ("everything", "/"), ("nowhere", "nowhere"), ("09_x", "09_x")):
        (path / name).symlink_to(target)
    return path
