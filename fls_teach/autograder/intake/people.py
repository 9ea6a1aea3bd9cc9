"""Whose work lies in a place: its parts are people's, or hold several people's each, or all of it is one person's."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from fls_teach.autograder.intake.archives import inside
from fls_teach.autograder.intake.attempts import whole_submission
from fls_teach.autograder.intake.by_pattern import Piece, by_pattern
from fls_teach.autograder.intake.export import EXPORT, named_by_export
from fls_teach.autograder.intake.file_names import (
    has_free_name,
    is_work,
    match_file_name,
    match_folder_name,
    stem_of,
)
from fls_teach.autograder.intake.namesakes import as_attempts, changed, owners_of, told_apart, without_numbers
from fls_teach.autograder.intake.patterns import compiled, read_paths
from fls_teach.autograder.intake.places import Place
from fls_teach.autograder.intake.sources import MAX_DEPTH, PROBLEMS, Refused, Unreadable, limited
from fls_teach.characters import one_line

NO, PERHAPS, SURELY = range(3)
_NESTED = 4  # levels of archives in archives that are looked into


class Reading(NamedTuple):
    """Whose work lies in a place.

    Attributes
    ----------
    pieces : list of Piece
    several : int
        Whether it is several people's: `NO`, `PERHAPS` or `SURELY`.
    own : list of Crowd
        The exercises' files and folders there, if these show that all of it is one person's.
    """

    pieces: list[Piece]
    several: int = NO
    own: Sequence["Crowd"] = ()


class Crowd(Place):
    """A place that may hold the work of many people.

    Two rules decide. Each person hands in an exercise once: where several places beside one another hold the same one,
    they are several people's, unless their names are those of parts and versions. And places beside one another are of
    one kind: either each is a person's, or each holds several people's.
    """

    children: list["Crowd"]

    @property
    def doubt(self) -> tuple[str, ...]:
        """A sentence if it may be several people's after all, although it is taken for one person's; else ()."""
        strangers = [each for each in self.children if each.may_be_person]
        if self.people.own:  # versions by their dates, or people by numbers that look like dates
            strangers = [each for each in self.people.own if re.search(r"(?<!\d)\d{8}(?!\d)", each.name)]
            strangers *= len(strangers) > 2
        work = [each for each in strangers if each.exercises]
        others = [each for each in strangers if not each.exercises and (each.is_container or has_free_name(each.name))]
        only_one = len(work) == 1 and work[0].is_container and len(others) < 2
        if only_one and not any(each.is_container for each in others):
            return work[0].doubt
        if not work or len(work + others) < 2:
            return ()
        named = " and ".join(f"'{one_line(each.name)}'" for each in (work + others)[:2])
        return (f"It may be the work of several people ({named}); if so, grade what lies in it.",)

    @cached_property
    def people(self) -> Reading:
        """Find out which places in it are whose."""
        folders = {each.name: each for each in self.children if each.kind == "folder"}
        children = [each for each in self.children if not _is_packed_copy(each, folders.get(stem_of(each.name)))]
        work = [each for each in children if each.is_container or is_work(each.name)]
        own = [each for each in work if each.is_exercise]
        if len(own) < len(work):  # beside others, an archive named after an exercise may be a person's
            own = [each for each in own if not each.is_packed]
        depth = self.inside.count("") + self.search.packed
        if depth >= _NESTED and not own and any(each.is_packed for each in work):
            row = whole_submission(Path(self.name), "archive")
            problem = f"archives in it lie more than {_NESTED} deep; unpack it"
            return Reading([Piece(replace(row, problem=problem), self, self.name)], SURELY)
        pieces, sure = by_pattern(self, bool(own))
        if own and not pieces:
            by_exercise, several = _together(own, True) if all(each.is_container for each in own) else ([], NO)
            if not by_exercise:
                return Reading([], NO, own)
            others = [each for each in children if each not in own and not (each.kind == "folder" and _idle(each))]
            return Reading(by_exercise + _rest(others, by_exercise, True), several)
        holders = [each for each in work if each.is_container]
        taken = {each.place.parts[: len(self.inside) + 1] for each in pieces}
        several, from_platform = SURELY if sure else NO, all(each.from_platform for each in pieces)
        if holders and not (from_platform and len(taken) > 1):
            many, level = _together(holders)
            people = {each.owner.who for each in many if each.from_platform or not (pieces and from_platform)}
            if len(people) > bool(pieces):
                pieces, several, taken = many, level, {each.parts for each in holders}
        if not several:
            several = _several([each for each in work if each.is_container or each.exercises], self)
        rest = _rest([each for each in children if each.parts not in taken], pieces, several > NO)
        return Reading(as_attempts(self._named_by_export(pieces) + rest), several)

    def _named_by_export(self, pieces):
        """Add what the list of a Gradescope export says of people."""
        for each in self.children:
            if each.name == EXPORT and each.kind == "file":
                try:
                    tree, where = inside(self.search.tree, each.parts)
                    return named_by_export(pieces, tree.read(tree.named(where)[0]).decode("utf-8", "replace"))
                except (Refused, Unreadable):
                    return pieces
        return pieces


def _is_packed_copy(archive, folder):
    """Whether a folder beside an archive is what that archive of several people's work was unpacked to."""
    if not archive.is_packed or not folder:
        return False
    return archive.people.several > NO and owners_of(archive.people.pieces) <= owners_of(folder.people.pieces)


