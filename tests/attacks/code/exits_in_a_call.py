"""Leaves with exit status 0 from inside the first call.

exercise: 08_bayes_error
verdict: crashed
"""

import sys


def linear_error(w, signal, kappa, sigma):
    sys.exit(0)
