"""How a property fails, and how the checker itself does."""

import itertools

import numpy as np

from fls_teach.course.checking.show import show

KEPT_BYTES = 8 << 20
"""How much of the answers in one example is kept for its card; those of an honest function are a hundredth of it."""


class Mismatch(AssertionError):
    """A property does not hold; carries what a counterexample card shows."""

    def __init__(self, you, expected, because, what):
        super().__init__(f"{what}: got {show(you)}, expected {show(expected)}; {because}")
        # Of an answer that is far too large its text will do; Hypothesis keeps every failure that it has seen.
        self.you = you if weight(you) <= KEPT_BYTES // 16 else show(you)
        self.expected, self.because, self.what = expected, because, what


class ArgumentChanged(Mismatch):
    """An example holds, but a call of it changed an argument in place; carries the `Call` and the arguments' names."""

    def __init__(self, call, names):
        super().__init__(
            f"{call.function.removeprefix('support:')}() changed {' and '.join(names)} in place",
            "arguments that are as they were",
            "the caller goes on to use the same object: work on a copy, without *= and the like",
            "result",
        )
        self.call, self.names = call, names


class CallFailed(Exception):
    """The student's function raised, or returned what is not a plain value; carries the `Outcome`."""

    def __init__(self, outcome):
        super().__init__(outcome.message)
        self.outcome = outcome


class Abandoned(BaseException):
    """No further example helps (time-out, crash, file that does not load); not an Exception, so nothing shrinks it."""

    def __init__(self, outcome):
        super().__init__(outcome.message)
        self.outcome = outcome


class CheckerBroken(BaseException):
    """Our own side of a call failed: not an Exception, so that nothing takes it for the student's failure."""


class CheckerTooSlow(CheckerBroken):
    """To make the examples and to judge the answers took longer than we allow ourselves."""


def weight(value):
    """About how many bytes of memory a plain value takes."""
    if isinstance(value, dict):
        value = tuple(itertools.chain(value, value.values()))
    if isinstance(value, (list, tuple)):
        return 64 + sum(map(weight, value))
    if isinstance(value, np.ndarray):
        return 64 + value.nbytes
    return 64 + (len(value) if isinstance(value, (str, bytes)) else 0)
