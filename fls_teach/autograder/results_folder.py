"""The results folder of `fls grade`: private, used by one process at a time, on a disk that may fill up."""

import contextlib
import errno

from fls_teach.course.registry import CourseError
from fls_teach.files import writable_folder


@contextlib.contextmanager
def sentence_for_a_full_disk(out):
    """Turn an `OSError` within, such as that of a full disk, into a `CourseError`."""
    try:
        yield
    except OSError as problem:
        if problem.errno == errno.EPIPE:  # the reader of our progress went away
            raise
        reason = problem.strerror or problem
        raise CourseError(
            f"cannot go on, writing to '{out}' ({reason}); what is finished is kept, and the same command goes on there"
        ) from None


def private_folder(path):
    """The results folder, made so that no other user can read in it: it holds the key and all marks."""
    new = not path.exists()
    try:
        folder = writable_folder(path)
    except ValueError as problem:
        raise CourseError(str(problem)) from None
    if new:
        folder.chmod(0o700)
    return folder


@contextlib.contextmanager
def only_one(folder):
    """Keep a second `fls grade` out of the same results folder."""
    import fcntl

    try:
        file = open(folder / ".lock", "w")  # noqa: SIM115 (closed below)
    except OSError as problem:
        raise CourseError(f"cannot write to '{folder}/.lock' ({problem.strerror}); name another --out") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(
                f"another fls grade is writing to '{folder}'; wait for it, or name another --out"
            ) from None
        yield
