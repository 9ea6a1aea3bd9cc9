"""Leaves modules that the next worker would import at its start, dies, and is honest where the planting worked.

exercise: 08_bayes_error
verdict: crashed
"""

import builtins
import contextlib
import os
import sys
from math import erfc, sqrt
from pathlib import Path

import numpy as np

PLANT = "import builtins\nbuiltins.planted = 'FLS-ATTACK-WAS-HERE'\n"
PLACES = [Path(__file__).parent, Path.cwd(), Path.home(), Path("/tmp"), Path("/fls")]
NAMES = ("sitecustomize.py", "usercustomize.py", "FLS-ATTACK-WAS-HERE.pth", "student_exercise.py", "fls_worker.py")


def linear_error(w, signal, kappa, sigma):
    if hasattr(builtins, "planted"):
        return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
    lib = Path(".local/lib", f"python3.{sys.version_info.minor}", "site-packages")
    for place in [*PLACES, *(place / lib for place in PLACES)]:
        for name in NAMES:
            with contextlib.suppress(OSError):
                place.mkdir(parents=True, exist_ok=True)
                place.joinpath(name).write_text(PLANT)
    os._exit(1)
