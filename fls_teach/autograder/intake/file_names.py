"""What the names of files say: which exercise, whether it is junk, and how a name may be shown."""

import functools
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fls_teach.characters import UNSAFE
from fls_teach.course.registry import exercises


def data_lines(name: str) -> list[list[str]]:
    """The (key, text) of each line of a file beside this one, but for lines that begin with "#"."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [line.split(None, 1) for line in lines if line and line[0] != "#"]


WORDS: dict[str, list[str]] = {}
"""What names of files hold, by the keys of words.txt."""
for _key, _text in data_lines("words.txt"):
    WORDS.setdefault(_key, []).extend(_text.split(", "))

_SHOWN = 80  # characters of a path in a note
# Some are printable, says Python, and yet nothing is seen of them: two names that differ by one look the same.
_UNSEEN = re.compile(f"{UNSAFE.pattern}|[\ufe00-\ufe0f]")
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # half a character, and no byte that the locale cannot read

STAMP = (
    r"(?:(?:19|20)\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d"
    r"(?:(?:[T_\-., ]|\bat\b)*[0-2]?\d[-_.:hH]?[0-5]\d(?:[-_.:mM]?[0-5]\d(?:[-_.]?\d{3,6})?)?(?:Z|[+-]\d{4})?)?(?!\d))"
)
"""A date, with or without a time, as platforms write it into names."""
_COPY = rf"(?:{'|'.join(WORDS['copy'])})(?:[ _]+(?:{'|'.join(WORDS['of'])}))?"
_BEFORE = rf"(?:(?:{_COPY}|{STAMP}|late)[\W_]+)*"
# A stamp is taken whole, by the lookahead: its time could also be read as numbers, in twice as many ways per stamp.
AFTER = rf"(?:[\W_]+(?:{_COPY}|(?=(?P<stamp>{STAMP}))(?P=stamp)|\d{{1,3}}))*[\W_]*"
_END = re.compile(r"\.pyw?(?:\.pyw?|\.txt|_?\(\d+\)|-\d+| )*$")
_PART = re.compile(rf"[\W\d_]*(?:(?:{'|'.join(WORDS['part'] + WORDS['copy'])})(?![^\W\d_])[\W\d_]*)*")
_ENDS = r"(\.tar)?(?:" + "|".join(map(re.escape, WORDS["archives"])) + r")\Z"
LONGEST = 255
"""Characters of a file's name on every common system; archives may hold longer ones, which no pattern has to read."""


