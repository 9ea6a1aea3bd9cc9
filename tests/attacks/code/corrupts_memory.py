"""Overwrites the integer 1 and the float it returns in memory; at most the worker goes mad.

exercise: 08_bayes_error
verdict: crashed|wrong|tampered|timeout
"""

import ctypes


def linear_error(w, signal, kappa, sigma):
    ctypes.memset(id(0.75) + 16, 0xFF, 8)
    ctypes.memset(id(1) + 16, 0xFF, 64)
    return 0.75
