"""What is drawn from the records of all submissions together."""

import contextlib

from fls_teach.autograder.intake.sources import Unreadable
from fls_teach.autograder.marking import overrides
from fls_teach.autograder.marking.record import as_json, final_marks, read_record
from fls_teach.autograder.reports import against, gradebook
from fls_teach.autograder.reports.cohort import Cohort
from fls_teach.autograder.reports.folder import write
from fls_teach.autograder.reports.html import cohort_page
from fls_teach.autograder.reports.similar import near_identical
from fls_teach.autograder.reports.summary import BatchResult
from fls_teach.course.registry import CourseError
from fls_teach.files import replacing

OF_ALL = "gradebook.csv", "cohort.html"
"""What is drawn from all records and lies beside their folders."""


def _readable(entries):
    for entry in entries:
        with contextlib.suppress(Unreadable):  # its record says so
            yield entry.read()


def _that_count(entries, out, attempts):
    """The entries that count: of each person's attempts the latest, or the best, and of equals the later."""
    if attempts != "best":
        return [entry for entry in entries if entry.counts]
    best = {}
    for entry in entries:
        score = final_marks(read_record(out / entry.folder / "record.json")).final
        rank = score is None, score or 0, entry.attempt  # one without a mark could be the best
        if entry.person not in best or rank > best[entry.person][0]:
            best[entry.person] = rank, entry
    return [entry for _, entry in best.values()]


def correct(out, entries, corrected, rule):
    """Bring what people corrected, and the rule for late work, into the records and all that is drawn from them."""
    for entry in entries:
        folder = out / entry.folder
        record = read_record(folder / "record.json")
        said = {"overrides": overrides.of(entry.name, corrected)} if overrides.of(entry.name, corrected) else {}
        days = rule.days(entry.when, entry.late) if rule else 0
        if days:
            said["late"] = {"days": days, "rule": str(rule), "kept": rule.kept(days)}
        if said != {name: record[name] for name in ("overrides", "late") if name in record}:
            rest = {name: value for name, value in record.items() if name not in ("overrides", "late")}
            write(folder, rest | said)


def _keep_whether_it_counts(path, counts):
    """Say in a record whether its attempt counts, which is known only once all are marked; no report shows it."""
    record = read_record(path)
    about = record.get("intake", {})
    if about.get("counts", True) != counts:
        with replacing(path) as temporary:
            text = as_json(record | {"intake": about | {"counts": counts}})
            temporary.write_text(text, encoding="utf-8", newline="\n")


def conclude(settings, entries, chosen, people=None):
    """Draw what concerns all submissions together."""
    counting = _that_count(entries, settings.out, settings.attempts)
    counted, listed = {entry.name for entry in counting}, entries if settings.attempts == "all" else counting
    done, cohort = BatchResult(settings.out, settings.isolation, [entry.folder for entry in listed]), Cohort()
    paths = {entry.name: settings.out / entry.folder / "record.json" for entry in entries}
    for name, path in paths.items():
        _keep_whether_it_counts(path, name in counted)

    def records():
        for entry in listed:
            record = read_record(paths[entry.name])
            done.add(record, entry.name in counted)
            if entry.name in counted:
                cohort.add(record)
            yield record

    book, page = (settings.out / name for name in OF_ALL)
    missing = people.match(counting) if people else []
    gradebook.write_gradebook(book, [exercise.name for exercise in chosen], records(), missing)
    if people:
        marks = {entry.name: row.score for entry, row in zip(counting, done.rows, strict=True)}
        people.fill(settings.out / "roster.csv", marks)
        done.said |= {"absent": missing, "not_on_the_roster": people.strangers}
        done.said |= {"unclear_on_the_roster": people.unclear, "found_by_name_alone": people.by_name}
    more = [(entry.name, entry.attempts - 1) for entry in counting if entry.attempts > 1]
    done.said["more_attempts"] = [f"{name} ({number} more)" for name, number in more]
    note = ""
    try:
        done.pairs = near_identical(_readable(done.different(counting)), chosen)
    except CourseError as problem:
        note = str(problem)
    with replacing(page) as temporary:
        text = cohort_page(cohort, done.pairs, note, done.identical, done.lines)
        temporary.write_text(text, encoding="utf-8", newline="\n")
    if settings.against is not None:
        done.changes = against.compare(settings.against, (read_record(paths[entry.name]) for entry in counting))
    return done
