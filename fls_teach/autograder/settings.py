"""What an OUT was graded with: marks made otherwise do not belong beside those that are there."""

import hashlib
import hmac
import json
import stat
from pathlib import Path

from fls_teach.autograder.marking.record import printable
from fls_teach.course.registry import CourseError
from fls_teach.files import replacing

NAME = "settings.json"
TOTAL_LIMIT = 300.0
"""Seconds for a submission in all, unless `fls grade` is told otherwise: honest ones take 20."""

_FORMAT = "fls_grade"
_LARGEST = 1 << 16  # bytes; ours are some hundred


def made_with(exercises, key, seed, isolation, time_limit, memory_mib, total_limit=None, withheld=""):
    """What the marks of a run follow from, beside the submissions and the versions.

    Parameters
    ----------
    exercises : iterable of str
        Names.
    key : bytes
        The course key, of which a digest is kept; b"" if `seed` is given.
    seed : int or None
    isolation : str
    time_limit : float
        Seconds for a call.
    memory_mib : int
    total_limit : float, optional
        Seconds for a submission.
    withheld : str
        A digest of the withheld properties, or "".

    Returns
    -------
    dict
        Plain JSON.
    """
    return {
        _FORMAT: 1,
        "exercises": sorted(exercises),
        "course key": f"digest {hmac.new(key, b'of an fls course key', hashlib.sha256).hexdigest()}" if key else "none",
        "seed": "from the course key" if seed is None else str(seed),
        "isolation": isolation,
        "time limit": f"{time_limit:.12g} s",
        "memory": f"{memory_mib} MiB",
        **({} if total_limit is None else {"total limit": f"{total_limit:.12g} s"}),
        **({"withheld properties": withheld} if withheld else {}),
    }


def read(folder):
    """The settings that are kept in a folder, or None: then it is no OUT.

    Raises
    ------
    CourseError
        If there are some that cannot be read, or that `fls grade` did not write.
    """
    path = Path(folder, NAME)
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ValueError("it is not an ordinary file")
        with open(path, "rb") as file:
            found = json.loads(file.read(_LARGEST))
        if type(found) is not dict or found.get(_FORMAT) != 1 or type(found.get("exercises")) is not list:
            raise ValueError("they have another form")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise CourseError(
            f"'{printable(str(path))}' does not hold the settings of an fls grade ({reason}); name another --out"
        ) from None
    return found


def keyed(folder):
    """Whether marks in a folder were made with a course key."""
    found = read(folder)
    return found is not None and found.get("course key") != "none" and _has_marks(folder)


def is_out(folder):
    """Whether `fls grade` has written its results here."""
    try:
        return read(folder) is not None
    except CourseError:
        return False


def differing(old, new):
    """What two settings do not have in common, as a list of "name: old -> new"."""
    return [
        f"{name}: {_shown(old, name)} -> {_shown(new, name)}"
        for name in {**new, **old}
        if old.get(name) != new.get(name)
    ]


def keep(out, now):
    """Save the settings in OUT, before its first mark.

    Raises
    ------
    CourseError
        If OUT holds marks that were made with others; nothing is written then.
    """
    before = read(out)
    if before == now:
        return
    if _has_marks(out):
        others = "; ".join(differing(before, now)) if before else f"there is no {NAME} to say with which"
        raise CourseError(
            f"'{out}' holds marks that were made with other settings ({others}); "
            "name another --out, or give the same settings again"
        )
    with replacing(Path(out, NAME)) as temporary:
        temporary.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8", newline="\n")


def _has_marks(out):
    return any(Path(out).glob("*/record.json"))


def _shown(values, name):
    value = values.get(name, "none")
    if name == "exercises":
        return " ".join(str(each)[:2] for each in value)
    return printable(str(value))[:19]
