"""Returns a generator that would run the student's code in the checker, and never ends.

exercise: 09_decomposition
verdict: wrong
"""

import itertools


def decompose(predictor, class_sum, signal, kappa, sigma):
    return (0.0 for _ in itertools.count())
