"""Returns tuples and dicts of the right length with parts of the wrong kind, to make the specification stumble.

exercise: 09_decomposition
verdict: wrong
"""

import numpy as np

ODD = [
    (b"0", "0", "True"),
    {"over_alignment": {}, "over_fitting": [], "reached": None},
    ([[0.0], [0.0, 1.0]], 2**4000, np.array([True])),
    (np.zeros((0, 3)), np.zeros((1,) * 32), np.bool_(True)),
    (np.float16("-inf"), 1e308, np.array(True)),
    (1e308, 1e308, False),
    ["a", "b", "c"],
    "abc",
]
turn = []


def decompose(predictor, class_sum, signal, kappa, sigma):
    turn.append(1)
    return ODD[len(turn) % len(ODD)]
