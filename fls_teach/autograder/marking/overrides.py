"""Marks corrected by hand: overrides.csv, applied after every run. Records keep what the grader found as well."""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from fls_teach.autograder.record import Record
from fls_teach.autograder.reports.gradebook import escape_formula
from fls_teach.autograder.tables import read_columns
from fls_teach.characters import printable
from fls_teach.course.registry import CourseError, Exercise

NAME = "overrides.csv"
"""What is read from the folder of results where no other file is named."""

COLUMNS = "submission", "exercise", "points", "reason"


def read(path: str | Path, exercises: Sequence[Exercise]) -> dict[str, list[Record]]:
    """The corrected marks of a CSV file: submission, item (an exercise or a property), points and reason.

    Parameters
    ----------
    path : path
    exercises : sequence of Exercise

    Returns
    -------
    dict of str to list of dict
        By submission, as in the gradebook: {"item": an exercise ("08_bayes_error") or a property ("08.2"),
        "points": what it gets instead, from 0 to what it is worth, "reason": shown in the report}.

    Raises
    ------
    CourseError
        If it cannot be read, or a line says something impossible; the sentence names the line.
    """
    said = f"'{printable(str(path))[:200]}'"
    also = dict.fromkeys(("item", "property"), "exercise")
    lines = read_columns(path, f"the file of corrected marks {said}", COLUMNS, also)
    worth = {exercise.name: exercise.points for exercise in exercises}
    worth |= {item.id: item.points for exercise in exercises for item in exercise.properties}
    numbers = {exercise.number: exercise.name for exercise in exercises}
    found = defaultdict(list)
    for number, fields in lines.items():
        # A spreadsheet makes 8 of 08, and 8.2 of 08.2.
        item = re.sub(r"^\d(?=\.|$)", r"0\g<0>", fields["exercise"])
        item = numbers.get(item, item)
        where, name, reason = f"line {number} of {said}", fields["submission"], fields["reason"]
        if item not in worth:
            named = f"'{printable(item)[:60]}'"
            raise CourseError(
                f"{where}: {named} is no exercise or property that is graded here; one looks like 08 or 08.2"
            )
        points = _points(fields["points"], worth[item], where)
        if not name or not reason:
            raise CourseError(f"{where}: a corrected mark needs a submission and a reason")
        if item in [each["item"] for each in found[name]]:
            raise CourseError(f"{where}: {item} of '{printable(name)[:60]}' is corrected twice")
        found[name].append({"item": item, "points": points, "reason": reason})
    return dict(found)


def _points(text, max_points, where):
    try:
        points = float(text.replace(",", "."))
    except ValueError:
        points = math.nan
    if not 0 <= points <= max_points:
        raise CourseError(f"{where}: points are '{printable(text)[:20]}'; wanted a number from 0 to {max_points}")
    return int(points) if points == int(points) else points


def names_of(name: str) -> set[str]:
    """What a submission may be called: gradebooks have an apostrophe before what could be taken for a formula."""
    return {name, escape_formula(name)}
