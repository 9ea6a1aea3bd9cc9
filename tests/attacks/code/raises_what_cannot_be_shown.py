"""Raises an exception whose str and repr raise in turn, to break whoever reports it.

exercise: 08_bayes_error
verdict: crashed
"""


class Unspeakable(Exception):
    def __str__(self):
        raise self

    __repr__ = __str__


def linear_error(w, signal, kappa, sigma):
    raise Unspeakable
