"""Writes without end to every descriptor but the standard ones, so that the grader reads for ever.

exercise: 08_bayes_error
verdict: tampered|timeout|output
"""

import contextlib
import os


def linear_error(w, signal, kappa, sigma):
    for _ in range(2**15):  # 2 GiB at most
        for fd in range(3, 16):
            with contextlib.suppress(OSError):
                os.write(fd, bytes(2**16))
    return 0.75
