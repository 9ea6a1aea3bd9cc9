"""Find the call on which a property failed among the calls of its example."""

import numpy as np

from fls_teach.course.checking.failures import ArgumentChanged, Mismatch


def failing_call(failure):
    """Return the call that caused a failure, or None if nothing was called.

    This is the call whose answer, or a part of it, was compared with the expected value. If the compared value was
    computed from several answers, it is the last call: before that call, the property had not failed.
    """
    error, calls = failure.error, failure.calls
    if isinstance(error, ArgumentChanged):
        return error.call
    if isinstance(error, Mismatch) and not isinstance(error.you, str):
        for found_in in (_is_in, _equals_in):
            for call in reversed(calls):
                if call.outcome.ok and found_in(error.you, call.outcome.value):
                    return call
    return calls[-1] if calls else None


def _is_in(wanted, value):
    """Whether `value` is, or contains, the same object; None, bools and integers are shared, so they do not count."""
    if wanted is None or isinstance(wanted, (bool, int)):
        return False
    return wanted is value or any(_is_in(wanted, part) for part in _parts(value))


def _equals_in(wanted, value):
    return _equal(wanted, value) or any(_equals_in(wanted, part) for part in _parts(value))


def _equal(a, b):
    try:
        return bool(np.shape(a) == np.shape(b) and np.array_equal(a, b))
    except (TypeError, ValueError, OverflowError):  # ragged lists, text among numbers
        return False


def _parts(value):
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) and len(value) <= 100 else ()
