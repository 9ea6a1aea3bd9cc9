"""Reading CSV files from instructors, spreadsheets and platforms, and writing CSV files for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fls_teach.course.registry import CourseError

LARGEST = 16 << 20  # bytes
_SEPARATOR = re.compile('"?sep=([^\r\n"])"?\r?\n', re.IGNORECASE)  # a first line that Excel writes
_TO_QUOTE = re.compile('[,;|"\t\r\n]')  # including the separators of spreadsheets in other countries


def read_table(path: str | Path, called: str) -> tuple[list[str], dict[int, list[str]], str]:
    """Read a CSV file in UTF-8.

    The separator is that of a first line ``sep=;``, else the commonest of comma, semicolon and tab in the first line.

    Parameters
    ----------
    path : path
    called : str
        Name of the file in error messages.

    Returns
    -------
    heading : list of str
    rows : dict of int to list of str
        By the number of the line in which each row ends.
    separator : str

    Raises
    ------
    CourseError
        If the file cannot be read, or a row has more cells than the first line.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        text = data.decode("utf-8-sig")
        declared = _SEPARATOR.match(text)
        separator = declared[1] if declared else max(",;\t", key=text.partition("\n")[0].count)
        lines = io.StringIO(text[declared.end() if declared else 0 :], newline="")
        reader = csv.reader(lines, delimiter=separator, strict=True)
        heading = next(reader, [])
        rows = {reader.line_num + bool(declared): row for row in reader}
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
    """Return the rows of a CSV file that are not empty, as {line number: {column: cell}}.

    Parameters
    ----------
    path, called
        As for `read_table`.
    names : sequence of str
        The required columns, in any order and case.
    also : dict of str to str
        Other name of a column -> its name.

    Raises
    ------
    CourseError
        As `read_table`, or if a column is missing.
    """
    heading, rows, _ = read_table(path, called)
    columns = [(also or {}).get(name, name) for name in (each.strip().casefold() for each in heading)]
    if not set(names) <= set(columns):
        raise CourseError(f"{called} needs the columns {', '.join(names[:-1])} and {names[-1]} in its first line")
    lines = {number: [cell.strip() for cell in row] for number, row in rows.items()}
    return {
        number: dict.fromkeys(names, "") | dict(zip(columns, row, strict=False))
        for number, row in lines.items()
        if any(row)
    }


def write_table(path: str | Path, rows: Iterable[Iterable[object]], separator: str = ",") -> None:
    """Write a CSV file for spreadsheets.

    It begins with a byte-order mark, without which spreadsheets misread accents. Lines end with a line feed, which
    spreadsheets and shell tools read.

    Parameters
    ----------
    path : path
    rows : iterable of iterable
        Consumed one by one; None is an empty cell.
    separator : str
    """
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        for row in rows:
            texts = ("" if cell is None else str(cell) for cell in row)
            quoted = ('"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text for text in texts)
            file.write(separator.join(quoted) + "\n")
