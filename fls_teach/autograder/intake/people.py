"""Whose files are whose: a folder or an archive of many people's work, read by patterns and by what lies in it."""

import contextlib
import functools
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from fls_teach.autograder.intake import sources
from fls_teach.autograder.intake.layout import (
    STAMP,
    exercise_pattern,
    is_archive,
    is_hidden,
    is_junk,
    is_work,
    recognised,
    shown,
)
from fls_teach.course.registry import CourseError

_MONTHS = "jan|ene|gen|sty feb|fév|fev|lut mar|mär|maa|mrt apr|avr|abr|kwi may|mai|mei|mag|maj jun|jui|giu|cze"
_MONTHS = (
    f"{_MONTHS} jul|juil|lug|lip aug|aoû|aou|ago|sie sep|set|wrz oct|okt|ott|out|paź nov|lis dec|dez|dic|déc|des|gru"
)
_LONGEST_PATH = 1000  # characters that a pattern has to read: of some, the time grows with a power of the length
_DEEPEST = 3  # folders above those of the people


class Member(NamedTuple):
    """Something of a person's: the path in the tree, of a folder if it ends in "/", and the name for its author."""

    path: str
    name: str


@dataclass(frozen=True)
class Found:
    """One attempt of a person's.

    Attributes
    ----------
    who, name, id, login, when, attempt, late : str
        The person, told from others by `who`, and this attempt, as far as the platform's names say.
    members : tuple of Member
        What belongs to it in the folder or archive at `path`; () for all.
    problem : str
        Why it cannot be a submission, though it lies where they lie.
    path : Path
    kind : str
        Of what lies at `path`: "folder", "file" or "archive"; "nothing" if no file in there is of this person.
    matched : bool
        Whether a pattern read the names.
    """

    who: str = ""
    name: str = ""
    id: str = ""
    login: str = ""
    when: str = ""
    attempt: str = ""
    late: str = ""
    members: tuple = ()
    problem: str = ""
    path: Path | None = None
    kind: str = "folder"
    matched: bool = False


@functools.lru_cache(8)
def presets(expected):
    """(platform, pattern) of what is in platforms.txt."""
    lines = Path(__file__).with_name("platforms.txt").read_text(encoding="utf-8").splitlines()
    either = "(?:" + "|".join(map(exercise_pattern, expected)) + ")"
    made = [line.replace("{exercise}", either).replace("{stamp}", STAMP).split(None, 1) for line in lines]
    return [tuple(each) for each in made if each and each[0] != "#"]


def patterns_for(text, expected):
    """The patterns that --pattern names or is, as a list of (platform, pattern); without it those to be tried.

    Raises
    ------
    CourseError
        If it is none.
    """
    known = presets(expected)
    if text is None:
        return [each for each in known if "{common}" not in each[1]]
    if named := [each for each in known if each[0] == text]:
        return named
    try:
        groups = _compiled(text).groupindex.keys()
    except (re.error, RecursionError, OverflowError) as problem:
        names = ", ".join(dict.fromkeys(name for name, _ in known if name != "any"))
        raise CourseError(
            f"--pattern '{shown(text)}' is neither a platform ({names}) nor a regular expression ({problem})"
        ) from None
    if "file" not in groups or not groups & {"who", "name", "id", "login"}:
        raise CourseError(
            f"--pattern '{shown(text)}' needs the groups (?P<who>...) and (?P<file>...); others are when, attempt, late"
        )
    return [("given", text)]


@functools.lru_cache(256)
def _compiled(pattern, common=""):
    return re.compile(pattern.replace("{common}", common), re.DOTALL)


def moment(text):
    """A time as "2025-03-04 10:15:00", if it can be read, else the text.

    Examples
    --------
    >>> moment("2025-03-04-10-15-00"), moment("Mar 4, 2025 1015 PM"), moment("4 mars 2025 9:01")
    ('2025-03-04 10:15:00', '2025-03-04 22:15:00', '2025-03-04 09:01:00')
    """
    if plain := re.fullmatch(r"\D*(\d{4})\D?(\d\d)\D?(\d\d)(?:\D*(\d\d)\D?(\d\d)(?:\D?(\d\d))?.*)?", text, re.DOTALL):
        return "{}-{}-{} {}:{}:{}".format(*(each or "00" for each in plain.groups()))
    words = re.search(r"(?:(\d\d?)[. ]+)?([^\W\d_]{3,})[. ]+(?:(\d\d?),? +)?(\d{4})", text)
    months = [re.match(each, words[2].casefold()) is not None for each in _MONTHS.split()] if words else []
    if True not in months or not (words[1] or words[3]):
        return text
    clock = re.search(r"(\d\d?)\D?(\d\d)(?:\D(\d\d))?(?: ?([ap])\.?m)?", text[words.end() :], re.IGNORECASE)
    hour, minute, second, half = (clock[k] for k in (1, 2, 3, 4)) if clock else (0, 0, 0, None)
    hour = int(hour) % 12 + 12 * (half in ("p", "P")) if half else int(hour)
    day = int(words[1] or words[3])
    return f"{words[4]}-{months.index(True) + 1:02}-{day:02} {hour:02}:{int(minute):02}:{int(second or 0):02}"


