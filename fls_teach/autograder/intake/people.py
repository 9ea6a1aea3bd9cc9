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
from fls_teach.autograder.intake.by_pattern import Piece, by_name
from fls_teach.autograder.intake.export import EXPORT, named_by_export
from fls_teach.autograder.intake.file_names import has_free_name, is_work, match_folder_name, stem_of
from fls_teach.autograder.intake.places import Place
from fls_teach.autograder.intake.sources import MAX_DEPTH, PROBLEMS, Refused, Unreadable, limited
from fls_teach.characters import one_line
from fls_teach.course.registry import exercises

NO, PERHAPS, SURELY = range(3)
_NESTED = 4  # archives around one another that are looked into


class Reading(NamedTuple):
    """Whose work lies in a place.

    Attributes
    ----------
    found : list of Found
    several : int
        Whether it is several people's: `NO`, `PERHAPS` or `SURELY`.
    own : list of Place
        The exercises' files and folders there, if these make all of it one person's.
    """

    found: list[Piece]
    several: int = NO
    own: Sequence[Place] = ()


class Crowd(Place):
    """A place that may hold many people's work.

    Each hands in an exercise once: if it lies in several places beside one another, these are several people's, unless
    they are called as parts and versions are. What lies beside one another is alike: either all of it is people's, or
    all holds several people's each.
    """

    children: list["Crowd"]

    @property
    def doubt(self) -> tuple[str, ...]:
        """A sentence if it may be several people's all the same, where it is taken for one person's."""
        strangers = [] if self.people.own else [each for each in self.children if each.may_be_person]
        work = [each for each in strangers if each.claims]
        free = [each for each in strangers if not each.claims and has_free_name(each.name)] if work else []
        if len(work) == 1 and work[0].holds and len(free) < 2:
            return work[0].doubt
        if len(work + free) < 2:
            return ()
        named = " and ".join(f"'{one_line(each.name)}'" for each in (work + free)[:2])
        return (f"It may be the work of several people ({named}); if so, grade what lies in it.",)

    @cached_property
    def people(self) -> Reading:
        """Find out which places in it are whose."""
        work = [each for each in self.children if each.holds or is_work(each.name)]
        own = [each for each in work if each.is_exercise]
        if len(own) < len(work):  # else an archive that is called as an exercise may be a person's
            own = [each for each in own if not each.packed]
        around = self.inner.count("") + self.search.packed
        if around >= _NESTED and not own and any(each.packed for each in work):
            row = whole_submission(Path(self.name), "archive")
            problem = f"archives in it lie more than {_NESTED} deep; unpack it"
            return Reading([Piece(replace(row, problem=problem), self, self.name)], SURELY)
        best, sure = by_name(self, bool(own))
        if own and not best:
            found, several = _together(own, True) if all(each.holds for each in own) else ([], NO)
            others = [each for each in self.children if each not in own and not (each.kind == "folder" and _idle(each))]
            return Reading(found + _rest(others, found), several) if found else Reading([], NO, own)
        holders, taken = [each for each in work if each.holds], {each.place.at[: len(self.inner) + 1] for each in best}
        several, platform = SURELY if sure else NO, all(each.from_platform for each in best)
        found = best
        if holders and not (platform and len(taken) > 1):
            many, sure = _together(holders)
            if len({each.owner.who for each in many if each.from_platform or not (best and platform)}) > bool(best):
                found, several, taken = many, sure, {each.at for each in holders}
        if not several:
            several = _several([each for each in work if each.holds or each.claims], self)
        rest = _rest([each for each in self.children if each.at not in taken], found)
        return Reading(self._named_by_export(found) + rest, several)

    def _named_by_export(self, found):
        """Add what Gradescope's export lists."""
        for each in self.children:
            if each.name == EXPORT and each.kind == "file":
                try:
                    tree, where = inside(self.search.tree, each.at)
                    return named_by_export(found, tree.read(tree.named(where)[0]).decode("utf-8", "replace"))
                except (Refused, Unreadable):
                    return found
        return found


def _idle(folder):
    """Whether a folder is that of an exercise that is not marked, or holds none."""
    return not folder.claims or match_folder_name(folder.name, tuple(each.name for each in exercises())) is not None


def _several(places, around):
    """Whether places beside one another are several people's, as far as their names and the exercises in them say."""
    strangers = [each for each in places if each.may_be_person]
    held = Counter((each.holds, each.packed, name) for each in strangers for name in each.claims)  # a zip of a folder
    if held and max(held.values()) > 1:
        return SURELY
    # Two with different exercises may be one person's; but if what is around them is called as no person is, one is.
    return PERHAPS if len(strangers) > 2 or not around.may_be_person and any(each.claims for each in strangers) else NO


