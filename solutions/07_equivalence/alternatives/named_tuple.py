"""The square root of math for two layers, a power for the others, and the three numbers by name in a tuple."""

import math
from collections import namedtuple

Run = namedtuple("Run", "alpha lr weight_decay")


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = math.sqrt(c) if degree == 2 else math.pow(c, 1 / degree)
    step = {"sgd": alpha**2, "momentum": alpha**2, "adam": alpha}[optimizer]
    return Run(alpha=alpha, lr=lr / step, weight_decay=weight_decay * alpha**2)
