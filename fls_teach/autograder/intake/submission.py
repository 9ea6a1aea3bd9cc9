"""A submission: as it is found, and as it is read."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fls_teach.autograder.intake.archives import inside, opened, tree_at
from fls_teach.autograder.intake.choice import choose
from fls_teach.autograder.intake.file_names import match_file_name, match_folder_name, not_taken, stem_of
from fls_teach.autograder.intake.sources import Refused, limited
from fls_teach.characters import one_line

MAX_NOTES = 20


@dataclass(frozen=True)
class Submission:
    """One attempt of a person or a group. `collect` finds it without its files; `read` adds them when its turn comes.

    Attributes
    ----------
    name : str
        Unique in the batch, printable, at most 100 characters; "" until all submissions are known.
    folder : str
        The name of its folder of results: unique on every file system; only letters, digits, "_" and "-".
    path : Path
    kind : str
        Of what lies at `path`: "folder", "file" or "archive"; "nothing" if no file there is this person's.
    members : tuple of (str, str)
        What belongs to it in the folder or archive at `path`; () for everything. Each is a path, which for a folder
        ends in "/" and for the inside of an archive continues after "//", and the file's name for its author.
    problem : str
        Why it cannot be read as a submission, or "".
    platform : str
        Whose pattern read the names; one of `patterns.ANY` if no platform's, "" if none.
    who, called, id, login : str
        The person: `who` identifies them in the batch, `called` is shown; the platform's id and login, or "".
    when, number, late : str
        Time and number of this attempt and a mark for lateness, as the platform writes them, or "".
    expected : tuple of str
        The exercises' names.
    person : int
        The same for all attempts of a person or group in the batch.
    attempt, attempts : int
        The number of this attempt, and how many there are.
    counts : bool
        Whether it is the attempt that counts.
    earlier : tuple of Submission
        The person's attempts before this one, from which exercises are taken that it does not hold.
    group : tuple of str
        Names of the members, if it is a group's.
    files : dict or None
        Exercise ("08_bayes_error") -> bytes of its file, as they are; None until it is read.
    notes : tuple of str
        Sentences on what was taken or not, and why.
    review : tuple of str
        Sentences that say why a person has to look.
    """

    name: str = ""
    folder: str = ""
    path: Path | None = None
    kind: str = "folder"
    members: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    platform: str = ""
    who: str = ""
    called: str = ""
    id: str = ""
    login: str = ""
    when: str = ""
    number: str = ""
    late: str = ""
    expected: tuple[str, ...] = ()
    person: int = 0
    attempt: int = 1
    attempts: int = 1
    counts: bool = True
    earlier: tuple["Submission", ...] = ()
    group: tuple[str, ...] = ()
    files: dict[str, bytes] | None = None
    notes: tuple[str, ...] = ()
    review: tuple[str, ...] = field(default=(), compare=False)  # a path given twice may be doubted once

    def as_json(self) -> dict[str, Any]:
        """Return what marking needs as plain JSON, without any path."""
        files = {name: data.hex() for name, data in self.files.items()}
        return {"name": self.name, "folder": self.folder, "files": files, "notes": self.notes}

    @staticmethod
    def from_json(fields: dict[str, Any]) -> "Submission":
        """Return the submission of `as_json`."""
        files = {name: bytes.fromhex(data) for name, data in fields["files"].items()}
        return Submission(**fields | {"files": files, "notes": tuple(fields["notes"])})

    def read(self) -> "Submission":
        """Return it with its files, as they are now.

        Returns
        -------
        Submission
            Without files and with a note if nothing could be taken: no mistake of its author raises.

        Raises
        ------
        Unreadable
            If this machine cannot read what was handed in.
        """
        with limited():
            try:
                items, refused = self._items()
                files, notes, review, claims = choose(items, refused, self.expected, self.platform)
            except Refused as reason:
                refused = [not_taken((self.called if self.members else self.path.name,), reason)]
                files, notes, review, claims = choose([], refused, self.expected)
            notes = [*self.notes, *self.review, *notes]
            for each in reversed(self.earlier):
                if each.kind != "nothing" and len(claims) < len(self.expected):
                    before = each.read().files or {}
                    if before := {name: data for name, data in before.items() if name not in claims}:
                        names = ", ".join(before)
                        notes.append(f"From attempt {each.attempt} was taken what no later one holds: {names}.")
                    files, claims = files | before, claims | {*before}
                    review = [] if before and not claims - {*files} else review
        more = [f"... and {len(notes) - MAX_NOTES} more"] if len(notes) > MAX_NOTES else []
        return replace(self, files=files, notes=(*notes[:MAX_NOTES], *more), review=(*self.review, *review))

    @property
    def digest(self) -> str:
        """A digest of its files, "sha256:...".

        Examples
        --------
        >>> one, turned, other = ({"a": b"1", "b": b""}, {"b": b"", "a": b"1"}, {"a": b"", "b": b"1"})
        >>> Submission(files=one).digest == Submission(files=turned).digest != Submission(files=other).digest
        True
        """
        texts = (f"{name} {len(data)}\n".encode() + data for name, data in sorted(self.files.items()))
        return f"sha256:{hashlib.sha256(b''.join(texts)).hexdigest()}"

    def _items(self):
        """Return its items, with those in its archives, and notes on what was refused."""
        if self.problem:
            raise Refused(self.problem)
        if self.kind == "nothing":
            return [], []
        whole, items = tree_at(self.path, self.kind), []
        own = self.path.parent.name, *[self.path.name] * (self.kind != "file")
        outside = [name for name in own if match_file_name(f"{stem_of(name)}.py", self.expected)][-1:]
        if self.kind == "file" and len(self.expected) == 1:  # a file that was named can be nothing else
            outside = [*self.expected]
        for path, name in self.members or [(self.path.name if self.kind == "file" else "/", self.path.name)]:
            *folders, last = path.removeprefix("/").split("/")
            around = [folder for folder in folders if match_folder_name(folder, self.expected)][-1:] or outside
            tree, at = inside(whole, (*folders,))
            if last:
                items += [replace(item, parts=(*around, name)) for item in tree.named((*at, last))]
            else:
                found = tree.items(at, self.expected)
                items += [replace(item, parts=(*around, *item.parts[len(at) :])) for item in found]
        more, refused = opened(items, self.expected)
        return items + more, refused

    @property
    def about(self) -> dict[str, Any]:
        """What the record says of it: whose it is, which attempt, and what needs review."""
        names = "id", "login", "late", "attempt", "attempts", "counts"
        about = {name: getattr(self, name) for name in names} | {"feedback": self.feedback()}
        about |= {"who": one_line(self.who), "when": one_line(self.when), "group": list(self.group)}
        return about | {"review": list(self.review)}

    def feedback(self) -> str:
        """Return the report's path in the archive of feedback: named as the platform named what it delivered."""
        if self.kind == "nothing":
            return f"{one_line(self.called, 255)}_report.html"
        member = self.members[0][0].rpartition("//")[2] if self.members else ""
        section, slash, own_name = self.who.rpartition("/")
        parts, words = member.split("/") if self.members else [*self.path.parts], own_name.split()
        parts += [""] * (not self.members and self.kind == "folder")
        # A folder may hold all people, or all attempts of one: the person's part has all words of the name.
        own = [k for k, part in enumerate(parts) if words and all(word in one_line(part, 255) for word in words)]
        own = own[:1] if self.members else own[-1:] or [len(self.path.parts) - 1]
        first = "/".join(parts[own[0] if own else 0 :])
        if "/" in first:
            return f"{section}{slash}{first.partition('/')[0]}/report.html"
        places = [place for each in self.expected if (place := first.casefold().find(each.casefold())) >= 0]
        at, stem = min(places, default=0), Path(first).stem
        return f"{section}{slash}{first[:at] if at or stem in self.expected else stem + '_'}report.html"
