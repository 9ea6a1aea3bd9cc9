"""The rule that selects the learning rates from which the accuracy of a c is computed (no torch).

The table, the figure, the export and the demos on images all use it, so their numbers agree.
"""

from dataclasses import dataclass

import numpy as np

from fls_teach.statistics import at_best_rate

RULE = (
    "each seed at the learning rate that is best for the other half of the seeds by peak test accuracy, "
    "among the rates at which every seed reached its target"
)
"""How the accuracy of a c is computed from those at its learning rates; see `choose`."""
INTERVAL = (
    "Student's 95% interval for the learning rates taken; where several rates count it covers 91 to 93%, because "
    "each half of the seeds chooses for the other"
)
"""Meaning of the interval of an accuracy. Coverage was measured on noise, with 2 to 16 seeds and 2 to 6 rates."""
PEAK = "peak: the best of all evaluations, of which a slow run has more; final: after the last epoch"


@dataclass(frozen=True)
class Choice:
    """The selection of `RULE` from a grid (s, m, r)."""

    curve: np.ndarray
    """Accuracy (s, m) at the selected rates; NaN where no rate counts."""
    rate: np.ndarray
    """Index (s, m) of the selected rate; -1 where none counts."""

    @property
    def best(self):
        """Index of the c with the highest mean accuracy; None if no rate counts at any c."""
        mean = self.curve.mean(axis=0)
        return int(np.nanargmax(mean)) if np.isfinite(mean).any() else None

    def rates(self, i):
        """Return the indices of the rates at the i-th c: none, one, or two if the halves of the seeds disagree."""
        return [int(j) for j in np.unique(self.rate[:, i]) if j >= 0]

    def at(self, values):
        """Return other `values` (s, m, r) at the selected rates: (s, m)."""
        taken = np.take_along_axis(values, np.maximum(self.rate, 0)[..., None], axis=-1)[..., 0]
        return np.where(self.rate >= 0, taken, np.nan)


def choose(accuracy, status):
    """Return the Choice that `RULE` makes; the table, the figure and the export all use it."""
    return Choice(*at_best_rate(accuracy, status == "reached"))


def power(log2_c):
    """Format a c: as a power of two if it is one, otherwise as a decimal number.

    Examples
    --------
    >>> power(-3.0), power(float(np.log2(3)))
    ('2^-3', '3')
    """
    return f"2^{log2_c:.0f}" if float(log2_c).is_integer() else f"{2.0**log2_c:g}"


def notes(log2_c, lr, accuracy, status, target):
    """Return sentences that say where a grid is too small for a conclusion.

    Parameters
    ----------
    log2_c : ndarray (m,)
        Increasing.
    lr : ndarray (r,)
        Increasing.
    accuracy, status : ndarray (s, m, r)
        As in a `Grid`.
    target : str
        Phrase that says when runs stop.

    Returns
    -------
    list of str
        Empty where the best c and its best rate have neighbours on both sides.

    Examples
    --------
    >>> status = np.full((2, 3, 1), "reached")
    >>> notes(np.arange(3.0), np.array([0.1]), np.array([[[0.5], [0.6], [0.7]]] * 2), status, "99%")
    ['The best c, 2^2, is the largest of the grid: a better one may lie beyond it.']
    """
    reached = status == "reached"
    if not reached.any():
        return [f"No run reached its target, {target}: train for more epochs or at other rates before comparing c."]
    choice = choose(accuracy, status)
    best = choice.best
    if best is None:
        return [f"At no c is there a learning rate at which every seed reached its target, {target}."]
    found = []
    if len(log2_c) > 1 and best in (0, len(log2_c) - 1):
        end = "largest" if best else "smallest"
        found.append(f"The best c, {power(log2_c[best])}, is the {end} of the grid: a better one may lie beyond it.")
    where = f"At the best c, {power(log2_c[best])}"
    for taken in choice.rates(best) if len(lr) > 1 else ():
        if taken in (0, len(lr) - 1):
            end = "largest" if taken else "smallest"
            found.append(f"{where}, the best learning rate, {lr[taken]:g}, is the {end} of the grid.")
    return found
