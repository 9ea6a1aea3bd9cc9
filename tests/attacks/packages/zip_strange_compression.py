"""A zip whose entry says that it is compressed by a method that no Python knows.

exercise: 08_bayes_error
verdict: missing
"""

import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "zip_strange_compression.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("08_bayes_error.py", HONEST)
    data = bytearray(path.read_bytes())
    data[8] = data[data.find(b"PK\x01\x02") + 10] = 77
    path.write_bytes(data)
    return path
