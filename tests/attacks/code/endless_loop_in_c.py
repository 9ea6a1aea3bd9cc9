"""Stays inside one C function for ever, where neither a signal handler nor another thread gets its turn.

exercise: 08_bayes_error
verdict: timeout
"""


def linear_error(w, signal, kappa, sigma):
    power = 7**10
    return (7**power) % 2
