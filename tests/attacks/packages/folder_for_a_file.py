"""The exercise file is a folder.

exercise: 08_bayes_error
verdict: missing
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "folder_for_a_file"
    (path / "08_bayes_error.py").mkdir(parents=True)
    (path / "08_bayes_error.py" / "__init__.py").write_text(HONEST)
    return path
