"""Returns an honest-looking array on a memory map and cuts the file: whoever reads it dies of SIGBUS.

exercise: 05_alignment
verdict: crashed
"""

import mmap
import tempfile

import numpy as np

file = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the module)


def alignment(X, y, W, v):
    file.truncate(2**16)
    view = np.frombuffer(mmap.mmap(file.fileno(), 2**16), dtype=float)
    file.truncate(0)
    return view[: len(W)], view[: W.shape[1]], float(view[-1])
