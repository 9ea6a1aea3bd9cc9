"""Returns numbers with one long text among them, of which numpy would make a table of 2 GB in the checker.

exercise: 08_bayes_error
verdict: wrong
"""


def linear_error(w, signal, kappa, sigma):
    return [[0.5] for _ in range(5_000)] + [["x" * 100_000]]
