"""A submission whose name is a script for whoever opens the report.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

import zipfile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "<img src=x onerror=alert('FLS-ATTACK-SCRIPT')>{{ 7*7 }}]]>&amp;.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("08_bayes_error.py", HONEST)
    return path
