"""Returns a list whose encoding never ends: it grows while it is read.

exercise: 08_bayes_error
verdict: wrong|tampered|timeout
"""

import threading

grown = [0.5]


def grow():
    while len(grown) < 10**7:
        grown.append(0.5)


def linear_error(w, signal, kappa, sigma):
    threading.Thread(target=grow, daemon=True).start()
    return grown
