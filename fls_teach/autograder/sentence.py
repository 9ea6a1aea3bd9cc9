"""Turning exceptions of the system, of parsers and of our checks into a `CourseError` of one sentence."""

import contextlib
from collections.abc import Iterator

from fls_teach.course.registry import CourseError
from fls_teach.files import because

RESUMES = "finished submissions are kept, and the same command resumes the run"
"""The advice if a run of `fls grade` ends before its last submission."""


@contextlib.contextmanager
def refusal(
    what: str = "",
    advice: str = "",
    kinds: type[Exception] | tuple[type[Exception], ...] = (OSError, ValueError, RecursionError),
) -> Iterator[None]:
    """Turn exceptions in the block into a `CourseError`: "what (reason); advice".

    Parameters
    ----------
    what : str
        The problem; "" if the exception's text is a sentence already.
    advice : str
        What to do.
    kinds : type or tuple of type
        The exceptions to turn into a `CourseError`.

    Examples
    --------
    >>> with refusal("cannot read 'a.csv'", "save it again"):
    ...     raise OSError(5, "Input/output error")
    Traceback (most recent call last):
        ...
    fls_teach.course.registry.CourseError: cannot read 'a.csv' (Input/output error); save it again
    """
    try:
        yield
    except (CourseError, BrokenPipeError):  # already a sentence; the reader of our output has closed the pipe
        raise
    except kinds as problem:
        reason = " ".join(because(problem).split())[:200]
        raise CourseError((f"{what} ({reason})" if what else reason) + (f"; {advice}" if advice else "")) from None
