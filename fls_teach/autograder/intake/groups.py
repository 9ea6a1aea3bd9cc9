"""Group work: a file maps submissions to members, and one submission counts for the whole group."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fls_teach.autograder.intake.patterns import moment
from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.tables import read_columns
from fls_teach.characters import one_line
from fls_teach.course.registry import CourseError


def read(path: str | Path) -> list[tuple[str, str]]:
    """Return the rows (submission, member) of a CSV file with these columns.

    Raises
    ------
    CourseError
        If it cannot be read, or lacks a column, or a member is in two groups.
    """
    called = f"--groups '{one_line(str(path), 200)}'"
    lines = read_columns(path, called, ("submission", "member")).values()
    rows = [(line["submission"], line["member"]) for line in lines if line["submission"] and line["member"]]
    groups = {}
    for submission, member in rows:
        if groups.setdefault(_plain(member), submission) != submission:
            raise CourseError(
                f"{called} puts '{one_line(member)}' into two groups ('{one_line(groups[_plain(member)])}' and "
                f"'{one_line(submission)}')"
            )
    return rows


def merged(
    people: list[tuple[Submission, ...]], rows: list[tuple[str, str]],
    remark: Callable[[str, str], Any] = lambda what, name: None,
) -> list[tuple[str, tuple[Submission, ...], tuple[str, ...]]]:  # fmt: skip
    """Return (label, attempts, members) for each person or group; the label is "" for a person without a group.

    What the members handed in counts as attempts of the group, ordered by time if all times are known; otherwise the
    submission that the group is called after comes last.

    Parameters
    ----------
    people : list of tuple of Submission
    rows : list of (str, str)
    remark : callable
        Gets ("unknown_members", name) for each member under whose name nothing was handed in.

    Raises
    ------
    CourseError
        If there are rows and none names any of these people, or if a name fits two of them.
    """
    called, groups, taken, result = defaultdict(list), defaultdict(list), {}, list[Any]()
    for place, own in enumerate(people):
        for name in {_plain(name) for name in (own[-1].called, own[-1].id, own[-1].login, own[-1].who)}:
            called[name].append(place)
    for submission, member in rows:
        groups[submission].append(member)
        if _plain(member) not in called:
            remark("unknown_members", f"{one_line(member)} ({one_line(submission)})")
    for label, members in groups.items():
        for name in (*sorted(members), label):
            places = called.get(_plain(name), [])
            if len(places) > 1:
                raise CourseError(
                    f"--groups: '{one_line(name)}' can be {len(places)} people; give the platform's id or login"
                )
            taken |= dict.fromkeys(places, label)
    if rows and not taken:
        raise CourseError(f"--groups names nothing that was handed in (the first is '{one_line(rows[0][0])}')")
    together = defaultdict(list)  # in the order of the first member
    for place in range(len(people)):
        together[taken.get(place, place)].append(place)
    for label, theirs in together.items():
        if label in theirs:
            result.append(("", tuple(people[label]), ()))
            continue
        last = called.get(_plain(label), [])
        whole = [each for k in sorted(theirs, key=lambda k: k in last) for each in people[k]]
        if all(each.when for each in whole):
            whole.sort(key=lambda each: moment(each.when))
        result.append((label, tuple(whole), tuple(map(one_line, groups[label]))))
    return result


def _plain(name):
    return unicodedata.normalize("NFC", name).casefold().strip()
