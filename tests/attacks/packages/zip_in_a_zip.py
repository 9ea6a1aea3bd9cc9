"""Zips inside zips, 30 deep, with the honest work at the bottom: nobody has to dig.

exercise: 08_bayes_error
verdict: missing
"""

import io
import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    data, name = HONEST.encode(), "08_bayes_error.py"
    for _ in range(30):
        box = io.BytesIO()
        with zipfile.ZipFile(box, "w") as archive:
            archive.writestr(name, data)
        data, name = box.getvalue(), "zip_in_a_zip.zip"
    path = folder / name
    path.write_bytes(data)
    return path
