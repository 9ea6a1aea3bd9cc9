"""gradebook.csv: one line per submission, safe to open in a spreadsheet."""

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fls_teach.autograder.record import VERDICTS, Record, final_marks, properties
from fls_teach.autograder.reports.lines import corrections, reasons_to_review
from fls_teach.autograder.tables import read_columns, write_table
from fls_teach.characters import one_line, printable
from fls_teach.files import replace_text, replacing

INTAKE = "submitted", "attempt", "attempts", "late", "members", "review"
"""Columns on the submission: time, number of the attempt, number of attempts, label "LATE", members, and reasons for
manual review."""

_DIGEST = ".gradebook.sha256"

CORRECTED = "days_late", "final", "corrected"
"""Days late by the rule for late work, the score after the deduction, and the corrections."""

# A spreadsheet evaluates a cell that begins with one of these characters, also in full width, after white space.
# An apostrophe in front makes it text. Such a cell that already begins with apostrophes gets one more, so that names
# that differ only in them stay different.
_FORMULA = re.compile("[\\s']*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20\u2212]")


def escape_formula(text: str) -> str:
    """Return `text` in a form that no spreadsheet takes for a formula; other text only becomes printable.

    Examples
    --------
    >>> escape_formula("=1+1"), escape_formula("'t Hooft, G.")
    ("'=1+1", "'t Hooft, G.")
    """
    return printable(f"'{text}" if _FORMULA.match(text) else text)


def columns(exercises: Iterable[str]) -> list[str]:
    """Return the column names; `exercises` are names such as "08_bayes_error"."""
    return ["submission", "score", "max_score", *exercises, "digest", *VERDICTS, *INTAKE, *CORRECTED]


def row(record: Record, exercises: Iterable[str]) -> list[Any]:
    """Return the cells of one row, in the order of `columns`, with formulas escaped.

    A score is None, never 0, after a grader fault.
    """
    marks, verdicts = final_marks(record), Counter(item["verdict"] for _, item in properties(record))
    about = record.get("intake", {})  # missing in records of earlier versions
    intake = [about.get(name, "") for name in ("when", "attempt", "attempts", "late")]
    intake += ["; ".join(about.get("group", ())), " ".join(reasons_to_review(record))]
    cells = [
        record["submission"],
        marks.score,
        record["max_score"],
        *(marks.points.get(name) for name in exercises),
        record["digest"],
        *(verdicts[verdict] for verdict in VERDICTS),
        *intake,
        record.get("late", {}).get("days", ""),
        marks.final,
        " ".join(corrections(record)),
    ]
    return [escape_formula(cell) if type(cell) is str else cell for cell in cells]


def write_gradebook(
    path: Path, exercises: Sequence[str], records: Iterable[Record], absent: Iterable[str] = ()
) -> None:
    """Write the gradebook atomically: a reader finds the old one or the whole new one.

    Its digest is saved beside it, before the gradebook is replaced; a gradebook with another digest was edited by hand.

    Parameters
    ----------
    path : Path
    exercises : sequence of str
        Names of the graded exercises, one column each.
    records : iterable of dict
        Consumed one by one, never held together in memory.
    absent : iterable of str
        Names of people without a submission, each of whom gets a row without a score.
    """
    heading = columns(exercises)
    empty = dict.fromkeys(heading, "") | {"review": "Nothing was handed in."}
    missing = ((empty | {"submission": escape_formula(name)}).values() for name in absent)
    with replacing(path) as temporary:
        write_table(temporary, itertools.chain([heading], (row(record, exercises) for record in records), missing))
        replace_text(path.with_name(_DIGEST), _digest(temporary) + "\n")


def is_unedited(path: Path) -> bool | None:
    """Return whether a gradebook is as `write_gradebook` left it; None if it or its digest cannot be read."""
    try:
        return _digest(path) == path.with_name(_DIGEST).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def row_key(record: Record) -> tuple[str, str]:
    """Return the cells that identify the row of a record in the gradebook: (submission, digest)."""
    return escape_formula(record["submission"]), record["digest"]


def listed_keys(path: Path) -> set[tuple[str, str]]:
    """Return the `row_key` of each submission in a gradebook.

    Raises
    ------
    CourseError
        If it cannot be read.
    """
    called = f"the gradebook '{one_line(str(path), 200)}'"
    lines = read_columns(path, called, ("submission", "digest", "max_score")).values()
    return {(each["submission"], each["digest"]) for each in lines if each["max_score"]}  # not people without one


def keep_edited(path: Path) -> list[Path]:
    """Rename a gradebook that was edited by hand, before a new one is written.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of Path
        All renamed gradebooks, also those of earlier runs, which may have been killed before they reported it.
    """
    if is_unedited(path) is False:
        names = ("gradebook-edited.csv" if k == 1 else f"gradebook-edited-{k}.csv" for k in itertools.count(1))
        path.rename(next(path.with_name(name) for name in names if not path.with_name(name).exists()))
    return sorted(path.parent.glob("gradebook-edited*.csv"), key=lambda each: (len(each.name), each.name))
