"""What grading again would change: an earlier results folder beside the new records, before anything is published."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from fls_teach.autograder.marking.record import printable, properties, read_record
from fls_teach.course.registry import CourseError


@dataclass(frozen=True)
class Change:
    """A submission whose total or per-property points changed.

    Parameters
    ----------
    submission : str
    kind : str
        "changed", "new" or "vanished".
    old, new : tuple of (score, max_score), or None
        None where there is no record; a score is None where the grader failed.
    reasons : tuple of str
        Sentences: first what differs for this submission, then its properties.
    """

    submission: str
    kind: str
    old: tuple
    new: tuple
    reasons: tuple = ()

    @property
    def lines(self):
        """The change as lines of plain text."""
        if self.kind == "changed":
            marks = f"{_marks(self.old)} -> {_marks(self.new)}"
        else:
            marks = f"{self.kind}, {_marks(self.new or self.old)}"
        return [_one_line(f"{self.submission}: {marks}"), *("  " + _one_line(reason) for reason in self.reasons)]


def _one_line(text):
    return printable(" ".join(text.split()))


def _marks(marks):
    score, max_score = marks
    return "no score (needs manual review)" if score is None else f"{score} of {max_score}"


def changes(old_out, records):
    """The submissions whose mark changes against an earlier results folder, and why.

    A submission is found again by its folder; one whose folder is gone, by its files, if no other has the same. Only
    exercises that were graded both times are compared.

    Parameters
    ----------
    old_out : path
        The --out of an earlier `fls grade`.
    records : iterable of dict
        The new records, taken one by one.

    Returns
    -------
    list of Change
        In the order of the new records, the vanished ones last.

    Raises
    ------
    CourseError
        If `old_out` is no such folder, or one of its records is unreadable or not what `fls grade` writes.
    """
    paths, found, unmatched = _saved(old_out), [], []
    for new in records:
        path = paths.pop(new["folder"], None)
        unmatched += [] if path else [(len(found), new)]
        found.append(path and _compared(read_record(path), new))
    left = [read_record(path) for path in paths.values()]
    counts = Counter(old["digest"] for old in left)
    moved = {old["digest"]: old for old in left if counts[old["digest"]] == 1}
    for place, new in unmatched:
        old = moved.pop(new["digest"], None)
        found[place] = _compared(old, new) if old else Change(new["submission"], "new", None, _marks_of(new))
        left = [each for each in left if each is not old]
    found += [Change(old["submission"], "vanished", _marks_of(old), None) for old in left]
    return [change for change in found if change]


def settings_that_differ(old_out, records):
    """What an older run was made with and the new one was not, whether or not a mark changes by it.

    Parameters
    ----------
    old_out : path
    records : iterable of dict
        The new records, taken one by one.

    Returns
    -------
    list of str

    Raises
    ------
    CourseError
        As `changes`.
    """
    before, found = _saved(old_out), {}
    for new in records:
        old = read_record(before[new["folder"]]) if new["folder"] in before else None
        if old is None or not (old["limits"] and new["limits"]):  # a fault of ours, of which nothing was run
            continue
        causes = _settings(old, new)
        if old["digest"] == new["digest"] and old["seed"] != new["seed"]:
            causes.append("the course key, or the seed, so that the examples are others")
        found |= dict.fromkeys(causes)
    return list(found)


def describe(found, settings=()):
    """What differs as lines to print: first the settings, at last a count. The text is a student's in part."""
    kinds = [change.kind for change in found]
    lines = [_one_line(f"The settings differ: {cause}") for cause in settings]
    lines += [line for change in found for line in change.lines]
    if not found:
        return [*lines, "No mark changes."]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("changed", "new", "vanished") if kind in kinds)
    return [*lines, f"{len(found)} {'submission differs' if len(found) == 1 else 'submissions differ'}: {counts}."]


def _saved(old_out):
    """The records of a results folder, as {folder: path}."""
    folder = Path(old_out)
    try:
        entries = sorted(entry for entry in folder.iterdir() if (entry / "record.json").is_file())
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise CourseError(f"cannot read '{folder}' ({reason}); name the --out of an earlier fls grade") from None
    if not entries:
        raise CourseError(f"'{folder}' holds no FOLDER/record.json; name the --out of an earlier fls grade")
    return {entry.name: entry / "record.json" for entry in entries}


def _graded(record):
    return " ".join(each["number"] for each in record["exercises"])


def _items(record, numbers=None):
    """The properties of these exercises, as {id: property}; of all if no numbers are given."""
    return {item["id"]: item for each, item in properties(record) if numbers is None or each["number"] in numbers}


def _marks_of(record, numbers=None):
    """(score, max_score) of a record restricted to these exercises."""
    if numbers is None or len(numbers) == len(record["exercises"]):
        return record["score"], record["max_score"]
    items = _items(record, numbers).values()
    fault = any(item["verdict"] == "grader-fault" for item in items)
    return None if fault else sum(item["points"] for item in items), sum(item["of"] for item in items)


def _compared(old, new):
    """The change from `old` to `new` in the exercises of both, or None if no mark differs."""
    common = {each["number"] for each in old["exercises"]} & {each["number"] for each in new["exercises"]}
    marks, items = [_marks_of(each, common) for each in (old, new)], _property_changes(old, new, common)
    if marks[0] == marks[1] and not items:
        return None
    reasons = _causes(old, new)
    if not reasons and not _settings(old, new):
        reasons = ["nothing else differs: a time-out on a busy machine, or an answer left to chance"]
    return Change(new["submission"], "changed", *marks, (*reasons, *items))


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


def _settings(old, new):
    """What is the same for all submissions of a run, and not for these two runs."""
    graded = _graded(old), _graded(new)
    same, causes = graded[0] == graded[1], []
    if not same:
        causes.append(f"exercises: {graded[0]} -> {graded[1]}; only those of both are compared")
    for name, was, now in _differing(old["versions"], new["versions"], "absent"):
        if name == "course" and same:
            causes.append(f"the course differs: {was[:19]} -> {now[:19]}")
        elif name != "course" and (same or "absent" not in (was, now)):  # its modules are those of these exercises
            causes.append(f"{name}: {was} -> {now}")
    if old["isolation"] != new["isolation"]:
        causes.append(f"isolation: {old['isolation']} -> {new['isolation']}")
    limits = _differing(old["limits"], new["limits"], "none")
    return causes + [f"limit {name}: {was} -> {now}" for name, was, now in limits]


def _differing(old, new, absent):
    """(name, old value, new value) where two dicts differ."""
    pairs = ((name, old.get(name, absent), new.get(name, absent)) for name in sorted(old.keys() | new.keys()))
    return [each for each in pairs if each[1] != each[2]]


def _property_changes(old, new, numbers):
    """A line for each property whose marks or worth differ."""
    lines = []
    for name, was, now in _differing(_items(old, numbers), _items(new, numbers), None):
        if was is None or now is None:
            item = now or was
            lines.append(f"{name} is {'new' if now else 'gone'}: {item['points']} of {item['of']}, {item['verdict']}")
        elif _worth(was) != _worth(now):
            why = f": {now['summary']}" if now["summary"] else ""
            points = f"{was['points']}/{was['of']} -> {now['points']}/{now['of']}"
            lines.append(f"{name} {was['verdict']} -> {now['verdict']}, {points}{why}")
    return lines


def _worth(item):
    """What a student would notice: points lost to a fault of the grader's are not points lost to an error."""
    return item["points"], item["of"], item["verdict"] == "grader-fault"
