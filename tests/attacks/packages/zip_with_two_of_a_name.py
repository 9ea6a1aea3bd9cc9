"""A zip with two entries of the same name, an honest one and one that is not: which of them a tool takes, differs.

exercise: 08_bayes_error
verdict: missing
"""

import warnings
import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "zip_with_two_of_a_name.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("08_bayes_error.py", HONEST)
        archive.writestr("08_bayes_error.py", WRONG)
    return path
