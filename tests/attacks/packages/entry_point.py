"""A dist-info whose entry points pytest and Hypothesis would load, beside honest work.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "entry_point"
    info = path / "attack-1.0.dist-info"
    info.mkdir(parents=True)
    (path / "08_bayes_error.py").write_text(HONEST)
    (path / "attack.py").write_text("open('/tmp/FLS-ATTACK-WAS-HERE-entry-point', 'w').close()\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: attack\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pytest11]\nattack = attack\n[hypothesis]\nattack = attack\n")
    return path
