"""Replaces the built-in functions that a comparison is made of.

exercise: 08_bayes_error
verdict: wrong|crashed|tampered
"""

import builtins

builtins.abs = lambda x: 0.0
builtins.all = builtins.any = builtins.isinstance = builtins.issubclass = lambda *args: True
builtins.min = builtins.max = lambda *args, **kwargs: 0
builtins.AssertionError = builtins.ZeroDivisionError


def linear_error(w, signal, kappa, sigma):
    return 0.75
