"""What was handed in: folders, .py files and zips become submissions, each read only when its turn comes."""

import hashlib
import os
import re
import stat
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from fls_teach.autograder import sources
from fls_teach.autograder.layout import choose, claimed, is_archive, is_junk, refusal, shown
from fls_teach.autograder.sources import Refused
from fls_teach.course.registry import CourseError

MAX_NOTES = 20
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d|conin|conout", re.IGNORECASE)  # no file on Windows can be called so


@dataclass(frozen=True)
class Submission:
    """One person's work, as it is marked.

    Attributes
    ----------
    name : str
        Unique in the batch, printable, at most 100 characters.
    folder : str
        Of its results: unique, only letters, digits, "_" and "-", whatever system it is copied to.
    files : dict
        Exercise ("08_bayes_error") -> bytes of its file, as they are.
    digest : str
        Of `files`.
    notes : tuple of str
        Sentences: what was not taken, and why.
    """

    name: str
    folder: str
    files: dict
    digest: str
    notes: tuple


@dataclass(frozen=True)
class Entry:
    """A submission that was found and not yet read.

    Attributes
    ----------
    name, folder : str
        As of the `Submission`.
    path : Path
    kind : str
        "folder", "file", "zip", or "other": what cannot be a submission but lies where they lie.
    expected : tuple of str
        The exercises' names.
    problem : str
        Why an "other" is none.
    """

    name: str
    folder: str
    path: Path
    kind: str
    expected: tuple
    problem: str = ""

    def read(self):
        """Read it, as it is now.

        Returns
        -------
        Submission
            With no files and a note if nothing could be read: nothing that is wrong with one submission is raised.
        """
        try:
            if self.kind == "other":
                raise Refused(self.problem)
            files, notes = self._taken()
        except Refused as reason:
            files, notes = {}, [refusal((self.path.name,), reason)]
        if not files:
            first = self.expected[0] if self.expected else "NN_name"
            notes = [f"No file of an exercise was found; they are called {first}.py and so on.", *notes]
        if len(notes) > MAX_NOTES:
            notes = [*notes[:MAX_NOTES], f"... and {len(notes) - MAX_NOTES} more"]
        return Submission(self.name, self.folder, files, digest(files), tuple(notes))

    def _taken(self):
        if self.kind == "zip":
            return _read(sources.zip_source(self.path), self.expected)
        if self.kind == "file":
            return _read(sources.file_source(self.path), self.expected)
        with sources.folder_source(self.path, self.expected) as (items, read):
            zips = [item for item in items if len(item.parts) == 1 and _is_zip(item.parts[0]) and not item.problem]
            own = any(claimed(item.parts[k:], self.expected) for item in items for k in (0, 1))
            if own or len(zips) != 1:
                return _read_items(items, read, self.expected)
        # As Moodle packs what was handed in: a folder for the person, with the person's zip in it.
        notes = choose([item for item in items if item not in zips], self.expected)[1]
        try:
            with sources.opened(self.path, flags=sources.FOLDER) as top:
                files, inner = _read(sources.zip_source(zips[0].parts[0], top), self.expected)
        except Refused as reason:
            files, inner = {}, [refusal(zips[0].parts, reason)]
        return files, inner + notes


def digest(files):
    """The digest of a submission's files, "sha256:...".

    Parameters
    ----------
    files : dict of str to bytes

    Examples
    --------
    >>> digest({"a": b"1", "b": b""}) == digest({"b": b"", "a": b"1"}) != digest({"a": b"", "b": b"1"})
    True
    """
    state = hashlib.sha256()
    for name, data in sorted(files.items()):
        state.update(f"{name} {len(data)}\n".encode())
        state.update(data)
    return f"sha256:{state.hexdigest()}"


def _read(source, expected):
    with source as (items, read):
        return _read_items(items, read, expected)


def _read_items(items, read, expected):
    chosen, notes = choose(items, expected)
    files, graver = {}, []
    for name, item in chosen.items():
        try:
            files[name] = read(item)
        except Refused as reason:
            graver.append(refusal(item.parts, reason))
    return files, graver + notes


