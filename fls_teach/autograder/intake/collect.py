"""What was handed in: folders, files and archives become submissions, each read only when its turn comes."""

import contextlib
import hashlib
import os
import stat
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from fls_teach.autograder.intake import groups, sources
from fls_teach.autograder.intake.choice import Choice, choose
from fls_teach.autograder.intake.layout import is_archive, is_hidden, is_junk, is_work, recognised, refusal, shown
from fls_teach.autograder.intake.names import disambiguate, folders_of, names_of
from fls_teach.autograder.intake.people import (
    Found,
    Member,
    alone,
    exercises_in,
    is_hidden_work,
    moment,
    patterns_for,
    people,
)
from fls_teach.autograder.intake.people import attempts as by_attempt
from fls_teach.autograder.intake.sources import Refused, Unreadable
from fls_teach.course.registry import CourseError, find_exercise

MAX_NOTES = 20
MAX_ARCHIVES = 8  # opened for one submission


@dataclass(frozen=True)
class Submission:
    """One person's work, as it is marked.

    Attributes
    ----------
    name : str
        Unique in the batch, printable, at most 100 characters.
    folder : str
        Of its results: unique, only letters, digits, "_" and "-", whatever system it is copied to.
    files : dict
        Exercise ("08_bayes_error") -> bytes of its file, as they are.
    digest : str
        Of `files`.
    notes : tuple of str
        Sentences: what was not taken, and why.
    about : dict
        For the record: whose it is, which attempt, and `review`, sentences that say why a person has to look.
    """

    name: str
    folder: str
    files: dict
    digest: str
    notes: tuple
    about: dict = field(default_factory=dict)

    def read(self):
        """Itself: it stands for an `Entry` where that cannot be read, in another machine's grader."""
        return self

    def as_json(self):
        """Its fields as plain JSON."""
        return asdict(self) | {"files": {name: data.hex() for name, data in self.files.items()}}

    @staticmethod
    def from_json(fields):
        """The submission of `as_json`."""
        files = {name: bytes.fromhex(data) for name, data in fields["files"].items()}
        return Submission(**fields | {"files": files, "notes": tuple(fields["notes"])})


@dataclass(frozen=True)
class Entry(Found):
    """A submission that was found and not yet read: a `Found` with a `name` that is unique in the batch.

    Attributes
    ----------
    called : str
        The person's name, as the platform has it.
    folder : str
        As of the `Submission`.
    expected : tuple of str
        The exercises' names.
    person : int
        The same for all attempts of a person or group in the batch.
    attempt, attempts : int
        The number of this attempt, and of all.
    counts : bool
        Whether it is the attempt that counts.
    group : tuple of str
        Names of those whose work it is.
    said : tuple of str
        Notes that were known before it was read.
    """

    called: str = ""
    folder: str = ""
    expected: tuple = ()
    person: int = 0
    attempt: int = 1
    attempts: int = 1
    counts: bool = True
    group: tuple = ()
    said: tuple = ()

    def as_json(self):
        """Its fields as plain JSON."""
        return asdict(self) | {"path": os.fsencode(self.path).hex()}

    @staticmethod
    def from_json(fields):
        """The entry of `as_json`."""
        made = {name: tuple(value) if type(value) is list else value for name, value in fields.items()}
        members = tuple(Member(*each) for each in fields["members"])
        return Entry(**(made | {"path": Path(os.fsdecode(bytes.fromhex(fields["path"]))), "members": members}))

    def read(self):
        """Read it, as it is now.

        Returns
        -------
        Submission
            With no files and a note if nothing could be taken: nothing that its author did wrong is raised.

        Raises
        ------
        Unreadable
            If this machine cannot read what was handed in.
        """
        try:
            if self.problem:
                raise Refused(self.problem)
            taken, empty = self._chosen()
        except Refused as reason:
            taken, empty = Choice({}, [refusal((self.path.name,), reason)], []), False
        notes, review = [*self.said, *taken.notes], taken.unclear
        if not taken.files:
            first = self.expected[0] if self.expected else "NN_name"
            nothing = f"No file of an exercise was found; they are called {first}.py and so on."
            review = review or ([] if empty else taken.notes[:1] or [f"{nothing} Others were handed in."])
            notes.insert(len(self.said), nothing)
        more = [f"... and {len(notes) - MAX_NOTES} more"] if len(notes) > MAX_NOTES else []
        notes, about = (*notes[:MAX_NOTES], *more), self.about | {"review": review}
        return Submission(self.name, self.folder, taken.files, digest(taken.files), notes, about)

    @property
    def about(self):
        """What is known of it, as of the `Submission`, before it is read."""
        names = "id", "login", "late", "attempt", "attempts", "counts"
        about = {name: getattr(self, name) for name in names} | {"feedback": self.feedback()}
        return about | {"who": shown(self.who), "when": shown(self.when), "group": list(self.group), "review": []}

    def feedback(self):
        """What a report for its author is called where the platform packs what goes back as it packed what came."""
        first = self.members[0].path if self.members else f"{self.path.name}{'/' * (self.kind == 'folder')}"
        # All may lie in one folder of an archive: the person's own part is the first with all words of the name in it.
        parts, words = first.split("/"), self.who.split()
        own = [k for k, part in enumerate(parts) if words and all(word in shown(part, 255) for word in words)]
        first = "/".join(parts[own[0] if own else 0 :])
        if "/" in first:
            return f"{first.partition('/')[0]}/report.html"
        at = [place for each in self.expected if (place := first.casefold().find(each.casefold())) >= 0]
        return f"{first[: min(at)] if at else Path(first).stem + '_'}report.html"

    def _chosen(self):
        """The `Choice`, and whether there was nothing at all."""
        if self.kind == "nothing":
            return Choice({}, [], []), True
        with contextlib.ExitStack() as stack:
            tree = stack.enter_context(sources.tree_at(self.path, self.kind))
            items, refused = [], []
            for path, name in self.members or [("" if self.kind != "file" else self.path.name, self.path.name)]:
                at = tuple(filter(None, path.split("/")))
                below = tree.items(at, self.expected) if path.endswith("/") or not path else tree.named(at)
                own = (name,) if name and not path.endswith("/") and path else ()
                items += [replace(item, parts=own + item.parts[len(at) :]) for item in below]
            opened = 0
            for item in items:  # which grows
                if not is_archive(item.parts[-1]) or item.problem or recognised(item.parts[-1], self.expected):
                    continue
                opened += 1
                try:
                    if opened > MAX_ARCHIVES:
                        raise Refused(f"{MAX_ARCHIVES} archives were opened before")
                    inner = stack.enter_context(item.tree.inside(item))
                    items += [
                        replace(each, parts=item.parts + each.parts, archive=item.parts) for each in inner.items()
                    ]
                except Refused as reason:
                    refused.append(refusal(item.parts, reason))
            taken = choose(items, self.expected, lambda name: find_exercise(name).stub.read_bytes())
            return replace(taken, notes=refused + taken.notes), not items


