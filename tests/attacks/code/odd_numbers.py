"""Returns numbers that float() or str() of the checker may choke on: huge integers, complex, long double, dates.

exercise: 08_bayes_error
verdict: wrong
"""

import datetime
import decimal
import fractions

import numpy as np

ODD = [10**20_000, -(2**4000), 0.5 + 0j, np.longdouble(0.5), np.datetime64("NaT"), decimal.Decimal("sNaN")]
ODD += [fractions.Fraction(1, 2), datetime.timedelta(1), np.uint64(2**64 - 1), np.float16("inf"), 5e-324, True, None]
turn = []


def linear_error(w, signal, kappa, sigma):
    turn.append(1)
    return ODD[len(turn) % len(ODD)]
