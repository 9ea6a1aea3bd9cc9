"""Find the submissions in folders, files and archives. Each is read later, when its turn comes."""

import contextlib
import functools
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fls_teach.autograder.intake import groups
from fls_teach.autograder.intake.archives import tree_at
from fls_teach.autograder.intake.attempts import by_attempt, whole_submission
from fls_teach.autograder.intake.by_pattern import freely_named_files
from fls_teach.autograder.intake.file_names import is_archive, is_work, match_file_name, names_a_part, stem_of
from fls_teach.autograder.intake.labels import disambiguate, folders_of, names_of
from fls_teach.autograder.intake.patterns import moment, patterns_for
from fls_teach.autograder.intake.people import Crowd
from fls_teach.autograder.intake.places import Search
from fls_teach.autograder.intake.sources import Refused, Unreadable, limited
from fls_teach.autograder.intake.submission import Submission
from fls_teach.characters import one_line
from fls_teach.course.registry import CourseError, Exercise


def collect(
    paths: Iterable[str | os.PathLike[str]], exercises: Iterable[Exercise],
    results_in: Callable[[Path], str] = lambda folder: "", single: bool = False, pattern: str | None = None,
    attempts: str = "latest", rows: Iterable[tuple[str, str]] = (),
    remark: Callable[[str, str], Any] = lambda what, name: None,
) -> list[Submission]:  # fmt: skip
    """Find all submissions.

    Parameters
    ----------
    paths : iterable of path
        Each is a folder with NN_slug.py files, such a file, an archive of such a folder, or a folder or an archive of
        many people's work. A file whose name a platform wrote stands for all files of that person beside it.
    exercises : iterable of Exercise
    results_in : callable
        Gets the path of a folder; returns "", or why it is no submission ("holds the results of ...").
    single : bool
        Whether each path is one submission, whatever lies in it.
    pattern : str, optional
        A platform's name, or a regular expression with the groups who and file.
    attempts : str
        "latest" for one entry per person; "best" or "all" for an entry per attempt.
    rows : iterable of (str, str)
        Submission and member of a group, as `groups.read` returns them.
    remark : callable
        Gets (what, name) for each thing that the instructor should hear of, such as files passed over.

    Returns
    -------
    list of Submission
        In the order of `paths`, within each by name; a path that is given twice counts once.

    Raises
    ------
    CourseError
        If a path does not exist, cannot be a submission, holds none, or may be either one or a folder of several.
    """
    if os.open not in os.supports_dir_fd:
        raise CourseError("this system cannot open files without following links; on Windows, grade within WSL")
    expected = tuple(exercise.name for exercise in exercises)
    patterns = patterns_for(pattern, expected)
    # Each folder is read once, however many of its files are named.
    by_file = functools.cache(lambda folder: _people_by_file(folder, expected, patterns))
    how = expected, results_in, single, patterns, by_file, remark, pattern is not None
    found = {own: path for path in paths for own in _found_at(path, *how)}
    seen = defaultdict(set)
    for own, path in found.items():
        seen[own[0].called].add(path)
    for name, places in seen.items():
        if len(places) > 1:
            remark("in_several_paths", one_line(name))
    options, entries = [], []
    for person, (label, own, group) in enumerate(groups.merged(list(found), list(rows), remark)):
        counts = max((k for k, each in enumerate(own) if each.kind != "nothing"), default=len(own) - 1)
        others = {each.called for each in own[:-1] if each.who != own[counts].who}
        said = [f"'{one_line(name)}' is of this group; what lies there was not taken." for name in sorted(others)]
        if counts + 1 < len(own):
            said.append(f"The last of {len(own)} attempts holds no file, so an earlier one was taken.")
        own = [
            replace(each, expected=expected, person=person, group=group, when=moment(each.when), attempt=k)
            for k, each in enumerate(own, 1)
        ]
        for k, each in enumerate(own):
            if attempts == "latest" and k != counts:
                continue
            mark = "" if k == counts else f" (attempt {k + 1})"
            options.append([f"{name[: 100 - len(mark)]}{mark}" for name in names_of(label or each.called, each)])
            before = tuple(old for old in own[:k] if old.who == each.who)
            whole = replace(each, attempts=len(own), counts=k == counts, notes=tuple(said), earlier=before)
            entries.append(whole)
    names = disambiguate(options)
    folders = disambiguate([folders_of(name) for name in names])
    named = zip(entries, names, folders, strict=True)
    return [replace(entry, name=name, folder=folder) for entry, name, folder in named]


def holds_work(path: Path, exercises: Iterable[Exercise]) -> bool:
    """Whether a folder may hold anything to grade; also if it cannot be read."""
    try:
        items = tree_at(path, "folder").items((), [exercise.name for exercise in exercises])
        return any(is_work(item.parts[-1]) for item in items)
    except (Refused, Unreadable):
        return True


