"""Specification of exercise 01: the spread."""

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking.spec import expect_close, graded


@graded(1, "spread(2, -3, 4) = 7")
def test_example(student):
    """The lesson's example comes out as it does by hand"""
    expect_close(student.spread(np.array([2.0, -3.0, 4.0])), 7, because="4 - (-3) = 7")


@graded(2, "spread(x) = max x - min x", examples=5, k=st.sampled_from([-2, -3]))
def test_is_the_range(student, k):
    """The spread is the largest entry less the smallest"""
    x = np.array([1.0, k, 0.5])
    expect_close(student.spread(x), 1 - k, rtol=1e-12, because="that is how it is defined")
