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
from fls_teach.characters import printable
from fls_teach.files import replace_text, replacing

INTAKE = "submitted", "attempt", "attempts", "late", "members", "review"
"""Columns on what was handed in: when, which attempt of how many, "LATE", whose, and why a person has to look at it."""

_DIGEST = ".gradebook.sha256"

CORRECTED = "days_late", "final", "corrected"
"""How late by the rule for late work, the score after it, and what people corrected."""

# A spreadsheet computes what begins with one of these, in full width too. White space may stand in front of it. One
# apostrophe makes it text; counting those already there keeps two names different that differ only in them.
_FORMULA = re.compile("[\\s']*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20\u2212]")


def escape_formula(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula; other text is left as it is, but printable.

    Examples
    --------
    >>> escape_formula("=1+1"), escape_formula("'t Hooft, G.")
    ("'=1+1", "'t Hooft, G.")
    """
    return printable(f"'{text}" if _FORMULA.match(text) else text)


def columns(exercises: Iterable[str]) -> list[str]:
    """The heading: a list of column names; `exercises` are names such as "08_bayes_error"."""
    return ["submission", "score", "max_score", *exercises, "digest", *VERDICTS, *INTAKE, *CORRECTED]


def row(record: Record, exercises: Iterable[str]) -> list[Any]:
    """One line, in the order of `columns`; a score that a fault of the grader's left open is None, never 0.

    No text in it is a formula.
    """
    marks, verdicts = final_marks(record), Counter(item["verdict"] for _, item in properties(record))
    about = record.get("intake", {})  # of a record from before there was any: empty cells
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
    """Write the gradebook in one go: a reader finds the old one or the whole new one.

    A digest of it is noted beside it, and that before: whatever is there by another digest was edited by hand.

    Parameters
    ----------
    path : Path
    exercises : sequence of str
        Names of the graded exercises, one column each.
    records : iterable of dict
        Taken one by one, never held together.
    absent : iterable of str
        Names of people of whom nothing was handed in: a line without a score each.
    """
    heading = columns(exercises)
    empty = dict.fromkeys(heading, "") | {"review": "Nothing was handed in."}
    missing = ((empty | {"submission": escape_formula(name)}).values() for name in absent)
    with replacing(path) as temporary:
        write_table(temporary, itertools.chain([heading], (row(record, exercises) for record in records), missing))
        replace_text(path.with_name(_DIGEST), _digest(temporary) + "\n")


def as_written(path: Path) -> bool | None:
    """Whether a gradebook is as it was written; None if nothing is known of it."""
    try:
        return _digest(path) == path.with_name(_DIGEST).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def identified(record: Record) -> tuple[str, str]:
    """What stands for a record in the gradebook: (submission, digest)."""
    return escape_formula(record["submission"]), record["digest"]


def listed(path: Path) -> set[tuple[str, str]]:
    """The submissions that a gradebook lists, as a set of `identified`; without people who handed in nothing.

    Raises
    ------
    CourseError
        If it cannot be read.
    """
    called = f"the gradebook '{printable(str(path))[:200]}'"
    lines = read_columns(path, called, ("submission", "digest", "max_score")).values()
    return {(each["submission"], each["digest"]) for each in lines if each["max_score"]}


def keep_edited(path: Path) -> list[Path]:
    """Put a gradebook that was edited by hand aside, before it is written anew.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of Path
        Where all lie that were put aside, by this run or an earlier one, which may have been killed before it said so.
    """
    if as_written(path) is False:
        names = ("gradebook-edited.csv" if k == 1 else f"gradebook-edited-{k}.csv" for k in itertools.count(1))
        path.rename(next(path.with_name(name) for name in names if not path.with_name(name).exists()))
    return sorted(path.parent.glob("gradebook-edited*.csv"), key=lambda each: (len(each.name), each.name))
