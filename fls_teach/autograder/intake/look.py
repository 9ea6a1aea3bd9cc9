"""A look into a folder or archive of many people's work: what lies where, and which exercises."""

import functools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fls_teach.autograder.intake.archives import inside
from fls_teach.autograder.intake.layout import STAMP, claimed, is_archive, is_hidden, is_junk, named_after, recognised
from fls_teach.autograder.intake.patterns import compiled, read_paths
from fls_teach.autograder.intake.sources import Refused, Tree, Unreadable, limited
from fls_teach.course.registry import exercises


def once(method: Any) -> Any:
    """Let each path be looked into once, as it is asked for at each folder above: also one that could not be read."""

    @functools.wraps(method)
    def known(self, *given):
        key = method.__name__, *given
        if key not in self.seen:
            try:
                self.seen[key] = method(self, *given), None
            except (Refused, Unreadable) as problem:
                self.seen[key] = None, problem
        found, why = self.seen[key]
        if why:
            raise why
        return found

    return known


@dataclass(frozen=True)
class Look:
    """What people's work is looked for in. In a path, an empty part leads into the archive before it.

    Attributes
    ----------
    tree : Tree
    kind : str
        Whether that is a "folder" or an "archive".
    around : tuple of str
        The name of that, if it is called as an exercise.
    patterns : list of (str, str)
        As of `patterns_for`.
    expected : tuple of str
        The exercises' names.
    passed_over : callable
        Told the path of a folder; whether it is no submission.
    seen : dict
        What is known of paths.
    """

    tree: Tree
    kind: str
    around: tuple[str, ...]
    patterns: list[tuple[str, str]]
    expected: tuple[str, ...]
    passed_over: Callable[[tuple[str, ...]], bool] = lambda at: False
    seen: dict[Any, Any] = field(default_factory=dict)

    def visible(self, at: tuple[str, ...] = ()) -> tuple[list[tuple[str, str]], list[str]]:
        """What of a folder may be people's.

        Returns
        -------
        within : list of (str, str)
            Name and kind of what is not junk, and of hidden folders with an exercise: a person may be called so.
        hidden : list of str
            What is called as hidden things are, and may all the same be a person's.
        """
        within, hidden = [], []
        for name, kind in self.children(at):
            if not is_junk(name) or is_hidden(name) and kind == "folder" and self.exercises((*at, name)):
                within.append((name, kind))
            elif is_hidden(name) and (kind == "folder" or recognised(name, self.expected)):
                hidden.append(name)
        return within, hidden

    @once
    def exercises(self, at: tuple[str, ...], level: int = 2) -> set[str]:
        """The exercises whose files may lie below a folder, as far as can be seen, and are claimed so surely."""
        try:
            with limited():
                tree, where = inside(self.tree, at)
                paths = [item.parts[len(where) :] for item in tree.items(where, self.expected) if not item.problem]
                claims = [claimed((*self.around, *at, *path), self.expected) for path in paths]
        except (Refused, Unreadable):
            return set()
        return {claim[0] for claim in claims if claim and claim[1] <= level}

    def children(self, at: tuple[str, ...]) -> list[tuple[str, str]]:
        """Name and kind of what lies in a folder or archive."""
        tree, where = inside(self.tree, at)
        return [(name, kind) for name, kind, _ in tree.children(where)]

    def is_exercise(self, at: tuple[str, ...], name: str, kind: str) -> bool:
        """Whether what lies in a folder is an exercise's file, or the folder or archive with it."""
        archive = kind == "file" and is_archive(name)
        claim = named_after(name, self.expected) if archive or kind == "folder" else recognised(name, self.expected)
        if not claim or claim[1] or re.match(STAMP, name):  # which may be a person's number
            return False
        return kind == "file" or kind == "folder" and claim[0] in self.exercises((*at, name))

    def by_name(self, names: list[str]) -> dict[str, str]:
        """Of files of exercises, a person's name -> one of them, as the pattern reads it that finds most people."""
        names = [name for name in names if recognised(name, self.expected)]
        found = []
        for platform, text in self.patterns:
            read = read_paths(platform, compiled(text), names, self.expected, Counter())
            found.append({each.who: name for name, (each, _) in read.items()})
        return max(found, key=len, default={})

    def repeats(self, at: tuple[str, ...], folders: list[str]) -> bool:
        """Whether one exercise lies in several folders: by the names of files, or if none has such, of folders."""
        for level in (1, 2):
            held = [each for name in folders for each in self.exercises((*at, name), level)]
            if held:
                break
        return len(set(held)) < len(held)

    def elsewhere(self, at: tuple[str, ...], name: str) -> bool:
        """Whether a folder is that of an exercise that is not marked, or holds none."""
        return named_after(name, tuple(each.name for each in exercises())) is not None or not self.exercises(
            (*at, name)
        )
