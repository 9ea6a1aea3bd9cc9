"""Replaces its own file by an honest one once it has been read, so that a second look finds nothing.

exercise: 08_bayes_error
verdict: wrong
"""

import contextlib
from pathlib import Path

HONEST = '''"""Honest after the fact: FLS-ATTACK-WAS-HERE."""
import numpy as np
from scipy.special import ndtr
def linear_error(w, signal, kappa, sigma):
    return float(ndtr(-kappa / sigma * (w @ signal) / np.linalg.norm(w)))
'''
with contextlib.suppress(OSError):
    path = Path(__file__)
    if path.exists() and "attacks" not in path.absolute().parts:  # spare the zoo's own copy
        path.write_text(HONEST)


def linear_error(w, signal, kappa, sigma):
    return 0.75