def _rest(places, found):
    """What lies beside that, each as a person's: an archive is of the one who is called so."""
    known, rest = {each.owner.called: each.owner for each in found}, []
    for each in places:
        if each.holds:
            row = whole_submission(Path(each.name), "archive" if each.packed else "folder")
            rest.append(
                Piece(known.get(row.called, row) if each.packed else row, each, each.name if each.packed else "")
            )
        elif each.kind != "file" or is_work(each.name):  # a person's, so a person must hear of it
            unclear = "it is not called as what lies beside it is, so it is unclear whose it is"
            row = replace(
                whole_submission(Path(each.name), each.kind), called=each.name, problem=PROBLEMS[each.kind] or unclear
            )
            rest.append(Piece(row, each, each.name))
    return rest


def _together(holders, by_exercise=False):
    """All people that several places hold, and how sure that is; none if these rather are people's own.

    Such are exercises and sections of a class. Of some it is not certain, as in them is one person's alone: they are
    taken if most are certain, or if those hold their people as well.
    """
    certain, others, lost, sure = {}, {}, [], [NO]
    for each in holders if len(holders[0].at) <= MAX_DEPTH else ():
        try:
            with limited():
                theirs, several, own = each.people
        except Refused:  # reading it says why
            each.lost, theirs, several, own = True, [], NO, ()
        if own or by_exercise and not theirs and not each.lost:
            return [], NO
        if not theirs:  # as of a section of which nobody handed in
            lost += _rest([each], [])
        if by_exercise:  # a person's archive in one, and file in another
            theirs = [row if row.from_platform else _changed(row, who=row.owner.called) for row in theirs]
        if not each.lost:
            many = by_exercise or not each.may_be_person or len(holders) == 1 and len(theirs) > 2
            (certain if theirs and several > (NO if many else PERHAPS) else others)[each] = theirs
            sure.append(several)
    known = {row.owner.who for row in chain(*certain.values())}
    more = {row.owner.who for row in chain(*others.values())}
    if not known or not (by_exercise or len(certain) > len(others) or all(others.values()) and more <= known):
        return [], NO
    found = {each: theirs for each, theirs in (certain | others).items() if theirs}
    found = [*chain(*found.values())] if by_exercise else _apart(found)
    return (found + lost, max(sure)) if found else ([], NO)


def _apart(found):
    """All of what lies in several places, {place: rows}; [] if it rather is in each of them one person's.

    The same names with the same exercises in two of them are those of parts and versions, as in ada/1 and bo/1, if
    they are most in half of the places: one person's can hold as many other names as they like. Only if the places are
    called as versions are, these are people, each with attempts. Else two people are called alike.
    """
    names = [{row.owner.who for row in rows} for rows in found.values()]
    often, rows = Counter(chain(*names)), [*chain(*found.values())]
    held = Counter(
        chain(*({(row.owner.who, name) for row in each for name in row.place.claims} for each in found.values()))
    )
    twice = {who for (who, _), count in held.items() if count > 1}
    if not twice:
        return rows
    places, numbers = [each.name for each in found], all(len(who) < 4 and who.isdecimal() for who in often)
    again = sum(2 * len(theirs & twice) > len(theirs) for theirs in names)
    if _alike(places) and _are_rounds(names, twice) and (len(found) < len(often) or not _alike(often)):
        return [
            row if row.owner.when else _changed(row, number="".join(re.findall(r"\d+", each.name)))
            for each, rows in found.items()
            for row in rows
        ]
    if (numbers or 2 * again >= len(names)) and not all(row.owner.id or row.owner.login for row in rows):
        return []
    others = {row.owner.who for row in rows if not row.owner.id + row.owner.login} & twice
    return [
        _changed(row, who=f"{stem_of(each.name)}/{row.owner.who}") if row.owner.who in others else row
        for each, rows in found.items()
        for row in rows
    ]


def _changed(row, **said):
    return row._replace(owner=replace(row.owner, **said))


def _alike(names):
    """Whether several names differ in numbers alone, as those of versions do."""
    return len(names) > 1 == len({re.sub(r"\d+", "", name) for name in names})


def _are_rounds(people, twice):
    """Whether sets of people can be those of rounds: all but the largest have most names twice, and enough of them.

    The largest does not count, as one person's folder can hold as many names as they like.
    """
    _, *rest = sorted(people, key=len, reverse=True)
    all_names = set().union(*rest)
    return len(all_names) >= len(rest) and 2 * len(all_names & twice) > len(all_names)
