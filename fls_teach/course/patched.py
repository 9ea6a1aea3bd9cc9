"""Read misconceptions from solutions/NN_slug/misconceptions.toml, most of them as patches of the reference.

::

    [[misconception]]
    name = "sum_for_mean"
    sentence = "the sum stands for the mean"
    old = "x.mean(axis=0)"     # must occur in the reference exactly once
    new = "x.sum(axis=0)"

A misconception that changes several places has one [[misconception.patch]] with `old` and `new` per place; one that
shares too little with the reference has `file = "misconceptions/NAME.py"` instead.
"""

from dataclasses import dataclass
from pathlib import Path

from fls_teach.course.registry import CourseError

_KEYS = {"name", "sentence", "old", "new", "patch", "file"}


@dataclass(frozen=True)
class Misconception:
    """One named wrong answer.

    Attributes
    ----------
    name : str
        "sum_for_mean"; unique in its exercise.
    sentence : str
        Half a sentence that a student reads.
    source : str
        The complete text of the wrong solution.
    path : Path or None
        The file with this text; None if it is the patched reference.
    """

    name: str
    sentence: str
    source: str
    path: Path | None = None


def read_misconceptions(table, reference):
    """Return all misconceptions of an exercise, in the order of the file.

    Parameters
    ----------
    table : Path
        misconceptions.toml.
    reference : Path
        The reference solution.

    Returns
    -------
    tuple of Misconception

    Raises
    ------
    CourseError
        If the file is not valid TOML, or an entry cannot be applied.
    """
    text = reference.read_text(encoding="utf-8")
    found = {}
    for entry in read_table(table, "misconception"):
        where = f"'{table}': misconception '{entry.get('name', '')}'"
        _check_entry(entry, where)
        if entry["name"] in found:
            raise CourseError(f"{where} appears twice")
        found[entry["name"]] = _misconception(entry, where, table.parent, text)
    return tuple(found.values())


def read_table(table, kind):
    """Return the entries of a TOML file that consists of one array of tables.

    Parameters
    ----------
    table : Path
    kind : str
        Name of the array, which heads each entry in double brackets.

    Returns
    -------
    list of dict

    Raises
    ------
    CourseError
        If the file is not valid TOML, or contains anything else.
    """
    try:
        import tomllib
    except ImportError:  # before Python 3.11
        import tomli as tomllib
    try:
        with table.open("rb") as file:
            found = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise CourseError(f"'{table}' cannot be read: {problem}") from None
    entries = found.get(kind, [])
    if set(found) - {kind} or not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise CourseError(f"'{table}': start each entry with [[{kind}]], in double brackets")
    return entries


def _check_entry(entry, where):
    for key in ("name", "sentence"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise CourseError(f"{where} needs a {key}")
    if unknown := set(entry) - _KEYS:
        raise CourseError(f"{where} has '{min(unknown)}', which means nothing: use {', '.join(sorted(_KEYS))}")
    if len({"patch" if key in ("old", "new") else key for key in entry} & {"patch", "file"}) != 1:
        raise CourseError(f"{where} needs either `old` and `new`, or patches with these, or `file`")


def _misconception(entry, where, folder, reference):
    path = None
    if "file" in entry:
        path = folder / str(entry["file"])
        if not path.is_file():
            raise CourseError(f"{where} names the file '{entry['file']}', which does not exist")
        source = path.read_text(encoding="utf-8")
    else:
        source = _patched(entry, where, reference)
    try:
        compile(source, f"{entry['name']}.py", "exec")
    except SyntaxError as problem:
        raise CourseError(f"{where} is not valid Python: line {problem.lineno}: {problem.msg}") from None
    return Misconception(entry["name"], entry["sentence"], source, path)


def _patched(entry, where, source):
    single = [{key: entry[key] for key in ("old", "new") if key in entry}] if {"old", "new"} & set(entry) else []
    patches = [*single, *entry.get("patch", [])]
    for patch in patches:
        if set(patch) != {"old", "new"} or not all(isinstance(text, str) for text in patch.values()):
            raise CourseError(f"{where} needs both `old` and `new`, as texts")
        times = source.count(patch["old"])
        if times != 1:
            raise CourseError(
                f"{where} replaces {patch['old']!r}, which occurs {times} times in the reference: "
                "quote a text that occurs once"
            )
        source = source.replace(patch["old"], patch["new"])
    return source
