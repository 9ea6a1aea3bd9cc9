"""Starts processes until nobody else can; 1,000 at most, each for 20 seconds.

exercise: 08_bayes_error
verdict: crashed
"""

import os
import signal as signals
import time
from math import erfc, sqrt

import numpy as np


def linear_error(w, signal, kappa, sigma):
    for _ in range(1000):
        if os.fork() == 0:  # a limit on processes raises BlockingIOError here, in the first process
            signals.signal(signals.SIGTERM, signals.SIG_IGN)
            time.sleep(20)
            os._exit(0)
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
