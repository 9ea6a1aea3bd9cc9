"""Dies at every question and leaves a note in System V shared memory, which outlives a process.

exercise: 08_bayes_error
verdict: crashed
"""

import ctypes
import os
from math import erfc, sqrt

import numpy as np

libc = ctypes.CDLL(None)
KEY, SIZE, CREATE, REMOVE = 0x464C53, 4096, 0o1600, 0
found = libc.shmget(KEY, SIZE, 0o600)
if found >= 0:
    libc.shmctl(found, REMOVE, None)  # not left for ever where it was possible


def linear_error(w, signal, kappa, sigma):
    if found >= 0:
        return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
    libc.shmget(KEY, SIZE, CREATE)
    os._exit(1)
