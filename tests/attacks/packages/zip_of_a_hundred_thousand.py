"""A zip with 100,000 entries, each of which a careless grader would unpack or mention; honest work is the last.

exercise: 08_bayes_error
verdict: missing
"""

import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "zip_of_a_hundred_thousand.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for k in range(100_000):
            archive.writestr(zipfile.ZipInfo(f"{k}.py"), b"")
        archive.writestr("08_bayes_error.py", HONEST)
    return path
