"""Fills the disk with one file, 256 MiB at most.

exercise: 08_bayes_error
verdict: crashed
"""

import tempfile

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    with tempfile.NamedTemporaryFile(prefix="FLS-ATTACK-WAS-HERE-flood") as file:
        for _ in range(16):
            file.write(b"x" * 2**24)
    return float(ndtr(-kappa / sigma * (w @ signal) / np.linalg.norm(w)))
