"""Returns NaN, of which every "differs by more than" is false.

exercise: 09_decomposition
verdict: wrong
"""


def decompose(predictor, class_sum, signal, kappa, sigma):
    return float("nan"), float("nan"), True
