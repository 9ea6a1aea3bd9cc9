"""Returns questions that the course's own implementations should choke on: NaN, overflow, empty and endless shapes.

exercise: 16_write_the_property
verdict: wrong
"""

import numpy as np

ODD = [
    [(np.full((3, 2), np.nan), np.ones(2))],
    [(np.ones((2, 10**6)), np.ones(10**6))],
    [(np.ones((0, 2)), np.ones(2))],
    [(np.full((1, 1), 1e308), np.full(1, 1e308))],
    [("W", "direction")] * 50,
    [[[[1.0]], [1.0]]] * 51,
    {"W": 1},
]


def questions(seed):
    return ODD[seed % len(ODD)]


def verdict(asked, answers):
    return True
