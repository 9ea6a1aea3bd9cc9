"""What was handed in: folders, .py files and zips become submissions, each read only when its turn comes."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from fls_teach.autograder.intake import sources
from fls_teach.autograder.intake.layout import canvas, choose, claimed, is_archive, is_junk, refusal, shown
from fls_teach.autograder.intake.names import folders_of, names_of, told_apart
from fls_teach.autograder.intake.sources import Refused, Unreadable
from fls_teach.course.registry import CourseError

MAX_NOTES = 20


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
        "folder", "file", "zip", "canvas" (path/of/folder/PERSON, for the person's files in that folder), or "other":
        what cannot be a submission but lies where they lie.
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

    @property
    def place(self):
        """The path of what holds it."""
        return self.path.parent if self.kind == "canvas" else self.path

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
        if self.kind == "canvas":
            return _read(sources.canvas_source(self.path), self.expected)
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


def holds_work(path, exercises):
    """Whether there is anything in a folder that could be meant to be marked, as far as can be seen."""
    try:
        with sources.folder_source(path, [exercise.name for exercise in exercises]) as (items, _):
            return any(_is_work(item.parts[-1]) for item in items)
    except (Refused, Unreadable):
        return True


def collect(paths, exercises, results_in=lambda folder: "", single=False):
    """Find all submissions.

    Parameters
    ----------
    paths : iterable of path
        Each a folder with NN_slug.py files (in NN_slug/ or not), such a file, a zip of such a folder, or
        a folder of folders and zips of these kinds. A file that is called as Canvas does stands for all of its
        person's beside it.
    exercises : iterable of Exercise
    results_in : callable
        Told the path of a folder; "", or that it is no submission ("holds the results of ...").
    single : bool
        Each path is one submission, whatever lies in it.

    Returns
    -------
    list of Entry
        In the order of `paths`, within a folder by name; what is named twice counts once.

    Raises
    ------
    CourseError
        If a path does not exist, cannot be a submission, holds none, or may be one or a folder of some.
    """
    if os.open not in os.supports_dir_fd:
        raise CourseError("this system cannot open files without following links; on Windows, grade within WSL")
    expected = tuple(exercise.name for exercise in exercises)
    found = {}
    for path in paths:
        # A person of Canvas's may be called like a folder that lies beside the files.
        found |= {(place, kind): problem for place, kind, problem in _found_at(path, expected, results_in, single)}
    names = told_apart([names_of(place, kind) for place, kind in found])
    folders = told_apart([folders_of(name) for name in names])
    return [
        Entry(name, folder, place, kind, expected, problem)
        for name, folder, ((place, kind), problem) in zip(names, folders, found.items(), strict=True)
    ]


def _found_at(path, expected, results_in, single):
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
        if single:
            return [(place, "folder", "")]
        try:
            with sources.opened(place, flags=sources.FOLDER) as descriptor:
                inside = sources.listing(descriptor, sources.MAX_ENTRIES, place)
        except Refused:
            return [(place, "folder", "")]  # reading it says why
        except Unreadable as problem:
            raise CourseError(str(problem)) from None
        return _batch(place, inside, expected, results_in) or [(place, "folder", "")]
    if stat.S_ISREG(mode) and (kind := _file_kind(place.name)):
        who, file = canvas(place.name) or ("", "")
        if kind == "file" and claimed((file,), expected):
            return [(place.parent / who, "canvas", "")]
        return [(place, kind, "")]
    raise CourseError(f"'{said}' is neither a folder nor a .py file nor a zip")


def _is_zip(name):
    return name.casefold().endswith(".zip")


def _file_kind(name):
    return "zip" if _is_zip(name) else "file" if name.casefold().endswith(".py") else None


def _batch(place, inside, expected, results_in):
    """The submissions in a folder, if it is not one itself."""
    inside = [(name, kind) for name, kind in inside if not is_junk((name,))]
    handed_in = [(name, kind) for name, kind in inside if kind != "folder" or not results_in(place / name)]
    if _is_one(place, handed_in, expected):
        return []
    found = _people(place, handed_in, expected)
    if any(kind != "other" for _, kind, _ in found):
        return found
    if not handed_in or len(handed_in) < len(inside):  # beside results, what is left was not handed in
        raise CourseError(f"no submissions in '{shown(str(place), 200)}'; name a folder with what was handed in")
    return []


def _is_one(place, inside, expected):
    """Whether a folder is one submission: an exercise lies at its top, and no work of other people beside it.

    What is only called like an exercise (a link, an empty folder) decides nothing where there is anything else.
    """
    exercises = {name.casefold() for name in expected}
    claims = [item for item in inside if claimed(item[:1], expected) or item[0].casefold() in exercises]
    if not claims:
        return False
    rest = [item for item in inside if item not in claims]
    zips = [name for name, kind in rest if kind == "file" and _is_zip(name)]
    flat = sorted({its[0] for name, _ in rest if (its := canvas(name)) and claimed(its[1:], expected)})
    folders = [name for name, kind in rest if kind == "folder"]
    claims.sort(key=lambda item: item[1] != "file")  # which need no look into them
    own = next((name for name, kind in claims if _is_exercise(place, name, kind, expected)), None)
    if own is None:
        return not (zips or flat or folders)
    # A person may well have an old version or a zip beside it; several are several people's.
    others = [name for name in folders if _holds_exercise(place / name, expected, zips=True)] + zips + flat
    if len(others) > 1:
        theirs = " and ".join(f"'{shown(other)}'" for other in others[:2])
        raise CourseError(
            f"'{shown(str(place), 200)}' holds an exercise ('{shown(own)}') and what may be the work of others "
            f"({theirs}); if all of it is one person's, give --single, else move one of them away"
        )
    return True


def _is_exercise(place, name, kind, expected):
    """Whether what lies at the top of a folder is an exercise's file, or the folder with it."""
    if kind == "folder" and name.casefold() in {each.casefold() for each in expected}:
        return _holds_exercise(place / name, (name,))
    return kind == "file" and claimed((name,), expected) is not None


def _holds_exercise(path, expected, zips=False):
    """Whether a folder holds an exercise's file, or a zip that may, as far as can be seen."""
    try:
        with sources.folder_source(path, expected) as (items, _):
            sound = [item.parts for item in items if not item.problem]
            return any(claimed(parts[k:], expected) for parts in sound for k in (0, 1)) or (
                zips and any(_is_zip(parts[-1]) for parts in sound)
            )
    except (Refused, Unreadable):
        return True


def _people(place, inside, expected):
    """(path, kind, problem) of each submission in a folder of some."""
    names = {name: its for name, kind in inside if kind == "file" and (its := canvas(name))}
    if not any(claimed((file,), expected) for _, file in names.values()):
        names = {}
    zipped = {who for who, file in names.values() if _is_zip(file)}
    flat = {who for who, file in names.values() if not _is_zip(file) and (_is_work(file) or who not in zipped)}
    found = [(place / who, "canvas", "") for who in sorted(flat)]
    for name, kind in inside:
        if name in names and names[name][0] in flat:
            continue
        if kind == "folder" or (kind == "file" and _is_zip(name)):
            found.append((place / name, "folder" if kind == "folder" else "zip", ""))
        elif kind != "file":
            found.append((place / name, "other", sources.PROBLEMS[kind]))
        elif _is_work(name):  # somebody's, so somebody must hear
            found.append((place / name, "other", "it is neither a folder nor a zip"))
    return found


def _is_work(name):
    return is_archive(name) or name.casefold().endswith((".py", ".ipynb"))
