"""Fills the disk with one file, 256 MiB at most.

exercise: 08_bayes_error
verdict: crashed
"""

import tempfile
from math import erfc, sqrt

import numpy as np


def linear_error(w, signal, kappa, sigma):
    with tempfile.NamedTemporaryFile(prefix="FLS-ATTACK-WAS-HERE-flood") as file:
        for _ in range(16):
            file.write(b"x" * 2**24)
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
