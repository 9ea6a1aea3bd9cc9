"""The files of one submission: its record, and the reports made from it."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from fls_teach.autograder.record import Record, as_json, mismatch, read_record
from fls_teach.autograder.reports import gradescope, html, junit
from fls_teach.course.registry import CourseError, Exercise
from fls_teach.files import replace_text

DRAWN = "results.json", "report.html", "junit.xml"
"""The reports made from a record, in the same folder."""


def write(folder: Path, record: Record) -> None:
    """Write a submission's files; the record comes last, so that its presence means that all are complete."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "record.json").unlink(missing_ok=True)
    texts = as_json(gradescope.as_results(record)), html.report_page(record), junit.as_junit(record), as_json(record)
    for name, text in zip((*DRAWN, "record.json"), texts, strict=True):
        replace_text(folder / name, text)


def finished(folder: Path, expected: Record, exercises: Sequence[Exercise]) -> Record | None:
    """Return the finished record in a folder, or None if it is missing, unreadable or made otherwise.

    Parameters
    ----------
    folder : Path
    expected : dict
        Required values of fields of the record.
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
