"""A zip whose directory is in order, and whose compressed data are not.

exercise: 08_bayes_error
verdict: missing
"""

import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "zip_damaged_inside.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("08_bayes_error.py", HONEST)
    data = bytearray(path.read_bytes())
    start = 30 + len("08_bayes_error.py")
    data[start : start + 40] = b"\xff" * 40
    path.write_bytes(data)
    return path
