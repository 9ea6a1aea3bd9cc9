"""Raises unittest.SkipTest, which pytest honours as well.

exercise: 08_bayes_error
verdict: skipped-by-submission
"""

import unittest


def linear_error(w, signal, kappa, sigma):
    raise unittest.SkipTest("not today")
