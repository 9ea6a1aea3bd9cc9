"""Fills memory that no process owns: anonymous files (memfd), which a limit on the heap does not count.

exercise: 08_bayes_error
verdict: memory|crashed|timeout
"""

import os
from math import erfc, sqrt

import numpy as np


def linear_error(w, signal, kappa, sigma):
    files = [os.memfd_create(f"flood{k}") for k in range(32)]
    for fd in files:
        for _ in range(4):
            os.write(fd, bytes(2**26))  # 8 GiB in all
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