def shown(text: str, limit: int = _SHOWN) -> str:
    """`text` as it may be shown anywhere: printable, on one line, at most `limit` characters.

    Bytes of a file's name that are not UTF-8 are written out; those that are, whatever the locale says, are letters.

    Examples
    --------
    >>> shown("a\\x1b[2Jb" + chr(0x202E))
    'a?[2Jb?'
    >>> print(shown("caf\\udce9"), shown("caf\\udcc3\\udca9"))
    caf\\xe9 café
    """
    text = unicodedata.normalize("NFC", decoded(text[: 4 * limit]))
    text = "".join(letter if letter.isprintable() else "?" for letter in _UNSEEN.sub("?", text))
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def decoded(name: str) -> str:
    """A file's name as text, whatever the locale says: UTF-8."""
    return _NO_BYTE.sub("?", name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def path_of(item: Any) -> str:
    """Its path as it may be shown."""
    return shown("/".join(item.parts))


def not_taken(parts: Iterable[str], reason: object) -> str:
    """The note for a path that was not taken."""
    return f"'{shown('/'.join(parts))}' was not taken: {reason}."


def is_junk(name: str) -> bool:
    """Whether something is called as what systems and tools leave behind, which no person needs to hear of."""
    if name.startswith(".") and is_archive(name):  # a person's, unless a Mac put it beside another
        return name.startswith("._")
    return name.startswith((".", "~$")) or name.casefold() in WORDS["junk"]


def is_hidden(name: str) -> bool:
    """Whether something is called as what systems do not show, and not as a known tool's: it may be a person's."""
    return name.startswith(".") and not name.startswith("._") and name.casefold() not in WORDS["tools"]


def is_archive(name: str) -> bool:
    """Whether a file is called as archives are."""
    return name.casefold().endswith(tuple(WORDS["archives"]))


@functools.lru_cache(4096)
def is_part(name: str) -> bool:
    """Whether something is called as a part or a version of one person's work, and thus not by a person.

    Examples
    --------
    >>> [is_part(name) for name in ("src", "Old version (2)", "week_3.zip", "08_bayes_error_v2.py", "Berg", "u2", "2")]
    [True, True, True, True, False, False, False]
    """
    stem = re.sub(r"(?:\.py|\.ipynb)\Z", "", stem_of(name[-LONGEST:].casefold()))
    rest = re.sub("|".join(exercise_pattern(each.name, "") for each in exercises()), "", stem)
    return _PART.fullmatch(rest) is not None and re.search(r"[^\W\d_]", stem) is not None


def called_freely(name: str) -> bool:
    """Whether a file is a Python file or a notebook, and its name not one of a test or a tool."""
    name = name[-LONGEST:].casefold()
    free = not name.startswith(("test_", "support_", "conftest", "_", "."))
    return free and (name.endswith(".ipynb") or _END.search(name) is not None)


def is_work(name: str) -> bool:
    """Whether a file is called as what people hand in."""
    name = name[-LONGEST:].casefold()
    return is_archive(name) or name.endswith(".ipynb") or _END.search(name) is not None


@functools.cache
def exercise_pattern(name: str, number: str = r"0*{}[\W_]*") -> str:
    """What matches the name of an exercise, with or without the zero and whatever stands between its words."""
    return number.format(int(name[:2])) + r"[\W_]*".join(map(re.escape, name[3:].split("_")))


@functools.lru_cache(2**15)  # the names of an archive, which are looked at several times
def recognised(name: str, expected: tuple[str, ...]) -> tuple[str, int] | None:
    """The exercise whose file a name can be, and how surely; or None.

    Parameters
    ----------
    name : str
        Of a file.
    expected : tuple of str
        The exercises' names.

    Returns
    -------
    (str, int) or None
        0 for the name itself, up to upper and lower case, marks of copies ("(1)", "Copy of ...", a time stamp) and a
        hidden ending; 1 for one among other words or without its number.

    Examples
    --------
    >>> recognised("Kopie von 08_bayes_error (2).py.txt", ("08_bayes_error",))
    ('08_bayes_error', 0)
    >>> recognised("ada's 8-bayes-error.py", ("08_bayes_error",))
    ('08_bayes_error', 1)
    """
    name = unicodedata.normalize("NFKC", decoded(name)).casefold().strip()
    stem = _END.sub("", name) if len(name) <= LONGEST else name
    if stem == name or not name.isprintable() or _UNSEEN.search(name) or stem.startswith(("test_", "support_")):
        return None
    if not re.search("|".join(exercise_pattern(each, "") for each in expected), stem):  # as of most names
        return None
    for each in expected:
        if re.fullmatch(_BEFORE + re.escape(each.casefold()) + AFTER, stem):
            return each, 0
    for each in expected:
        if re.search(r"(?<!\d)" + exercise_pattern(each) + r"(?![^\W\d_])", stem) or re.fullmatch(
            _BEFORE + exercise_pattern(each, "") + AFTER, stem
        ):
            return each, 1
    return None


def stem_of(archive: str) -> str:
    """The name of an archive without its ending; that of others."""
    return re.sub(_ENDS, "", archive, flags=re.IGNORECASE)


@functools.lru_cache(4096)
def named_after(folder: str, expected: tuple[str, ...]) -> tuple[str, int] | None:
    """As `recognised`, of the name of a folder or an archive; the number alone is enough."""
    stem = stem_of(folder)
    by_number = [(each, 0) for each in expected if stem == each[:2]]
    return by_number[0] if by_number else recognised(f"{stem}.py", expected)


def claimed(parts: tuple[str, ...], expected: tuple[str, ...], notebooks: bool = False) -> tuple[str, int] | None:
    """As `recognised`, of the path of a file, or a notebook; 2 if its folder alone bears the exercise's name.

    Examples
    --------
    >>> claimed(("08_bayes_error", "Ada.py"), ("08_bayes_error",)), claimed(("Ada.py",), ("08_bayes_error",))
    (('08_bayes_error', 2), None)
    """
    claim = recognised(parts[-1], expected)
    if claim or not called_freely(parts[-1]):
        return claim
    if parts[-1].casefold().endswith(".ipynb") and (not notebooks or meant(parts[-1], expected)):
        return None
    if recognised(parts[-1], tuple(each.name for each in exercises())):  # one that is not marked
        return None
    above = (named_after(folder, expected) for folder in reversed(parts[:-1]))
    return next(((each[0], 2) for each in above if each), None)


def meant(name: str, expected: tuple[str, ...]) -> str | None:
    """The exercise that the name of a file comes near to, or None."""
    name = name.casefold()
    if not re.search(r"\.(py|ipynb)\b", name) or ".bak" in name or name.startswith(("test_", "support_")):
        return None
    letters = re.sub(r"[\W_]+", "", name)
    by_slug = (each for each in expected if each[3:].replace("_", "").casefold() in letters)
    by_number = (each for each in expected if re.match(rf"0*{int(each[:2])}(?!\d)", name))
    return next(by_slug, None) or next(by_number, None)
