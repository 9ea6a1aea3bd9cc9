"""Calls itself without end.

exercise: 08_bayes_error
verdict: crashed
"""


def linear_error(w, signal, kappa, sigma):
    return linear_error(w, signal, kappa, sigma)
