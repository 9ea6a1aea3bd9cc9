"""Who is the same person: namesakes told apart, versions and rounds put together."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Any

from fls_teach.autograder.intake.by_pattern import Piece
from fls_teach.autograder.intake.file_names import COPY, LONGEST, STAMP, WORDS, names_a_part, stem_of
from fls_teach.autograder.intake.places import Place

_ROUND = re.compile("|".join([STAMP, *WORDS["round"]]), re.IGNORECASE)
_LATER = re.compile("|".join(WORDS["later"]), re.IGNORECASE)
_WORDS = "|".join(WORDS["later"] + WORDS["copy"])
_VERSION = re.compile(rf"(.*[^\W_])[\W_]+(?:\((\d{{1,3}})\)|v(\d{{1,3}})|\(?({_WORDS})\)?)", re.IGNORECASE)


def owners_of(pieces: Iterable[Piece]) -> set[str]:
    """Return what identifies the people of some pieces."""
    return {each.owner.who for each in pieces}


def as_attempts(pieces: list[Piece]) -> list[Piece]:
    """Return pieces with those whose names differ by a version alone ("ada", "ada (1)") as one person's attempts.

    If all are called alike but for that, a browser has numbered what several people called the same.
    """
    alike = defaultdict[str, dict[str, Piece]](dict)  # name without version -> {name: piece}
    for each in pieces:
        if not each.from_platform:
            alike[_version(each.owner.called)[0]].setdefault(each.owner.called, each)
    firsts = {
        base: min(same.values(), key=lambda piece: int(_version(piece.owner.called)[1]))
        for base, same in alike.items()
        if len(same) > 1 and len(alike) > 1 and not names_a_part(base)
    }
    found = []
    for each in pieces:
        base, number = _version(each.owner.called)
        if not each.from_platform and (first := firsts.get(base)):
            number = each.owner.number or number
            each = changed(each, who=first.owner.who, called=first.owner.called, number=number)
        found.append(each)
    return found


def _version(name):
    """Return a name without the marks of a version, and the version's number; "0" if it has no mark."""
    if len(name) > LONGEST:
        return name, "0"
    base, number = re.sub(rf"{COPY}[\W_]+", "", name, count=1, flags=re.IGNORECASE), ""
    base = base if name.endswith(base) else name  # only what it begins with
    while match := _VERSION.fullmatch(base):
        base, by_word = match[1], "99" if _LATER.fullmatch(match[4] or "") else "1"
        number = match[2] or match[3] or number or by_word
    return base, number or str(int(base != name))


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
    the places have names of versions, the names in them are people's, each with attempts. Otherwise two people are
    namesakes.
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
    are_rounds = all(map(_ROUND.match, places)) or len({_version(each)[0] for each in places}) == 1
    are_rounds = are_rounds or _differ_in_numbers(places) and _are_rounds(names, twice)
    if are_rounds and (len(found) < len(often) or not _differ_in_numbers(often)):
        return [
            piece if piece.owner.when else changed(piece, number=_number(each.name, places))
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


def _number(name, places):
    """Return the number of a round: "2" of "round 2"; a name with "late" comes last."""
    if len({_version(each)[0] for each in places}) == 1:
        return _version(name)[1]
    return "".join(re.findall(r"\d+", name)) or str(int("late" in name.casefold()))


def _differ_in_numbers(names):
    """Whether several names differ in numbers alone, as those of versions do."""
    return len(names) > 1 == len({re.sub(r"\W*\(\d+\)|\d+", "", name[:LONGEST]) for name in names})


def _are_rounds(people, twice):
    """Whether sets of people can be rounds: without the largest set, most names occur twice, and there are enough.

    The largest set does not count, as one person's place can hold any number of names.
    """
    _, *rest = sorted(people, key=len, reverse=True)
    all_names = set().union(*rest)
    return len(all_names) >= len(rest) and 2 * len(all_names & twice) > len(all_names)
