"""gradebook.csv: one line a submission, safe to open in a spreadsheet."""

import csv
import re
from collections import Counter

from fls_teach.autograder.marking.record import VERDICTS, printable, properties
from fls_teach.files import replacing

INTAKE = "submitted", "attempt", "attempts", "late", "members", "review"
"""Columns on what was handed in: when, which attempt of how many, "LATE", whose, and why a person has to look at it."""

# A spreadsheet computes what begins with one of these, in full width too. White space may stand in front of it. One
# apostrophe makes it text; counting those already there keeps two names different that differ only in them.
_FORMULA = re.compile("[\\s']*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20\u2212]")


def defused(text):
    """`text` so that no spreadsheet takes it for a formula; other text is left as it is, but printable.

    Examples
    --------
    >>> defused("=1+1"), defused("'t Hooft, G.")
    ("'=1+1", "'t Hooft, G.")
    """
    return printable(f"'{text}" if _FORMULA.match(text) else text)


def columns(exercises):
    """The heading: a list of column names; `exercises` are names such as "08_bayes_error"."""
    return ["submission", "score", "max_score", *exercises, "digest", *VERDICTS, *INTAKE]


def row(record, exercises):
    """One line, in the order of `columns`; a score that a fault of the grader's left open is None, never 0."""
    points = {each["name"]: None if each["state"] == "fault" else each["points"] for each in record["exercises"]}
    verdicts = Counter(item["verdict"] for _, item in properties(record))
    return [
        defused(record["submission"]),
        record["score"],
        record["max_score"],
        *(points.get(name) for name in exercises),
        record["digest"],
        *(verdicts[verdict] for verdict in VERDICTS),
        *_intake(record.get("intake", {})),
    ]


def _intake(about):
    """The cells of `INTAKE`; those of a record from before there were any are empty."""
    cells = {"submitted": about.get("when", ""), "members": "; ".join(about.get("group", ()))}
    cells |= {"review": " ".join(about.get("review", ()))}
    return [defused(str(cells.get(name, about.get(name, "")))) for name in INTAKE]


def write_gradebook(path, exercises, records):
    """Write the gradebook in one go: a reader finds the old one or the whole new one.

    Lines end in a line feed, which every spreadsheet reads and a shell can cut; there is no byte-order mark, which
    would become part of the first column's name.

    Parameters
    ----------
    path : path
    exercises : sequence of str
        Names of the graded exercises, one column each.
    records : iterable of dict
        Taken one by one, never held together.

    Returns
    -------
    int
        How many submissions were written.
    """
    count = 0
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns(exercises))
        for record in records:
            writer.writerow(row(record, exercises))
            count += 1
    return count
