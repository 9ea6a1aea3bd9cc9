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
    WORDS,
    has_free_name,
    is_work,
    match_file_name,
    match_folder_name,
    names_a_part,
    stem_of,
)
from fls_teach.autograder.intake.patterns import compiled, read_paths
from fls_teach.autograder.intake.places import Place
from fls_teach.autograder.intake.sources import MAX_DEPTH, PROBLEMS, Refused, Unreadable, limited
from fls_teach.characters import one_line
from fls_teach.course.registry import exercises

NO, PERHAPS, SURELY = range(3)
_NESTED = 4  # levels of archives in archives that are looked into
_ROUND = re.compile("|".join(WORDS["round"]), re.IGNORECASE)
_VERSION = re.compile(r"(.+?)[\W_]+(?:\((\d{1,3})\)|v(\d{1,3}))(?:[\W_]*final)?", re.IGNORECASE)


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
    they are several people's, unless they are called as parts and versions are. And what lies beside one another is of
    one kind: either each place is a person's, or each holds several people's.
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
        if (
            len(work) == 1
            and work[0].is_container
            and len(others) < 2
            and not any(each.is_container for each in others)
        ):
            return work[0].doubt
        if not work or len(work + others) < 2:
            return ()
        named = " and ".join(f"'{one_line(each.name)}'" for each in (work + others)[:2])
        return (f"It may be the work of several people ({named}); if so, grade what lies in it.",)

    @cached_property
    def people(self) -> Reading:
        """Find out which places in it are whose."""
        children = [each for each in self.children if not any(_is_packed_copy(each, other) for other in self.children)]
        work = [each for each in children if each.is_container or is_work(each.name)]
        own = [each for each in work if each.is_exercise]
        if len(own) < len(work):  # beside others, an archive that is called as an exercise may be a person's
            own = [each for each in own if not each.is_packed]
        depth = self.inside.count("") + self.search.packed
        if depth >= _NESTED and not own and any(each.is_packed for each in work):
            row = whole_submission(Path(self.name), "archive")
            problem = f"archives in it lie more than {_NESTED} deep; unpack it"
            return Reading([Piece(replace(row, problem=problem), self, self.name)], SURELY)
        pieces, sure = by_pattern(self, bool(own))
        if own and not pieces:
            by_exercise, several = _together(own, True) if all(each.is_container for each in own) else ([], NO)
            others = [each for each in children if each not in own and not (each.kind == "folder" and _idle(each))]
            return (
                Reading(by_exercise + _rest(others, by_exercise, True), several)
                if by_exercise
                else Reading([], NO, own)
            )
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
        return Reading(_versions(self._named_by_export(pieces) + rest), several)

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
    """Whether a folder is what an archive of several people's work was unpacked to."""
    if not archive.is_packed or folder.kind != "folder" or stem_of(archive.name) != folder.name:
        return False
    return archive.people.several > NO and _owners(archive.people.pieces) <= _owners(folder.people.pieces)


def _owners(pieces):
    return {each.owner.who for each in pieces}


def _versions(pieces):
    """Return pieces with those called as another person but for a version's number as attempts of that person.

    If all are called alike but for that, a browser has numbered what several people called the same.
    """
    versions = {each.owner.called: _VERSION.fullmatch(each.owner.called) for each in pieces if not each.from_platform}
    first = {called.casefold() for called, version in versions.items() if not version and not names_a_part(called)}
    owners = {each.owner.called.casefold(): each.owner for each in pieces}
    found = []
    for each in pieces:
        version = versions.get(each.owner.called)
        if version and version[1].casefold() in first and len(first) > 1:
            owner = owners[version[1].casefold()]
            each = _changed(each, who=owner.who, called=owner.called, number=version[2] or version[3])
        found.append(each)
    return found


def _idle(folder):
    """Whether a folder holds no exercise that is graded, or is called as one that is not."""
    return not folder.exercises or match_folder_name(folder.name, tuple(each.name for each in exercises())) is not None


def _several(places, around):
    """Whether places beside one another are several people's, as far as their names and their exercises show."""
    strangers = [each for each in places if each.may_be_person]
    # Archives and folders are counted apart: a folder may be what its archive was unpacked to.
    held = Counter((each.is_container, each.is_packed, name) for each in strangers for name in each.exercises)
    if held and max(held.values()) > 1:
        return SURELY
    # Two with different exercises may be one person's, unless what is around them cannot be called so.
    certain = not around.may_be_person and any(each.exercises for each in strangers)
    return PERHAPS if len(strangers) > 2 or certain else NO


