"""A zip whose exercise file lies at ../neighbour/, to be written over another student's work.

exercise: 08_bayes_error
verdict: missing
"""

import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "zip_traversal_to_the_neighbour.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for place in ("../neighbour/", "../../neighbour/", "/tmp/FLS-ATTACK-WAS-HERE/", "x/../../neighbour/"):
            archive.writestr(place + "08_bayes_error.py", HONEST)
    return path
