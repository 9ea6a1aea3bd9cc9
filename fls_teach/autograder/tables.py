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
        If it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            text = file.read(LARGEST).decode("utf-8-sig")
        separator = max(",;\t", key=text.partition("\n")[0].count)
        heading, *rows = [*csv.reader(io.StringIO(text), delimiter=separator)] or [[]]
    except (OSError, ValueError, csv.Error) as problem:
        not_text = "it is not UTF-8" if isinstance(problem, UnicodeDecodeError) else str(problem)
        reason = getattr(problem, "strerror", None) or not_text
        raise CourseError(f"{called} cannot be read ({reason})") from None
    return heading, rows, separator
