"""A zip that ends in the middle, after a beginning that looks right.

exercise: 08_bayes_error
verdict: missing
"""

import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "zip_broken.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("08_bayes_error.py", HONEST)
    path.write_bytes(path.read_bytes()[:-60])
    return path
