"""Kills and stops its parent, and the first process of the sandbox.

exercise: 08_bayes_error
verdict: passed|crashed
honest: yes
"""

import contextlib
import os
import signal
from math import erfc, sqrt

import numpy as np

with open("/proc/1/comm") as file:
    # Only where it can hit nobody: below bubblewrap, or as the user number that the sandbox made up.
    SANDBOXED = file.read().strip() == "bwrap" or 61_000 <= os.getuid() < 61_184

if SANDBOXED:
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
        for pid in (os.getppid(), 1):
            with contextlib.suppress(OSError):
                os.kill(pid, number)


def linear_error(w, signal, kappa, sigma):
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
