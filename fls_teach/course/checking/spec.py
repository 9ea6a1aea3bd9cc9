"""The names with which a specification is written: graded properties, the student's functions, comparisons.

A specification ``tests/spec/test_NN_slug.py`` is an ordinary pytest file; each property calls functions of `student`::

    @graded(2, "OA + OF = E(w^_+) - E*", case=strategies.decompositions())
    def test_parts_sum(student, case):
        \"\"\"The excess error is exactly the sum of its two parts\"\"\"
        parts = student.decompose(**case)
        ...
        expect_close(total, excess, atol=1e-12, because="OF is defined as what OA leaves of the excess")

pytest runs it on the solutions, ``fls check`` on a student's file in a worker process.
"""

import copy
import functools
import inspect
from dataclasses import dataclass

import hypothesis

from fls_teach.course.checking.expect import expect, expect_close, expect_numbers, expect_parts
from fls_teach.course.checking.failures import CallFailed, Mismatch
from fls_teach.course.checking.student import Student

__all__ = [
    "CallFailed",
    "Graded",
    "Mismatch",
    "Student",
    "expect",
    "expect_close",
    "expect_numbers",
    "expect_parts",
    "graded",
]


@dataclass(frozen=True)
class Graded:
    """The points of a property, and the formula and sentence that a student sees."""

    points: int
    formula: str
    sentence: str


def graded(points, formula, examples=30, first=(), in_place=(), **strategies):
    """Mark a function as a graded property and run it on examples.

    Parameters
    ----------
    points : int
        Whole points, all or nothing.
    formula : str
        The property in the paper's notation, in one line.
    examples : int
        Number of examples to draw.
    first : sequence of dict
        Inputs to try before any is drawn, each with a value for every argument after `student`: for instance the
        lesson's example, or a boundary that is seldom drawn. Without strategies, nothing else is tried.
    in_place : sequence of str
        Functions that may change their arguments. Any other function fails the property if it does so, unless the
        same change has failed an earlier property of the exercise.
    **strategies : hypothesis strategies
        One for each argument after `student`; they must draw plain values. Without any strategy and without `first`,
        the property runs once.
    """
    if any(set(inputs) != set(strategies or first[0]) for inputs in first):
        raise TypeError(f"each of `first` needs a value for each of {sorted(strategies or first[0])}")

    def decorate(function):
        @functools.wraps(function)
        def example(student, **inputs):
            student.begin(inputs)
            function(student, **inputs)
            student.expect_arguments_kept(in_place)

        test = example
        if strategies:
            quiet = hypothesis.settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                report_multiple_bugs=False,
                # Not the phase "explain", which takes minutes to find out which parts of a failing example matter.
                phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            test = quiet(hypothesis.given(**strategies)(example))
        if first:
            test = _after(first, example, test if strategies else None)
        test.graded = Graded(points, formula, " ".join(function.__doc__.split()))
        # `search` builds its own runs from these: with other seeds, with a time limit, on one given example.
        test.example, test.strategies, test.examples = example, strategies, examples
        test.first = tuple(first)
        return test

    return decorate


def _after(first, example, drawn):
    """Return a test for pytest that tries the inputs of `first`, then the drawn ones."""

    @functools.wraps(example)
    def test(student):
        for inputs in first:
            example(student, **copy.deepcopy(inputs))
        if drawn:
            drawn(student)

    # Otherwise pytest would look for fixtures with the names of the property's arguments.
    test.__signature__ = inspect.Signature([inspect.Parameter("student", inspect.Parameter.POSITIONAL_OR_KEYWORD)])
    return test
