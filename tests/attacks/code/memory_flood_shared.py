"""Fills memory with anonymous shared maps, up to 8 GiB, which a limit on private data does not count.

exercise: 08_bayes_error
verdict: memory|crashed|timeout
"""

import mmap
from math import erfc, sqrt

import numpy as np


def linear_error(w, signal, kappa, sigma):
    maps = []
    for _ in range(128):
        maps.append(mmap.mmap(-1, 2**26))
        np.frombuffer(maps[-1], np.uint8)[::4096] = 1
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
