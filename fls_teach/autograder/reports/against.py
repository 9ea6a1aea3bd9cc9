"""What grading again would change: an earlier results folder beside the new records, before anything is published."""

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
    """The submissions whose mark changes against an earlier results folder, and what else the two runs differ in.

    A submission is found again by its folder; one whose folder is gone, by its files, if no other has the same. Only
    exercises that were graded both times are compared.

    Parameters
    ----------
    old_out : path
        The --out of an earlier `fls grade`.
    records : iterable of dict
        The new records, taken one by one.
    new_out : path, optional
        The folder that they are in, with their settings.

    Returns
    -------
    list of str
        Lines to print: first the settings that differ, whether or not a mark changes by it; then each submission whose
        points changed, with what differs for it alone and its properties, those in new folders after the others and the
        vanished ones last; at last a count. The text is a student's in part, but printable.

    Raises
    ------
    CourseError
        If `old_out` is no such folder, or one of its records is unreadable or not what `fls grade` writes.
    """
    paths, found, unmatched = _saved(old_out), [], []
    before, now = saved_settings(old_out), saved_settings(new_out) if new_out else None
    before, now = (before, now) if before and now else ({}, {})
    for new in records:
        if path := paths.pop(new["folder"], None):
            old = read_record(path)
            found.append(_changed(old, new))
            before, now = before | old["versions"], now | new["versions"]
        else:
            unmatched.append(new)
    left, book = [read_record(path) for path in paths.values()], Path(old_out, "gradebook.csv")
    if gradebook.as_written(book):  # what it does not list had vanished before, or is an attempt that did not count
        listed = gradebook.listed(book)
        left = [each for each in left if gradebook.identified(each) in listed]
    counts = Counter(old["digest"] for old in left)
    alone: dict[str, Record | None] = {old["digest"]: old for old in left if counts[old["digest"]] == 1}
    for new in unmatched:
        old = alone.pop(new["digest"], None)
        found.append(_changed(old, new) if old else _alone("new", new))
        left = [each for each in left if each is not old]
    found = [each for each in found if each] + [_alone("vanished", old) for old in left]
    kinds = Counter(kind for kind, *_ in found)
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in ("changed", "new", "vanished") if kinds[kind])
    differs = "1 submission differs" if kinds.total() == 1 else f"{kinds.total()} submissions differ"
    if before.get("exercises") != now.get("exercises"):  # of others the course's files are others, and what they need
        common = [name for name in now if name in before and name != "course"]
        before, now = ({name: each[name] for name in common} for each in (before, now))
    settings = differing(before, now)
    lines = [f"The settings differ: {_one_line(cause)}" for cause in settings]
    for _, head, *reasons in found:
        shown = (reason for reason in reasons if reason != _NOTHING_ELSE or not settings)
        lines += [_one_line(head), *(f"  {_one_line(reason)}" for reason in shown)]
    return [*lines, f"{differs}: {counts}." if kinds else "No mark changes."]


def _saved(old_out):
    """The records of a results folder, as {folder: path}; raise `CourseError` if there are none."""
    folder = Path(old_out)
    with refusal(f"cannot read '{folder}'", "name the --out of an earlier fls grade"):
        paths = {entry.name: entry / "record.json" for entry in sorted(folder.iterdir())}
        paths = {name: path for name, path in paths.items() if path.is_file()}
    if not paths:
        raise CourseError(f"'{folder}' holds no FOLDER/record.json; name the --out of an earlier fls grade")
    return paths


def _one_line(text):
    return printable(" ".join(text.split()))


def _graded(record):
    return " ".join(each["number"] for each in record["exercises"])


def _marks(record, items):
    """The score of a record, restricted to some of its properties, in words."""
    fault = record["fault"] and len(items) == len([*properties(record)])
    if fault or any(item["verdict"] == "grader-fault" for item in items.values()):
        return "no score (needs manual review)"
    return f"{sum(item['points'] for item in items.values())} of {sum(item['of'] for item in items.values())}"


def _alone(kind, record):
    """The change of a submission of which only one run has a record."""
    return kind, f"{record['submission']}: {kind}, {_marks(record, _items(record, _graded(record)))}"


def _items(record, numbers):
    """The properties of these exercises, as {id: property}."""
    return {item["id"]: item for each, item in properties(record) if each["number"] in numbers.split()}


def _changed(old, new):
    """The kind and the lines of a change in the exercises of both, or () if no mark differs."""
    items = _items(old, _graded(new)), _items(new, _graded(old))
    marks = _marks(old, items[0]), _marks(new, items[1])
    changed = [line for pair in _differing(*items, None) if (line := _property_line(*pair))]
    if marks[0] == marks[1] and not changed:
        return ()
    return "changed", f"{new['submission']}: {' -> '.join(marks)}", *(_causes(old, new) or [_NOTHING_ELSE]), *changed


def _property_line(name, was, now):
    """What differs, if it is what a student would notice; points lost to our fault are not lost to an error."""
    if was is None or now is None:
        item = now or was
        return f"{name} is {'new' if now else 'gone'}: {item['points']} of {item['of']}, {item['verdict']}"
    worth = [(each["points"], each["of"], each["verdict"] == "grader-fault") for each in (was, now)]
    if worth[0] == worth[1]:
        return ""
    points = " -> ".join(f"{each['points']}/{each['of']}" for each in (was, now))
    return f"{name} {was['verdict']} -> {now['verdict']}, {points}{': ' * bool(now['summary'])}{now['summary']}"


def _causes(old, new):
    """What differs for this submission alone."""
    same_files, keyed = old["digest"] == new["digest"], old["keyed"] and new["keyed"]
    causes = []
    if old["submission"] != new["submission"]:
        causes.append(f"it was called {old['submission']}")
    if not same_files and _graded(old) == _graded(new):  # the digest is that of the files of these exercises
        causes.append("the files differ")
    if old["seed"] != new["seed"] and (same_files or not keyed):
        causes.append(f"the seed differs: {old['seed']} -> {new['seed']}")
    return causes


def _differing(old, new, absent):
    """(name, old value, new value) where two dicts differ."""
    triples = [(name, old.get(name, absent), new.get(name, absent)) for name in old | new]
    return [each for each in triples if each[1] != each[2]]
