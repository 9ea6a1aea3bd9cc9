"""Whose files are whose: a folder or an archive of many people's work, read by patterns and by what lies in it."""

import contextlib
import os
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fls_teach.autograder.intake.layout import STAMP, is_archive, is_hidden, is_junk, is_work, recognised, shown
from fls_teach.autograder.intake.patterns import compiled, moment, read_paths
from fls_teach.autograder.intake.sources import MAX_DEPTH, PROBLEMS, Refused, Tree, Unreadable
from fls_teach.autograder.intake.submission import Submission

_EXPORT = "submission_metadata.yml"
_LISTED = re.compile(r"^[^\w\n]*:(name|email|created_at): *(.*)$", re.MULTILINE)
_PRINTED = re.compile(r"^ *:(results|history):", re.MULTILINE)  # in which lines are that a submission has printed
_DEEPEST = 3  # folders above those of the people, but for one in which nothing else lies


@dataclass(frozen=True)
class Search:
    """What people's work is looked for in, and how.

    Attributes
    ----------
    tree : sources.Tree
    patterns : list of (str, str)
        As of `patterns_for`.
    expected : tuple of str
        The exercises' names.
    passed_over : callable
        Told the path of a folder; whether it is no submission.
    """

    tree: Tree
    patterns: list
    expected: tuple
    passed_over: Callable = lambda at: False

    def people(self, at=()):
        """Find out which paths in a folder of many people's work are whose.

        Parameters
        ----------
        at : tuple of str
            The folder to look into.

        Returns
        -------
        found : list of Submission
        sure : bool
            Whether it is certain that these are several people's.
        own : list of str
            The exercises' files and folders at the top, if these make all of it one submission.
        """
        inside, _ = self.visible(at)
        inside = [(name, kind) for name, kind in inside if kind != "folder" or not self.passed_over((*at, name))]
        folders = [name for name, kind in inside if kind == "folder"]
        work = {name for name, kind in inside if kind == "folder" or is_work(name)}
        own = [name for name, kind in inside if self._is_exercise(at, name, kind)]
        best, sure = self._by_patterns(at, inside, work, own)
        if own and not best:
            found = self._inner(at, own) if set(own) <= set(folders) else []
            return found, bool(found), [] if found else own
        found, taken = [], {path.split("/")[0] for path in best}
        if not best and folders and len(work) <= len(folders) + 1:  # and the archive that they came in
            found = self._inner(at, folders)
            sure, taken = bool(found) or self._repeats(at, folders), folders if found else taken
        found += [_with_member(each, at, path, file) for path, (each, file) in best.items()]
        if (_EXPORT, "file") in inside:
            found = _named_by_export(self.tree, at, found)
        known = {each.called: each for each in found}
        for name, kind in inside:
            if name not in taken and (name in work or kind != "file"):
                path, file = (f"{name}/", "") if kind == "folder" else (name, name)
                found.append(_with_member(_unread(name, kind, known), at, path, file))
        return found, sure or len(work) > 1 and not folders, []

    def visible(self, at=()):
        """What of a folder may be people's.

        Returns
        -------
        inside : list of (str, str)
            Name and kind of what is not junk, and of hidden folders with an exercise: a person may be called so.
        hidden : list of str
            What is called as hidden things are, and may all the same be a person's.
        """
        inside, hidden = [], []
        for name, kind, _ in self.tree.children(at):
            if not is_junk(name) or is_hidden(name) and kind == "folder" and self.exercises((*at, name)):
                inside.append((name, kind))
            elif is_hidden(name) and (kind == "folder" or recognised(name, self.expected)):
                hidden.append(name)
        return inside, hidden

    def exercises(self, at):
        """The exercises whose files may lie below a folder, as far as can be seen."""
        try:
            items = self.tree.items(at, self.expected)
        except (Refused, Unreadable):
            return set()
        claims = [recognised(item.parts[-1], self.expected) for item in items if not item.problem]
        return {claim[0] for claim in claims if claim}

    def _is_exercise(self, at, name, kind):
        """Whether what lies in a folder is an exercise's file, or the folder with it."""
        claim = recognised(f"{name}.py" if kind == "folder" else name, self.expected)
        if not claim or claim[1] or re.match(STAMP, name):  # which may be a person's number
            return False
        return kind == "file" or kind == "folder" and claim[0] in self.exercises((*at, name))

    def _by_patterns(self, at, inside, work, own):
        """{path: (submission, file)} of what a pattern reads, and whether it surely reads people's work."""
        paths = [name + "/" * (kind == "folder") for name, kind in inside]
        folders = [path[:-1] for path in paths if path.endswith("/")]
        common, task = _common(folders, "-"), _common([path for path in paths if "_attempt_" in path], "_")

        def best(patterns):
            """What the pattern reads that fits most of the paths, if that is more than half of the work."""
            read = [read_paths(compiled(pattern, common, task), paths, self.expected) for _, pattern in patterns]
            most = max(read, key=len, default={})
            plausible = any(path.endswith("/") or is_work(file) for path, (_, file) in most.items())
            share = len(work & {path.split("/")[0] for path in most})
            return most if plausible and 2 * share + (not own) > len(work) else {}

        platforms = [each for each in self.patterns if each[0] != "any"]
        found = best(platforms)
        if found or own:
            return found, bool(found)
        found = best(self.patterns)
        for _ in range(2):
            if not found:
                paths = list(self._deeper(at, paths))
                found = best(platforms)
        return found, len(found) > 1

    def _deeper(self, at, paths):
        """The paths of what lies in those that are folders."""
        for path in paths:
            if path.endswith("/"):
                with contextlib.suppress(Refused, Unreadable):  # reading it says why
                    inside = self.tree.children((*at, *path.split("/")[:-1]))
                    yield from (path + name + "/" * (kind == "folder") for name, kind, _ in inside if not is_junk(name))

    def _inner(self, at, folders):
        """What lies in folders each of which holds several people's work, or [] if one does not.

        Such are exercises and sections of a class. Of some it is not certain, as in them is one person's alone: they
        are taken if most are certain, or if those hold their people as well.
        """
        certain, others = [], []
        for name in folders if len(at) < (MAX_DEPTH if len(folders) == 1 else _DEEPEST) else ():
            try:
                theirs, sure, own = self.people((*at, name))
            except (Refused, Unreadable):  # reading it says why
                return []
            if own or not theirs:
                return []
            (certain if sure else others).append(theirs)
        found = [each for theirs in certain for each in theirs]
        more = [each for theirs in others for each in theirs]
        known = {each.who for each in found}
        return found + more if len(certain) > len(others) or all(each.who in known for each in more) else []

    def _repeats(self, at, folders):
        """Whether one exercise lies in several folders."""
        held = [each for name in folders for each in self.exercises((*at, name))]
        return len(set(held)) < len(held)


