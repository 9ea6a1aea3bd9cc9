"""Each person's pieces of work, put together into attempts in their order, each with its path on the disk."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from fls_teach.autograder.intake.by_pattern import Piece
from fls_teach.autograder.intake.file_names import is_archive, match_folder_name
from fls_teach.autograder.intake.patterns import moment
from fls_teach.autograder.intake.submission import Submission


def whole_submission(place: Path, kind: str) -> Submission:
    """Return everything at a path as one submission of the person that the path is named after."""
    name = re.sub(r"(\.tar)?\.\w+$", "", place.name, flags=re.IGNORECASE) if kind in ("archive", "file") else place.name
    return Submission(who=place.name, called=name, path=place, kind=kind)


def by_attempt(found: list[Piece], place: Path, kind: str, expected: tuple[str, ...]) -> list[tuple[Submission, ...]]:
    """Return each person's attempts, earliest first, of what was found in a folder or archive at `place`."""
    everybody: dict[str, dict[Any, tuple[Submission, list[Any]]]] = {}
    for each, at, file in found:
        number = int(each.number) if each.number.isdecimal() and len(each.number) < 10 else 0
        own = everybody.setdefault(each.who, {})
        _, members = own.setdefault((number, moment(each.when), each.number), (each, []))
        members.extend([(at.path, file)] * bool(file or at.kind == "folder"))
    people = [[_placed(replace(each, members=(*members,)), place, kind, expected)
               for _, (each, members) in sorted(own.items())] for own in everybody.values()]  # fmt: skip
    return [tuple(own) for own in sorted(people, key=lambda own: own[0].called)]


def _placed(found, place, kind, expected):
    """Return a submission with its path: that of the person's own folder, archive or file if nothing else is theirs."""
    if not found.members:
        return replace(found, path=place, kind="nothing")
    (path, name), *more = found.members
    archives = {path.partition("//")[0] if "//" in path else "" for path, _ in found.members}
    if kind == "folder" and len(archives) == 1 and "" not in archives:
        members = tuple((path.partition("//")[2], name) for path, name in found.members)
        return replace(found, path=place.joinpath(*archives), kind="archive", members=members)
    if any(match_folder_name(folder, expected) for folder in path.split("/")[:-1]):
        return replace(found, path=place, kind=kind)
    if kind == "folder" and not more and (path.endswith("/") or found.problem or Path(path).name == name):
        own = "folder" if path.endswith("/") else "archive" if is_archive(name) else "file"
        return replace(found, path=place / path, kind=own, members=())
    return replace(found, path=place, kind=kind)
