"""The exercise file is a symbolic link to the file of another student, who did the work and has a secret in it.

exercise: 08_bayes_error
verdict: missing
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    neighbour, path = folder / "diligent", folder / "link_to_a_neighbour"
    neighbour.mkdir()
    path.mkdir()
    (neighbour / "08_bayes_error.py").write_text(HONEST + 'SECRET = "FLS-CANARY-DILIGENT"\n')
    (path / "08_bayes_error.py").symlink_to("../diligent/08_bayes_error.py")
    return path
