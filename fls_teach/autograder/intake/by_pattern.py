"""Whose files are whose by their names, as the pattern reads them that fits most of what lies in one place."""

import os
import re
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from fls_teach.autograder.intake.file_names import has_free_name, intended_exercise, is_work
from fls_teach.autograder.intake.patterns import compiled, read_paths
from fls_teach.autograder.intake.places import Place
from fls_teach.autograder.intake.submission import Submission


class Piece(NamedTuple):
    """What lies at a place, whose it is, and the name of the file for its author; "" for a folder, or for no file."""

    owner: Submission
    place: Place
    file: str

    @property
    def from_platform(self) -> bool:
        """Whether a platform's pattern says whose it is."""
        return self.owner.platform not in ("", "any")


def by_name(place: Place, own: bool) -> tuple[list[Piece], bool]:
    """What patterns read of what lies in a folder or archive, and whether that surely is people's.

    Parameters
    ----------
    place : Place
    own : bool
        Whether an exercise without a person's name lies there: then a platform's pattern alone is believed.
    """
    expected, level, spent = place.search.expected, len(place.inner), Counter[str]()
    work = {each.name for each in place.children if each.holds or is_work(each.name)}
    said, files = _said(place)
    folders = [path[:-1] for path in said if path.endswith("/")]
    begin = _common(folders, "-"), _common([path for path in said if "_attempt_" in path], "_")

    def best(patterns):
        """What the pattern reads that fits most of the work, if that is more than half of it."""
        read, most = {}, (0, 0)
        for platform, text in patterns:
            found = read_paths(platform, compiled(text, *begin), said, expected, spent)
            share = len(work & {said[path].at[level] for path in found}), len(found)
            if share > most and any(path.endswith("/") or is_work(file) for path, (_, file) in found.items()):
                read, most = found, share
        return read if 2 * most[0] + (not own) > len(work) else {}

    platforms = [each for each in place.search.patterns if each[0] != "any"]
    read = best(platforms)
    sure = bool(read)
    if not read and not own:
        read = best(place.search.patterns)
        for _ in range(2):
            if not read:
                folders = [each for each in said.values() if each.kind == "folder"]
                said = {_path(each, place): each for folder in folders for each in folder.children}
                read = best(platforms)
        sure = len(read) > 1
        read |= _beside(said, read)
    return [Piece(owner, said[path], files.get(path, file)) for path, (owner, file) in read.items()], sure


def freely_named_files(place: Place) -> list[Place]:
    """Files that people may have called as they liked ("ada.py", "ben.py"), if no name says that one person did."""
    files = [each for each in place.children if not each.holds and is_work(each.name)]
    if any(not has_free_name(each.name) or intended_exercise(each.name, place.search.expected) for each in files):
        return []
    parts = any(each.holds and each.claims and not each.may_be_person for each in place.children)
    return files if sum(each.may_be_person for each in files) > 1 and not parts else []


def _said(place):
    """The paths that patterns read -> what lies there; and the names that some files have, whatever a pattern reads.

    A file gets the exercise's name if only a folder around it bears that, or if it can be of no other exercise.
    """
    expected, names = place.search.expected, {each.name for each in place.children}
    free = freely_named_files(place) if len(expected) == 1 and place.is_alone else []
    said, files = {}, {}
    for each in place.children:
        exercise = next((name for name, level in each.claims.items() if level == 2), None) if not each.holds else None
        stem, dot, end = each.name.rpartition(".")
        longer = f"{stem}_{exercise or expected[0]}{dot}{end}"
        if (exercise or each in free) and longer not in names:
            said[longer] = each
            files[longer] = each.name if exercise or end.casefold() == "ipynb" else f"{expected[0]}.py"
        else:
            said[_path(each, place)] = each
    return said, files


def _path(each, around):
    """Its path from what it lies in."""
    return "/".join(each.at[len(around.inner) :]) + "/" * (each.kind == "folder")


def _beside(said, read):
    """What no pattern reads beside what it reads in a person's folder: as an attempt before all others."""
    owners, rest = {}, {}
    for path, (owner, _) in read.items():
        owners.setdefault(path.split("/")[0], {})[owner.who] = owner
    for path, each in said.items():
        above, _, below = path.partition("/")
        theirs, folder = owners.get(above, {}), each.kind == "folder"
        if path not in read and len(theirs) == 1 and below and (each.claims if folder else is_work(each.name)):
            rest[path] = replace(*theirs.values(), number="", when="", late=""), "" if folder else each.name
    return rest


def _common(names, end):
    """An expression for what several names begin with, up to and with the last of these ends; else for no text."""
    return re.escape(os.path.commonprefix(names).rpartition(end)[0] + end if names[1:] else "\0")
