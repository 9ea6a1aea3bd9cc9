"""Shares a flood of 4 GiB among processes, each below the limit of one process.

exercise: 08_bayes_error
verdict: memory|crashed|timeout
"""

import os
import time
from math import erfc, sqrt

import numpy as np

ready, report = os.pipe()
for _ in range(8):
    if os.fork() == 0:
        hoard = np.ones(2**26)  # 512 MiB
        os.write(report, b"x")
        time.sleep(10)
        os._exit(0)
for _ in range(8):  # honest only once all of it is there
    os.read(ready, 1)


def linear_error(w, signal, kappa, sigma):
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
