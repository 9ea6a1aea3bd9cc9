"""Whose files are whose by their names, read with the platform's pattern that fits most of what lies in one place."""

import os
import re
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from fls_teach.autograder.intake.file_names import (
    has_free_name,
    intended_exercise,
    is_work,
    match_file_name,
    names_a_part,
)
from fls_teach.autograder.intake.patterns import ANY, compiled, read_paths
from fls_teach.autograder.intake.places import Place
from fls_teach.autograder.intake.submission import Submission


class Piece(NamedTuple):
    """A piece of a person's work: whose it is, where it lies, and the file's name for its author ("" for a folder)."""

    owner: Submission
    place: Place
    file: str

    @property
    def from_platform(self) -> bool:
        """Whether a platform's pattern says whose it is."""
        return self.owner.platform not in ("", *ANY)


def by_pattern(place: Place, has_exercise: bool) -> tuple[list[Piece], bool]:
    """Read whose work lies in a folder or archive from the names in it.

    Parameters
    ----------
    place : Place
    has_exercise : bool
        Whether an exercise without a person's name lies there; then only platforms' patterns are tried.

    Returns
    -------
    pieces : list of Piece
    sure : bool
        Whether these surely are several people's.
    """
    known, level, spent = place.search.known, len(place.inside), Counter[str]()
    work = {each.name for each in place.children if each.is_container or is_work(each.name)}
    paths, files = _paths(place)
    folders = [path[:-1] for path in paths if path.endswith("/")]
    begin = _common_start(folders, "-"), _common_start([path for path in paths if "_attempt_" in path], "_")

    def reads_people(platform, found):
        """Whether what a pattern reads as names can be people's.

        They are not if all are names of versions ("v1", "final"), or if one word begins several files that differ in
        what follows ("HW8 - Ada.py", "HW8 - Bo.py").
        """
        people = {owner.called for owner, _ in found.values()}
        if platform in ANY and all(map(names_a_part, people)) or platform == "sheets" and len(people) < 2:
            return False
        named = [path not in files and bool(match_file_name(file, known)) for path, (_, file) in found.items()]
        works = [path in files or is_work(file) for path, (_, file) in found.items()]
        return len(people) > 1 or len(found) < 2 or any(named) or not all(works)

    def best(patterns):
        """What the pattern reads that fits most of the work, if that is more than half of it."""
        read, most = {}, (0, 0)
        for platform, text in patterns:
            found = read_paths(platform, compiled(text, *begin), paths, known, spent)
            share = len(work & {paths[path].parts[level] for path in found}), len(found)
            fits = any(path.endswith("/") or is_work(file) for path, (_, file) in found.items())
            if share > most and fits and reads_people(platform, found):
                read, most = found, share
        return read if 2 * most[0] + (not has_exercise) > len(work) else {}

    platforms = [each for each in place.search.patterns if each[0] not in ANY]
    read = best(platforms)
    sure = bool(read)
    if not read and not has_exercise:
        read = best(place.search.patterns)
        for _ in range(2):  # or the platform's names begin one folder, or two, further down
            if not read:
                here = [each for each in paths.values() if each.is_container or is_work(each.name)]
                folders = [each for each in here if each.kind == "folder"]
                paths = {_relative(each, place): each for folder in folders for each in folder.children}
                read = best(platforms)
                if 2 * len({paths[path].parent for path in read}) <= len(here):
                    read = {}  # one person's folder with a platform's name says nothing about the others
        sure = len(read) > 1
        read |= _beside(paths, read)
    return [Piece(owner, paths[path], files.get(path, file)) for path, (owner, file) in read.items()], sure


def freely_named_files(place: Place) -> list[Place]:
    """Return files that may each be another person's ("ada.py", "ben.py"); [] if some name says that one made all."""
    files = [each for each in place.children if not each.is_container and is_work(each.name)]
    if any(not has_free_name(each.name) or intended_exercise(each.name, place.search.known) for each in files):
        return []
    parts = any(each.is_container and each.exercises and not each.may_be_person for each in place.children)
    return files if sum(each.may_be_person for each in files) > 1 and not parts else []


def _paths(place):
    """Return {path that patterns read: place}, and {path: file name} where the file's name is not the path's end.

    The exercise is added to the name of a file if only the folder around it says which it is, or if there is one only.
    """
    expected, names = place.search.expected, {each.name for each in place.children}
    free = freely_named_files(place) if len(expected) == 1 and place.is_alone else []
    paths, files = {}, {}
    for each in place.children:
        exercise = None if each.is_container else each.exercise_around
        stem, dot, end = each.name.rpartition(".")
        longer = f"{stem}_{exercise or expected[0]}{dot}{end}"
        if (exercise or each in free) and longer not in names:
            paths[longer] = each
            files[longer] = each.name if exercise or end.casefold() == "ipynb" else f"{expected[0]}.py"
        else:
            paths[_relative(each, place)] = each
    return paths, files


def _relative(place, around):
    """Return the path of a place from one around it."""
    return "/".join(place.parts[len(around.inside) :]) + "/" * (place.kind == "folder")


def _beside(paths, read):
    """Return what no pattern reads in a person's folder, beside what one reads: an attempt before all others."""
    owners, rest = {}, {}
    for path, (owner, _) in read.items():
        owners.setdefault(path.split("/")[0], {})[owner.who] = owner
    for path, each in paths.items():
        above, _, below = path.partition("/")
        here, is_folder = owners.get(above, {}), each.kind == "folder"
        if path not in read and len(here) == 1 and below and (each.exercises if is_folder else is_work(each.name)):
            rest[path] = replace(*here.values(), number="", when="", late=""), "" if is_folder else each.name
    return rest


def _common_start(names, end):
    """Return a pattern for what all of several names begin with, up to and with the last `end`."""
    return re.escape(os.path.commonprefix(names).rpartition(end)[0] + end if names[1:] else "\0")
