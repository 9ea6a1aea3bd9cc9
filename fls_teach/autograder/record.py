"""The record of one marked submission: made here, and checked here when it is read back."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fls_teach.autograder.sentence import refusal
from fls_teach.characters import printable
from fls_teach.course.checking import results
from fls_teach.course.registry import Exercise

Record = dict[str, Any]
"""Of a submission, or a part of it, as JSON has it."""

VERDICTS = {verdict: says for verdict, says in results.VERDICTS.items() if verdict != "not-run"}
"""What each verdict says about the submission's function. A grader asks on after a time-out."""

STATES = ("passed", "failed", "missing", "unusable", "fault")
LARGEST_RECORD = 64 << 20  # bytes; ours are some ten thousand

_ORDER = "format submission folder digest seed keyed score max_score fault versions isolation limits notes exercises"
_UNREAD = {"digest": "", "seed": 0, "keyed": False, "fault": False, "limits": {}, "notes": ()}


def new_record(exercises: list[Record], **fields: Any) -> Record:
    """A record with its sums, its fields in the order in which they are saved.

    Parameters
    ----------
    exercises : list of dict
        What each came to, as `CheckResult.as_dict` says it.
    **fields
        As in the record: `submission`, `folder`, `versions`, `isolation`; if its files were read, `digest`, `seed`,
        `keyed` (whether the seed was derived from a course key), `limits` and `notes`; `fault` where it could not be
        marked to its end for another reason than a property's.

    Returns
    -------
    dict
    """
    found: Record = _UNREAD | fields | {"format": 1, "exercises": exercises}
    found["fault"] |= any(item["verdict"] == "grader-fault" for _, item in properties(found))
    found["score"] = None if found["fault"] else _total(exercises, "points")
    found["max_score"], found["notes"] = _total(exercises, "of"), list(found["notes"])
    return {name: found[name] for name in _ORDER.split()}


def mismatch(record: Record, expected: Record, exercises: Sequence[Exercise]) -> str:
    """The name of a field in which a record is not what was expected of one of these exercises, or ""."""
    different = [name for name, value in json.loads(as_json(expected)).items() if record.get(name) != value]
    if [each["name"] for each in record["exercises"]] != [each.name for each in exercises]:
        different.append("exercises")
    return different[0] if different else ""


def properties(record: Record) -> Iterator[tuple[Record, Record]]:
    """All properties of a record, as an iterator of (exercise, property)."""
    for exercise in record["exercises"]:
        for item in exercise["properties"]:
            yield exercise, item


class Marks(NamedTuple):
    """What counts in the end.

    Attributes
    ----------
    points : dict
        Exercise -> points, None where a fault of the grader's left them open.
    score : float or None
        Their sum, None if any is open.
    final : float or None
        The same after what is deducted for being late.
    """

    points: dict
    score: float | None
    final: float | None


def final_marks(record: Record) -> Marks:
    """The marks of a record with the corrections of people and the rule for late work, as `Marks`.

    A corrected exercise gets the points that were said; a corrected property changes those of its exercise.
    """
    said = {each["item"]: each["points"] for each in record.get("overrides", ())}
    points: dict[str, Any] = {}
    for exercise in record["exercises"]:
        marks = [said.get(item["id"], _open(item)) for item in exercise["properties"]]
        faults = [item["verdict"] == "grader-fault" for item in exercise["properties"]]
        no_mark = None in marks or exercise["state"] == "fault" and not any(faults)
        points[exercise["name"]] = said.get(exercise["name"], None if no_mark else sum(marks))
    score = None if None in points.values() or record["fault"] and not points else sum(points.values())
    kept = record.get("late", {}).get("kept", 1)
    return Marks(points, score, None if score is None else _plain(score * kept))


def _open(item):
    return None if item["verdict"] == "grader-fault" else item["points"]


def _plain(number):
    number = round(number, 9)
    return int(number) if number == int(number) else number


def as_json(value: object) -> str:
    """Canonical JSON: ASCII, so that no locale matters; one space of indentation; strings printable; never NaN.

    Raises
    ------
    ValueError
        If `value` holds a number that is not finite.
    """
    return json.dumps(_all_printable(value), indent=1, allow_nan=False) + "\n"


