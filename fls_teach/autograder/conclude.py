"""What is known once all submissions are marked: corrections, which attempts count, and what is drawn of all."""

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

OF_ALL = "gradebook.csv", "cohort.html"
"""What is drawn from all records and lies beside their folders."""


def settle(
    settings: RunSettings, entries: Sequence[Submission], corrected: dict[str, list[Record]], rule: LateRule | None
) -> list[Submission]:
    """Bring into the saved records what people corrected, the rule for late work, and which attempts count.

    Parameters
    ----------
    settings : RunSettings
    entries : list of Submission
    corrected : dict
        As `overrides.read` gives it.
    rule : LateRule or None

    Returns
    -------
    list of Submission
        Those that count: of each person's attempts the latest, or the best, and of equals the later.
    """
    ranks = {}
    for entry in entries:
        folder = settings.out / entry.folder
        old = read_record(folder / "record.json")
        new = {name: value for name, value in old.items() if name not in ("overrides", "late")}
        if said := [each for name in overrides.names_of(entry.name) for each in corrected.get(name, ())]:
            new["overrides"] = said
        if days := rule.days(entry.when, entry.late) if rule else 0:
            new["late"] = {"days": days, "rule": str(rule), "kept": rule.kept(days)}
        if new != old:
            write(folder, new)
        score = final_marks(new).final
        ranks[entry.name] = score is None, score or 0, entry.attempt  # one without a mark could be the best
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
            # No report shows it.
            replace_text(folder / "record.json", as_json(record | {"intake": about | {"counts": counts}}))
    return counting


def conclude(
    settings: RunSettings, entries: Sequence[Submission], counting: Sequence[Submission], people: Roster | None = None
) -> BatchResult:
    """Draw what concerns all submissions together.

    Parameters
    ----------
    settings : RunSettings
    entries, counting : list of Submission
        All, and those that count.
    people : Roster, optional

    Returns
    -------
    BatchResult
    """
    done, counted = BatchResult(settings.out, settings.isolation), {entry.name for entry in counting}

    def saved(listed):
        for entry in listed:
            record = read_record(settings.out / entry.folder / "record.json")
            done.add(record, entry.name in counted)
            yield record

    book, page = (settings.out / name for name in OF_ALL)
    missing = people.match(counting) if people else []
    records = saved(entries if settings.attempts == "all" else counting)
    gradebook.write_gradebook(book, [exercise.name for exercise in settings.chosen], records, missing)
    if people:
        marks = {entry.name: row.score for entry, row in zip(counting, done.counted, strict=True)}
        people.fill(settings.out / "roster.csv", marks)
        done.remarks |= {"absent": missing, "not_on_the_roster": people.strangers}
        done.remarks |= {"unclear_on_the_roster": people.unclear, "found_by_name_alone": people.by_name}
    more = [(entry.name, entry.attempts - 1) for entry in counting if entry.attempts > 1]
    done.remarks["more_attempts"] = [f"{name} ({number} more)" for name, number in more]
    again = {name for names in done.identical for name in names[1:]}
    try:
        done.pairs = near_identical(_readable(entry for entry in counting if entry.name not in again), settings.chosen)
    except CourseError as problem:
        done.note = str(problem)
    replace_text(page, cohort_page(done))
    if settings.against is not None:
        records = (read_record(settings.out / entry.folder / "record.json") for entry in counting)
        done.changes = against.compare(settings.against, records, settings.out)
    return done


def _readable(entries):
    for entry in entries:
        with contextlib.suppress(Unreadable):  # its record says so
            yield entry.read()
