"""A .pth file, whose lines Python runs at its start in folders of packages, and a pyvenv.cfg, beside honest work.

exercise: 08_bayes_error
verdict: passed
honest: yes
"""

from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "pth_file"
    path.mkdir()
    (path / "08_bayes_error.py").write_text(HONEST)
    (path / "attack.pth").write_text("import os; open('/tmp/FLS-ATTACK-WAS-HERE-pth', 'w').close()\n")
    (path / "pyvenv.cfg").write_text("home = /tmp\ninclude-system-site-packages = true\n")
    (path / "python311._pth").write_text(".\nimport site\n")
    return path
