"""Raises SystemExit with a text, which an except Exception does not see.

exercise: 08_bayes_error
verdict: crashed
"""


def linear_error(w, signal, kappa, sigma):
    raise SystemExit("all tests passed")
