"""A source of 64 MiB of comments around honest work.

exercise: 08_bayes_error
verdict: missing
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "08_bayes_error.py"
    path.write_bytes(b"# long\n" * (2**26 // 7) + HONEST.encode())
    return path
