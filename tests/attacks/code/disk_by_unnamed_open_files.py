"""Fills the disk with files that have no name but are open; 200 MiB at most.

exercise: 08_bayes_error
verdict: output|crashed
"""

import os
import time
from math import erfc, sqrt

import numpy as np


def linear_error(w, signal, kappa, sigma):
    folder = os.environ.get("TMPDIR", "/tmp")
    for k in range(50):
        path = os.path.join(folder, f"FLS-ATTACK-WAS-HERE-{k}")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # never closed
        os.unlink(path)
        for _ in range(4):
            os.write(descriptor, b"x" * 2**20)
    time.sleep(0.4)
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
