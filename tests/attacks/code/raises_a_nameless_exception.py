"""Raises an exception whose class has no readable name: its metaclass raises when the worker asks for it.

exercise: 08_bayes_error
verdict: crashed
"""


class Nameless(type):
    @property
    def __name__(cls):
        raise SystemExit(0)


class Ghost(Exception, metaclass=Nameless):
    pass


def linear_error(w, signal, kappa, sigma):
    raise Ghost
