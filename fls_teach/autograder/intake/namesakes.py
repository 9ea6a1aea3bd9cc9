"""Who is the same person: namesakes told apart, versions and rounds put together."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Any

from fls_teach.autograder.intake.by_pattern import Piece
from fls_teach.autograder.intake.file_names import WORDS, names_a_part, stem_of
from fls_teach.autograder.intake.places import Place

_ROUND = re.compile("|".join(WORDS["round"]), re.IGNORECASE)
_VERSION = re.compile(r"(.+?)[\W_]+(?:\((\d{1,3})\)|v(\d{1,3}))(?:[\W_]*final)?", re.IGNORECASE)


def owners_of(pieces: Iterable[Piece]) -> set[str]:
    """Return what identifies the people of some pieces."""
    return {each.owner.who for each in pieces}


def as_attempts(pieces: list[Piece]) -> list[Piece]:
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
            each = changed(each, who=owner.who, called=owner.called, number=version[2] or version[3])
        found.append(each)
    return found


def without_numbers(found: dict[Place, list[Piece]]) -> dict[Place, list[Piece]]:
    """Return {place: pieces} with people known by name, where each place is an assignment of Moodle's.

    Moodle numbers people anew in each. A name that two people of one assignment have keeps the numbers.
    """
    if len(found) < 2 or any(each.owner.platform != "moodle" for pieces in found.values() for each in pieces):
        return found
    names = [Counter({each.owner.who: each.owner.called for each in pieces}.values()) for pieces in found.values()]
    held = Counter((each.owner.called, name) for own in found.values() for each in own for name in each.place.exercises)
    twice = {name for each in names for name in each if each[name] > 1} | {who for (who, _) in held if held[who, _] > 1}
    return {
        place: [each if each.owner.called in twice else changed(each, who=each.owner.called) for each in pieces]
        for place, pieces in found.items()
    }


def told_apart(found: dict[Place, list[Piece]]) -> list[Piece]:
    """Return all pieces of {place: pieces} of people, those of namesakes told apart; [] if each place is one person's.

    The same names with the same exercises in two places are those of parts and versions, as in ada/1 and bo/1, if most
    names in half of the places are such; not in all, as one person's place can hold any number of other names. But if
    the places are called as versions are, the names are people's, each with attempts. Else two people are namesakes.
    """
    names = [*map(owners_of, found.values())]
    often, pieces = Counter(chain(*names)), [*chain(*found.values())]
    held = Counter(
        chain(*({(piece.owner.who, name) for piece in own for name in piece.place.exercises} for own in found.values()))
    )
    twice = {who for (who, _), count in held.items() if count > 1}
    if not twice:
        return pieces
    places, numbers = [each.name for each in found], all(len(who) < 4 and who.isdecimal() for who in often)
    again = sum(2 * len(people & twice) > len(people) for people in names)
    are_rounds = all(map(_ROUND.match, places)) or _differ_in_numbers(places) and _are_rounds(names, twice)
    if are_rounds and (len(found) < len(often) or not _differ_in_numbers(often)):
        return [
            piece if piece.owner.when else changed(piece, number=_number(each.name))
            for each, own in found.items()
            for piece in own
        ]
    if (numbers or 2 * again >= len(names)) and not all(each.owner.id or each.owner.login for each in pieces):
        return []
    others = {each.owner.who for each in pieces if not each.owner.id + each.owner.login} & twice
    return [
        changed(piece, who=f"{stem_of(each.name)}/{piece.owner.who}") if piece.owner.who in others else piece
        for each, own in found.items()
        for piece in own
    ]


def changed(piece: Piece, **fields: Any) -> Piece:
    """Return a piece with other fields of its owner."""
    return piece._replace(owner=replace(piece.owner, **fields))


def _number(name):
    """Return the number of a round: "2" of "round 2", and "late" comes after "on time"."""
    return "".join(re.findall(r"\d+", name)) or str(int("late" in name.casefold()))


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
