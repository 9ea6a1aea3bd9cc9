"""Returns a list that contains itself, and one nested a hundred thousand deep.

exercise: 08_bayes_error
verdict: wrong
"""

turn = []


def linear_error(w, signal, kappa, sigma):
    turn.append(1)
    nest = [0.5]
    if len(turn) % 2:
        nest[0] = nest
    else:
        for _ in range(100_000):
            nest = [nest]
    return nest
