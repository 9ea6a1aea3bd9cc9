"""What learning platforms write into paths: whose a file is, and when it was handed in."""

import functools
import re
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from fls_teach.autograder.intake.file_names import STAMP, WORDS, data_lines, exercise_pattern
from fls_teach.autograder.intake.sources import go_on
from fls_teach.autograder.intake.submission import Submission
from fls_teach.characters import one_line
from fls_teach.course.registry import CourseError, exercises

_FOLDER_SECONDS = 10  # of processor time for the names in one folder, so that one person cannot hold up the class
_LONGEST_PATH = 600  # characters; the time that some patterns take grows with a power of the length
_LETTER = r"[^\x00-/:-@[-`{-\x7f]"  # whatever a person's name may begin with: no ASCII punctuation
_CALLED = rf"{_LETTER}(?:[^/]*?[^/ _.+(-])?"
ANY = "any", "sheets"
"""What patterns are called that are no platform's."""
_GROUPS = "who", "name", "id", "login", "when", "attempt", "late", "file"


@functools.lru_cache(8)
def _presets(expected):
    """Return (platform, pattern) for each line of platforms.txt."""
    # Also the exercises that are not graded now, or their files would seem to be called by other people.
    names = dict.fromkeys([*expected, *(each.name for each in exercises())])
    either = "(?i:" + "|".join(map(exercise_pattern, names)) + ")"
    sheet = "(?i:" + "|".join(map(re.escape, WORDS["sheet"])) + ")"
    parts = {"{exercise}": either, "{sheet}": sheet, "{stamp}": STAMP, "{called}": _CALLED}
    return [
        (name, functools.reduce(lambda text, each: text.replace(*each), parts.items(), text))
        for name, text in data_lines("platforms.txt")
    ]


def patterns_for(text: str | None, expected: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the patterns to try as a list of (platform, pattern): those that --pattern names, itself, or all.

    Raises
    ------
    CourseError
        If `text` is neither a platform's name nor a usable regular expression.
    """
    known = _presets(expected)
    if text is None:
        return [each for each in known if "{common}" not in each[1]]
    if named := [each for each in known if each[0] == text.casefold()]:
        return named
    said, names = (
        f"--pattern '{one_line(text)}'",
        ", ".join(dict.fromkeys(name for name, _ in known if name not in ANY)),
    )
    try:
        groups = set(compiled(text).groupindex)
    except (re.error, RecursionError, OverflowError) as problem:
        raise CourseError(f"{said} is neither a platform ({names}) nor a regular expression ({problem})") from None
    if not groups:
        raise CourseError(f"{said} is no platform ({names}), and as a regular expression has no group (?P<file>...)")
    if "file" not in groups or not groups & set(_GROUPS[:4]):
        raise CourseError(f"{said} needs the groups (?P<who>...) and (?P<file>...); others are when, attempt, late")
    return [("given", text)]


@functools.lru_cache(256)
def compiled(pattern: str, common: str = "", task: str = "") -> re.Pattern[str]:
    """Compile a pattern for folders whose names all begin with `common`, and attempts whose names begin with `task`."""
    return re.compile(pattern.replace("{common}", common).replace("{task}", task), re.DOTALL)


def read_paths(
    platform: str, pattern: re.Pattern[str], paths: Iterable[str], expected: tuple[str, ...], spent: Counter[str]
) -> dict[str, tuple[Submission, str]]:
    """Return whose paths are, as far as a pattern reads them.

    Parameters
    ----------
    platform : str
        Whose pattern it is.
    pattern : re.Pattern
    paths : list of str
        That of a folder ends in "/".
    expected : tuple of str
        The exercises' names.
    spent : dict of str to float
        Seconds spent so far on each folder's content; beyond `_FOLDER_SECONDS` no more of it is read.

    Returns
    -------
    dict of str to (Submission, str)
        By path: the person and the attempt, and the file's name for its author ("" for a folder).
    """
    found = {}
    for path in paths:
        go_on()
        folder, (above, _, below), start = path.endswith("/"), path.partition("/"), time.thread_time()
        short = len(path) < _LONGEST_PATH and (not below or spent[above] < _FOLDER_SECONDS)
        match = pattern.fullmatch(f"{path}*" if folder else path) if short else None
        spent[above] += time.thread_time() - start
        said = dict.fromkeys(_GROUPS, "")
        for group, text in match.groupdict("").items() if match else ():
            said[group.rstrip("_")] = said.get(group.rstrip("_")) or text
        file = said["file"]
        if not match or folder and file != "*":
            continue
        said = {key: " ".join(one_line(said[key], 255).split()) for key in _GROUPS}
        called = said["name"] or said["who"] or said["login"] or said["id"]
        who = said["who"] or " ".join(filter(None, (called, said["id"], said["login"])))
        same: dict[str, Any] = {key: said[key] for key in ("id", "login", "when", "late")}
        each = Submission(who=who, called=called, number=said["attempt"], platform=platform, **same)
        found[path] = each, "" if folder else f"{file}.py" if file in expected else file
    return found


def moment(text: str) -> str:
    """Return a time in the form "2025-03-04 10:15:00"; a text that cannot be read as a time is returned as it is.

    Examples
    --------
    >>> moment("2025-03-04-10-15-00"), moment("Mar 4, 2025 1015 PM"), moment("4 mars 2025 9:01")
    ('2025-03-04 10:15:00', '2025-03-04 22:15:00', '2025-03-04 09:01:00')
    """
    if plain := re.fullmatch(r"\D*(\d{4})\D?(\d\d)\D?(\d\d)(?:\D*(\d\d)\D?(\d\d)(?:\D?(\d\d))?.*)?", text, re.DOTALL):
        return "{}-{}-{} {}:{}:{}".format(*(each or "00" for each in plain.groups()))
    words = re.search(r"(?:(\d\d?)[. ]+)?([^\W\d_]{3,})[. ]+(?:(\d\d?),? +)?(\d{4})", text)
    months = [re.match(each, words[2].casefold()) is not None for each in WORDS["months"]] if words else []
    if not words or True not in months or not (words[1] or words[3]):
        return text
    clock = re.search(r"(\d\d?)\D?(\d\d)(?:\D(\d\d))?(?: ?([ap])\.?m)?", text[words.end() :], re.IGNORECASE)
    hour, minute, second, half = clock.groups() if clock else (0, 0, 0, None)
    hour = int(hour) % 12 + 12 * (half in ("p", "P")) if half else int(hour)
    day = int(words[1] or words[3])
    return f"{words[4]}-{months.index(True) + 1:02}-{day:02} {hour:02}:{int(minute):02}:{int(second or 0):02}"
