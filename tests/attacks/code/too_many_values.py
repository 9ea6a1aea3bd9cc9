"""Returns a hundred million numbers, first in an array and then as a list of tuples.

exercise: 08_bayes_error
verdict: wrong
"""

import numpy as np

turn = []


def linear_error(w, signal, kappa, sigma):
    turn.append(1)
    return np.zeros(10**8, np.float16) if len(turn) % 2 else [(0.5,)] * 10**6
