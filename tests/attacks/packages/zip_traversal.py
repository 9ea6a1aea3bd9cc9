"""A zip whose entries climb out of their folder, by dots, absolute paths, drives and backslashes, beside honest work.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

import zipfile
from pathlib import Path

NAME = "FLS-ATTACK-WAS-HERE-zip"
PATHS = (
    f"../{NAME}",
    f"../../../../../../tmp/{NAME}",
    f"/tmp/{NAME}",
    f"..\\..\\{NAME}",
    f"C:\\{NAME}",
    f"a/../../{NAME}",
)

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "zip_traversal.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in PATHS:
            archive.writestr(name, "written from inside")
        archive.writestr("08_bayes_error.py", HONEST)
    return path
