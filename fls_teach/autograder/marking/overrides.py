"""Marks corrected by hand in overrides.csv, applied after every run. Records keep the grader's marks as well."""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from fls_teach.autograder.record import Record
from fls_teach.autograder.reports.gradebook import escape_formula
from fls_teach.autograder.tables import read_columns
from fls_teach.characters import one_line
from fls_teach.course.registry import CourseError, Exercise

NAME = "overrides.csv"
"""The file in the results folder that is read if no other is named."""

COLUMNS = "submission", "exercise", "points", "reason"


def read(path: str | Path, exercises: Sequence[Exercise]) -> dict[str, list[Record]]:
    """Return the corrected marks of a CSV file.

    Parameters
    ----------
    path : path
        A table with the columns `COLUMNS`.
    exercises : sequence of Exercise

    Returns
    -------
    dict of str to list of dict
        By submission, as named in the gradebook: {"item": an exercise ("08_bayes_error") or a property ("08.2"),
        "points": its corrected points, from 0 to its maximum, "reason": shown in the report}.

    Raises
    ------
    CourseError
        If the file cannot be read, or a line is invalid; the text names the line.
    """
    file = f"'{one_line(str(path), 200)}'"
    also = dict.fromkeys(("item", "property"), "exercise")
    lines = read_columns(path, f"the file of corrected marks {file}", COLUMNS, also)
    max_points = {exercise.name: exercise.points for exercise in exercises}
    max_points |= {item.id: item.points for exercise in exercises for item in exercise.properties}
    numbers = {exercise.number: exercise.name for exercise in exercises}
    corrected = defaultdict(list)
    for number, fields in lines.items():
        # A spreadsheet turns 08 into 8, and 08.2 into 8.2.
        item = re.sub(r"^\d(?=\.|$)", r"0\g<0>", fields["exercise"])
        item = numbers.get(item, item)
        where, name, reason = f"line {number} of {file}", fields["submission"], fields["reason"]
        if item not in max_points:
            raise CourseError(
                f"{where}: '{one_line(item, 60)}' is not an exercise or property that is graded here; "
                "write it like 08 or 08.2"
            )
        points = _points(fields["points"], max_points[item], where)
        if not name or not reason:
            raise CourseError(f"{where}: a corrected mark needs a submission and a reason")
        if item in [each["item"] for each in corrected[name]]:
            raise CourseError(f"{where}: {item} of '{one_line(name, 60)}' is corrected twice")
        corrected[name].append({"item": item, "points": points, "reason": reason})
    return dict(corrected)


def _points(text, max_points, where):
    try:
        points = float(text.replace(",", "."))
    except ValueError:
        points = math.nan
    if not 0 <= points <= max_points:
        raise CourseError(f"{where}: points are '{one_line(text, 20)}'; wanted a number from 0 to {max_points}")
    return int(points) if points == int(points) else points


def names_of(name: str) -> set[str]:
    """Return the names that a file of corrected marks may use for a submission.

    In a gradebook, a name that a spreadsheet would take for a formula has an apostrophe in front.
    """
    return {name, escape_formula(name)}