def _found_at(path, expected, results_in, single, patterns, by_file, remark, insist):
    """Return each person's attempts, a tuple of `Submission`, in a path of the command line."""
    place, kind = _place(path)
    whole, said = [(whole_submission(place, kind),)], one_line(os.fspath(path), 200)
    if kind == "folder" and (reason := results_in(place)):
        raise CourseError(f"'{said}' {reason}; name a folder with what was handed in")
    if single:
        return whole
    if kind == "file":
        claim = match_file_name(place.name, expected)
        own = None if claim and claim[1] == 0 else by_file(place.parent).get(place.name)
        return [own] if own else whole
    passed = []

    def is_skipped(at):
        passed.append(kind == "folder" and "" not in at and bool(results_in(place.joinpath(*at))))
        return passed[-1]

    try:
        with limited() if kind == "archive" else contextlib.nullcontext():
            around = (place.name,) * (match_file_name(f"{stem_of(place.name)}.py", expected) is not None)
            search = Search(tree_at(place, kind), kind == "archive", around, patterns, expected, is_skipped)
            top = Crowd(search, name=place.name)
            hidden = [*top.hidden]  # raises if nothing can be listed
            pieces, several, own = top.people
            doubt = top.doubt if not several else pieces[0].place.doubt if len(pieces) == 1 else ()
            if own:
                _refuse_work_of_others(top, own, said)
            elif not any(each.place.is_container or each.owner.platform for each in pieces):
                _refuse_nameless(top, said)
    except Refused:
        return whole  # reading it reports why
    except Unreadable as problem:
        raise CourseError(str(problem)) from None
    if insist and not any(each.owner.platform for each in pieces):
        raise CourseError(f"--pattern fits nothing in '{said}'; its groups are to match paths below that")
    parts = all(each.place.kind == "folder" and names_a_part(each.place.name) for each in pieces)
    if own or not several and (kind == "archive" or parts and pieces):
        return [(replace(whole[0][0], review=doubt),)]
    if any(each.place.is_container or not each.owner.problem for each in pieces):
        for name in hidden:
            remark("hidden", one_line(name))
        for name in _loose_files(top, pieces):
            remark("unassigned", one_line(name.replace("//", "/")))
        if len(pieces) == 1:  # nothing beside it confirms that it is a person's
            pieces = [pieces[0]._replace(owner=replace(pieces[0].owner, review=doubt))]
        return by_attempt(pieces, place, kind, expected)
    if not top.children or any(passed):  # what lies beside results was not handed in
        raise CourseError(f"no submissions in '{said}'; name a folder with what was handed in")
    return whole


def _loose_files(place, pieces):
    """Return the paths of files and archives that are nobody's by their names, or copies of people's work."""
    taken, here = {each.place.parts for each in pieces}, [each for each in pieces if each.place.parent is place]
    beside_people = len({each.owner.who for each in here}) > 1 or here and here[0].owner.platform
    found = []
    for each in place.children:
        if each.is_container and any(parts[: len(each.inside)] == each.inside for parts in taken - {each.parts}):
            found += _loose_files(each, pieces)
        elif each.kind != "folder" and each.parts not in taken and (beside_people or each.is_packed):
            found.append(each.path)
    return found


def _place(path):
    """Return the resolved path of an argument of the command line, and its kind: "folder", "archive" or "file"."""
    said = one_line(os.fspath(path), 200)
    if not said.strip():
        raise CourseError("an empty name is no submission; name a folder, a .py file or a zip")
    try:
        mode = os.lstat(path).st_mode
        place = Path(path).resolve()
    except FileNotFoundError:
        raise CourseError(f"'{said}' does not exist; name a folder, a .py file or a zip") from None
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path; links in a circle
        raise CourseError(f"'{said}' cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if stat.S_ISLNK(mode):  # perhaps to another person's work
        raise CourseError(f"'{said}' is a link, and links are not followed; name what it points to")
    if stat.S_ISDIR(mode):
        return place, "folder"
    if not (stat.S_ISREG(mode) and is_work(place.name)):
        raise CourseError(f"'{said}' is neither a folder nor a .py file nor a zip, tar or tar.gz")
    return place, "archive" if is_archive(place.name) else "file"


def _people_by_file(folder, expected, patterns):
    """Return {name of a file in a folder: all attempts of the person whose it is}, as far as names show."""
    try:
        found = Crowd(Search(tree_at(folder, "folder"), False, (), patterns, expected)).people.pieces
    except (Refused, Unreadable):
        return {}
    people = {own[0].who: own for own in by_attempt(found, folder, "folder", expected)}
    return {row.place.path: people[row.owner.who] for row in found if row.file and not row.owner.problem}


def _refuse_work_of_others(top, own, said):
    """Refuse a path with an exercise beside the work of others: two folders or archives, or three files.

    Fewer may be old versions, which are more often files. In an archive, other archives are its author's.
    """
    strangers = [each for each in top.children if each not in own and each.may_be_person]
    holders = [
        each
        for each in strangers
        if (not top.search.packed if each.is_packed else each.is_container and each.exercises)
    ]
    files = [each for each in strangers if not each.is_container and min(each.exercises.values(), default=2) < 2]
    if len(holders) > 1 or len(files) > 2:
        theirs = " and ".join(f"'{one_line(each.name)}'" for each in (holders if len(holders) > 1 else files)[:2])
        raise CourseError(
            f"'{said}' holds an exercise ('{one_line(own[0].name)}') and what may be the work of others ({theirs}); if "
            "all of it is one person's, give --single, else move one of them away"
        )


def _refuse_nameless(top, said):
    """Refuse a path with files that may be several people's, and whose names do not say which exercise they are."""
    if unclear := freely_named_files(top):
        names = " and ".join(f"'{one_line(each.name)}'" for each in unclear[:2])
        raise CourseError(
            f"'{said}' holds files that no exercise's name is in ({names}); if each is another person's, say of which "
            "exercise they are (--exercise NN), and if all are one person's, give --single"
        )
