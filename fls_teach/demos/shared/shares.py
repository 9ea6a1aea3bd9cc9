"""The share of one effect in another: a ratio of means over seeds, with its interval."""

import numpy as np

from fls_teach import statistics

ALL_BUT_F0 = "then f(0) makes all of it but a twentieth"
"""The reason for a bound of 5% on what is left of a rise if f(0) is claimed to be its cause."""


def share(part, whole):
    """Return the bootstrap interval of mean(part) / mean(whole) over seeds; part and whole (s,) have the same seeds.

    NaN if the whole is 0 for every seed, as is the rise to an end of the grid that is itself the best alpha.
    """
    if not whole.any():
        return statistics.Interval(np.nan, np.nan, np.nan, len(whole))

    def ratio(seeds):
        below, above = whole[seeds].mean(axis=-1), part[seeds].mean(axis=-1)
        return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)

    return statistics.bootstrap(ratio, len(part))


def percent(found):
    """Format an interval of shares as per cent."""
    return f"{found.mean:.0%} [{found.low:.0%}, {found.high:.0%}]" if np.isfinite(found.mean) else "no share"