def digest(files):
    """The digest of a submission's files, "sha256:...".

    Parameters
    ----------
    files : dict of str to bytes

    Examples
    --------
    >>> digest({"a": b"1", "b": b""}) == digest({"b": b"", "a": b"1"}) != digest({"a": b"", "b": b"1"})
    True
    """
    state = hashlib.sha256()
    for name, data in sorted(files.items()):
        state.update(f"{name} {len(data)}\n".encode())
        state.update(data)
    return f"sha256:{state.hexdigest()}"


def holds_work(path, exercises):
    """Whether there is anything in a folder that could be meant to be marked, as far as can be seen."""
    try:
        with sources.tree_at(path, "folder") as tree:
            return any(is_work(item.parts[-1]) for item in tree.items((), [exercise.name for exercise in exercises]))
    except (Refused, Unreadable):
        return True


def collect(
    paths, exercises, results_in=lambda folder: "", single=False, pattern=None, attempts="latest", rows=(),
    remark=lambda what, name: None,
):  # fmt: skip
    """Find all submissions.

    Parameters
    ----------
    paths : iterable of path
        Each a folder with NN_slug.py files, such a file, an archive of such a folder, or a folder or an archive of
        many people's work. A file that is called as a platform names files stands for all of its person's beside it.
    exercises : iterable of Exercise
    results_in : callable
        Told the path of a folder; "", or that it is no submission ("holds the results of ...").
    single : bool
        Each path is one submission, whatever lies in it.
    pattern : str, optional
        A platform's name, or a regular expression with the groups who and file.
    attempts : str
        "latest", or for an entry of each: "best" or "all".
    rows : iterable of (str, str)
        Submission and member, as `groups.read` gives them.
    remark : callable
        Told (what, name) of each that is passed over though it may be a person's.

    Returns
    -------
    list of Entry
        In the order of `paths`, within each by name; what is named twice counts once.

    Raises
    ------
    CourseError
        If a path does not exist, cannot be a submission, holds none, or may be one or a folder of some.
    """
    if os.open not in os.supports_dir_fd:
        raise CourseError("this system cannot open files without following links; on Windows, grade within WSL")
    expected = tuple(exercise.name for exercise in exercises)
    patterns = patterns_for(pattern, expected)
    found = dict.fromkeys(
        own
        for path in paths
        for own in _found_at(path, expected, results_in, single, patterns, pattern is not None, remark)
    )
    options, entries = [], []
    for person, (label, own, group) in enumerate(groups.merged(list(found), list(rows), remark)):
        counts = max((k for k, each in enumerate(own) if each.kind != "nothing"), default=len(own) - 1)
        others = {each.name for each in own[:-1] if each.who != own[counts].who}
        said = [f"'{shown(name)}' is of this group; what lies there was not taken." for name in sorted(others)]
        if counts + 1 < len(own):
            said.append(f"The last of {len(own)} attempts holds no file, so an earlier one was taken.")
        for k, each in enumerate(own):
            if attempts == "latest" and k != counts:
                continue
            mark = "" if k == counts else f" (attempt {k + 1})"
            options.append([f"{name[: 100 - len(mark)]}{mark}" for name in names_of(label or each.name, each)])
            numbers = {"person": person, "attempt": k + 1, "attempts": len(own), "counts": k == counts}
            known = {"called": each.name, "when": moment(each.when), "group": tuple(group), "said": tuple(said)}
            entries.append(Entry(**vars(each) | numbers | known, expected=expected))
    names = disambiguate(options)
    folders = disambiguate([folders_of(name) for name in names])
    named = zip(entries, names, folders, strict=True)
    return [replace(entry, name=name, folder=folder) for entry, name, folder in named]


