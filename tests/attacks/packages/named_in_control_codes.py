"""A submission whose name clears the terminal, breaks the line, and turns the direction of writing round.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "\x1b[2J\x1b]0;owned\x07eve\r\n100 of 100 [bold]rich \u202efdp.\u2066"
    path.mkdir()
    (path / "08_bayes_error.py").write_text(HONEST)
    return path
