"""Looking for a counterexample: the same for the same seed, small, in time, and fair about whose time it is."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st

from fls_teach.course.checking.failures import CheckerBroken, CheckerTooSlow, Mismatch
from fls_teach.course.checking.search import Limits, TooSlow, run_property
from fls_teach.course.checking.spec import expect, expect_numbers, graded
from fls_teach.course.checking.student import Student
from fls_teach.course.feedback.cards import summary
from fls_teach.sandbox.outcome import Outcome

from .students import below_twenty, calling, changing


def test_the_smallest_input_is_found_and_the_same_for_the_same_seed():
    found = run_property(below_twenty, calling(lambda x: x), seed=3)
    assert found.inputs == {"x": 20}
    assert [call.args for call in found.calls] == [(20,)]
    assert not found.flaky
    assert run_property(below_twenty, calling(lambda x: 0)) is None


def test_seeds_differ_and_repeat():
    def seen(seed):
        inputs = []
        run_property(below_twenty, calling(lambda x: inputs.append(x) or 0), seed)
        return inputs

    assert seen(1) == seen(1) != seen(2)
    assert len(seen(1)) == 30


def test_properties_with_equal_strategies_draw_different_inputs():
    """Three properties of an exercise used to judge one answer on the same thirty inputs."""

    def seen(test):
        inputs = []
        run_property(test, calling(lambda x: inputs.append(x) or 0), seed=1)
        return set(inputs)

    @graded(1, "f(x) < 20", x=st.integers(0, 10**6))
    def also_below_twenty(student, x):
        """Everything stays below twenty"""
        expect(student.f(x) < 20, you=x, expected="less", because="so it is")

    assert len(seen(below_twenty) - seen(also_below_twenty)) > 20


def explicit(**strategies):
    """A property with explicit inputs, which changes what it is given."""

    @graded(1, "f(x) < 20", examples=10, first=[{"x": np.array([3])}, {"x": np.array([7])}], **strategies)
    def starts_small(student, x):
        """It starts small"""
        value = int(x[0])
        x[0] = 99
        expect(student.f(value) < 20, you=value, expected="less", because="so it is")

    return starts_small


def test_explicit_inputs_come_first_and_stay_as_they_are():
    """Left to chance, the lesson's own example may never be drawn; shrunk, it would no longer be the lesson's."""
    numbers = st.integers(20, 30).map(lambda k: np.array([k]))
    for strategies, count in ({"x": numbers}, 12), ({}, 2):
        test = explicit(**strategies)
        for _ in range(2):
            asked = []
            assert run_property(test, calling(lambda x, asked=asked: asked.append(x) or 0)) is None
            assert asked[:2] == [3, 7] and len(asked) == count
        found = run_property(test, calling(lambda x: 20 if x == 7 else 0))
        assert [call.args for call in found.calls] == [(7,)] and len(found.history) == 2
    test(calling(lambda x: 0))  # as pytest does
    with pytest.raises(Mismatch):
        test(calling(lambda x: 20 if x == 3 else 0))


def test_explicit_inputs_have_a_value_for_each_argument():
    with pytest.raises(TypeError, match="'x', 'y'"):
        graded(1, "x = y", first=[{"x": 1}], x=st.just(1), y=st.just(1))


def test_one_changed_argument_costs_one_property_and_another_one_another():
    @graded(1, "f(x) = 0")
    def asks_itself(student):
        """It asks itself"""
        student.f(1)
        expect(not student.calls[-1].outcome.mutated, you="other", expected="the same", because="")

    student = changing("X")
    assert [bool(run_property(test, student)) for test in (below_twenty, below_twenty, asks_itself)] == [True, 0, 0]
    student.session.call = changing("y").session.call
    assert [bool(run_property(below_twenty, student)) for _ in range(2)] == [True, False]


def test_a_function_whose_lesson_allows_it_may_change_its_arguments():
    def property_of(**options):
        @graded(1, "f(x) = 0", **options)
        def zero(student):
            """It is zero"""
            expect(student.f(1) == 0, you=1, expected=0, because="")

        return zero

    assert run_property(property_of(), changing("x")) is not None
    assert run_property(property_of(in_place=["f"]), changing("x")) is None


def test_looking_for_a_smaller_input_ends_in_time():
    def slow(x):
        time.sleep(0.02)
        return x

    start = time.monotonic()
    found = run_property(below_twenty, calling(slow), limits=Limits(finding=20.0, shrinking=0.1))
    assert found.inputs["x"] >= 20
    assert time.monotonic() - start < 5


def answering(**fields):
    return Student(SimpleNamespace(call=lambda name, *args: Outcome("value", name, 0, **fields)))


@pytest.mark.parametrize("clock, cpu_seconds", [(1.0, None), (3.0, 1.0), (3.0, 0.0), (1.0, 9.0)])
def test_calls_that_take_too_long_together_fail_as_too_slow(clock, cpu_seconds):
    """Where others keep the processor busy the clock counts a third: ten calls of a second are what is allowed."""
    found = run_property(below_twenty, answering(seconds=clock, cpu_seconds=cpu_seconds), limits=Limits(finding=9.5))
    assert isinstance(found.error, TooSlow)
    assert summary(found) == "TooSlow: 10 s were used up after 9 of 30 examples, which is too long"


def test_calls_of_one_example_count_one_by_one():
    asked = []

    @graded(1, "f = 0")
    def asks_on(student):
        """It asks on and on"""
        for k in range(1000):
            asked.append(k)
            student.f(k)

    assert isinstance(run_property(asks_on, answering(seconds=1.0), limits=Limits(finding=9.5)).error, TooSlow)
    assert len(asked) == 10


def test_our_own_work_is_never_the_students_time(monkeypatch):
    """04.1 spent 80% of the limit in its own solver; an honest Runge-Kutta lost two points on a busy machine."""

    @graded(1, "f(x) = 0", x=st.integers(0, 10**6))
    def works_long(student, x):
        """It works long"""
        student.f(x)
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass

    assert run_property(works_long, answering(), limits=Limits(finding=0.1)) is None
    with pytest.raises(CheckerTooSlow, match="took the checker more than 0.1 s"):
        run_property(works_long, answering(), limits=Limits(course=0.1))


def test_what_breaks_on_our_side_is_not_the_students_failure():
    def call(*args, **kwargs):
        raise OverflowError("timestamp too large")

    with pytest.raises(CheckerBroken):
        run_property(below_twenty, Student(SimpleNamespace(call=call)))


def test_nan_says_where_it_comes_from():
    with pytest.raises(Mismatch, match="arccos"):
        expect_numbers(np.array([1.0, np.nan]), (2,))
