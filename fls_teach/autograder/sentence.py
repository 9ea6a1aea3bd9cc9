"""A `CourseError` of one sentence in place of an exception of the system, of a parser, or of a check of ours."""

import contextlib
from collections.abc import Iterator

from fls_teach.course.registry import CourseError
from fls_teach.files import because

GOES_ON = "what is finished is kept, and the same command goes on there"
"""What to do where a run of `fls grade` ends before its last submission."""


@contextlib.contextmanager
def refusal(
    what: str = "",
    advice: str = "",
    kinds: type[Exception] | tuple[type[Exception], ...] = (OSError, ValueError, RecursionError),
) -> Iterator[None]:
    """Turn these exceptions within into a `CourseError`: "what (reason); advice".

    Parameters
    ----------
    what : str
        "" if the exception is a sentence already.
    advice : str
        What to do.
    kinds : type or tuple of type

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
    except (CourseError, BrokenPipeError):  # a sentence already; the reader of our progress went away
        raise
    except kinds as problem:
        reason = " ".join(because(problem).split())[:200]
        raise CourseError((f"{what} ({reason})" if what else reason) + (f"; {advice}" if advice else "")) from None
