"""What grading again would change: an older OUT beside the new records, before anything is published."""

from dataclasses import dataclass
from pathlib import Path

from fls_teach.autograder.marking.record import printable, properties, read_record
from fls_teach.course.registry import CourseError


@dataclass(frozen=True)
class Change:
    """One submission whose mark, or the mark of one of whose properties, is another now.

    Parameters
    ----------
    submission : str
    kind : str
        "changed", "new" or "vanished".
    old, new : tuple of (score, max_score), or None
        None where there is no record; a score is None where the grader failed.
    reasons : tuple of str
        Sentences: first what is another for this submission, then the properties.
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
    score, of = marks
    return "no score (a person must look)" if score is None else f"{score} of {of}"


def changes(old_out, records):
    """Whose mark changes against an older OUT, and why.

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
    before = _saved(old_out)
    found, strangers = [], []
    for new in records:
        path = before.pop(new["folder"], None)
        if path is None:
            strangers.append((len(found), new))
            found.append(None)
        else:
            found.append(_compared(read_record(path), new))
    left = {}
    for path in before.values():
        old = read_record(path)
        left.setdefault(old["digest"], []).append(old)
    moved = {digest: olds[0] for digest, olds in left.items() if len(olds) == 1}
    for place, new in strangers:
        old = moved.pop(new["digest"], None)
        if old is None:
            found[place] = Change(new["submission"], "new", None, _both(new))
        else:
            left.pop(old["digest"])
            found[place] = _compared(old, new)
    found += [Change(old["submission"], "vanished", _both(old), None) for olds in left.values() for old in olds]
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
    """The records of an OUT, as {folder: path}."""
    folder = Path(old_out)
    try:
        entries = sorted(entry for entry in folder.iterdir() if (entry / "record.json").is_file())
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise CourseError(f"cannot read '{folder}' ({reason}); name the --out of an earlier fls grade") from None
    if not entries:
        raise CourseError(f"'{folder}' holds no FOLDER/record.json; name the --out of an earlier fls grade")
    return {entry.name: entry / "record.json" for entry in entries}


def _both(record):
    return record["score"], record["max_score"]


def _compared(old, new):
    """The change from `old` to `new` in the exercises of both, or None if no mark differs."""
    reasons, settings = _causes(old, new), _settings(old, new)
    common = {each["number"] for each in old["exercises"]} & {each["number"] for each in new["exercises"]}
    old, new = _only(old, common), _only(new, common)
    items = _property_changes(old, new)
    if _both(old) == _both(new) and not items:
        return None
    if not reasons and not settings:
        reasons = ["nothing else differs: a time-out on a busy machine, or an answer left to chance"]
    return Change(new["submission"], "changed", _both(old), _both(new), (*reasons, *items))


def _only(record, numbers):
    """A record as it were if no more than these exercises had been graded."""
    exercises = [each for each in record["exercises"] if each["number"] in numbers]
    if len(exercises) == len(record["exercises"]):
        return record
    items = [item for each in exercises for item in each["properties"]]
    fault = any(item["verdict"] == "grader-fault" for item in items)
    score = None if fault else sum(item["points"] for item in items)
    return record | {"exercises": exercises, "score": score, "max_score": sum(item["of"] for item in items)}


def _causes(old, new):
    """What went into the two runs and is not the same."""
    causes = []
    if old["submission"] != new["submission"]:
        causes.append(f"it was called {old['submission']}")
    if old["digest"] != new["digest"] and _graded(old) == _graded(new):  # of the files of these exercises
        causes.append("the files differ")
    if old["seed"] != new["seed"] and (old["digest"] == new["digest"] or not (old["keyed"] and new["keyed"])):
        causes.append(f"the seed differs: {old['seed']} -> {new['seed']}")
    return causes


def _settings(old, new):
    """What is the same for all submissions of a run, and not for these two runs."""
    causes = []
    graded = _graded(old), _graded(new)
    if graded[0] != graded[1]:
        causes.append(f"exercises: {graded[0]} -> {graded[1]}; only those of both are compared")
    for name in sorted(old["versions"].keys() | new["versions"].keys()):
        if graded[0] != graded[1] and (name == "course" or name not in old["versions"] or name not in new["versions"]):
            continue  # the digest of the course, and its modules, are those of these exercises
        was, now = (str(each["versions"].get(name, "absent")) for each in (old, new))
        if was != now:
            causes.append(
                f"the course differs: {was[:19]} -> {now[:19]}" if name == "course" else f"{name}: {was} -> {now}"
            )
    if old["isolation"] != new["isolation"]:
        causes.append(f"isolation: {old['isolation']} -> {new['isolation']}")
    for name in sorted(old["limits"].keys() | new["limits"].keys()):
        was, now = (each["limits"].get(name, "none") for each in (old, new))
        if was != now:
            causes.append(f"limit {name}: {was} -> {now}")
    return causes


def _graded(record):
    return " ".join(each["number"] for each in record["exercises"])


def _property_changes(old, new):
    """A line for each property whose marks or worth differ."""
    was = {item["id"]: item for _, item in properties(old)}
    now = {item["id"]: item for _, item in properties(new)}
    lines = []
    for name in sorted(was.keys() | now.keys()):
        one, other = was.get(name), now.get(name)
        if one is None or other is None:
            present = other or one
            lines.append(
                f"{name} is {'new' if other else 'gone'}: {present['points']} of {present['of']}, {present['verdict']}"
            )
        elif _worth(one) != _worth(other):
            why = f": {other['summary']}" if other["summary"] else ""
            points = f"{one['points']}/{one['of']} -> {other['points']}/{other['of']}"
            lines.append(f"{name} {one['verdict']} -> {other['verdict']}, {points}{why}")
    return lines


def _worth(item):
    """What a student would notice: points lost to a fault of the grader's are not points lost to an error."""
    return item["points"], item["of"], item["verdict"] == "grader-fault"
