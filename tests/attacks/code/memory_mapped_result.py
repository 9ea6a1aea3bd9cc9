"""Returns a memory map instead of an array, so that the checker would read the student's file.

exercise: 05_alignment
verdict: wrong|crashed
"""

import tempfile

import numpy as np

file = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the module)
file.write(bytes(4096))
file.flush()


def alignment(X, y, W, v):
    window = np.memmap(file, dtype=float, mode="r+", shape=(8, 8))
    return window[0, : len(W)], window[1, : W.shape[1]], window[2, 0]
