"""A zip in which two names differ by case alone, so that on some disks one file overwrites the other.

exercise: 08_bayes_error
verdict: missing
"""

import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "zip_case_clash.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("08_bayes_error.py", HONEST)
        archive.writestr("08_BAYES_ERROR.PY", WRONG)
        archive.writestr("08_Bayes_Error/08_bayes_error.PY", WRONG)
    return path
