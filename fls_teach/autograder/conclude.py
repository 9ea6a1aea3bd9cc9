"""The end of a run, when all submissions are marked: corrections, the attempts that count, and the batch's reports."""

import contextlib
from collections.abc import Sequence

from fls_teach.autograder.intake.sources import Unreadable
from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.marking import overrides
from fls_teach.autograder.marking.late import LateRule
from fls_teach.autograder.record import Record, as_json, final_marks, read_record
from fls_teach.autograder.reports import against, gradebook
from fls_teach.autograder.reports.batch_result import BatchResult
from fls_teach.autograder.reports.folder import write
from fls_teach.autograder.reports.html import cohort_page
from fls_teach.autograder.reports.roster import Roster
from fls_teach.autograder.reports.similar import near_identical
from fls_teach.autograder.settings import RunSettings
from fls_teach.course.registry import CourseError
from fls_teach.files import replace_text

BATCH_REPORTS = "gradebook.csv", "cohort.html"
"""The reports made from all records, in the results folder."""


def settle(
    settings: RunSettings, entries: Sequence[Submission], corrected: dict[str, list[Record]], rule: LateRule | None
) -> list[Submission]:
    """Update the saved records with corrected marks, the rule for late work, and which attempts count.

    Parameters
    ----------
    settings : RunSettings
    entries : list of Submission
    corrected : dict
        As returned by `overrides.read`.
    rule : LateRule or None

    Returns
    -------
    list of Submission
        The submissions that count: each person's latest attempt or, if the settings say so, the latest of the best.
    """
    ranks = {}
    for entry in entries:
        folder = settings.out / entry.folder
        old = read_record(folder / "record.json")
        new = {name: value for name, value in old.items() if name not in ("overrides", "late")}
        if marks := [each for name in overrides.names_of(entry.name) for each in corrected.get(name, ())]:
            new["overrides"] = marks
        if days := rule.days(entry.when, entry.late) if rule else 0:
            new["late"] = {"days": days, "rule": str(rule), "kept": rule.kept(days)}
        if new != old:
            write(folder, new)
        score = final_marks(new).final
        ranks[entry.name] = score is None, score or 0, entry.attempt  # an attempt without a score could be the best
    counting = [entry for entry in entries if entry.counts]
    if settings.attempts == "best":
        best = {entry.person: entry for entry in sorted(entries, key=lambda entry: ranks[entry.name])}
        counting = [entry for entry in entries if best[entry.person] is entry]
    counted = {entry.name for entry in counting}
    for entry in entries:
        folder, counts = settings.out / entry.folder, entry.name in counted
        record = read_record(folder / "record.json")
        about = record.get("intake", {})
        if about.get("counts", True) != counts:
            # Only the record, because no report of the submission shows it.
            replace_text(folder / "record.json", as_json(record | {"intake": about | {"counts": counts}}))
    return counting


def conclude(
    settings: RunSettings, entries: Sequence[Submission], counting: Sequence[Submission], roster: Roster | None = None
) -> BatchResult:
    """Write the reports on all submissions together.

    Parameters
    ----------
    settings : RunSettings
    entries, counting : list of Submission
        All submissions, and those that count.
    roster : Roster, optional

    Returns
    -------
    BatchResult
    """
    result, counted = BatchResult(settings.out, settings.isolation), {entry.name for entry in counting}

    def saved(listed):
        for entry in listed:
            record = read_record(settings.out / entry.folder / "record.json")
            result.add(record, entry.name in counted)
            yield record

    book, page = (settings.out / name for name in BATCH_REPORTS)
    absent = roster.match(counting) if roster else []
    records = saved(entries if settings.attempts == "all" else counting)
    gradebook.write_gradebook(book, [exercise.name for exercise in settings.chosen], records, absent)
    if roster:
        marks = {entry.name: line.score for entry, line in zip(counting, result.counted, strict=True)}
        roster.fill(settings.out / "roster.csv", marks)
        result.remarks |= {"absent": absent, "not_on_the_roster": roster.strangers}
        result.remarks |= {"unclear_on_the_roster": roster.unclear, "found_by_name_alone": roster.by_name}
    more = [f"{entry.name} ({entry.attempts - 1} more)" for entry in counting if entry.attempts > 1]
    result.remarks["more_attempts"] = more
    copies = {name for names in result.identical for name in names[1:]}
    originals = (entry for entry in counting if entry.name not in copies)
    try:
        result.pairs = near_identical(_readable(originals), settings.chosen)
    except CourseError as problem:
        result.note = str(problem)
    replace_text(page, cohort_page(result))
    if settings.against is not None:
        records = (read_record(settings.out / entry.folder / "record.json") for entry in counting)
        result.changes = against.compare(settings.against, records, settings.out)
    return result


def _readable(entries):
    for entry in entries:
        with contextlib.suppress(Unreadable):  # already reported in its record
            yield entry.read()
