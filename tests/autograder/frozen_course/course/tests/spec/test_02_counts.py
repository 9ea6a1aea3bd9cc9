"""Specification of exercise 02: even and odd."""

import numpy as np

from fls_teach.course.checking.spec import expect, graded


def ask(student, x):
    """Both counts, if there are two."""
    counts = student.even_and_odd(np.array(x))
    expect(isinstance(counts, tuple) and len(counts) == 2, you=counts, expected="two numbers", because="it says so")
    return counts


@graded(2, "even(0, 1, 2, 3, 4) = 3")
def test_even(student):
    """The even numbers are counted"""
    even, _ = ask(student, [0, 1, 2, 3, 4])
    expect(even == 3, you=even, expected=3, because="0, 2 and 4 are even")


@graded(1, "odd(-1, -2, -3) = 2")
def test_odd(student):
    """The odd numbers are counted, negative ones too"""
    _, odd = ask(student, [-1, -2, -3])
    expect(odd == 2, you=odd, expected=2, because="-1 and -3 are odd")
