"""A course of an instructor's own: one exercise, small enough to read here."""

STUB = '''"""Exercise 01: the spread."""

import numpy as np


def spread(x: np.ndarray) -> float:
    """Largest minus smallest.

    Parameters
    ----------
    x : ndarray (n,)

    Returns
    -------
    float
    """
    # TODO: write it.
    raise NotImplementedError("exercise 01: spread")
'''
SOLUTION = '''"""Reference solution of exercise 01."""

import numpy as np


def spread(x: np.ndarray) -> float:
    return float(np.max(x) - np.min(x))
'''
SPECIFICATION = '''"""Specification of exercise 01: the spread."""

import numpy as np

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect_close, graded


@graded(2, "spread(x) = max x - min x", x=strategies.vectors(4))
def test_is_the_range(student, x):
    """The spread is the largest entry less the smallest"""
    expect_close(student.spread(x), np.ptp(x), rtol=1e-12, because="that is how it is defined")


@graded(1, "spread(x + 1) = spread(x)", x=strategies.vectors(3))
def test_shifts_do_not_count(student, x):
    """Adding a number to every entry changes nothing"""
    expect_close(student.spread(x + 1), np.ptp(x), atol=1e-12, because="both ends move alike")
'''


def write(folder, name="01_spread"):
    """Make the course in a folder; return it."""
    texts = {
        f"exercises/{name}/{name}.py": STUB,
        f"exercises/{name}/README.md": "# 01 The spread\n\nLargest minus smallest.\n",
        f"exercises/{name}/hints.md": "# Hints\n\n## 1. A question\n\nWhich entries count?\n",
        f"solutions/{name}/{name}.py": SOLUTION,
        f"tests/spec/test_{name}.py": SPECIFICATION,
        "README.md": "# Statistics by hand\n",
    }
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder
