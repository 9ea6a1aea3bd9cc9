"""Answers made to cost the checker time or memory: shown in a moment, kept in part, compared without a detour."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import strategies as st

from fls_teach.course.checking import search
from fls_teach.course.checking.failures import KEPT_BYTES, Mismatch
from fls_teach.course.checking.search import Limits, run_property
from fls_teach.course.checking.show import pair_shown, show
from fls_teach.course.checking.spec import expect, expect_numbers, graded
from fls_teach.course.checking.student import Student
from fls_teach.sandbox import Outcome

MIB = 1 << 20


def nested(depth, leaf):
    return leaf if depth == 0 else [nested(depth - 1, leaf)] * 30


HOSTILE = {
    "lists of lists": nested(3, 0.1),
    "lists of arrays": nested(2, np.linspace(0, 1, 36)),
    "a dict": {str(k): k for k in range(100_000)},
    "dicts of lists": {str(k): nested(2, 0.1) for k in range(30)},
    "bytes": bytes(32 * MIB),
    "text": ["x" * 500] * 2_000,
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_no_value_is_too_large_to_show(value):
    """Each of thousands of parts used to be written down, for five numbers of digits and every failure."""
    assert len(show(value)) < 30_000
    assert len(str(Mismatch(value, 1.0, "so it is", "result"))) < 30_000
    assert "..." in show(value)
    assert all(len(text) <= 2100 for text in pair_shown(value, value))


class Large:
    """A session whose every answer is an array of so many MiB."""

    def __init__(self, size):
        self.size = size

    def call(self, function, /, *args, **kwargs):
        return Outcome("value", function, value=np.zeros((self.size, MIB // 8)))


def asks_four_times(student, x):
    """A property"""
    answers = [student.f(x) for _ in range(4)]
    expect(x < 10, you=answers[-1], expected="what is small", because="so it is")


LARGE = graded(1, "a = b", examples=40, x=st.integers(0, 10**6))(asks_four_times)


def test_of_large_answers_only_some_are_kept():
    """All answers of 60 calls, and those of all failures that Hypothesis remembers, used to be."""
    tracemalloc.start()
    failure = run_property(LARGE, Student(Large(4)), 1, Limits(tries=60))
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(failure.error, Mismatch) and failure.inputs == {"x": 10}
    assert failure.calls[0].outcome.ok and not failure.calls[-1].outcome.ok
    assert "524288 numbers of shape (4, 131072)" in failure.error.you
    assert kept < 6 * KEPT_BYTES and peak < 10 * KEPT_BYTES


def test_small_answers_are_all_kept():
    test = graded(1, "a = b", examples=40, x=st.integers(0, 10**6))(asks_four_times)
    session = Large(1)
    session.call = lambda function, *args: Outcome("value", function, value=np.arange(3.0))
    failure = run_property(test, Student(session), 1, Limits(tries=60))
    assert len(failure.history) == search.KEPT_CALLS
    assert all(call.outcome.ok for call in [*failure.calls, *failure.history])
    assert isinstance(failure.error.you, np.ndarray)


def test_text_among_numbers_takes_no_memory():
    """numpy would make each of the 10,000 items as long as the longest: 4 GB here."""
    tracemalloc.start()
    with pytest.raises(Mismatch, match="of type list"):
        expect_numbers([["x" * 100_000], *[[""]] * 10_000], (2,))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * MIB
