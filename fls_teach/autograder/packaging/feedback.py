"""The zip of reports for a learning platform, each under the name by which the platform recognises the submission."""

import contextlib
import itertools
from pathlib import Path

from fls_teach.autograder.packaging.archive import write_private_zip
from fls_teach.autograder.record import read_record
from fls_teach.autograder.reports import gradebook
from fls_teach.autograder.results_folder import is_results_folder
from fls_teach.characters import one_line, printable
from fls_teach.course.registry import CourseError


def bundle_feedback(out: str | Path, target: str | Path) -> int:
    """Pack the reports and the gradebook of a results folder.

    Parameters
    ----------
    out : path
        The --out of an `fls grade`.
    target : path
        The zip to write; an existing one is replaced.

    Returns
    -------
    int
        The number of reports.

    Raises
    ------
    CourseError
        If there are no finished results, or the zip cannot be written.
    """
    out, target = Path(out), Path(target)
    folder = f"'{one_line(str(out), 200)}'"
    book = out / "gradebook.csv"
    if not is_results_folder(out) or not book.is_file():
        raise CourseError(f"{folder} holds no finished results of fls grade; name its --out, once all are marked")
    reports = {}
    for path, record in sorted(_records_of_last_run(book, folder).values()):
        about = record.get("intake", {})
        if about.get("counts", True):
            name = _unused(about.get("feedback") or f"{record['submission']}/report.html", reports)
            reports[name.casefold()] = name, path.with_name("report.html")
    pages = ((name, path.read_bytes()) for name, path in sorted(reports.values()))
    write_private_zip(target, itertools.chain(pages, [(book.name, book.read_bytes())]))
    return len(reports)


def _records_of_last_run(book, folder):
    """Return {row key: (path, record)} of the records that a gradebook lists; others are from earlier runs."""
    listed, records = gradebook.listed_keys(book), {}
    for path in sorted(book.parent.glob("*/record.json"), key=lambda path: path.stat().st_mtime_ns):
        with contextlib.suppress(CourseError):
            record = read_record(path)
            if (key := gradebook.row_key(record)) in listed:
                records[key] = path, record  # the latest of several
    if lost := sorted(listed - records.keys()):
        raise CourseError(
            f"the gradebook in {folder} lists '{one_line(lost[0][0], 60)}', of which there is no record; run the "
            "same fls grade again"
        )
    return records


def _unused(name, taken):
    """Return a safe form of `name`, with a number if another report has it, regardless of case."""
    name = "/".join(part for part in printable(name).replace("\\", "/").split("/") if part not in ("", ".", ".."))
    numbered = (f"{name.removesuffix('.html')} ({k}).html" for k in itertools.count(2))
    return next(each for each in itertools.chain([name], numbered) if each.casefold() not in taken)
