"""A source nested so deep that compiling it overruns the compiler's stack or memory.

exercise: 08_bayes_error
verdict: crashed|memory
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "08_bayes_error.py"
    path.write_text("x = " + "-" * 500_000 + "1\n" + WRONG)
    return path
