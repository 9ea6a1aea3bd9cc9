"""Exceptions for the failure of a property, and for a failure of the checker itself."""

import itertools

import numpy as np

from fls_teach.course.checking.show import show

KEPT_BYTES = 8 << 20
"""Bytes of answers that are kept for the card of one example; honest functions return about a hundredth of this."""


class Mismatch(AssertionError):
    """A property does not hold; has the values that a counterexample card shows."""

    def __init__(self, you, expected, because, what):
        super().__init__(f"{what}: got {show(you)}, expected {show(expected)}; {because}")
        # A very large answer is kept only as text, because Hypothesis keeps every failure that it has seen.
        self.you = you if weight(you) <= KEPT_BYTES // 16 else show(you)
        self.expected, self.because, self.what = expected, because, what


class ArgumentChanged(Mismatch):
    """The property holds, but a call changed arguments in place; has the `Call` and the names of the arguments."""

    def __init__(self, call, names):
        super().__init__(
            f"{call.function.removeprefix('support:')}() changed {' and '.join(names)} in place",
            "unchanged arguments",
            "the caller goes on to use the same object: work on a copy, without *= and the like",
            "result",
        )
        self.call, self.names = call, names


class CallFailed(Exception):
    """The student's function raised, or did not return a plain value; has the `Outcome`."""

    def __init__(self, outcome):
        super().__init__(outcome.message)
        self.outcome = outcome


class Abandoned(BaseException):
    """Further examples would not help (time-out, crash, load error); not an Exception, so that it is not shrunk."""

    def __init__(self, outcome):
        super().__init__(outcome.message)
        self.outcome = outcome


class CheckerBroken(BaseException):
    """The checker's part of a call failed; not an Exception, so that it is not taken for the student's failure."""


class CheckerTooSlow(CheckerBroken):
    """Drawing the examples and comparing the answers took longer than `Limits.course`."""


def weight(value):
    """Return approximately how many bytes of memory a plain value takes."""
    if isinstance(value, dict):
        value = tuple(itertools.chain(value, value.values()))
    if isinstance(value, (list, tuple)):
        return 64 + sum(map(weight, value))
    if isinstance(value, np.ndarray):
        return 64 + value.nbytes
    return 64 + (len(value) if isinstance(value, (str, bytes)) else 0)
