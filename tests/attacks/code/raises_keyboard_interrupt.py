"""Pretends that the instructor pressed Ctrl-C, to end the whole batch.

exercise: 08_bayes_error
verdict: crashed
"""


def linear_error(w, signal, kappa, sigma):
    raise KeyboardInterrupt
