"""Returns lists of lists of arrays, tens of thousands of parts that a report might write down again and again.

exercise: 08_bayes_error
verdict: wrong
"""

import numpy as np

row = np.linspace(0.0, 1.0, 36)


def linear_error(w, signal, kappa, sigma):
    return [[[row] * 36] * 36] * 36
