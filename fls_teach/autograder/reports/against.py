"""Comparison of new records with an earlier results folder: what grading again changes, before it is published."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fls_teach.autograder.record import Record, properties, read_record
from fls_teach.autograder.reports import gradebook
from fls_teach.autograder.results_folder import differing, saved_settings
from fls_teach.autograder.sentence import refusal
from fls_teach.characters import printable
from fls_teach.course.registry import CourseError

_NOTHING_ELSE = "nothing else differs: a time-out on a busy machine, or an answer left to chance"


def compare(old_out: str | Path, records: Iterable[Record], new_out: str | Path | None = None) -> list[str]:
    """Return what differs between an earlier results folder and new records.

    Submissions are matched by their folders. One without a match is matched by its files, if they are unique among the
    unmatched ones. Only exercises that were graded both times are compared.

    Parameters
    ----------
    old_out : path
        The --out of an earlier `fls grade`.
    records : iterable of dict
        The new records, consumed one by one.
    new_out : path, optional
        The results folder of the new records, with their settings.

    Returns
    -------
    list of str
        Lines to print: first the settings that differ, even if they change no mark; then each submission whose points
        changed, with its causes and its properties, submissions without a match in the earlier folder after the others
        and vanished ones last; finally a count. The text partly comes from students, but is printable.

    Raises
    ------
    CourseError
        If `old_out` is not a results folder, or one of its records is unreadable or not what `fls grade` writes.
    """
    paths, changes, unmatched = _record_paths(old_out), [], []
    before, now = saved_settings(old_out), saved_settings(new_out) if new_out else None
    before, now = (before, now) if before and now else ({}, {})
    for new in records:
        if path := paths.pop(new["folder"], None):
            old = read_record(path)
            changes.append(_change(old, new))
            before, now = before | old["versions"], now | new["versions"]
        else:
            unmatched.append(new)
    left, book = [read_record(path) for path in paths.values()], Path(old_out, "gradebook.csv")
    if gradebook.is_unedited(book):  # a record that it does not list vanished earlier, or is of an uncounted attempt
        listed = gradebook.listed_keys(book)
        left = [each for each in left if gradebook.row_key(each) in listed]
    counts = Counter(old["digest"] for old in left)
    unique: dict[str, Record | None] = {old["digest"]: old for old in left if counts[old["digest"]] == 1}
    for new in unmatched:
        old = unique.pop(new["digest"], None)
        changes.append(_change(old, new) if old else _unmatched("new", new))
        left = [each for each in left if each is not old]
    changes = [each for each in changes if each] + [_unmatched("vanished", old) for old in left]
    kinds = Counter(kind for kind, *_ in changes)
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in ("changed", "new", "vanished") if kinds[kind])
    differs = "1 submission differs" if kinds.total() == 1 else f"{kinds.total()} submissions differ"
    if before.get("exercises") != now.get("exercises"):  # then the course's files and the packages differ, too
        common = [name for name in now if name in before and name != "course"]
        before, now = ({name: each[name] for name in common} for each in (before, now))
    settings = differing(before, now)
    lines = [f"The settings differ: {_one_line(cause)}" for cause in settings]
    for _, head, *reasons in changes:
        shown = (reason for reason in reasons if reason != _NOTHING_ELSE or not settings)
        lines += [_one_line(head), *(f"  {_one_line(reason)}" for reason in shown)]
    return [*lines, f"{differs}: {counts}." if kinds else "No mark changes."]


def _record_paths(old_out):
    """Return the records of a results folder, as {folder: path}; raise `CourseError` if there are none."""
    folder = Path(old_out)
    with refusal(f"cannot read '{folder}'", "name the --out of an earlier fls grade"):
        paths = {entry.name: entry / "record.json" for entry in sorted(folder.iterdir())}
        paths = {name: path for name, path in paths.items() if path.is_file()}
    if not paths:
        raise CourseError(f"'{folder}' holds no FOLDER/record.json; name the --out of an earlier fls grade")
    return paths


def _one_line(text):
    return printable(" ".join(text.split()))


def _numbers(record):
    """Return the numbers of the graded exercises."""
    return [each["number"] for each in record["exercises"]]


def _score(record, items):
    """Return the score of a record, restricted to the properties `items`, as text."""
    fault = record["fault"] and len(items) == len([*properties(record)])
    if fault or any(item["verdict"] == "grader-fault" for item in items.values()):
        return "no score (needs manual review)"
    return f"{sum(item['points'] for item in items.values())} of {sum(item['of'] for item in items.values())}"


def _unmatched(kind, record):
    """Return the change for a submission of which only one run has a record."""
    return kind, f"{record['submission']}: {kind}, {_score(record, _items(record, _numbers(record)))}"


def _items(record, numbers):
    """Return the properties of these exercises, as {id: property}."""
    return {item["id"]: item for each, item in properties(record) if each["number"] in numbers}


def _change(old, new):
    """Return (kind, *lines) for the exercises in both records, or () if no mark differs."""
    old_items, new_items = _items(old, _numbers(new)), _items(new, _numbers(old))
    scores = _score(old, old_items), _score(new, new_items)
    triples = [(name, old_items.get(name), new_items.get(name)) for name in old_items | new_items]
    changed = [line for triple in triples if (line := _property_line(*triple))]
    if scores[0] == scores[1] and not changed:
        return ()
    return "changed", f"{new['submission']}: {' -> '.join(scores)}", *(_causes(old, new) or [_NOTHING_ELSE]), *changed


def _property_line(name, was, now):
    """Return a line on what differs, or "" if neither the points differ nor whether they are lost to a grader fault."""
    if was is None or now is None:
        item = now or was
        return f"{name} is {'new' if now else 'gone'}: {item['points']} of {item['of']}, {item['verdict']}"
    marks = [(each["points"], each["of"], each["verdict"] == "grader-fault") for each in (was, now)]
    if marks[0] == marks[1]:
        return ""
    points = " -> ".join(f"{each['points']}/{each['of']}" for each in (was, now))
    return f"{name} {was['verdict']} -> {now['verdict']}, {points}{': ' * bool(now['summary'])}{now['summary']}"


def _causes(old, new):
    """Return what differs for this submission, apart from the settings of the run."""
    same_files, keyed = old["digest"] == new["digest"], old["keyed"] and new["keyed"]
    causes = []
    if old["submission"] != new["submission"]:
        causes.append(f"it was called {old['submission']}")
    if not same_files and _numbers(old) == _numbers(new):  # else the digests are of different exercises' files
        causes.append("the files differ")
    if old["seed"] != new["seed"] and (same_files or not keyed):
        causes.append(f"the seed differs: {old['seed']} -> {new['seed']}")
    return causes
