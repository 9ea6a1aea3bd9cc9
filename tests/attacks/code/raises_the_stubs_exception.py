"""Pretends to be an unchanged stub whenever it does not know the answer, hoping that this costs nothing.

exercise: 08_bayes_error
verdict: missing
"""


def linear_error(w, signal, kappa, sigma):
    raise NotImplementedError("exercise 08: linear_error")
