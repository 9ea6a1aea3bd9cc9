"""Never returns.

exercise: 08_bayes_error
verdict: timeout
"""


def linear_error(w, signal, kappa, sigma):
    while True:
        pass
