"""A look into what was handed in: folders and archives alike are places that hold others."""

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
from fls_teach.autograder.intake.sources import Refused, Tree, Unreadable, limited

_MANY = 2_000  # files of which the names are read to see which exercises lie in a place, before it is somebody's turn


@dataclass(frozen=True)
class Search:
    """What people's work is looked for in, and how.

    Attributes
    ----------
    tree : Tree
    packed : bool
        Whether that is an archive.
    around : tuple of str
        The name of that, if it is called as an exercise.
    patterns : list of (str, str)
        As of `patterns_for`.
    expected : tuple of str
        The exercises' names.
    passed_over : callable
        Told the path of a folder; whether it is no submission.
    """

    tree: Tree
    packed: bool
    around: tuple[str, ...]
    patterns: list[tuple[str, str]]
    expected: tuple[str, ...]
    is_skipped: Callable[[tuple[str, ...]], bool] = lambda at: False


class Place:
    """A folder, an archive or a file. Each is looked into once, as it is asked for at each place around it.

    Attributes
    ----------
    search : Search
    around : Place or None
        What it lies in; None for that which is looked into.
    at : tuple of str
        Its path. An empty part leads into the archive before it.
    name, kind : str
        As of `Tree.children`.
    packed : bool
        Whether it is an archive.
    holds : bool
        Whether others may lie in it.
    lost : bool
        Whether it was found that it cannot be looked into.
    """

    def __init__(self, search: Search, around: "Place | None" = None, name: str = "", kind: str = "folder") -> None:
        self.search, self.around, self.name, self.kind, self.lost = search, around, name, kind, False
        self.at: tuple[str, ...] = (*around.inner, name) if around else ()
        self.packed = kind == "file" and is_archive(name)
        self.holds = kind == "folder" or self.packed
        self.inner: tuple[str, ...] = (*self.at, *[""] * self.packed)

    @property
    def path(self) -> str:
        """Its path as text; that of a folder ends in "/"."""
        return "/".join(self.at) + "/" * (self.kind == "folder")

    @cached_property
    def listed(self) -> list["Place"]:
        """All that lies in it.

        Raises
        ------
        Refused
        Unreadable
        """
        with limited():
            tree, where = inside(self.search.tree, self.inner)
            return [type(self)(self.search, self, name, kind) for name, kind, _ in tree.children(where)]

    @cached_property
    def children(self) -> list["Place"]:
        """What of that may be people's: no junk, but hidden folders with an exercise, as a person may be called so."""
        try:
            visible = [each for each in self.listed if not is_junk(each.name) or each._hides_work]
        except (Refused, Unreadable):  # reading it says why
            self.lost = True
            return []
        return [each for each in visible if each.kind != "folder" or not self.search.is_skipped(each.at)]

    @property
    def hidden(self) -> list[str]:
        """Names of what is called as hidden things are, and may all the same be a person's."""
        junk = (each for each in self.listed if is_junk(each.name) and is_hidden(each.name) and not each._hides_work)
        return [each.name for each in junk if each.kind == "folder" or match_file_name(each.name, self.search.expected)]

    @property
    def _hides_work(self):
        return is_hidden(self.name) and self.kind == "folder" and bool(self.claims)

    @cached_property
    def claims(self) -> dict[str, int]:
        """The exercises of which it is or holds files, as far as can be seen -> how surely, as of `claimed`."""
        around, expected = (*self.search.around, *self.at), self.search.expected
        if not self.holds:
            found = [match_path(around, expected, notebooks=True)]
        else:
            try:
                with limited():
                    tree, where = inside(self.search.tree, self.inner)
                    items = tree.items(where, expected)
                    items += opened(items, expected)[0]
                    paths = [item.parts[len(where) :] for item in items[:_MANY] if not item.problem]
                    found = [match_path((*around, *path), expected, notebooks=True) for path in paths]
            except (Refused, Unreadable):
                return {}
        return dict(sorted((claim for claim in found if claim), key=lambda claim: -claim[1]))

    @property
    def may_be_person(self) -> bool:
        """Whether it may be called by a person."""
        return not names_a_part(self.name)

    @cached_property
    def is_exercise(self) -> bool:
        """Whether it is an exercise's file, or the folder or archive with it."""
        claim = (match_folder_name if self.holds else match_file_name)(self.name, self.search.expected)
        if not claim or claim[1] or re.match(STAMP, self.name):  # which may be a person's number
            return False
        return self.kind == "file" or self.kind == "folder" and claim[0] in self.claims

    @property
    def is_alone(self) -> bool:
        """Whether nothing lies beside it, or beside what it lies in."""
        return self.around is None or len(self.around.children) == 1 and self.around.is_alone
