"""A zip that is handed on: whole or not there, and readable by its owner alone, as it holds secrets or marks."""

import contextlib
import os
import zipfile

from fls_teach.course.registry import CourseError
from fls_teach.files import replacing


@contextlib.contextmanager
def private_zip(target):
    """An open `zipfile.ZipFile` that replaces `target` if the block succeeds.

    Raises
    ------
    CourseError
        If it cannot be written.
    """
    try:
        with replacing(target) as temporary:
            # Made before the first byte is in it, and closed to others from the start.
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
                yield archive
    except OSError as error:
        raise CourseError(f"cannot write '{target}' ({error.strerror or error})") from None
    except ValueError:  # a NUL character
        raise CourseError(f"'{target}' cannot be the name of a file") from None
