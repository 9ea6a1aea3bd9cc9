"""The platform's own list of people, Canvas's gradebook or Moodle's grading worksheet, filled in and written beside."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.tables import read_table, write_table
from fls_teach.characters import printable
from fls_teach.course.registry import CourseError
from fls_teach.files import replacing

# Headings, without case: what identifies a person, surest first, and where a mark goes.
_IDS = "id", "identifier", "participant", "sis user id", "id number", "student id", "matriculation number"
_LOGINS = "sis login id", "username", "login", "login id", "user", "orgdefinedid", "email address", "email", "e-mail"
_NAMES = "student", "full name", "name", "student name", "members"
_PARTS = "first name", "given name", "last name", "surname", "family name"  # of a name in several columns
_SURENESS = "id", "login", "name"
_GRADES = "grade", "score", "points", "mark", "final"
_CANVAS_COLUMN = re.compile(r".+ \(\d+\)")  # an assignment with its number


class Roster:
    """A list of people with a column for their marks.

    Attributes
    ----------
    strangers : list of str
        Names of submissions of people who are not on it; as the other lists, once `match` was called.
    unclear : list of str
        Those that fit several rows, or one that another submission fits as well or better.
    by_name : list of str
        Those whose number or login is of another kind than the roster's, so that their name alone was compared.
    """

    def __init__(self, heading: list[str], rows: list[list[str]], separator: str, column: int) -> None:
        self._heading, self._rows, self._separator, self._column = heading, rows, separator, column
        self._found, self.strangers, self.unclear, self.by_name = {}, [], [], []

    @classmethod
    def read(cls, path: str | Path, column: str | None = None) -> "Roster":
        """The roster in a CSV file.

        Parameters
        ----------
        path : path
        column : str, optional
            The heading of the column to fill in, or its beginning; else the only one that is called like a mark.

        Raises
        ------
        CourseError
            If it cannot be read, or it is not clear who is who or where a mark goes.
        """
        said = f"--roster '{printable(str(path))[:200]}'"
        heading, rows, separator = read_table(path, said)
        if not any(_plain(name) in (*_IDS, *_LOGINS, *_NAMES, *_PARTS) for name in heading):
            raise CourseError(f"{said} has no column that says who is who, such as ID, Identifier, Username or Student")
        return cls(heading, list(rows.values()), separator, _column_of(heading, column, said))

    def match(self, entries: Sequence[Submission]) -> list[str]:
        """Find everybody's row: by number, by login, by name.

        A name is asked for only where numbers and logins say nothing: they do once those of any submission are found
        on the roster, and a person whose own are not is not on it, whatever the name.

        Parameters
        ----------
        entries : sequence of Submission

        Returns
        -------
        list of str
            Names of the people on the roster of whom nothing was handed in.
        """
        places, claims, people = defaultdict(set), defaultdict(list), []
        for k, row in enumerate(self._rows):
            for key in self._keys(row):
                places[key].add(k)
        for entry in entries:
            own = entry.called or entry.who or entry.name
            people += [(entry.name, f"{entry.name}: {name}", name, []) for name in entry.group]
            people += [] if entry.group else [(entry.name, entry.name, own, _given(entry.id, entry.login))]
        known = {key[0] for *_, given in people for key in given if key in places}
        kinds = {kind for kind, _ in places}
        for submission, called, name, given in people:
            by_name = [("login", _plain(name)), ("id", _plain(name)), ("name", _letters(name))]
            keys = given if known & {kind for kind, _ in given} else given + by_name
            fitting = [(places[key], key) for key in keys if key in places]
            (k, key) = next(((*found, key) for found, key in fitting if len(found) == 1), (None, None))
            if k is not None:
                claims[k].append((_SURENESS.index(key[0]), submission, called))
                self.by_name += [called] if key not in given and kinds & {kind for kind, _ in given} else []
            else:
                (self.unclear if fitting else self.strangers).append(called)
        for k, found in claims.items():
            names = {name for sureness, name, _ in found if sureness == min(found)[0]}
            self._found[k] = names.pop() if len(names) == 1 else None  # which gets no mark: neither is guessed
            self.unclear += [called for _, name, called in found if name != self._found[k]]
        return [name for k, row in enumerate(self._rows) if k not in self._found and (name := self._name(row))]

    def fill(self, path: Path, marks: Mapping[Any, float | None]) -> None:
        """Write the roster with the marks in it; what it says of people without one stays as it is.

        Parameters
        ----------
        path : path
        marks : dict of str to number or None
            By the names of submissions.
        """
        rows = [list(row) for row in self._rows]
        for k, row in enumerate(rows):
            if (mark := marks.get(self._found.get(k))) is not None:
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
        """What to call a person; "" for a row of none, such as Canvas's "Points Possible"."""
        names, marks = self._names(row), self._keys(row) - {("name", "")}
        if not marks or _plain(names[0] if names else "") == "points possible":
            return ""
        return (names or self._cells(row, (*_LOGINS, *_IDS)))[0]


def _column_of(heading, wanted, said):
    if wanted is not None:
        exact = [k for k, name in enumerate(heading) if _plain(name) == _plain(wanted)]
        fitting = exact or [k for k, name in enumerate(heading) if _plain(name).startswith(_plain(wanted))]
    else:
        fitting = [k for k, name in enumerate(heading) if _plain(name) in _GRADES]
        fitting = fitting or [k for k, name in enumerate(heading) if _CANVAS_COLUMN.fullmatch(name.strip())]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(printable(heading[k])[:60] for k in fitting[:5]) or ", ".join(map(printable, heading))[:200]
    which = f"there are several ({names})" if fitting else f"there is none like it among {names}"
    raise CourseError(f"{said}: which column gets the marks? {which}; name it with --column")


def _given(number, login):
    """What a person is surely known by, as the platform says it; surest first."""
    return [("id", each) for each in _numbers(number)] + [("login", _plain(each)) for each in [login] if each]


def _numbers(cell):
    """The same for "Participant 411" and "411"; other text stays as it is."""
    text = _plain(cell).removeprefix("participant ").strip()
    return [text] if text else []


def _plain(text):
    return unicodedata.normalize("NFKC", text).casefold().strip().removeprefix("#")  # before Brightspace's numbers


def _letters(name):
    """A name without its order and accents: the same for "Lovelace, Ada" and "Ada Lovelace"."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(each))
    words = sorted(re.findall(r"\w+", plain))
    return " ".join(words)
