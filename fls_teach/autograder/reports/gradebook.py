"""gradebook.csv: one line per submission, safe to open in a spreadsheet."""

import hashlib
import itertools
import re
from collections import Counter

from fls_teach.autograder.marking.record import VERDICTS, final_marks, printable, properties
from fls_teach.autograder.reports.lines import corrections, reasons_to_review
from fls_teach.files import replacing

INTAKE = "submitted", "attempt", "attempts", "late", "members", "review"
"""Columns on what was handed in: when, which attempt of how many, "LATE", whose, and why a person has to look at it."""

_DIGEST = ".gradebook.sha256"

CORRECTED = "days_late", "final", "corrected"
"""How late by the rule for late work, the score after it, and what people corrected."""

# A spreadsheet computes what begins with one of these, in full width too. White space may stand in front of it. One
# apostrophe makes it text; counting those already there keeps two names different that differ only in them.
_FORMULA = re.compile("[\\s']*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20\u2212]")


_QUOTED = re.compile('[,;|"\t\r\n]')


def escape_formula(text):
    """`text` so that no spreadsheet takes it for a formula; other text is left as it is, but printable.

    Examples
    --------
    >>> escape_formula("=1+1"), escape_formula("'t Hooft, G.")
    ("'=1+1", "'t Hooft, G.")
    """
    return printable(f"'{text}" if _FORMULA.match(text) else text)


def columns(exercises):
    """The heading: a list of column names; `exercises` are names such as "08_bayes_error"."""
    return ["submission", "score", "max_score", *exercises, "digest", *VERDICTS, *INTAKE, *CORRECTED]


def row(record, exercises):
    """One line, in the order of `columns`; a score that a fault of the grader's left open is None, never 0."""
    marks, verdicts = final_marks(record), Counter(item["verdict"] for _, item in properties(record))
    return [
        escape_formula(record["submission"]),
        marks.score,
        record["max_score"],
        *(marks.points.get(name) for name in exercises),
        record["digest"],
        *(verdicts[verdict] for verdict in VERDICTS),
        *_intake(record),
        record.get("late", {}).get("days", ""),
        marks.final,
        escape_formula(" ".join(corrections(record))),
    ]


def _intake(record):
    """The cells of `INTAKE`; those of a record from before there were any are empty."""
    about = record.get("intake", {})
    cells = {"submitted": about.get("when", ""), "members": "; ".join(about.get("group", ()))}
    cells |= {"review": " ".join(reasons_to_review(record))}
    return [escape_formula(str(cells.get(name, about.get(name, "")))) for name in INTAKE]


def write_gradebook(path, exercises, records, absent=()):
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
    absent : iterable of str
        Names of people of whom nothing was handed in: a line without a score each.

    Returns
    -------
    int
        How many submissions were written.
    """
    count = 0
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        file.write(line(columns(exercises)))
        for record in records:
            file.write(line(row(record, exercises)))
            count += 1
        for name in absent:
            cells = dict.fromkeys(columns(exercises), "") | {
                "submission": escape_formula(name),
                "review": "Nothing was handed in.",
            }
            file.write(line(cells.values()))
    return count


def remember(path):
    """Note beside a gradebook what was written, so that a change by hand is noticed."""
    with replacing(path.with_name(_DIGEST)) as temporary:
        temporary.write_text(hashlib.sha256(path.read_bytes()).hexdigest() + "\n", encoding="utf-8")


def keep_edited(path):
    """Put a gradebook that was edited by hand aside, before it is written anew.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Path or None
        Where it is now; None if it was as `remember` knows it, or there is none.
    """
    try:
        known, found = path.with_name(_DIGEST).read_text(encoding="utf-8").strip(), path.read_bytes()
    except (OSError, ValueError):
        return None
    if hashlib.sha256(found).hexdigest() == known:
        return None
    names = ("gradebook-edited.csv" if k == 1 else f"gradebook-edited-{k}.csv" for k in itertools.count(1))
    kept = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    path.rename(kept)
    return kept


def line(cells):
    """Cells as one line of CSV. Quoted is also what a spreadsheet of another country would take for a separator.

    Examples
    --------
    >>> print(line(["ada", "x;=1+1;", 4, None]), end="")
    ada,"x;=1+1;",4,
    """
    texts = ["" if cell is None else str(cell) for cell in cells]
    return ",".join('"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text for text in texts) + "\n"
