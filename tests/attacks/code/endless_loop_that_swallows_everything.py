"""Never returns, and swallows every exception that somebody might throw into it to end it.

exercise: 08_bayes_error
verdict: timeout
"""


def linear_error(w, signal, kappa, sigma):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
        finally:
            continue  # noqa: B012 (that is the attack)
