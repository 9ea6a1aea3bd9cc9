"""A claim and its measurement: the statement, its source, predicted and measured numbers, and whether they agree."""

import math
from dataclasses import dataclass, fields

import numpy as np
from scipy.special import ndtr, ndtri

from fls_teach.statistics import Interval


@dataclass(frozen=True)
class Measured:
    """A measured number, which is formatted only when it is printed.

    Examples
    --------
    >>> Measured(0.00266, 0.0023, 0.00302, n=64).words
    '0.00266 ± 0.00036 (n = 64)'
    >>> Measured(0, n=120, unit="runs", detail="of 120 seeds").words
    '0 runs, of 120 seeds'
    """

    value: float | None
    """None (null in JSON) if nothing could be measured; `detail` then says why."""
    low: float | None = None
    high: float | None = None
    """Ends of the 95% interval; None if there is none."""
    n: int | None = None
    """Number of independent observations, usually seeds."""
    unit: str = ""
    detail: str = ""
    """Further information for the reader."""

    def __post_init__(self):
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is not None:
                number = float(number)
                object.__setattr__(self, name, number if math.isfinite(number) else None)
        if self.n is not None:
            object.__setattr__(self, "n", int(self.n))
        if self.value is None and not self.detail:
            raise TypeError("a measurement without a value needs a detail that says why")

    @classmethod
    def of(cls, found: Interval, unit: str = "", detail: str = "") -> "Measured":
        """Return the measurement of an interval of `fls_teach.statistics`."""
        missing = detail or "no finite measurement"
        return cls(found.mean, found.low, found.high, found.n, unit, detail if math.isfinite(found.mean) else missing)

    @property
    def words(self) -> str:
        """The measurement as text."""
        if self.value is None:
            return self.detail
        unit = self.unit if self.unit.startswith(("%", "°")) or not self.unit else f" {self.unit}"
        if self.low is None or self.high is None:
            text = f"{_short(self.value)}{unit}"
        else:
            text = f"{_with_interval(self.value, self.low, self.high)}{unit} (n = {self.n})"
        return f"{text}, {self.detail}" if self.detail else text


@dataclass(frozen=True)
class Tolerance:
    """Allowed difference between prediction and measurement, and the reason for its size."""

    value: float | None
    """In the unit of the measurement; None if the test does not compare a difference."""
    words: str

    def __post_init__(self):
        if not isinstance(self.words, str) or not self.words:
            raise TypeError(f"tolerance {self.words!r}; wanted words")


@dataclass(frozen=True)
class Claim:
    """One line of a demo's table.

    Raises
    ------
    TypeError
        If `holds` is not a bool, or the type of a field does not match its annotation.

    Examples
    --------
    >>> rounding = Tolerance(1e-12, "a few roundings")
    >>> Claim("sum", "OA + OF is the excess error", "[D] science.md#errors", "0", Measured(2e-16), rounding, True).holds
    True
    """

    id: str
    """Short and stable, for scripts."""
    statement: str
    """One falsifiable sentence that can be read on its own."""
    source: str
    """A mark ([P]aper, [D]erived, [M]easured) and a reference that resolves: ``[D] science.md#errors``."""
    predicted: str
    measured: Measured
    tolerance: Tolerance
    holds: bool
    chance_of_failure: float = 0.0
    """Probability that the claim fails at another seed if the true value is the one measured here; 0 if no sampling is
    involved."""

    def __post_init__(self):
        if not isinstance(self.holds, (bool, np.bool_)):
            raise TypeError(f"claim {self.id!r}: holds is {self.holds!r}; wanted True or False")
        object.__setattr__(self, "holds", bool(self.holds))
        object.__setattr__(self, "chance_of_failure", float(self.chance_of_failure))
        for item in fields(self)[:4]:
            value = getattr(self, item.name)
            if not isinstance(value, str) or not value:
                raise TypeError(f"claim {self.id!r}: {item.name} is {value!r}; wanted words")
        for name, kind in (("measured", Measured), ("tolerance", Tolerance)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"claim {self.id!r}: {name} is {getattr(self, name)!r}; wanted a {kind.__name__}")


INTERVAL_TEST = "95% interval over seeds"


