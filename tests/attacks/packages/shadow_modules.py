"""Files called numpy.py, json.py, sitecustomize.py and the like beside a wrong answer, for whoever imports them.

exercise: 08_bayes_error
verdict: wrong
"""

from pathlib import Path

NAMES = ("numpy", "scipy", "json", "struct", "sitecustomize", "usercustomize", "hypothesis", "fls_teach", "encodings")
SHADOW = """
import os
open("/tmp/FLS-ATTACK-WAS-HERE-shadow", "w").close()
os._exit(0)
"""

SOURCES = Path(__file__).parents[1] / "sources"
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "shadow_modules"
    path.mkdir()
    (path / "08_bayes_error.py").write_text("import json\nimport struct\n" + WRONG)
    for name in NAMES:
        (path / f"{name}.py").write_text(SHADOW)
    return path
