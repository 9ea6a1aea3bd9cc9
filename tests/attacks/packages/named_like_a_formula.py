"""A submission whose name a spreadsheet would run as a command.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "=cmd|' -C calc'!A0,\"100\";100\t=1+1.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("08_bayes_error.py", HONEST)
    return path