def _all_printable(value):
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): _all_printable(each) for key, each in value.items()}
    return [_all_printable(each) for each in value] if isinstance(value, (list, tuple)) else value


def read_record(path: str | Path) -> Record:
    """A saved record, after a look at every field.

    Raises
    ------
    CourseError
        If it cannot be read, or is not what `fls grade` writes.
    """
    path = Path(path)
    with refusal(f"'{path}' is not a record of fls grade", "grade again into a new folder"):
        if path.stat().st_size > LARGEST_RECORD:
            raise ValueError("it is far too large")
        record = json.loads(path.read_bytes(), parse_constant=_no_constant, object_pairs_hook=_no_twins)
        check_record(record)
        return record


def _no_constant(name):
    raise ValueError(f"it holds {name}")


def _no_twins(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return dict(pairs)


def _each(kind, names):
    return dict.fromkeys(names.split(), kind)


_PROPERTY = _each(str, "id sentence formula verdict summary likely") | _each(int, "points of")
_EXERCISE = _each(str, "number name title state message traceback printed") | _each(int, "points of")
_INTAKE = _each(str, "id? login? who? when? late? feedback?") | _each(int, "attempt? attempts?")
_RECORD = {
    **_each(str, "submission folder digest isolation"),
    **_each(int, "format seed max_score"),
    **_each(bool, "keyed fault"),
    **{"limits": dict, "versions": dict, "notes": [str], "twice?": [str]},
    "exercises": [_EXERCISE | {"properties": [_PROPERTY]}],
    "overrides?": [_each(str, "item reason") | {"points": float}],
    "late?": {"days": int, "rule": str, "kept": float},
    "intake?": _INTAKE | {"counts?": bool, "group?": [str], "review?": [str]},
}
"""The fields of each part by their exact types, as True is no int. One with "?" may be missing."""


def check_record(record: Any) -> None:
    """Raise `ValueError`, with what is wrong as its text, unless `record` has the shape and the sums of a record."""
    _check(record, _RECORD, "the record")
    every, exercises = [item for _, item in properties(record)], record["exercises"]
    _check([item["card"] for item in every if item.get("card") is not None], [[[str]]], "a card")
    sums = [(each, key) for each in exercises for key in ("points", "of")]
    fields = {name: record.get(name) for name in _ORDER.split()}
    for right, complaint in (
        (all(type(each) is str for each in record["versions"].values()), "a version that is not text"),
        (all(type(each) in (int, float) for each in record["limits"].values()), "a limit that is no number"),
        (all(each["state"] in STATES for each in exercises), "an unknown state"),
        (all(item["verdict"] in VERDICTS for item in every), "an unknown verdict"),
        (all(item["of"] >= 0 and item["points"] == _earned(item) for item in every), "points without their verdict"),
        (all(len(row) == 2 for item in every for row in item.get("card") or ()), "a card with a row that is no pair"),
        (
            all(each[key] == _total(each["properties"], key) for each, key in sums),
            "a sum that is not that of its parts",
        ),
        ("score" in record and json.dumps(fields) == json.dumps(new_record(**fields)), "another format, sum or fault"),
    ):
        if not right:
            raise ValueError(complaint)


def _check(value, wanted, name):
    """Raise `ValueError` unless a value has these fields, parts like this one, or this type."""
    kind = wanted if isinstance(wanted, type) else type(wanted)
    if type(value) is not kind and (kind, type(value)) != (float, int):
        raise ValueError(f"{name} is {type(value).__name__}, wanted {kind.__name__}")
    for part in value if kind is list else ():
        _check(part, wanted[0], f"a part of {name}")
    for field in wanted if isinstance(wanted, dict) else ():
        key = field.rstrip("?")
        if key == field or key in value:
            _check(value.get(key), wanted[field], f"'{key}'")


def _earned(item):
    return item["of"] if item["verdict"] == "passed" else 0


def _total(items, name):
    return sum(item[name] for item in items)
