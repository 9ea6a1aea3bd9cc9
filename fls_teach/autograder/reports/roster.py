"""The platform's list of people (Canvas's gradebook, Moodle's grading worksheet), and a copy with the marks."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.tables import read_table, write_table
from fls_teach.characters import one_line
from fls_teach.course.registry import CourseError
from fls_teach.files import replacing

# Headings in lower case: columns that identify a person, the most reliable first, and columns for marks.
_IDS = "id", "identifier", "participant", "sis user id", "id number", "student id", "matriculation number"
_LOGINS = "sis login id", "username", "login", "login id", "user", "orgdefinedid", "email address", "email", "e-mail"
_NAMES = "student", "full name", "name", "student name", "members"
_PARTS = "first name", "given name", "last name", "surname", "family name"  # a name in several columns
_KINDS = "id", "login", "name"
"""Kinds of keys, the most reliable first. A key is (kind, normalised text)."""
_GRADES = "grade", "score", "points", "mark", "final"
_CANVAS_COLUMN = re.compile(r".+ \(\d+\)")  # an assignment and its number


class Roster:
    """A list of people with a column for their marks; `match` fills its attributes.

    Attributes
    ----------
    strangers : list of str
        Submissions of people who are not on the roster.
    unclear : list of str
        Submissions that match several rows, or one that another submission matches as well or better.
    by_name : list of str
        Submissions matched by name alone, because their ids and logins are of another kind than the roster's.
    """

    def __init__(self, heading: list[str], rows: list[list[str]], separator: str, column: int) -> None:
        self._heading, self._rows, self._separator, self._column = heading, rows, separator, column
        self._submissions, self.strangers, self.unclear, self.by_name = {}, [], [], []  # by index of the row

    @classmethod
    def read(cls, path: str | Path, column: str | None = None) -> "Roster":
        """Read a roster from a CSV file.

        Parameters
        ----------
        path : path
        column : str, optional
            Heading of the column for the marks, or its beginning; by default the only one with a name for marks.

        Raises
        ------
        CourseError
            If the file cannot be read, or has no column that identifies people or no clear column for the marks.
        """
        called = f"--roster '{one_line(str(path), 200)}'"
        heading, rows, separator = read_table(path, called)
        if not any(_plain(name) in (*_IDS, *_LOGINS, *_NAMES, *_PARTS) for name in heading):
            raise CourseError(
                f"{called} has no column that says who is who, such as ID, Identifier, Username or Student"
            )
        return cls(heading, list(rows.values()), separator, _column_of(heading, column, called))

    def match(self, entries: Sequence[Submission]) -> list[str]:
        """Find each submission's rows, by id, login or name.

        A person with a key of a kind (id or login) by which any submission is found on the roster is looked up only by
        id and login, and is not on the roster if neither is found. Other people are also looked up by name.

        Parameters
        ----------
        entries : sequence of Submission

        Returns
        -------
        list of str
            Names of the people on the roster without a submission.
        """
        rows_of, matches, people = defaultdict(set), defaultdict(list), []
        for k, row in enumerate(self._rows):
            for key in self._keys(row):
                rows_of[key].add(k)
        for entry in entries:
            person = entry.called or entry.who or entry.name
            people += [(entry.name, f"{entry.name}: {name}", name, []) for name in entry.group]
            people += [] if entry.group else [(entry.name, entry.name, person, _given(entry.id, entry.login))]
        usable_kinds = {key[0] for *_, given in people for key in given if key in rows_of}
        roster_kinds = {kind for kind, _ in rows_of}
        for submission, called, name, given in people:
            given_kinds = {kind for kind, _ in given}
            by_name = [("login", _plain(name)), ("id", _plain(name)), ("name", _letters(name))]
            keys = [key for key in (given if usable_kinds & given_kinds else given + by_name) if key in rows_of]
            key = next((key for key in keys if len(rows_of[key]) == 1), None)
            if key is not None:
                (k,) = rows_of[key]
                matches[k].append((_KINDS.index(key[0]), submission, called))
                self.by_name += [called] if key not in given and roster_kinds & given_kinds else []
            else:
                (self.unclear if keys else self.strangers).append(called)
        for k, found in matches.items():
            names = {name for kind, name, _ in found if kind == min(found)[0]}
            self._submissions[k] = names.pop() if len(names) == 1 else None  # None: the row gets no mark
            self.unclear += [called for _, name, called in found if name != self._submissions[k]]
        return [name for k, row in enumerate(self._rows) if k not in self._submissions and (name := self._name(row))]

    def fill(self, path: Path, marks: Mapping[Any, float | None]) -> None:
        """Write the roster with the marks; the rows of people without a mark are left as they are.

        Parameters
        ----------
        path : path
        marks : dict of str to number or None
            By the names of submissions.
        """
        rows = [list(row) for row in self._rows]
        for k, row in enumerate(rows):
            if (mark := marks.get(self._submissions.get(k))) is not None:
                row += [""] * (self._column + 1 - len(row))
                row[self._column] = f"{mark:g}"
        with replacing(path) as temporary:
            write_table(temporary, [self._heading, *rows], self._separator)

    def _cells(self, row, headings):
        named = zip(self._heading, row, strict=False)
        return [cell.strip() for name, cell in named if _plain(name) in headings and cell.strip()]

    def _keys(self, row):
        ids = {("id", number) for cell in self._cells(row, _IDS) for number in _numbers(cell)}
        parts = (part for cell in self._cells(row, _LOGINS) for part in (cell, cell.partition("@")[0]))
        return (
            ids | {("login", _plain(part)) for part in parts} | {("name", _letters(name)) for name in self._names(row)}
        )

    def _names(self, row):
        parts = self._cells(row, _PARTS)
        return self._cells(row, _NAMES) + [" ".join(parts)] * (len(parts) > 1)

    def _name(self, row):
        """Return the name of a row's person; "" for a row without a person, such as Canvas's "Points Possible"."""
        names, keys = self._names(row), self._keys(row) - {("name", "")}
        if not keys or _plain(names[0] if names else "") == "points possible":
            return ""
        return (names or self._cells(row, (*_LOGINS, *_IDS)))[0]


def _column_of(heading, wanted, called):
    if wanted is not None:
        exact = [k for k, name in enumerate(heading) if _plain(name) == _plain(wanted)]
        fitting = exact or [k for k, name in enumerate(heading) if _plain(name).startswith(_plain(wanted))]
    else:
        fitting = [k for k, name in enumerate(heading) if _plain(name) in _GRADES]
        fitting = fitting or [k for k, name in enumerate(heading) if _CANVAS_COLUMN.fullmatch(name.strip())]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(one_line(heading[k], 60) for k in fitting[:5]) or one_line(", ".join(heading), 200)
    which = f"there are several ({names})" if fitting else f"there is none like it among {names}"
    raise CourseError(f"{called}: which column gets the marks? {which}; name it with --column")


def _given(number, login):
    """Return the keys from the id and the login that the platform gave, the id first."""
    return [("id", each) for each in _numbers(number)] + [("login", _plain(each)) for each in [login] if each]


def _numbers(cell):
    """Return the id in a cell, without "Participant" in front, as a list; [] for an empty cell."""
    text = _plain(cell).removeprefix("participant ").strip()
    return [text] if text else []


def _plain(text):
    return unicodedata.normalize("NFKC", text).casefold().strip().removeprefix("#")  # before Brightspace's numbers


def _letters(name):
    """Return a name without accents and with its words sorted: the same for "Lovelace, Ada" and "Ada Lovelace"."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(each))
    words = sorted(re.findall(r"\w+", plain))
    return " ".join(words)