def _idle(folder):
    """Whether a folder holds no exercise, or is named after one."""
    return not folder.exercises or match_folder_name(folder.name, folder.search.known) is not None


def _several(places, around):
    """Whether places beside one another are several people's, as far as their names and their exercises show."""
    strangers = [each for each in places if each.may_be_person]
    # Archives and folders are counted apart: a folder may be what its archive was unpacked to.
    held = Counter((each.is_container, each.is_packed, name) for each in strangers for name in each.exercises)
    if held and max(held.values()) > 1:
        return SURELY
    # Two with different exercises may be one person's, unless what is around them cannot be a person's.
    certain = not around.may_be_person and any(each.exercises for each in strangers)
    return PERHAPS if len(strangers) > 2 or certain else NO


def _rest(places, pieces, several=False):
    """Return each place that no piece covers as a person's.

    An archive belongs to the person it is named after, who may be the owner of the folder that it was unpacked to. If
    the places are `several` people's, each file is read by its own name, and a folder whose name cannot be a person's
    ("late") is replaced by the people in it.
    """
    folders = [whole_submission(Path(each.name), each.kind) for each in places if each.kind == "folder"]
    known = {each.called.casefold(): each for each in (*folders, *(piece.owner for piece in pieces))}
    rest = []
    for each in places:
        if each.is_container:
            if pieces and each.is_packed and each.people.several and owners_of(each.people.pieces) <= owners_of(pieces):
                continue  # the platform's archive, kept beside what was unpacked from it
            if several and not each.may_be_person and each.people.several:
                rest += each.people.pieces
                continue
            row = whole_submission(Path(each.name), "archive" if each.is_packed else "folder")
            owner = known.get(row.called.casefold(), row) if each.is_packed else row
            rest.append(Piece(owner, each, each.name if each.is_packed else ""))
        elif several and (piece := _read_alone(each)):
            rest.append(piece)
        elif each.kind != "file" or is_work(each.name):
            unclear = "its name is unlike the names beside it, so it is unclear whose it is"
            row = whole_submission(Path(each.name), each.kind)
            rest.append(Piece(replace(row, called=each.name, problem=PROBLEMS[each.kind] or unclear), each, each.name))
    return rest


def _read_alone(file):
    """Return the piece that a pattern makes of one file's name, or None."""
    known, exercise = file.search.known, file.exercise_around
    path = f"{Path(file.name).stem}_{exercise}.py" if exercise else file.name
    for platform, text in file.search.patterns if file.kind == "file" else ():
        for owner, name in read_paths(platform, compiled(text), [path], known, Counter()).values():
            if match_file_name(name, known):
                return Piece(owner, file, file.name if exercise else name)
    return None


def _together(holders, by_exercise=False):
    """Return the pieces of all people in several places, and how sure it is that each of these holds several people's.

    Such places are the sections of a class or, if `by_exercise`, the exercises; ([], NO) if they rather are people's. A
    place with one person in it says little: it is taken if most say more, or if those hold the same people as well.
    """
    certain, others, unread, sure = {}, {}, [], [NO]
    for each in holders if len(holders[0].parts) <= MAX_DEPTH else ():
        try:
            with limited():
                pieces, several, own = each.people
        except Refused:  # reading the submission reports why
            each.unreadable, pieces, several, own = True, [], NO, ()
        if own or by_exercise and not pieces and not each.unreadable:
            return [], NO
        if not pieces:  # such as a section in which nobody handed in
            unread += _rest([each], [])
        if by_exercise:  # a person may hand in an archive for one, and a file for another
            pieces = [piece if piece.from_platform else changed(piece, who=piece.owner.called) for piece in pieces]
        if not each.unreadable:
            one_is_enough = by_exercise or not each.may_be_person or len(holders) == 1 and len(pieces) > 2
            (certain if pieces and several > (NO if one_is_enough else PERHAPS) else others)[each] = pieces
            sure.append(several)
    known, more = owners_of(chain(*certain.values())), owners_of(chain(*others.values()))
    if not known or not (by_exercise or len(certain) > len(others) or all(others.values()) and more <= known):
        return [], NO
    found = without_numbers({each: pieces for each, pieces in (certain | others).items() if pieces})
    pieces = [*chain(*found.values())] if by_exercise else told_apart(found)
    return (pieces + unread, max(sure)) if pieces else ([], NO)
