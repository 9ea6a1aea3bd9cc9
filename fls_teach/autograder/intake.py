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
from fls_teach.autograder.sources import Refused, Unreadable
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
            With no files and a note if nothing could be taken: nothing that its author did wrong is raised.

        Raises
        ------
        Unreadable
            If this machine cannot read what was handed in.
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


def collect(paths, exercises, results_in=lambda folder: ""):
    """Find all submissions.

    Parameters
    ----------
    paths : iterable of path
        Each a folder with NN_slug.py files (in NN_slug/ or not), such a file, a zip of such a folder, or
        a folder of folders and zips of these kinds.
    exercises : iterable of Exercise
    results_in : callable
        Told the path of a folder; "", or that it is no submission ("holds the results of ...").

    Returns
    -------
    list of Entry
        In the order of `paths`, within a folder by name; what is named twice counts once.

    Raises
    ------
    CourseError
        If a path does not exist, cannot be a submission, or holds none.
    """
    if os.open not in os.supports_dir_fd:
        raise CourseError("this system cannot open files without following links; on Windows, grade within WSL")
    expected = tuple(exercise.name for exercise in exercises)
    found = {}
    for path in paths:
        for place, kind, problem in _found_at(path, expected, results_in):
            found.setdefault(place, (kind, problem))
    names = told_apart([_names(place, kind) for place, (kind, _) in found.items()])
    folders = told_apart([_folder_names(name) for name in names])
    return [
        Entry(name, folder, place, kind, expected, problem)
        for name, folder, (place, (kind, problem)) in zip(names, folders, found.items(), strict=True)
    ]


def _found_at(path, expected, results_in):
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
        if reason := results_in(place):
            raise CourseError(f"'{said}' {reason}; name a folder with what was handed in")
        try:
            with sources.opened(place, flags=sources.FOLDER) as descriptor:
                inside = sources.listing(descriptor, sources.MAX_ENTRIES, place)
        except Refused:
            return [(place, "folder", "")]  # reading it says why
        except Unreadable as problem:
            raise CourseError(str(problem)) from None
        return _batch(place, inside, expected, results_in) or [(place, "folder", "")]
    if stat.S_ISREG(mode) and (kind := _file_kind(place.name)):
        return [(place, kind, "")]
    raise CourseError(f"'{said}' is neither a folder nor a .py file nor a zip")


def _is_zip(name):
    return name.casefold().endswith(".zip")


def _file_kind(name):
    return "zip" if _is_zip(name) else "file" if name.casefold().endswith(".py") else None


def _batch(place, inside, expected, results_in):
    """The submissions in a folder, if it is not one itself."""
    exercises = {name.casefold() for name in expected}
    inside = [(name, kind) for name, kind in inside if not is_junk((name,))]
    if any(claimed((name,), expected) or (kind == "folder" and name.casefold() in exercises) for name, kind in inside):
        return []
    found, count = [], len(inside)
    inside = [(name, kind) for name, kind in inside if kind != "folder" or not results_in(place / name)]
    for name, kind in inside:
        if kind == "folder" or (kind == "file" and _is_zip(name)):
            found.append((place / name, "folder" if kind == "folder" else "zip", ""))
        elif kind != "file":
            found.append((place / name, "other", sources.PROBLEMS[kind]))
        elif is_archive(name) or name.casefold().endswith((".py", ".ipynb")):  # somebody's work, so somebody must hear
            found.append((place / name, "other", "it is neither a folder nor a zip"))
    if any(kind != "other" for _, kind, _ in found):
        return found
    if not inside or len(inside) < count:  # beside results, what is left was not handed in
        raise CourseError(f"no submissions in '{shown(str(place), 200)}'; name a folder with what was handed in")
    return []


def _names(place, kind):
    """Ever longer names for a path."""
    name = place.name.strip()
    stem, full = {"file": (name[:-3], name), "zip": (name[:-4], name)}.get(kind, (name, f"{name}/"))
    stem, full, longer = (_shown_name(text) for text in (stem, full, f"{place.parent.name}/{full}"))
    marks = _marks(f"{place.parent.name}/{place.name}", str(place))
    return stem, full, longer, *(f"{stem[: 96 - len(mark)]} [{mark}]" for mark in marks)


def _shown_name(text):
    """As a person sees it: blanks at its ends, or two of them, look like none, or one."""
    return " ".join(shown(text, 80).split()) or "submission"


def _folder_names(name):
    """Ever longer names for its folder."""
    # Without a dot, it can be neither hidden nor one of the batch's own files, which all have one.
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", plain)[:60].strip("-")
    plain = f"{plain}-submission" if _DEVICES.fullmatch(plain) else plain
    longer = [f"{plain[: 76 - len(mark)] or 'submission'}-{mark}" for mark in _marks(name, name)]
    return [plain, *longer] if plain else longer


def _marks(near, whole):
    """What tells two of one name apart, whoever else is there: a short digest, and a long one should that not do."""
    near, whole = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() for text in (near, whole))
    return near[:8], whole


def told_apart(options):
    """A name for each: the first of its options that no other one has, in whatever case, so nobody shows as another.

    Parameters
    ----------
    options : list of sequence of str
        Ever longer names; the last one nobody else can have.

    Examples
    --------
    >>> told_apart([("ada", "ada.zip"), ("Ada", "Ada/"), ("bob", "bob.zip")])
    ['ada.zip', 'Ada/', 'bob']
    """
    level = [0] * len(options)
    while True:
        names = [each[k] for each, k in zip(options, level, strict=True)]
        alike = [unicodedata.normalize("NFC", name.casefold()) for name in names]
        often = Counter(alike)
        twins = [i for i, name in enumerate(alike) if often[name] > 1 and level[i] + 1 < len(options[i])]
        if not twins:
            return names
        for i in twins:
            level[i] += 1