def _rest(places, pieces, several=False):
    """Return each place that no piece covers as a person's.

    An archive belongs to whoever is called so, as to the owner of the folder that it was unpacked to. If all of it is
    `several` people's, a file is read by itself, and a folder that no person is called as ("late") by those in it.
    """
    folders = [whole_submission(Path(each.name), each.kind) for each in places if each.kind == "folder"]
    known = {each.called.casefold(): each for each in (*folders, *(piece.owner for piece in pieces))}
    rest = []
    for each in places:
        if each.is_container:
            if pieces and each.is_packed and each.people.several and _owners(each.people.pieces) <= _owners(pieces):
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
            unclear = "it is not called as what lies beside it is, so it is unclear whose it is"
            row = whole_submission(Path(each.name), each.kind)
            rest.append(Piece(replace(row, called=each.name, problem=PROBLEMS[each.kind] or unclear), each, each.name))
    return rest


def _read_alone(file):
    """Return the piece that a pattern makes of one file's name, or None."""
    known, exercise = file.search.known, next((name for name, rank in file.exercises.items() if rank == 2), None)
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
            pieces = [piece if piece.from_platform else _changed(piece, who=piece.owner.called) for piece in pieces]
        if not each.unreadable:
            one_is_enough = by_exercise or not each.may_be_person or len(holders) == 1 and len(pieces) > 2
            (certain if pieces and several > (NO if one_is_enough else PERHAPS) else others)[each] = pieces
            sure.append(several)
    known, more = _owners(chain(*certain.values())), _owners(chain(*others.values()))
    if not known or not (by_exercise or len(certain) > len(others) or all(others.values()) and more <= known):
        return [], NO
    found = _renumbered({each: pieces for each, pieces in (certain | others).items() if pieces})
    pieces = [*chain(*found.values())] if by_exercise else _apart(found)
    return (pieces + unread, max(sure)) if pieces else ([], NO)


def _renumbered(found):
    """Return {place: pieces} with people known by name, where each place is an assignment of Moodle's.

    Moodle numbers people anew in each. A name that two people of one assignment have keeps the numbers.
    """
    names = [Counter({each.owner.who: each.owner.called for each in pieces}.values()) for pieces in found.values()]
    held = Counter((each.owner.called, name) for own in found.values() for each in own for name in each.place.exercises)
    if len(found) < 2 or any(each.owner.platform != "moodle" for pieces in found.values() for each in pieces):
        return found
    twice = {name for each in names for name in each if each[name] > 1} | {who for (who, _) in held if held[who, _] > 1}
    return {
        place: [each if each.owner.called in twice else _changed(each, who=each.owner.called) for each in pieces]
        for place, pieces in found.items()
    }


def _apart(found):
    """Return all pieces of {place: pieces} of people, those of namesakes told apart; [] if each place is one person's.

    The same names with the same exercises in two places are those of parts and versions, as in ada/1 and bo/1, if most
    names in half of the places are such; not in all, as one person's place can hold any number of other names. But if
    the places are called as versions are, the names are people's, each with attempts. Else two people are namesakes.
    """
    names = [*map(_owners, found.values())]
    often, pieces = Counter(chain(*names)), [*chain(*found.values())]
    held = Counter(
        chain(*({(piece.owner.who, name) for piece in own for name in piece.place.exercises} for own in found.values()))
    )
    twice = {who for (who, _), count in held.items() if count > 1}
    if not twice:
        return pieces
    places, numbers = [each.name for each in found], all(len(who) < 4 and who.isdecimal() for who in often)
    again = sum(2 * len(people & twice) > len(people) for people in names)
    are_rounds = _differ_in_numbers(places) and (_ROUND.match(places[0]) or _are_rounds(names, twice))
    if are_rounds and (len(found) < len(often) or not _differ_in_numbers(often)):
        return [
            piece if piece.owner.when else _changed(piece, number="".join(re.findall(r"\d+", each.name)))
            for each, own in found.items()
            for piece in own
        ]
    if (numbers or 2 * again >= len(names)) and not all(each.owner.id or each.owner.login for each in pieces):
        return []
    others = {each.owner.who for each in pieces if not each.owner.id + each.owner.login} & twice
    return [
        _changed(piece, who=f"{stem_of(each.name)}/{piece.owner.who}") if piece.owner.who in others else piece
        for each, own in found.items()
        for piece in own
    ]


def _changed(piece, **fields):
    return piece._replace(owner=replace(piece.owner, **fields))


def _differ_in_numbers(names):
    """Whether several names differ in numbers alone, as those of versions do."""
    return len(names) > 1 == len({re.sub(r"\W*\(\d+\)|\d+", "", name) for name in names})


def _are_rounds(people, twice):
    """Whether sets of people can be rounds: without the largest set, most names occur twice, and there are enough.

    The largest set does not count, as one person's place can hold any number of names.
    """
    _, *rest = sorted(people, key=len, reverse=True)
    all_names = set().union(*rest)
    return len(all_names) >= len(rest) and 2 * len(all_names & twice) > len(all_names)