def _found_at(path, expected, results_in, single, patterns, insist, remark):
    """The attempts of each person, as tuples of `Found`, of what is meant by a path of the command line."""
    said = shown(os.fspath(path), 200)
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
    kind = "folder" if stat.S_ISDIR(mode) else "archive" if is_archive(place.name) else "file"
    if kind != "folder" and not (stat.S_ISREG(mode) and is_work(place.name)):
        raise CourseError(f"'{said}' is neither a folder nor a .py file nor a zip, tar or tar.gz")
    whole, passed = [(alone(place, kind),)], []
    if kind == "folder" and (reason := results_in(place)):
        raise CourseError(f"'{said}' {reason}; name a folder with what was handed in")
    if single:
        return whole
    if kind == "file":
        return _beside(place, expected, patterns) or whole

    def passed_over(at):
        passed.extend([at] * bool(kind == "folder" and results_in(place.joinpath(*at))))
        return passed[-1:] == [at]

    try:
        with sources.tree_at(place, kind) as tree:
            found, sure, own = people(tree, patterns, expected, passed_over)
            inside = tree.children()
            empty = all(is_junk(each[:1]) for each in inside)
            hidden = [name for name, kind, _ in inside if is_hidden(name) and not is_archive(name)
                      and not is_hidden_work(tree, (), name, kind, expected)
                      and (kind == "folder" or recognised(name, expected))]  # fmt: skip
            if own:
                _only_ones(tree, own, expected, said, zips=kind == "folder")
            if insist and not any(each.matched for each in found):
                raise CourseError(f"--pattern fits nothing in '{said}'; its groups are to match paths below that")
    except Refused:
        return whole  # reading it says why
    except Unreadable as problem:
        raise CourseError(str(problem)) from None
    if own or kind == "archive" and not sure:
        return whole
    if any(not each.problem for each in found):
        everybody = by_attempt(found, place, kind)
        for name in hidden:
            remark("hidden", shown(name))
        if kind == "folder" and len(everybody) == 1 and everybody[0][0].kind == "archive":  # perhaps the platform's own
            inner = _found_at(everybody[0][0].path, expected, results_in, single, patterns, False, remark)
            everybody = inner if len(inner) > 2 else everybody
        return everybody
    if empty or passed:  # beside results, what is left was not handed in
        raise CourseError(f"no submissions in '{said}'; name a folder with what was handed in")
    return whole


def _beside(place, expected, patterns):
    """The person whose file it is, by its name, with all attempts; [] if the name says nothing."""
    claim = recognised(place.name, expected)
    if claim and claim[1] == 0:
        return []
    try:
        with sources.tree_at(place.parent, "folder") as tree:
            found = people(tree, patterns, expected)[0]
    except (Refused, Unreadable):
        return []
    who = {each.who for each in found if not each.problem and place.name in [path for path, _ in each.members]}
    return [own for own in by_attempt(found, place.parent, "folder") if own[0].who in who]


def _only_ones(tree, own, expected, said, zips):
    """Refuse a folder with an exercise beside two or more people's work: one may well have an old version there."""
    others = [
        name
        for name, kind, _ in tree.children()
        if name not in own and not is_junk((name,))
        and (kind == "folder" and exercises_in(tree, (name,), expected) or zips and kind == "file" and is_archive(name))
    ]  # fmt: skip
    if len(others) > 1:
        theirs = " and ".join(f"'{shown(other)}'" for other in others[:2])
        raise CourseError(
            f"'{said}' holds an exercise ('{shown(own[0])}') and what may be the work of others ({theirs}); if all of "
            "it is one person's, give --single, else move one of them away"
        )
