"""The files of one submission: its record, and what is drawn from it."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from fls_teach.autograder.record import Record, as_json, mismatch, read_record
from fls_teach.autograder.reports import gradescope, html, junit
from fls_teach.course.registry import CourseError, Exercise
from fls_teach.files import replace_text

DRAWN = "results.json", "report.html", "junit.xml"
"""What is drawn from a record and lies beside it."""


def write(folder: Path, record: Record) -> None:
    """Write a submission's files; the record comes last and says that the others are whole."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "record.json").unlink(missing_ok=True)
    texts = as_json(gradescope.as_results(record)), html.report_page(record), junit.as_junit(record), as_json(record)
    for name, text in zip((*DRAWN, "record.json"), texts, strict=True):
        replace_text(folder / name, text)


def finished(folder: Path, expected: Record, exercises: Sequence[Exercise]) -> Record | None:
    """The finished record of this very work, or None: anything unreadable is done again.

    Parameters
    ----------
    folder : Path
    expected : dict
        Fields of the record.
    exercises : tuple of Exercise

    Returns
    -------
    dict or None
    """
    with contextlib.suppress(CourseError):
        record = read_record(folder / "record.json")
        if all((folder / name).is_file() for name in DRAWN) and not mismatch(record, expected, exercises):
            return record
    return None