def _common(names, end):
    """An expression for what several names begin with, up to and with the last of these ends; else for no text."""
    return re.escape(os.path.commonprefix(names).rpartition(end)[0] + end if names[1:] else "\0")


def _with_member(each, at, path, file):
    return replace(each, members=(("/".join((*at, path)), file),) if file or path.endswith("/") else ())


def _unread(name, kind, known):
    """The submission of what no pattern reads: an archive is of the person in `known` who is called so."""
    each = alone(Path(name), "archive" if kind == "file" and is_archive(name) else kind)
    if each.kind == "archive":
        return known.get(each.called, each)
    if each.kind == "folder":
        return each
    # A person's, so a person must hear of it.
    return replace(each, called=name, problem=PROBLEMS[kind] or "it is neither a folder nor an archive")


def _named_by_export(tree, at, found):
    """Add the names, mail addresses and times that Gradescope's export lists for its folders."""
    try:
        text = tree.read(tree.named((*at, _EXPORT))[0]).decode("utf-8", "replace")
    except (Refused, Unreadable):
        return found
    parts = re.split(r"^(submission_\d+):[^\n]*\n", text, flags=re.MULTILINE)
    listed = dict(zip(parts[1::2], parts[2::2], strict=True))
    named = []
    for each in found:
        lines = defaultdict(list)
        for key, text in _LISTED.findall(_PRINTED.split(listed.get(each.who, ""))[0]):
            lines[key].append(shown(text.strip(" '\"\r")))
        called = " and ".join(lines["name"][:6]) or each.called
        login, when = "".join(lines["email"][:1]) or each.login, "".join(lines["created_at"][:1]) or each.when
        named.append(replace(each, called=called, login=login, when=when))
    return named


def alone(place, kind):
    """All that lies at a path, as one submission, of which only the path's name says whose it is."""
    name = re.sub(r"(\.tar)?\.\w+$", "", place.name, flags=re.IGNORECASE) if kind in ("archive", "file") else place.name
    return Submission(who=place.name, called=name, path=place, kind=kind)


def by_attempt(found, place, kind):
    """Each person's attempts in a folder or archive at `place`, the earliest first, as a list of tuples."""
    everybody = {}
    for each in found:
        number = int(each.number) if each.number.isdecimal() and len(each.number) < 10 else 0
        own, key = everybody.setdefault(each.who, {}), (number, moment(each.when), each.number)
        own[key] = replace(each, members=own[key].members + each.members) if key in own else each
    everybody = sorted(everybody.values(), key=lambda own: next(iter(own.values())).called)
    return [tuple(_placed(own[key], place, kind) for key in sorted(own)) for own in everybody]


def _placed(found, place, kind):
    """Add its path, which is that of a folder, an archive or a stray file where this is all that the person has."""
    if not found.members:
        return replace(found, path=place, kind="nothing")
    (path, name), *more = found.members
    if kind == "folder" and not more and (path.endswith("/") or found.problem or Path(path).name == name):
        own = "folder" if path.endswith("/") else "archive" if is_archive(name) else "file"
        return replace(found, path=place / path, kind=own, members=())
    return replace(found, path=place, kind=kind)
