"""Raises GeneratorExit, which is no Exception and ends generators without a word.

exercise: 08_bayes_error
verdict: crashed
"""


def linear_error(w, signal, kappa, sigma):
    raise GeneratorExit