def collect(paths, exercises):
    """Find all submissions.

    Parameters
    ----------
    paths : iterable of path
        Each a folder with NN_slug.py files (in NN_slug/ or not), such a file, a zip of such a folder, or
        a folder of folders and zips of these kinds.
    exercises : iterable of Exercise

    Returns
    -------
    list of Entry
        In the order of `paths`, within a folder by name; what is named twice counts once.

    Raises
    ------
    CourseError
        If a path does not exist or cannot be a submission.
    """
    if os.open not in os.supports_dir_fd:
        raise CourseError("this system cannot open files without following links; on Windows, grade within WSL")
    expected = tuple(exercise.name for exercise in exercises)
    found = {}
    for path in paths:
        for place, kind, problem in _found_at(path, expected):
            found.setdefault(place, (kind, problem))
    names = _names({place: kind for place, (kind, _) in found.items()})
    folders = _unique([_folder_name(name) for name in names], "{}-{}")
    return [
        Entry(name, folder, place, kind, expected, problem)
        for name, folder, (place, (kind, problem)) in zip(names, folders, found.items(), strict=True)
    ]


def _found_at(path, expected):
    """(path, kind, problem) of each submission that is meant by a path of the command line."""
    said = shown(os.fspath(path), 200)
    if not said.strip():
        raise CourseError("an empty name is no submission; name a folder, a .py file or a zip")
    try:
        mode = os.lstat(path).st_mode
        place = Path(path).resolve()
    except FileNotFoundError:
        raise CourseError(f"'{said}' does not exist; name a folder, a .py file or a zip") from None
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path; links in a circle
        raise CourseError(f"'{said}' cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if stat.S_ISLNK(mode):  # perhaps to another person's work
        raise CourseError(f"'{said}' is a link, and links are not followed; name what it points to")
    if stat.S_ISDIR(mode):
        try:
            with sources.opened(place, flags=sources.FOLDER) as descriptor:
                inside = sources.listing(descriptor, sources.MAX_ENTRIES)
        except Refused:
            return [(place, "folder", "")]  # reading it says why
        return _batch(place, inside, expected) or [(place, "folder", "")]
    if stat.S_ISREG(mode) and (kind := _file_kind(place.name)):
        return [(place, kind, "")]
    raise CourseError(f"'{said}' is neither a folder nor a .py file nor a zip")


def _is_zip(name):
    return name.casefold().endswith(".zip")


def _file_kind(name):
    return "zip" if _is_zip(name) else "file" if name.casefold().endswith(".py") else None


def _batch(place, inside, expected):
    """The submissions in a folder, if it is not one itself."""
    exercises = {name.casefold() for name in expected}
    if any(claimed((name,), expected) or (kind == "folder" and name.casefold() in exercises) for name, kind in inside):
        return []
    found = []
    for name, kind in inside:
        if is_junk((name,)):
            continue
        if kind == "folder" or (kind == "file" and _is_zip(name)):
            found.append((place / name, "folder" if kind == "folder" else "zip", ""))
        elif kind != "file":
            found.append((place / name, "other", sources.PROBLEMS[kind]))
        elif is_archive(name) or name.casefold().endswith((".py", ".ipynb")):  # somebody's work, so somebody must hear
            found.append((place / name, "other", "it is neither a folder nor a zip"))
    return found if any(kind != "other" for _, kind, _ in found) else []


def _names(kinds):
    """A name for each path: as short as tells them apart."""
    options = []
    for place, kind in kinds.items():
        cut = {"file": 3, "zip": 4}.get(kind, 0)
        options.append((place.name[: len(place.name) - cut], place.name, f"{place.parent.name}/{place.name}"))
    names = [shorter for shorter, _, _ in options]
    for level in (1, 2):
        often = Counter(name.casefold() for name in names)
        names = [each[level] if often[name.casefold()] > 1 else name for name, each in zip(names, options, strict=True)]
    return _unique([shown(name, 90).strip() or "submission" for name in names], "{} ({})")


def _folder_name(name):
    # Without a dot, it can be neither hidden nor one of the batch's own files, which all have one.
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", plain)[:60].strip("-") or "submission"
    return f"{plain}-submission" if _DEVICES.fullmatch(plain) else plain


def _unique(names, form):
    """The names, those that came before (in whatever case) with a number."""
    taken, numbers, unique = set(), Counter(), []
    for name in names:
        candidate = name
        while candidate.casefold() in taken:
            numbers[name.casefold()] += 1
            candidate = form.format(name, numbers[name.casefold()] + 1)
        taken.add(candidate.casefold())
        unique.append(candidate)
    return unique
