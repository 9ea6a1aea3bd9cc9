"""A source with zero bytes, at which one reader stops and another does not.

exercise: 08_bayes_error
verdict: crashed
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "08_bayes_error.py"
    path.write_bytes(HONEST.encode() + b"\x00" * 100 + WRONG.encode())
    return path