def above(
    id: str,
    statement: str,
    source: str,
    found: Interval,
    bound: float = 0.0,
    unit: str = "",
    detail: str = "",
    why: str = "",
) -> Claim:
    """Claim that a mean over seeds exceeds `bound`: its whole 95% interval must lie above.

    `why` gives the reason for a bound that is not 0. It must say where the bound comes from, not that the measurement
    passes.

    Examples
    --------
    >>> claim = above("rise", "the error rises", "[M] science.md#u-curve", Interval(0.3, 0.1, 0.5, n=20))
    >>> claim.holds, round(claim.chance_of_failure, 2), claim.predicted
    (True, 0.16, '> 0')
    """
    return _against_bound(id, statement, source, found, bound, unit, detail, why, sign=1)


def below(
    id: str,
    statement: str,
    source: str,
    found: Interval,
    bound: float = 0.0,
    unit: str = "",
    detail: str = "",
    why: str = "",
) -> Claim:
    """Claim that a mean over seeds is below `bound`: its whole 95% interval must lie below. `why` is as for `above`.

    Examples
    --------
    >>> found, why = Interval(0.02, 0.01, 0.03, n=20), "f(0) makes all but a twentieth"
    >>> below("left", "less than 5% is left", "[M] science.md#causes", found, 0.05, why=why).tolerance.words
    'the 95% interval over seeds lies below 0.05: f(0) makes all but a twentieth'
    """
    return _against_bound(id, statement, source, found, bound, unit, detail, why, sign=-1)


def _against_bound(id, statement, source, found, bound, unit, detail, why, sign):
    if bound != 0 and not why:
        raise TypeError(f"claim {id!r}: the bound {bound:g} has no reason; wanted `why`")
    end = found.low if sign > 0 else found.high
    relation = ">" if sign > 0 else "<"
    words = f"the {INTERVAL_TEST} lies {'above' if sign > 0 else 'below'} {bound:g}"
    test = Tolerance(bound, f"{words}: {why}" if why else words)
    chance = _chance_of_failure(sign * (found.mean - bound), found)
    measured = Measured.of(found, unit, detail)
    return Claim(id, statement, source, f"{relation} {bound:g}", measured, test, bool(sign * (end - bound) > 0), chance)


def within(
    id: str,
    statement: str,
    source: str,
    found: Interval,
    target: float,
    tolerance: float,
    why: str,
    unit: str = "",
    detail: str = "",
) -> Claim:
    """Claim that a mean over seeds equals `target` up to `tolerance`: so must all of its 95% interval."""
    low, high = target - tolerance, target + tolerance
    holds = bool(low <= found.low and found.high <= high)
    chance = _chance_of_failure(tolerance - abs(found.mean - target), found)
    test = Tolerance(tolerance, f"the {INTERVAL_TEST} lies within {tolerance:g} of {target:g}: {why}")
    return Claim(id, statement, source, f"{target:g}", Measured.of(found, unit, detail), test, holds, chance)


def count(
    id: str, statement: str, source: str, exceptions: int, total: int, unit: str, why: str = "none", detail: str = ""
) -> Claim:
    """Claim that there is no exception among `total` > 0 cases.

    Examples
    --------
    >>> count("reached", "every run reaches its target", "[M] science.md#u-curve", 0, 520, "runs").measured.words
    '0 exceptions among 520 runs'
    >>> count("reached", "every run reaches its target", "[M] science.md#u-curve", 1, 520, "runs").measured.words
    '1 exception among 520 runs'
    """
    words = f"exception{'s' * (exceptions != 1)} among {total:,} {unit}"
    found = Measured(exceptions, n=total, unit=words, detail=detail)
    return Claim(id, statement, source, "0 exceptions", found, Tolerance(0.0, why), exceptions == 0 < total)


def _chance_of_failure(margin, found):
    """Return the probability that another run's interval ends on the wrong side; `margin` is this run's distance."""
    if not (math.isfinite(margin) and math.isfinite(found.half)):
        return 1.0
    if found.half == 0:
        return float(margin <= 0)
    return float(ndtr(ndtri(0.975) * (1 - margin / found.half)))


def _short(value):
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e9 else f"{value:.2g}"


def _with_interval(value, low, high):
    """Format a value and its interval, with half the interval's width to two significant digits."""
    half = (high - low) / 2
    digits = 1 - math.floor(math.log10(half)) if half > 0 else 2
    form = f".{max(digits, 0)}f" if digits <= 6 else ".1e"
    if abs((high + low) / 2 - value) <= 0.02 * half:
        return f"{value:{form}} ± {half:{form}}"
    return f"{value:{form}} [{low:{form}}, {high:{form}}]"
