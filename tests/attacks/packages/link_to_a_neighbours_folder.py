"""The exercise's folder is a symbolic link to that of another student.

exercise: 08_bayes_error
verdict: missing
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    neighbour, path = folder / "diligent", folder / "link_to_a_neighbours_folder"
    neighbour.mkdir()
    path.mkdir()
    (neighbour / "08_bayes_error.py").write_text(HONEST + 'SECRET = "FLS-CANARY-DILIGENT"\n')
    (path / "08_bayes_error").symlink_to(neighbour, target_is_directory=True)
    return path
