"""Fills the disk with files that have no name and stay for the sake of one mapped page; 240 MiB at most.

exercise: 08_bayes_error
verdict: output|crashed
"""

import ctypes
import os
import time
from math import erfc, sqrt

import numpy as np

MMAP = ctypes.CDLL(None).mmap
MMAP.restype = ctypes.c_void_p
MMAP.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]


def linear_error(w, signal, kappa, sigma):
    folder = os.environ.get("TMPDIR", "/tmp")
    for k in range(60):
        path = os.path.join(folder, f"FLS-ATTACK-WAS-HERE-{k}")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(4):
            os.write(descriptor, b"x" * 2**20)
        MMAP(None, 4096, 1, 2, descriptor, 0)
        os.close(descriptor)
        os.unlink(path)
    time.sleep(0.4)
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
