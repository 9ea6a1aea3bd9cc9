"""Marks corrected by hand: overrides.csv, applied after every run. Records keep what the grader found as well."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from fls_teach.autograder.marking.record import printable
from fls_teach.autograder.tables import read_columns
from fls_teach.course.registry import CourseError

NAME = "overrides.csv"
"""What is read from the folder of results where no other file is named."""

COLUMNS = "submission", "exercise", "points", "reason"


@dataclass(frozen=True)
class Override:
    """One corrected mark.

    Attributes
    ----------
    submission : str
        As in the gradebook.
    item : str
        An exercise ("08_bayes_error") or a property ("08.2").
    points : float
        What it gets instead, from 0 to what it is worth.
    reason : str
        Shown in the report.
    """

    submission: str
    item: str
    points: float
    reason: str

    def as_json(self):
        """For the record of its submission."""
        return {"item": self.item, "points": self.points, "reason": self.reason}


def read(path, exercises):
    """The corrected marks of a CSV file: submission, item (an exercise or a property), points and reason.

    Parameters
    ----------
    path : path
    exercises : sequence of Exercise

    Returns
    -------
    list of Override

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
    found = {}
    for number, fields in lines.items():
        # A spreadsheet makes 8 of 08, and 8.2 of 08.2.
        item = re.sub(r"^\d(?=\.|$)", r"0\g<0>", fields["exercise"])
        item = numbers.get(item, item)
        where, key = f"line {number} of {said}", (fields["submission"], item)
        if item not in worth:
            named = f"'{printable(item)[:60]}'"
            raise CourseError(
                f"{where}: {named} is no exercise or property that is graded here; one looks like 08 or 08.2"
            )
        points = _points(fields["points"], worth[item], where)
        if not key[0] or not fields["reason"]:
            raise CourseError(f"{where}: a corrected mark needs a submission and a reason")
        if key in found:
            raise CourseError(f"{where}: {item} of '{printable(key[0])[:60]}' is corrected twice")
        found[key] = Override(*key, points, fields["reason"])
    return list(found.values())


def _points(text, max_points, where):
    try:
        points = float(text.replace(",", "."))
    except ValueError:
        points = math.nan
    if not 0 <= points <= max_points:
        raise CourseError(f"{where}: points are '{printable(text)[:20]}'; wanted a number from 0 to {max_points}")
    return int(points) if points == int(points) else points


def of(name, overrides):
    """Those of one submission, as its record keeps them."""
    return [each.as_json() for each in overrides if each.submission in names_of(name)]


def names_of(name):
    """What a submission may be called: gradebooks have an apostrophe before what could be taken for a formula."""
    return name, f"'{name}"


def default(out):
    """overrides.csv in the folder of results, if there is one."""
    path = Path(out, NAME)
    return path if path.is_file() else None
