"""Returns a float whose subclass lies about every comparison and difference.

exercise: 08_bayes_error
verdict: wrong
"""


class Close(float):
    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__

    def __eq__(self, other):
        return True

    __le__ = __ge__ = __lt__ = __gt__ = __eq__
    __hash__ = float.__hash__


def linear_error(w, signal, kappa, sigma):
    return Close(0.75)
