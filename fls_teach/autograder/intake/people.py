"""Whose files are whose: a folder or an archive of many people's work, read by patterns and by what lies in it."""

import contextlib
import os
import re
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import chain
from pathlib import Path

from fls_teach.autograder.intake.archives import inside
from fls_teach.autograder.intake.attempts import alone
from fls_teach.autograder.intake.export import EXPORT, named_by_export
from fls_teach.autograder.intake.layout import claimed, is_archive, is_junk, is_work, stem_of
from fls_teach.autograder.intake.look import Look, once
from fls_teach.autograder.intake.patterns import compiled, read_paths
from fls_teach.autograder.intake.sources import MAX_DEPTH, PROBLEMS, Refused, Unreadable, limited
from fls_teach.autograder.intake.submission import Submission

_DEEPEST = 3  # folders above those of the people, but for one in which nothing else lies
_NESTED = 2  # archives around those of the people


class Search(Look):
    """What people's work is looked for in."""

    @once
    def people(self, at: tuple[str, ...] = ()) -> tuple[list[Submission], bool, list[str]]:
        """Find out which paths in a folder or archive of many people's work are whose.

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
        within, _ = self.visible(at)
        within = [(name, kind) for name, kind in within if kind != "folder" or not self.passed_over((*at, name))]
        kinds, folders = dict(within), [name for name, kind in within if kind == "folder"]
        work = {name for name, kind in within if kind == "folder" or is_work(name)}
        archives = sorted(name for name in work if kinds[name] == "file" and is_archive(name))
        own = [name for name, kind in within if self.is_exercise(at, name, kind)]
        if not work <= {*own}:  # else an archive that is called as an exercise may be a person's
            own = [name for name in own if name not in archives]
        best, sure = self._by_patterns(at, within, work, own)
        if own and not best:
            found = self._inner(at, own, archives, True) if {*own} <= {*folders, *archives} else []
            if found:
                found += self._rest(at, within, found, {*own, *(name for name in folders if self.elsewhere(at, name))})
            return found, bool(found), [] if found else own
        found, taken = [], {path.split("/")[0] for path in best}
        platform = all(_of_platform(each) for each, _ in best.values())
        sections = [archives] if archives and len(archives) == len(work) else []
        if taken and taken <= {*folders} and (len(taken) == 1 or not platform):  # perhaps of many, called like a person
            sections.append(sorted(taken))
        only = not best and folders and len(work) <= len(folders) + max(len(archives), 1)
        if only:
            sections += [[*folders, *archives], folders] if archives else [folders]  # they may have come in the archive
        for names in sections:
            many = self._inner(at, names, archives)
            if len({each.who for each in many if not (best and platform) or _of_platform(each)}) > bool(best):
                found, taken, best, sure = many, {*names}, {}, True
                break
        else:
            sure = self.repeats(at, folders) if only else sure
        found += [_with_member(each, at, path, file) for path, (each, file) in best.items()]
        if (EXPORT, "file") in within:
            found = self._named_by_export(at, found)
        return found + self._rest(at, within, found, taken), sure or len(work) > 1 and not folders, []

    def _rest(self, at, within, found, taken):
        """What lies beside that, each as a person's."""
        known, rest = {each.called: each for each in found}, []
        for name, kind in within:
            if name not in taken and (kind != "file" or is_work(name)):
                path, file = (f"{name}/", "") if kind == "folder" else (name, name)
                rest.append(_with_member(_unread(name, kind, known), at, path, file))
        return rest

    def _by_patterns(self, at, within, work, own):
        """{path: (submission, file)} of what a pattern reads, and whether it surely reads people's work."""
        files = {name for name, kind in within if kind != "folder"}
        longer = {name: self._with_exercise(at, name, files) for name in sorted(files)}
        names = {path: name for name, path in longer.items() if path != name}
        paths = [*longer.values(), *(f"{name}/" for name, kind in within if kind == "folder")]
        folders = [path[:-1] for path in paths if path.endswith("/")]
        spent = Counter[str]()
        common, task = _common(folders, "-"), _common([path for path in paths if "_attempt_" in path], "_")

        def best(patterns):
            """What the pattern reads that fits most of the work, if that is more than half of it."""
            read, most = {}, (0, 0)
            for platform, text in patterns:
                found = read_paths(platform, compiled(text, common, task), paths, self.expected, spent)
                share = len(work & {names.get(path, path.split("/")[0]) for path in found}), len(found)
                if share > most and any(path.endswith("/") or is_work(file) for path, (_, file) in found.items()):
                    read, most = found, share
            read = {names.get(path, path): (each, names.get(path, file)) for path, (each, file) in read.items()}
            return read if 2 * most[0] + (not own) > len(work) else {}

        platforms = [each for each in self.patterns if each[0] != "any"]
        found = best(platforms)
        if found or own:
            return found, bool(found)
        found = best(self.patterns)
        for _ in range(2):
            if not found:
                paths = list(self._deeper(at, paths))
                found = best(platforms)
        return found | self._beside(at, paths, found), len(found) > 1

    def _beside(self, at, paths, found):
        """What no pattern reads beside what it reads in a person's folder: as an attempt before all others."""
        owner = {}
        for path, (each, _) in found.items():
            owner.setdefault(path.split("/")[0], {})[each.who] = each
        rest = {}
        for path in paths:
            (*above, name), theirs = path.split("/"), owner.get(path.split("/")[0], {})
            if path in found or len(theirs) != 1 or not above:
                continue
            if is_work(name) if name else self.exercises((*at, *above)):
                rest[path] = replace(*theirs.values(), number="", when="", late=""), name
        return rest

    def _with_exercise(self, at, name, known):
        """A file's name with that of the exercise, if only a folder around it has that."""
        claim = claimed((*self.around, *at, name), self.expected)
        stem, dot, end = name.rpartition(".")
        longer = f"{stem}_{claim[0]}{dot}{end}" if claim and claim[1] == 2 else name
        return name if longer in known else longer

    def _deeper(self, at, paths):
        """The paths of what lies in those that are folders."""
        for path in paths:
            if path.endswith("/"):
                with contextlib.suppress(Refused, Unreadable):  # reading it says why
                    within = self.children((*at, *path.split("/")[:-1]))
                    yield from (path + name + "/" * (kind == "folder") for name, kind in within if not is_junk(name))

    def _inner(self, at, names, archives=(), exercises=False):
        """What lies in folders or archives each of which holds several people's work, or [] if they rather do not.

        Such are exercises and sections of a class. Of some it is not certain, as in them is one person's alone: they
        are taken if most are certain, or if those hold their people as well.
        """
        certain, others, lost = {}, {}, []
        if at.count("") + (self.kind == "archive") + (not {*names}.isdisjoint(archives)) > _NESTED:
            return []
        depth = len(at) - at.index("") if "" in at else len(at)
        for name in names if depth < (MAX_DEPTH if len(names) == 1 else _DEEPEST) else ():
            packed, theirs = name in archives, []
            each = _unread(name, "file" if packed else "folder", {})
            row = _with_member(each, at, name if packed else f"{name}/", name)
            try:
                with limited():
                    theirs, sure, own = self.people((*at, name, *[""] * packed))
            except (Refused, Unreadable):  # reading it says why
                lost.append(row)
                continue
            if own or exercises and not theirs:
                return []
            if not theirs:  # as of a section of which nobody handed in
                lost.append(row)
            elif packed and not exercises:  # by a platform, or by the one person whose work it may be?
                people = {each.who: _of_platform(each) for each in theirs}
                sure = sure and (len(people) > 2 or any(people.values()) and len(people) + (len(names) == 1) > 1)
            if exercises:  # a person's archive in one, and file in another
                theirs = [each if each.platform else replace(each, who=each.called) for each in theirs]
            (certain if sure and theirs else others)[name] = theirs
        known = {each.who for theirs in certain.values() for each in theirs}
        more = {each.who for theirs in others.values() for each in theirs}
        if not known or not (exercises or len(certain) > len(others) or all(others.values()) and more <= known):
            return []
        found = self._apart({name: theirs for name, theirs in (certain | others).items() if theirs}, exercises)
        return found + lost if found else []

    def _apart(self, found, exercises):
        """All of what lies in several folders, {folder: people}; [] if it rather is in each of them one person's.

        The same names with the same exercises in two of them are those of parts and versions, as in ada/1 and bo/1, if
        they are most in half of the folders: one person's can hold as many other names as they like. Only if the
        folders are called as versions are, these are people, each with attempts. Else two people are called alike.
        """
        names = {name: {each.who for each in theirs} for name, theirs in found.items()}
        often = Counter(who for theirs in names.values() for who in theirs)
        held, twice = defaultdict(set), set()
        for theirs in found.values() if not exercises else ():
            these = {(each.who, name) for each in theirs if often[each.who] > 1 for name in self._held(each)}
            twice |= {who for who, name in these if name in held[who]}
            for who, name in these:
                held[who].add(name)
        if not twice:
            return [*chain(*found.values())]
        again = [2 * len(theirs & twice) > len(theirs) for theirs in names.values()]
        numbers = all(len(who) < 4 and who.isdecimal() for who in often)
        if _alike(found) and _are_rounds([*names.values()], twice) and (len(found) < len(often) or not _alike(often)):
            for name, theirs in found.items():
                number = "".join(re.findall(r"\d+", name))
                found[name] = [each if each.when else replace(each, number=number) for each in theirs]
        elif (numbers or 2 * sum(again) >= len(again)) and not all(map(_of_platform, chain(*found.values()))):
            return []
        else:
            for name, theirs in found.items():
                others, above = {each.who for each in theirs if not each.id + each.login} & twice, stem_of(name)
                found[name] = [
                    replace(each, who=f"{above}/{each.who}") if each.who in others else each for each in theirs
                ]
        return [*chain(*found.values())]

    def _held(self, found):
        """The exercises of what was found, as far as can be seen without opening an archive."""
        for path, _ in found.members:
            *folders, name = path.split("/")
            claim = claimed((*self.around, *folders, f"{name}.py" if is_archive(name) else name), self.expected)
            yield from [claim[0]] if name and claim else self.exercises((*folders,)) if not name else []

    def _named_by_export(self, at, found):
        """Add what Gradescope's export lists."""
        try:
            tree, where = inside(self.tree, (*at, EXPORT))
            return named_by_export(found, tree.read(tree.named(where)[0]).decode("utf-8", "replace"))
        except (Refused, Unreadable):
            return found


def _of_platform(each):
    return each.platform not in ("", "any")


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
    unclear = "it is not called as what lies beside it is, so it is unclear whose it is"
    return replace(each, called=name, problem=PROBLEMS[kind] or unclear)
