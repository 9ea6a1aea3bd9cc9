"""CSV files: those that an instructor, a spreadsheet or a platform has written, and ours, which people open."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fls_teach.course.registry import CourseError

LARGEST = 16 << 20  # bytes
_SEPARATOR = re.compile('"?sep=([^\r\n"])"?\r?\n', re.IGNORECASE)  # Excel's own first line
_QUOTED = re.compile('[,;|"\t\r\n]')


def read_table(path: str | Path, called: str) -> tuple[list[str], dict[int, list[str]], str]:
    """A CSV file in UTF-8.

    Its separator is what a first line ``sep=;`` says, else the commonest of comma, semicolon and tabulator in the
    first line.

    Parameters
    ----------
    path : path
    called : str
        What a sentence calls it.

    Returns
    -------
    heading : list of str
    rows : dict of int to list of str
        By the number of the line in which each ends.
    separator : str

    Raises
    ------
    CourseError
        If it cannot be read, or a line says more than the first one names.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        text = data.decode("utf-8-sig")
        said = _SEPARATOR.match(text)
        separator = said[1] if said else max(",;\t", key=text.partition("\n")[0].count)
        reader = csv.reader(
            io.StringIO(text[said.end() if said else 0 :], newline=""), delimiter=separator, strict=True
        )
        heading = next(reader, [])
        rows = {reader.line_num + bool(said): row for row in reader}
    except (OSError, ValueError, csv.Error) as problem:
        reasons = {UnicodeDecodeError: "it is not UTF-8; save it as CSV UTF-8", csv.Error: f"no CSV: {problem}"}
        reason = getattr(problem, "strerror", None) or reasons.get(type(problem), str(problem))
        raise CourseError(f"{called} cannot be read ({reason})") from None
    for number, row in rows.items():
        if any(cell.strip() for cell in row[len(heading) :]):  # a decimal comma, or a comma in a text without quotes
            raise CourseError(f"{called}: line {number} has {len(row)} cells, the first line {len(heading)}")
    return heading, rows, separator


def read_columns(
    path: str | Path, called: str, names: Sequence[str], also: Mapping[str, str] | None = None
) -> dict[int, dict[str, str]]:
    """The lines of a CSV file that say anything, as {number of the line: {name: cell}}.

    Parameters
    ----------
    path, called
        As of `read_table`.
    names : sequence of str
        The columns that there have to be, in whatever order and case.
    also : dict of str to str
        Other names of some columns.

    Raises
    ------
    CourseError
        As `read_table`, or if a column is missing.
    """
    heading, rows, _ = read_table(path, called)
    found = [(also or {}).get(name, name) for name in (each.strip().casefold() for each in heading)]
    if not set(names) <= set(found):
        raise CourseError(f"{called} needs the columns {', '.join(names[:-1])} and {names[-1]} in its first line")
    lines = {number: [cell.strip() for cell in row] for number, row in rows.items()}
    return {
        number: dict.fromkeys(names, "") | dict(zip(found, row, strict=False))
        for number, row in lines.items()
        if any(row)
    }


def write_table(path: str | Path, rows: Iterable[Iterable[object]], separator: str = ",") -> None:
    """A CSV file for people, and for what people open it with.

    It begins with a byte-order mark: without it spreadsheets take accents for something else. Lines end in a line
    feed, which every spreadsheet reads and a shell can cut. Quoted is also what a spreadsheet of another country would
    take for a separator.

    Parameters
    ----------
    path : path
    rows : iterable of iterable
        Taken one by one; None is an empty cell.
    separator : str
    """
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        for row in rows:
            texts = ("" if cell is None else str(cell) for cell in row)
            quoted = ('"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text for text in texts)
            file.write(separator.join(quoted) + "\n")
