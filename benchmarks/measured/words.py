"""How numbers are written in the measured blocks: errors in percent, differences in percentage points."""

import numpy as np

from fls_teach.statistics import interval


def percent(values, digits=2):
    """Mean over the first axis, seeds, in percent: a list of words, one per column."""
    return [f"{100 * value:.{digits}f}" for value in np.atleast_1d(np.mean(values, axis=0))]


def points(differences, digits=2, cross_fitted=False):
    """A paired difference of errors in percentage points with its 95% interval.

    Examples
    --------
    >>> points([0.01, 0.02, 0.03])
    '+2.00 ± 2.48'
    """
    found = interval(differences, cross_fitted=cross_fitted)
    return f"{100 * found.mean:+.{digits}f} ± {100 * found.half:.{digits}f}"


def mean_percent(values):
    """Mean of one value per seed in percent with its 95% interval; how many failed, if some are NaN; "" if none is.

    Examples
    --------
    >>> mean_percent([0.5, 0.51, 0.52])
    '51.0 ± 2.5'
    """
    if not len(values):
        return ""
    found = interval(100 * np.array(values))
    if np.isnan(found.mean):
        return f"{np.isnan(values).sum()} of {len(values)} failed"
    return f"{found.mean:.1f}" + (f" ± {found.half:.1f}" if len(values) > 1 else "")


def plus_minus(values, digits=3):
    """A mean over seeds with its 95% interval, in the unit of the values."""
    found = interval(values)
    return f"{found.mean:.{digits}f} ± {found.half:.{digits}f}"


def powers(log2_alpha):
    """Column headings: 2^-12, ... for the logarithms."""
    return [f"2^{k:g}" for k in log2_alpha]


def table(headings, rows):
    """A Markdown table of strings."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
