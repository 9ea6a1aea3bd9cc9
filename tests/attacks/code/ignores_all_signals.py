"""Ignores TERM, INT, HUP, ALRM and XCPU, and goes on for ever.

exercise: 08_bayes_error
verdict: timeout
"""

import contextlib
import signal

for number in range(1, signal.NSIG):
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_IGN)


def linear_error(w, signal, kappa, sigma):
    while True:
        pass
