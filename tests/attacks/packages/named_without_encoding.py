"""A submission whose name is no text in any encoding, which a file system allows.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

import os
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / os.fsdecode(b"\xff\xfe\x80eve\xed\xa0\x80")
    path.mkdir()
    (path / "08_bayes_error.py").write_text(HONEST)
    return path
