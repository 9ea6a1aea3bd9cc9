"""What the name of a file or folder says: which exercise it is, or whether it is junk, an archive or a version."""

import functools
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fls_teach.characters import UNSEEN, decode_name, one_line
from fls_teach.course.registry import exercises


def data_lines(name: str) -> list[list[str]]:
    """Return [key, text] for each line of a data file of this folder, without comments ("#")."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [line.split(None, 1) for line in lines if line and line[0] != "#"]


WORDS: dict[str, list[str]] = {}
"""The words that file names contain, by the keys of words.txt."""
for _key, _text in data_lines("words.txt"):
    WORDS.setdefault(_key, []).extend(_text.split(", "))

LONGEST = 255
"""Characters of a file name on common systems; names in archives may be longer, and no pattern reads those whole."""

STAMP = (
    r"(?:(?:19|20)\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d"
    r"(?:(?:[T_\-., ]|\bat\b)*[0-2]?\d[-_.:hH]?[0-5]\d(?:[-_.:mM]?[0-5]\d(?:[-_.]?\d{3,6})?)?(?:Z|[+-]\d{4})?)?(?!\d))"
)
"""A date, with or without a time, as platforms write it into names."""
COPY = rf"(?:{'|'.join(WORDS['copy'])})(?:[ _]+(?:{'|'.join(WORDS['of'])}))?"
"""What systems call a copy of a file: "copy", "Copy of"."""
# At most four, as many stamps in a row can be read in exponentially many ways.
_BEFORE = rf"(?:(?:{COPY}|{STAMP}|late)[\W_]+){{0,4}}"
# The lookahead makes the stamp atomic. Its time could also match as numbers, and each stamp would double the ways.
AFTER = rf"(?:[\W_]+(?:{COPY}|(?=(?P<stamp>{STAMP}))(?P=stamp)|\d{{1,3}}))*[\W_]*"
_END = re.compile(r"\.pyw?(?:\.pyw?|\.txt|_?\(\d+\)|-\d+| )*$")
_PART = {*WORDS["part"], *WORDS["copy"]}
_PHRASES = sorted((each for each in _PART if " " in each), key=len, reverse=True)
_ARCHIVE_END = r"(\.tar)?(?:" + "|".join(map(re.escape, WORDS["archives"])) + r")\Z"


def item_path(item: Any) -> str:
    """Return the path of an `Item` in printable form."""
    return one_line("/".join(item.parts))


def not_taken(parts: Iterable[str], reason: object) -> str:
    """Return the note on a file that was not taken."""
    return f"'{one_line('/'.join(parts))}' was not taken: {reason}."


def is_junk(name: str) -> bool:
    """Whether systems and tools leave files of this name behind, so that no note on them is needed."""
    if name.startswith(".") and is_archive(name):  # an archive is a person's, unless macOS wrote its "._" companion
        return name.startswith("._")
    return name.startswith((".", "~$")) or name.casefold() in WORDS["junk"] or "_assignfeedback_" in name


def is_hidden(name: str) -> bool:
    """Whether the name is hidden on Unix and not that of a known tool, so that it may be a person's."""
    return name.startswith(".") and not name.startswith("._") and name.casefold() not in WORDS["tools"]


def is_archive(name: str) -> bool:
    """Whether the name ends as an archive's does."""
    return name.casefold().endswith(tuple(WORDS["archives"]))


def is_work(name: str) -> bool:
    """Whether the name ends as that of something people hand in: a Python file, a notebook or an archive."""
    name = name[-LONGEST:].casefold()
    return is_archive(name) or name.endswith(".ipynb") or _END.search(name) is not None


def has_free_name(name: str) -> bool:
    """Whether it is the name of a Python file or a notebook, but not of a test or a tool's file."""
    name = name[-LONGEST:].casefold()
    free = not name.startswith(("test_", "support_", "conftest", "_", "."))
    return free and (name.endswith(".ipynb") or _END.search(name) is not None)


