"""Returns a dict subclass whose keys and items disagree with each other.

exercise: 09_decomposition
verdict: wrong
"""


class Janus(dict):
    def __getitem__(self, key):
        return 0.0

    def __iter__(self):
        return iter(("over_alignment", "over_fitting", "reached"))

    def __len__(self):
        return 3

    keys = __iter__


def decompose(predictor, class_sum, signal, kappa, sigma):
    return Janus(over_alignment=1.0)
