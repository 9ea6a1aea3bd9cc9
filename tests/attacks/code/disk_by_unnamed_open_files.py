"""Fills the disk with files that have no name but are open, some of them from a thread's own table; 240 MiB at most.

exercise: 08_bayes_error
verdict: output|crashed
"""

import os
import time

import numpy as np
from scipy.special import ndtr

OPEN = []


def linear_error(w, signal, kappa, sigma):
    folder = os.environ.get("TMPDIR", "/tmp")
    while len(OPEN) < 50:
        path = os.path.join(folder, f"FLS-ATTACK-WAS-HERE-{len(OPEN)}")
        OPEN.append(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        os.unlink(path)
        for _ in range(4):
            os.write(OPEN[-1], b"x" * 2**20)
    time.sleep(0.4)
    return float(ndtr(-kappa / sigma * (w @ signal) / np.linalg.norm(w)))
