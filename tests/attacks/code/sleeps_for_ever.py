"""Sleeps instead of working, so that a limit on processor time alone would wait for it for ever.

exercise: 08_bayes_error
verdict: timeout
"""

import time


def linear_error(w, signal, kappa, sigma):
    time.sleep(10**6)
