"""CSV files that an instructor, a spreadsheet or a learning platform has written."""

import csv
import io

from fls_teach.course.registry import CourseError

LARGEST = 16 << 20  # bytes


def read_table(path, called):
    """A CSV file in UTF-8 whose separator is the commonest of comma, semicolon and tabulator in its first line.

    Parameters
    ----------
    path : path
    called : str
        What a sentence calls it.

    Returns
    -------
    heading : list of str
    rows : list of list of str
    separator : str

    Raises
    ------
    CourseError
        If it cannot be read, or a line says more than the first one names.
    """
    try:
        with open(path, "rb") as file:
            text = file.read(LARGEST).decode("utf-8-sig")
        separator = max(",;\t", key=text.partition("\n")[0].count)
        heading, *rows = [*csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)] or [[]]
    except (OSError, ValueError, csv.Error) as problem:
        reasons = {UnicodeDecodeError: "it is not UTF-8; save it as CSV UTF-8", csv.Error: f"no CSV: {problem}"}
        reason = getattr(problem, "strerror", None) or reasons.get(type(problem), str(problem))
        raise CourseError(f"{called} cannot be read ({reason})") from None
    for number, row in enumerate(rows, 2):
        if any(cell.strip() for cell in row[len(heading) :]):  # a decimal comma, or a comma in a text without quotes
            raise CourseError(f"{called}: line {number} has {len(row)} cells, the first line {len(heading)}")
    return heading, rows, separator
