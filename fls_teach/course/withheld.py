"""Withheld properties: graded with the others, in files of their own that no student gets, and never shown.

A folder holds test_NN_slug.py for some exercises, written like the specification. Their properties come after the
public ones: what a submission might remember of a withheld input it cannot put into a card that is shown.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from fls_teach.course.registry import CourseError
from fls_teach.files import because

NOT_PASSED, NOT_JUDGED = "withheld property: not passed", "withheld property: the grader failed on it"


def with_withheld(exercises, folder):
    """The exercises, those with a file in the folder with its properties too.

    Parameters
    ----------
    exercises : sequence of Exercise
        All of the course, or some.
    folder : path or None
        None leaves them as they are.

    Returns
    -------
    tuple of Exercise

    Raises
    ------
    CourseError
        If a file cannot be read or holds no graded property.
    """
    if folder is None:
        return tuple(exercises)
    found = _files(folder)
    chosen = tuple(replace(each, withheld=found.get(each.specification.name)) for each in exercises)
    for each in chosen:
        try:
            none = each.withheld is not None and not each.withheld_properties
        except (OSError, ValueError) as problem:
            raise CourseError(f"withheld properties cannot be read: {problem}") from None
        if none:
            raise CourseError(f"'{each.withheld}' has no function that is marked @graded(points, formula, ...)")
    return chosen


def check_folder(folder, every):
    """Raise `CourseError` if a folder is none, holds no specification, or one of no exercise among `every`."""
    found = _files(folder)
    strange = sorted(found.keys() - {each.specification.name for each in every})
    if strange:
        raise CourseError(f"'{found[strange[0]]}' belongs to no exercise of this course; `fls list` shows them")
    if not found:
        raise CourseError(f"'{folder}' holds no test_NN_slug.py, so there is no property in it to withhold")


def digest(exercises):
    """A digest of the withheld files of these exercises, or "" if there are none.

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
    """The result of a withheld property as a report may show it.

    Whatever else became of it (an exception, a time-out) is "wrong" too: a submission decides what becomes of a call,
    so that any other word would be a message about an input that it has seen.

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
    """File name -> path of the specifications in a folder."""
    try:
        return {path.name: path for path in sorted(Path(folder).iterdir()) if path.match("test_[0-9][0-9]_*.py")}
    except (OSError, ValueError) as problem:  # ValueError: a NUL character
        raise CourseError(f"cannot read the folder of withheld properties '{folder}' ({because(problem)})") from None
