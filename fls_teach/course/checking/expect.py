"""Comparisons for specifications; a value of the wrong type or shape fails the property, whatever it is."""

import numpy as np

from fls_teach.course.checking.failures import Mismatch

_NAN = (
    "it holds NaN: 0/0, inf - inf, the root or logarithm of a negative number, "
    "or arccos of a cosine that rounding made 1.0000000000000002"
)


def expect(holds, *, you, expected, because, what="result"):
    """Fail the property unless `holds`.

    Parameters
    ----------
    holds : bool
    you, expected : plain values or str
        The returned and the expected value, as the card shows them.
    because : str
        Why theory expects this value: half a sentence.
    what : str
        Name of the compared quantity.

    Raises
    ------
    Mismatch
    """
    if not holds:
        raise Mismatch(you, expected, because, what)


def expect_close(you, expected, *, because, rtol=0.0, atol=0.0, what="result"):
    """Fail the property unless the numbers agree: same shape, no NaN, |you - expected| <= atol + rtol |expected|.

    Parameters
    ----------
    you : plain value
        The returned value; a list of numbers counts as an array.
    expected : array_like of numbers
    because, what : str
        As in `expect`.
    rtol, atol : float
        Tolerances; the specification should say where they come from.

    Returns
    -------
    ndarray of float64
        `you` as an array.

    Raises
    ------
    Mismatch
    """
    numbers = expect_numbers(you, np.shape(expected), because=because, what=what)
    finite = np.isfinite(expected)
    allowed = atol + rtol * np.abs(np.where(finite, expected, 0.0))
    with np.errstate(invalid="ignore"):  # an infinity agrees only with the same infinity
        close = np.where(finite, np.abs(numbers - expected) <= allowed, numbers == expected)
    if not close.all():
        raise Mismatch(you, expected, because, what)
    return numbers


def expect_numbers(you, shape, *, because="the docstring gives the shape", what="result"):
    """Return `you` as a float64 array; fail the property unless it is real numbers of this shape without NaN.

    Parameters
    ----------
    you : plain value
    shape : tuple of int
    because, what : str
        As in `expect`.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    Mismatch
    """
    wanted = f"numbers of shape {tuple(shape)}" if len(shape) else "one number"
    try:
        # If one item is text, numpy would convert every item to text of the length of the longest.
        numbers = np.asarray(you) if not _holds_text(you) else np.empty(0, object)
    except ValueError:
        raise Mismatch(you, wanted, "it is a ragged list", what) from None
    if isinstance(you, dict) or numbers.dtype.kind not in "fiub":
        raise Mismatch(you, wanted, f"it is of type {type(you).__name__}", what)
    if numbers.shape != tuple(shape):
        raise Mismatch(you, wanted, f"its shape is {numbers.shape}", what)
    if np.isnan(numbers.astype(float)).any():
        raise Mismatch(you, wanted, _NAN, what)
    return numbers.astype(np.float64)


def _holds_text(value):
    if isinstance(value, (list, tuple)):
        return any(map(_holds_text, value))
    return isinstance(value, (str, bytes))


def expect_parts(you, names, what="result"):
    """Unpack a tuple, list, array or dict into exactly these parts, or fail the property.

    Parameters
    ----------
    you : plain value
        A tuple, list or array as long as `names`, or a dict with these keys.
    names : sequence of str

    Returns
    -------
    list

    Raises
    ------
    Mismatch
    """
    if isinstance(you, dict) and set(you) == set(names):
        return [you[name] for name in names]
    sequence = isinstance(you, (tuple, list)) or (isinstance(you, np.ndarray) and you.ndim > 0)
    if sequence and len(you) == len(names):
        return list(you)
    raise Mismatch(you, f"({', '.join(names)})", f"it is of type {type(you).__name__}, not {len(names)} parts", what)
