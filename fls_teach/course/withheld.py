"""Withheld properties: graded like the others, kept in separate files that no student gets, and never shown.

A folder contains test_NN_slug.py for some exercises, written like the specification. Withheld properties run after the
public ones, so that a submission cannot reveal a withheld input in a card that is shown.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from fls_teach.course.registry import CourseError
from fls_teach.files import because

NOT_PASSED, NOT_JUDGED = "withheld property: not passed", "withheld property: the grader failed on it"


def with_withheld(exercises, folder):
    """Return the exercises with the withheld properties that a folder has for them.

    Parameters
    ----------
    exercises : sequence of Exercise
        All exercises of the course, or some.
    folder : path or None
        None adds no properties.

    Returns
    -------
    tuple of Exercise

    Raises
    ------
    CourseError
        If a file cannot be read or contains no graded property.
    """
    if folder is None:
        return tuple(exercises)
    found = _files(folder)
    chosen = tuple(replace(each, withheld=found.get(each.specification.name)) for each in exercises)
    for each in chosen:
        try:
            empty = each.withheld is not None and not each.withheld_properties
        except (OSError, ValueError) as problem:
            raise CourseError(f"withheld properties cannot be read: {problem}") from None
        if empty:
            raise CourseError(f"'{each.withheld}' has no function that is marked @graded(points, formula, ...)")
    return chosen


def check_folder(folder, every):
    """Check the folder of withheld specifications.

    Parameters
    ----------
    folder : path
    every : sequence of Exercise
        All exercises of the course.

    Raises
    ------
    CourseError
        If it is not a folder, contains no specification, or contains one that belongs to no exercise.
    """
    found = _files(folder)
    unknown = sorted(found.keys() - {each.specification.name for each in every})
    if unknown:
        raise CourseError(f"'{found[unknown[0]]}' belongs to no exercise of this course; `fls list` shows them")
    if not found:
        raise CourseError(f"'{folder}' contains no test_NN_slug.py, so it has no withheld properties")


def digest(exercises):
    """Return a digest of the withheld files of these exercises, or "" if there are none.

    Returns
    -------
    str
    """
    files = [each.withheld for each in exercises if each.withheld]
    if not files:
        return ""
    total = hashlib.sha256()
    for path in files:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{total.hexdigest()}"


def concealed(result):
    """Return the result of a withheld property as a report may show it.

    Every failure (also an exception or a time-out) becomes "wrong": a submission can choose how a call fails, so a
    more exact verdict would let it send a message about the input that it received.

    Parameters
    ----------
    result : PropertyResult

    Returns
    -------
    PropertyResult
    """
    if result.verdict == "passed":
        return result
    if result.verdict == "grader-fault":
        return replace(result, summary=NOT_JUDGED, card=())
    return replace(result, verdict="wrong", summary=NOT_PASSED, card=())


def _files(folder):
    """Return a dict from file name to path of the specifications in a folder."""
    try:
        return {path.name: path for path in sorted(Path(folder).iterdir()) if path.match("test_[0-9][0-9]_*.py")}
    except (OSError, ValueError) as problem:  # ValueError: a NUL character
        raise CourseError(f"cannot read the folder of withheld properties '{folder}' ({because(problem)})") from None
