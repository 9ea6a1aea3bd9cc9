"""A zip that claims to be encrypted, so that reading it raises where nobody expects it.

exercise: 08_bayes_error
verdict: missing
"""

import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "zip_encrypted.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("08_bayes_error.py", HONEST)
    data = bytearray(path.read_bytes())
    data[6] |= 1  # general purpose flag of the entry
    data[data.find(b"PK\x01\x02") + 8] |= 1  # and of the directory
    path.write_bytes(data)
    return path