def _read(pattern, path, expected):
    """(Found without members, the file's path) of a path, or None."""
    match = pattern.fullmatch(path) if len(path) <= _LONGEST_PATH else None
    if not match:
        return None
    fields, file = dict.fromkeys(("who", "name", "id", "login", "when", "attempt", "late"), ""), ""
    for group, text in match.groupdict().items():
        if group.startswith("file"):
            file = file or text or ""
        elif group.rstrip("_") in fields:
            fields[group.rstrip("_")] = fields[group.rstrip("_")] or " ".join(shown(text or "", 255).split())
    fields["name"] = fields["name"] or fields["who"] or fields["login"] or fields["id"]
    fields["who"] = fields["who"] or " ".join(filter(None, map(fields.get, ("name", "id", "login"))))
    return Found(**fields, matched=True), f"{file}.py" if file in expected else file


def people(tree, patterns, expected, passed_over=lambda at: False, at=()):
    """Whose is what in a folder of many people's work.

    Parameters
    ----------
    tree : tree of `sources`
    patterns : list of (str, str)
    expected : tuple of str
        The exercises' names.
    passed_over : callable
        Told the path of a folder; whether it is no submission.
    at : tuple of str
        The folder to look into.

    Returns
    -------
    found : list of Found
    sure : bool
        Whether it is certain that these are several people's.
    own : list of str
        The exercises' files and folders at the top, if these make all of it one submission.
    """
    inside = [(name, kind) for name, kind, _ in tree.children(at)]
    inside = [each for each in inside if not is_junk(each[:1]) or is_hidden_work(tree, at, *each, expected)]
    inside = [(name, kind) for name, kind in inside if kind != "folder" or not passed_over((*at, name))]
    folders = [name for name, kind in inside if kind == "folder"]
    work = {name for name, kind in inside if kind == "folder" or is_work(name)}
    own = [name for name, kind in inside if _is_exercise(tree, at, name, kind, expected)]

    common = re.escape(os.path.commonprefix(folders).rpartition("-")[0] + "-" if folders[1:] else "\0")

    platforms = [each for each in patterns if each[0] != "any"]

    def fitting(patterns, depth=1):
        read = [_matched(tree, at, inside, _compiled(pattern, common), depth, expected) for _, pattern in patterns]
        best = max(read, key=len, default={})
        plausible = any(path.endswith("/") or is_work(file) for path, (_, file) in best.items())
        share = len(work & {path.split("/")[0] for path in best})
        return best if plausible and 2 * share + (not own) > len(work) else {}

    best = fitting(platforms)
    if own and not best:
        found = _inner(tree, patterns, expected, passed_over, at, own) if set(own) <= set(folders) else []
        return found, bool(found), [] if found else own
    sure = bool(best)
    best = best or fitting(patterns) or fitting(platforms, 2) or fitting(platforms, 3)
    found = [
        replace(each, members=(Member("/".join((*at, path)), file),) if file or path.endswith("/") else ())
        for path, (each, file) in best.items()
    ]
    found = _named_by_export(tree, at, found)
    sure, taken = sure or len(found) > 1, {path.split("/")[0] for path in best}
    if not best and folders and len(work) <= len(folders) + 1:  # and the archive that they came in
        if found := _inner(tree, patterns, expected, passed_over, at, folders):
            sure, taken = True, folders
        else:
            sure = _repeats(tree, at, folders, expected)
    same = {each.name: each for each in found}
    for name, kind in inside:
        if name in taken or kind == "file" and not is_work(name):
            continue
        each = alone(Path(name), "archive" if kind == "file" and is_archive(name) else kind)
        if each.kind == "archive":
            each = same.get(each.name, each)
        elif kind != "folder":  # a person's, so a person must hear
            each = replace(each, name=name, problem=sources.PROBLEMS[kind] or "it is neither a folder nor an archive")
        path = "/".join((*at, name))
        found.append(replace(each, members=(Member(f"{path}/", "") if kind == "folder" else Member(path, name),)))
    return found, sure or len(work) > 1 and not folders, []


def _matched(tree, at, inside, pattern, depth, expected):
    """{path: (found, file)} of what a pattern reads so many folders down; the path of a folder ends in "/"."""
    found = {}
    for name, kind in inside:
        if depth > 1:
            with contextlib.suppress(sources.Refused, sources.Unreadable):  # reading it says why
                deeper = tree.children((*at, *name.split("/"))) if kind == "folder" else []
                deeper = [(f"{name}/{each}", kind) for each, kind, _ in deeper if not is_junk((each,))]
                found |= _matched(tree, at, deeper, pattern, depth - 1, expected)
        elif kind == "folder" and (read := _read(pattern, f"{name}/*", expected)) and read[1] == "*":
            found[f"{name}/"] = read[0], ""
        elif kind != "folder" and (read := _read(pattern, name, expected)):
            found[name] = read
    return found