@functools.lru_cache(4096)
def names_a_part(name: str) -> bool:
    """Whether the name is that of a part or a version of one person's work, and thus not a person's.

    Examples
    --------
    >>> [names_a_part(name) for name in ("src", "Old version (2)", "week_3.zip", "08_bayes_error_v2.py")]
    [True, True, True, True]
    >>> [names_a_part(name) for name in ("Berg", "u2", "2")]
    [False, False, False]
    """
    stem = re.sub(rf"(?:\.py|\.ipynb)\Z|(?<!\d)(?i:{STAMP})", "", stem_of(name[-LONGEST:].casefold()))
    rest = re.sub("|".join(exercise_pattern(each.name, "") for each in exercises()), "", stem)
    # Word by word: a regular expression of all words would try a long name in exponentially many ways.
    words = " ".join(["", *re.findall(r"[^\W\d_]+", rest), ""])
    for phrase in _PHRASES:
        words = words.replace(f" {phrase} ", " ")
    return _PART.issuperset(words.split()) and re.search(r"[^\W\d_]", stem) is not None


def stem_of(archive: str) -> str:
    """Return the name of an archive without its ending; other names unchanged."""
    return re.sub(_ARCHIVE_END, "", archive, flags=re.IGNORECASE)


@functools.cache
def exercise_pattern(name: str, number: str = r"0*{}[\W_]*") -> str:
    """Return a pattern for the name of an exercise, with any separators and with or without leading zeros."""
    return number.format(int(name[:2])) + r"[\W_]*".join(map(re.escape, name[3:].split("_")))


@functools.lru_cache(2**15)  # the names in an archive are matched several times
def match_file_name(name: str, expected: tuple[str, ...]) -> tuple[str, int] | None:
    """Find the exercise that a file is by its name.

    Parameters
    ----------
    name : str
    expected : tuple of str
        The exercises' names.

    Returns
    -------
    (str, int) or None
        The exercise and a rank, of which the lower is the surer. 0: its name, apart from case, marks of copies ("(1)",
        "Copy of ...", a time stamp) and a hidden ending. 1: its name among other words, or without its number.

    Examples
    --------
    >>> match_file_name("Kopie von 08_bayes_error (2).py.txt", ("08_bayes_error",))
    ('08_bayes_error', 0)
    >>> match_file_name("ada's 8-bayes-error.py", ("08_bayes_error",))
    ('08_bayes_error', 1)
    """
    name = unicodedata.normalize("NFKC", decode_name(name)).casefold().strip()
    stem = _END.sub("", name) if len(name) <= LONGEST else name
    if stem == name or not name.isprintable() or UNSEEN.search(name) or stem.startswith(("test_", "support_")):
        return None
    if not re.search("|".join(exercise_pattern(each, "") for each in expected), stem):  # fast, and true of most names
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


@functools.lru_cache(4096)
def match_folder_name(folder: str, expected: tuple[str, ...]) -> tuple[str, int] | None:
    """Find the exercise that a folder or an archive is named after, as `match_file_name`; its number is enough."""
    stem = stem_of(folder)
    by_number = [(each, 0) for each in expected if stem == each[:2]]
    return by_number[0] if by_number else match_file_name(f"{stem}.py", expected)


def match_path(parts: tuple[str, ...], expected: tuple[str, ...], notebooks: bool = False) -> tuple[str, int] | None:
    """Find the exercise that a file is by its path, as `match_file_name`; rank 2: only a folder around it is named so.

    With `notebooks`, a freely named notebook in such a folder counts too.

    Examples
    --------
    >>> match_path(("08_bayes_error", "Ada.py"), ("08_bayes_error",)), match_path(("Ada.py",), ("08_bayes_error",))
    (('08_bayes_error', 2), None)
    """
    match = match_file_name(parts[-1], expected)
    if match or not has_free_name(parts[-1]):
        return match
    if parts[-1].casefold().endswith(".ipynb") and (not notebooks or intended_exercise(parts[-1], expected)):
        return None
    if match_file_name(parts[-1], tuple(each.name for each in exercises())):  # an exercise that is not graded now
        return None
    above = (match_folder_name(folder, expected) for folder in reversed(parts[:-1]))
    return next(((each[0], 2) for each in above if each), None)


def intended_exercise(name: str, expected: tuple[str, ...]) -> str | None:
    """Return the exercise that the name of a file comes close to, or None."""
    name = name.casefold()
    if not re.search(r"\.(py|ipynb)\b", name) or ".bak" in name or name.startswith(("test_", "support_")):
        return None
    letters = re.sub(r"[\W_]+", "", name)
    by_slug = (each for each in expected if each[3:].replace("_", "").casefold() in letters)
    by_number = (each for each in expected if re.match(rf"0*{int(each[:2])}(?!\d)", name))
    return next(by_slug, None) or next(by_number, None)
