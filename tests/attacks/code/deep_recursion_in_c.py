"""Raises the recursion limit and recurses in C, until the stack is overrun.

exercise: 08_bayes_error
verdict: crashed|timeout
"""

import sys

sys.setrecursionlimit(2**30)


def nested():
    nest = []
    for _ in range(2**18):
        nest = [nest]
    return nest


def linear_error(w, signal, kappa, sigma):
    return float(nested() == nested())
