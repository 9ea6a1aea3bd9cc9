"""Sets an alarm that raises an exception in the worker itself, after the answer and before the next question.

exercise: 08_bayes_error
verdict: crashed|tampered|passed
honest: yes
"""

import signal as signals
from math import erfc, sqrt

import numpy as np


def strike(number, frame):
    raise SystemExit("nothing happened")


signals.signal(signals.SIGALRM, strike)


def linear_error(w, signal, kappa, sigma):
    signals.setitimer(signals.ITIMER_REAL, 1e-4, 1e-4)
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
