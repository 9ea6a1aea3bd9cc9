"""The tree of what was handed in, looked into only as far as is asked: folders, archives and files alike are places."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from fls_teach.autograder.intake.archives import inside, opened
from fls_teach.autograder.intake.file_names import (
    STAMP,
    is_archive,
    is_hidden,
    is_junk,
    match_file_name,
    match_folder_name,
    match_path,
    names_a_part,
)
from fls_teach.autograder.intake.sources import Refused, Tree, Unreadable, go_on, limited
from fls_teach.course.registry import exercises

_MANY = 2_000  # files of a place whose names are matched to find its exercises; reading a submission matches all


@dataclass(frozen=True)
class Search:
    """What is searched for people's work, and how.

    Attributes
    ----------
    tree : Tree
    packed : bool
        Whether the tree is an archive.
    around : tuple of str
        The name of the folder or archive itself if it is an exercise's, else ().
    patterns : list of (str, str)
        As of `patterns_for`.
    expected : tuple of str
        Names of the exercises that are graded.
    is_skipped : callable
        Gets the path of a folder; returns True if the folder cannot be a submission.
    """

    tree: Tree
    packed: bool
    around: tuple[str, ...]
    patterns: list[tuple[str, str]]
    expected: tuple[str, ...]
    is_skipped: Callable[[tuple[str, ...]], bool] = lambda path: False

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Names of all exercises, which show whose work lies where, also where only some exercises are graded."""
        return tuple(dict.fromkeys([*self.expected, *(each.name for each in exercises())]))


class Place:
    """A folder, an archive or a file. What lies in it is read once, when it is first asked for.

    Attributes
    ----------
    search : Search
    parent : Place or None
        The place around it; None for the top of the search.
    parts : tuple of str
        Its path. An empty part leads into the archive before it.
    inside : tuple of str
        The path under which its content lies: `parts`, for an archive with an empty part at the end.
    name, kind : str
        As of `Tree.children`.
    is_packed, is_container : bool
        Whether it is an archive; whether it is a folder or an archive.
    unreadable : bool
        Whether an attempt to list it has failed.
    """

    def __init__(self, search: Search, parent: "Place | None" = None, name: str = "", kind: str = "folder") -> None:
        self.search, self.parent, self.name, self.kind, self.unreadable = search, parent, name, kind, False
        self.parts: tuple[str, ...] = (*parent.inside, name) if parent else ()
        self.is_packed = kind == "file" and is_archive(name)
        self.is_container = kind == "folder" or self.is_packed
        self.inside: tuple[str, ...] = (*self.parts, *[""] * self.is_packed)

    @property
    def path(self) -> str:
        """Its path as text; that of a folder ends in "/"."""
        return "/".join(self.parts) + "/" * (self.kind == "folder")

    @cached_property
    def entries(self) -> list["Place"]:
        """Everything in it.

        Raises
        ------
        Refused
        Unreadable
        """
        with limited():
            tree, where = inside(self.search.tree, self.inside)
            return [type(self)(self.search, self, name, kind) for name, kind, _ in tree.children(where)]

    @cached_property
    def children(self) -> list["Place"]:
        """The entries that may be people's: no junk, except hidden folders with an exercise ("." may begin a name)."""
        try:
            visible = [each for each in self.entries if not is_junk(each.name) or each._hides_work]
        except (Refused, Unreadable):  # reading the submission reports why
            self.unreadable = True
            return []
        if "submitted files" in {each.name.casefold() for each in visible}:  # the library of a team in Teams
            visible = [each for each in visible if each.name.casefold() != "working files"]
        return [each for each in visible if each.kind != "folder" or not self.search.is_skipped(each.parts)]

    @property
    def hidden(self) -> list[str]:
        """Names of the hidden entries that are passed over although they may be a person's."""
        junk = (each for each in self.entries if is_junk(each.name) and is_hidden(each.name) and not each._hides_work)
        return [each.name for each in junk if each.kind == "folder" or match_file_name(each.name, self.search.known)]

    @property
    def _hides_work(self):
        return is_hidden(self.name) and self.kind == "folder" and bool(self.exercises)

    @cached_property
    def exercises(self) -> dict[str, int]:
        """The exercises that it is or contains, as far as names show -> their rank, as of `match_path`."""
        around, known = (*self.search.around, *self.parts), self.search.known
        if not self.is_container:
            found = [match_path(around, known, notebooks=True)]
        else:
            try:
                with limited():
                    tree, where = inside(self.search.tree, self.inside)
                    items = tree.items(where, known)
                    items += opened(items, known)[0]
                    found = []
                    for path in [item.parts[len(where) :] for item in items[:_MANY] if not item.problem]:
                        go_on()
                        found.append(match_path((*around, *path), known, notebooks=True))
            except (Refused, Unreadable):
                return {}
        return dict(sorted((match for match in found if match), key=lambda match: -match[1]))

    @property
    def exercise_around(self) -> str | None:
        """The exercise that only a folder around it is named after, or None."""
        return next((name for name, rank in self.exercises.items() if rank == 2), None)

    @property
    def may_be_person(self) -> bool:
        """Whether its name may be a person's."""
        return not names_a_part(self.name)

    @cached_property
    def is_exercise(self) -> bool:
        """Whether it is an exercise's file, or the folder or archive of one."""
        match = (match_folder_name if self.is_container else match_file_name)(self.name, self.search.known)
        if not match or match[1] or re.match(STAMP, self.name):  # a stamp may be a person's number
            return False
        if self.name.isdecimal() and self.parent and self.parent._numbers_people:
            return False
        return self.kind == "file" or self.kind == "folder" and match[0] in self.exercises

    @cached_property
    def _numbers_people(self):
        """Whether folders called by a number are people's, as most of them hold other exercises than that of it."""
        numbered = [each for each in self.children if each.name.isdecimal() and each.is_container and each.exercises]
        others = [each for each in numbered if int(each.name[:9]) not in {int(name[:2]) for name in each.exercises}]
        return 2 * len(others) > len(numbered)

    @property
    def is_alone(self) -> bool:
        """Whether nothing lies beside it, nor beside any place around it."""
        return self.parent is None or len(self.parent.children) == 1 and self.parent.is_alone
