"""Reads address 0 through ctypes.

exercise: 08_bayes_error
verdict: crashed
"""

import ctypes


def linear_error(w, signal, kappa, sigma):
    return ctypes.string_at(0)
