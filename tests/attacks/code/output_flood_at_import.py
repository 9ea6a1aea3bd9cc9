"""Writes to stdout and stderr without end while it is loaded, past Python's own streams.

exercise: 08_bayes_error
verdict: output
"""

import os

for _ in range(2**14):  # 2 GiB at most
    os.write(1, b"\x1b[31mhelp " * 2**13)
    os.write(2, b"\xff\x00\n\r" * 2**14)


def linear_error(w, signal, kappa, sigma):
    return 0.75
