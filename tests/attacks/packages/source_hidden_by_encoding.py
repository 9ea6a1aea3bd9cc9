"""A source in UTF-7, in which what looks like a comment is code, and leaves.

exercise: 08_bayes_error
verdict: crashed
"""

import base64
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "08_bayes_error.py"
    hidden = "\nimport os; os._exit(0)\n".encode("utf-16-be")
    comment = b"# harmless +" + base64.b64encode(hidden).rstrip(b"=") + b"-\n"
    path.write_bytes(b"# -*- coding: utf-7 -*-\n" + comment + WRONG.encode())
    return path