def _named_by_export(tree, at, found):
    """With the names, mail addresses and times that Gradescope's export lists for its folders."""
    if not any(each.who.startswith("submission_") for each in found):
        return found
    try:
        text = tree.read(tree.named((*at, "submission_metadata.yml"))[0]).decode("utf-8", "replace")
    except (IndexError, sources.Refused, sources.Unreadable):
        return found
    _, *parts = re.split(r"^(submission_\d+):[^\n]*\n", text, flags=re.MULTILINE)
    listed = dict(zip(parts[::2], parts[1::2], strict=True))

    def named(each):
        lines = re.findall(r"^\W*:(name|email|created_at): *(.*)$", listed.get(each.who, ""), re.MULTILINE)
        lines = [(key, shown(text.strip(" '\"\r"))) for key, text in lines]
        names, mails, times = ([text for key, text in lines if key == of] for of in ("name", "email", "created_at"))
        known = {"name": " and ".join(names[:6]), "login": "".join(mails[:1]), "when": "".join(times[:1])}
        return replace(each, **{key: text for key, text in known.items() if text})

    return [named(each) for each in found]


def _inner(tree, patterns, expected, passed_over, at, folders):
    """What lies in folders each of which holds several people's work, or [] if one does not.

    Such are exercises and sections of a class. Of some it is not certain, as in them is one person's alone: they are
    taken if most are certain, or if those hold their people as well.
    """
    certain, others = [], []
    for name in folders if len(at) < _DEEPEST else ():
        try:
            theirs, sure, own = people(tree, patterns, expected, passed_over, (*at, name))
        except (sources.Refused, sources.Unreadable):  # reading it says why
            return []
        if own or not theirs:
            return []
        (certain if sure else others).append(theirs)
    found = [each for theirs in certain for each in theirs]
    more = [each for theirs in others for each in theirs]
    known = {each.who for each in found}
    return found + more if len(certain) > len(others) or all(each.who in known for each in more) else []


def exercises_in(tree, at, expected):
    """The exercises whose files may lie below a folder, as far as can be seen."""
    try:
        claims = [recognised(item.parts[-1], expected) for item in tree.items(at, expected) if not item.problem]
    except (sources.Refused, sources.Unreadable):
        return set()
    return {claim[0] for claim in claims if claim}


def is_hidden_work(tree, at, name, kind, expected):
    """Whether it is a hidden folder with an exercise: a person's, who may be called so."""
    return kind == "folder" and is_hidden(name) and bool(exercises_in(tree, (*at, name), expected))


def _is_exercise(tree, at, name, kind, expected):
    """Whether what lies in a folder is an exercise's file, or the folder with it."""
    claim = recognised(f"{name}.py" if kind == "folder" else name, expected)
    if not claim or claim[1] or kind not in ("folder", "file") or re.match(STAMP, name):  # it may be a person's number
        return False
    return kind == "file" or claim[0] in exercises_in(tree, (*at, name), expected)


def _repeats(tree, at, folders, expected):
    """Whether one exercise lies in several folders."""
    seen = set()
    return any(
        held & seen or seen.update(held) for held in (exercises_in(tree, (*at, name), expected) for name in folders)
    )


def alone(place, kind):
    """All that lies at a path, as one submission, of which only the path's name says whose it is."""
    name = re.sub(r"(\.tar)?\.\w+$", "", place.name, flags=re.IGNORECASE) if kind in ("archive", "file") else place.name
    return Found(place.name, name, path=place, kind=kind)


def attempts(found, place, kind):
    """Each person's attempts in a folder or archive at `place`, as a list of tuples of `Found`, the earliest first."""
    everybody = {}
    for each in found:
        number = int(each.attempt) if each.attempt.isdecimal() and len(each.attempt) < 10 else 0
        own, key = everybody.setdefault(each.who, {}), (number, moment(each.when), each.attempt)
        own[key] = replace(each, members=own[key].members + each.members) if key in own else each
    everybody = sorted(everybody.values(), key=lambda own: next(iter(own.values())).name)
    return [tuple(_placed(own[key], place, kind) for key in sorted(own)) for own in everybody]


def _placed(found, place, kind):
    """With its path; a folder, an archive or a stray file of a person's alone has its own."""
    if not found.members:
        return replace(found, path=place, kind="nothing")
    (path, name), *more = found.members
    if kind == "folder" and not more and (path.endswith("/") or found.problem or Path(path).name == name):
        own = "folder" if path.endswith("/") else "archive" if is_archive(name) else "file"
        return replace(found, path=place / path, kind=own, members=())
    return replace(found, path=place, kind=kind)
