"""How much of one effect another one is: a ratio of means over seeds, with its interval."""

import numpy as np

from fls_teach import statistics

ALL_BUT_F0 = "then f(0) makes all of it but a twentieth"
"""Why 5% is the most that may be left of a rise where f(0) is said to be its cause."""


def share(part, whole):
    """Interval of mean(part) / mean(whole) over seeds, by bootstrap; part and whole (s,) come from the same seeds.

    NaN where the whole is 0 in every seed, as the rise to an end is that is itself the best alpha.
    """
    if not whole.any():
        return statistics.Interval(np.nan, np.nan, np.nan, len(whole))

    def ratio(seeds):
        below, above = whole[seeds].mean(axis=-1), part[seeds].mean(axis=-1)
        return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)

    return statistics.bootstrap(ratio, len(part))


def percent(found):
    """An interval of shares in words."""
    return f"{found.mean:.0%} [{found.low:.0%}, {found.high:.0%}]" if np.isfinite(found.mean) else "no share"
