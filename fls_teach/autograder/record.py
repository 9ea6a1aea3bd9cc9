"""The record of one marked submission, and its validation when it is read back."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fls_teach.autograder.sentence import refusal
from fls_teach.characters import printable
from fls_teach.course.checking import results
from fls_teach.course.registry import Exercise

Record = dict[str, Any]
"""The record of a submission, or a part of one, as in JSON."""

VERDICTS = {verdict: text for verdict, text in results.VERDICTS.items() if verdict != "not-run"}
"""Each verdict, and what it says about the submission's function. A grader goes on after a time-out, so none is
"not-run"."""

STATES = ("passed", "failed", "missing", "unusable", "fault")
LARGEST_RECORD = 64 << 20  # bytes; typical ones have some ten thousand

_ORDER = "format submission folder digest seed keyed score max_score fault versions isolation limits notes exercises"
_DEFAULTS = {"digest": "", "seed": 0, "keyed": False, "fault": False, "limits": {}, "notes": ()}


def new_record(exercises: list[Record], **fields: Any) -> Record:
    """Return a record with its sums, with its fields in the order in which they are saved.

    Parameters
    ----------
    exercises : list of dict
        The results, as returned by `CheckResult.as_dict`.
    **fields
        As in the record: `submission`, `folder`, `versions`, `isolation`; if the files were read, `digest`, `seed`,
        `keyed` (whether the seed was derived from a course key), `limits` and `notes`; `fault` if the marking was not
        completed for another reason than a fault in a property.

    Returns
    -------
    dict
    """
    record: Record = _DEFAULTS | fields | {"format": 1, "exercises": exercises}
    record["fault"] |= any(item["verdict"] == "grader-fault" for _, item in properties(record))
    record["score"] = None if record["fault"] else _total(exercises, "points")
    record["max_score"], record["notes"] = _total(exercises, "of"), list(record["notes"])
    return {name: record[name] for name in _ORDER.split()}


def mismatch(record: Record, expected: Record, exercises: Sequence[Exercise]) -> str:
    """Return the name of the first field in which a record of `exercises` differs from `expected`, or ""."""
    different = [name for name, value in json.loads(as_json(expected)).items() if record.get(name) != value]
    if [each["name"] for each in record["exercises"]] != [each.name for each in exercises]:
        different.append("exercises")
    return different[0] if different else ""


def properties(record: Record) -> Iterator[tuple[Record, Record]]:
    """Yield (exercise, property) for all properties of a record."""
    for exercise in record["exercises"]:
        for item in exercise["properties"]:
            yield exercise, item


class Marks(NamedTuple):
    """The final marks of a submission.

    Attributes
    ----------
    points : dict
        Exercise -> points, None after a grader fault.
    score : float or None
        Their sum, None if any is None.
    final : float or None
        The score after the deduction for late work.
    """

    points: dict
    score: float | None
    final: float | None


def final_marks(record: Record) -> Marks:
    """Return the marks of a record with the corrected marks and the deduction for late work.

    A corrected exercise gets the corrected points; a corrected property changes the sum of its exercise.
    """
    corrected = {each["item"]: each["points"] for each in record.get("overrides", ())}
    points: dict[str, Any] = {}
    for exercise in record["exercises"]:
        marked = [(item["id"], item["points"], item["verdict"] == "grader-fault") for item in exercise["properties"]]
        marks: list[Any] = [corrected.get(name, None if fault else value) for name, value, fault in marked]
        no_mark = None in marks or exercise["state"] == "fault" and not any(fault for *_, fault in marked)
        points[exercise["name"]] = corrected.get(exercise["name"], None if no_mark else sum(marks))
    score = None if None in points.values() or record["fault"] and not points else sum(points.values())
    kept = record.get("late", {}).get("kept", 1)
    return Marks(points, score, None if score is None else _int_if_whole(score * kept))


def _int_if_whole(number):
    number = round(number, 9)
    return int(number) if number == int(number) else number


def as_json(value: object) -> str:
    """Return canonical JSON: ASCII, so that no locale matters, indented by one space, with printable strings.

    Raises
    ------
    ValueError
        If `value` contains a number that is not finite.
    """
    return json.dumps(_all_printable(value), indent=1, allow_nan=False) + "\n"


def _all_printable(value):
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): _all_printable(each) for key, each in value.items()}
    return [_all_printable(each) for each in value] if isinstance(value, (list, tuple)) else value


def read_record(path: str | Path) -> Record:
    """Return a saved record after checking every field.

    Raises
    ------
    CourseError
        If it cannot be read, or is not what `fls grade` writes.
    """
    path = Path(path)
    with refusal(f"'{path}' is not a record of fls grade", "grade again into a new folder"):
        if path.stat().st_size > LARGEST_RECORD:
            raise ValueError("it is far too large")
        record = json.loads(path.read_bytes(), parse_constant=_refuse_constant, object_pairs_hook=_unique_names)
        check_record(record)
        return record


def _refuse_constant(name):
    raise ValueError(f"it holds {name}")


def _unique_names(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return dict(pairs)


def _fields(kind, names):
    return dict.fromkeys(names.split(), kind)


_PROPERTY = _fields(str, "id sentence formula verdict summary likely") | _fields(int, "points of")
_EXERCISE = _fields(str, "number name title state message traceback printed") | _fields(int, "points of")
_INTAKE = _fields(str, "id? login? who? when? late? feedback?") | _fields(int, "attempt? attempts?")
_RECORD = {
    **_fields(str, "submission folder digest isolation"),
    **_fields(int, "format seed max_score"),
    **_fields(bool, "keyed fault"),
    **{"limits": dict, "versions": dict, "notes": [str], "twice?": [str]},
    "exercises": [_EXERCISE | {"properties": [_PROPERTY]}],
    "overrides?": [_fields(str, "item reason") | {"points": float}],
    "late?": {"days": int, "rule": str, "kept": float},
    "intake?": _INTAKE | {"counts?": bool, "group?": [str], "review?": [str]},
}
"""The fields of each part and their exact types (True is not an int); a field with "?" is optional."""


def check_record(record: Any) -> None:
    """Raise `ValueError`, with the problem as its text, unless `record` has the form and the sums of a record."""
    _check(record, _RECORD, "the record")
    items, exercises = [item for _, item in properties(record)], record["exercises"]
    _check([item["card"] for item in items if item.get("card") is not None], [[[str]]], "a card")
    sums = [(each, key) for each in exercises for key in ("points", "of")]
    fields = {name: record.get(name) for name in _ORDER.split()}
    for valid, problem in (
        (all(type(each) is str for each in record["versions"].values()), "a version that is not text"),
        (all(type(each) in (int, float) for each in record["limits"].values()), "a limit that is no number"),
        (all(each["state"] in STATES for each in exercises), "an unknown state"),
        (all(item["verdict"] in VERDICTS for item in items), "an unknown verdict"),
        (all(item["of"] >= 0 and item["points"] == _earned(item) for item in items), "points without their verdict"),
        (all(len(row) == 2 for item in items for row in item.get("card") or ()), "a card with a row that is no pair"),
        (
            all(each[key] == _total(each["properties"], key) for each, key in sums),
            "a sum that is not that of its parts",
        ),
        ("score" in record and json.dumps(fields) == json.dumps(new_record(**fields)), "another format, sum or fault"),
    ):
        if not valid:
            raise ValueError(problem)


def _check(value, schema, name):
    """Raise `ValueError` unless `value` matches `schema`: a type, a list of one schema, or a dict of schemas."""
    kind = schema if isinstance(schema, type) else type(schema)
    if type(value) is not kind and (kind, type(value)) != (float, int):
        raise ValueError(f"{name} is {type(value).__name__}, wanted {kind.__name__}")
    for part in value if kind is list else ():
        _check(part, schema[0], f"a part of {name}")
    for field in schema if isinstance(schema, dict) else ():
        key = field.rstrip("?")
        if key == field or key in value:
            _check(value.get(key), schema[field], f"'{key}'")


def _earned(item):
    return item["of"] if item["verdict"] == "passed" else 0


def _total(items, name):
    return sum(item[name] for item in items)
