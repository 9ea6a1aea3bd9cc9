"""Raises an exception whose text is 100 MB long, for every report to carry.

exercise: 08_bayes_error
verdict: crashed
"""


def linear_error(w, signal, kappa, sigma):
    raise ValueError("sorry, " * (100_000_000 // 7))
