"""Which of the paths in a submission are the exercises' files: decided by names alone, before anything is opened."""

import re
import unicodedata
from dataclasses import dataclass

_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z")
_JUNK = ("__macosx", "__pycache__", "thumbs.db", "desktop.ini")
_SHOWN = 80  # characters of a path in a note
# Printable, says Python, and yet nothing is seen of them: two names that differ by one look the same.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # half a character, and no byte that the locale cannot read
_CANVAS = re.compile(
    r"(?P<who>(LATE_)?anon_(?!LATE_\d)[A-Za-z\d]+|.+?_\d+)_\d+_(?P<stem>.+?)(-\d+)?(?P<end>(\.[^.]*)?)",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True)
class Item:
    """Something in a submission that is not an ordinary folder.

    Attributes
    ----------
    parts : tuple of str
        Its path from the submission's top.
    problem : str
        Why it must not be opened ("it is a link, ..."), or "".
    handle : object
        What its source needs to read it.
    """

    parts: tuple
    problem: str = ""
    handle: object = None


def shown(text, limit=_SHOWN):
    """`text` as it may be shown anywhere: printable, on one line, at most `limit` characters.

    Bytes of a file's name that are not UTF-8 are written out; those that are, whatever the locale says, are letters.

    Examples
    --------
    >>> shown("a\\x1b[2Jb" + chr(0x202E))
    'a?[2Jb?'
    >>> print(shown("caf\\udce9"), shown("caf\\udcc3\\udca9"))
    caf\\xe9 café
    """
    raw = _NO_BYTE.sub("?", text[: 4 * limit]).encode("utf-8", "surrogateescape")
    text = unicodedata.normalize("NFC", raw.decode("utf-8", "backslashreplace"))
    text = "".join(letter if letter.isprintable() else "?" for letter in _UNSEEN.sub("?", text))
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def refusal(parts, reason):
    """The note for a path that was not taken."""
    return f"'{shown('/'.join(parts))}' was not taken: {reason}."


def is_junk(parts):
    """Whether a path is what systems and tools leave behind, which no person needs to hear of."""
    return any(map(_is_junk, parts))


def _is_junk(name):
    if name.startswith(".") and is_archive(name):  # somebody's, unless a Mac put it beside another
        return name.startswith("._")
    return name.startswith(".") or name.casefold() in _JUNK


def is_archive(name):
    """Whether a file is called as archives are."""
    return name.casefold().endswith(_ARCHIVES)


def claimed(parts, expected):
    """The exercise whose file a path is, up to upper and lower case, or None.

    Parameters
    ----------
    parts : tuple of str
        (NN_slug.py,) or (NN_slug, NN_slug.py), if it is one.
    expected : tuple of str
        The exercises' names.
    """
    for name in expected if 1 <= len(parts) <= 2 and parts[-1].casefold().endswith(".py") else ():
        wanted = (name, f"{name}.py")[-len(parts) :]
        if [part.casefold() for part in parts] == [part.casefold() for part in wanted]:
            return name
    return None


def canvas(name):
    """Whose file it is, and its name, if it is called as Canvas calls the files that it packs; or None.

    All files of all people lie in one folder there, as NAME[_LATE]_USER_ATTACHMENT_FILE, and a file that was handed in
    anew bears a number (lib/content_zipper.rb in Canvas).

    Examples
    --------
    >>> canvas("lovelaceada_LATE_4711_90210_08_bayes_error-2.py")
    ('lovelaceada_LATE_4711', '08_bayes_error.py')
    """
    found = _CANVAS.fullmatch(name)
    return found and (found["who"], found["stem"] + found["end"])


def is_exact(parts, expected):
    """Whether a path is an exercise's file to the letter."""
    name = claimed(parts, expected)
    return name is not None and parts == (name, f"{name}.py")[-len(parts) :]


def choose(items, expected):
    """Find the exercises' files: at the top, in NN_slug/, or so within the only folder that holds any.

    Parameters
    ----------
    items : list of Item
    expected : tuple of str

    Returns
    -------
    chosen : dict
        Exercise -> Item; at most one for each: of two that claim to be the same exercise, neither.
    notes : list of str
        What was refused, the graver first.
    """
    items = sorted(items, key=lambda item: item.parts)
    base, notes = _base(items, expected)
    claims, remarks = {}, []
    for item in items:
        name = claimed(item.parts[len(base) :], expected) if item.parts[: len(base)] == base else None
        if name:
            claims.setdefault(name, []).append(item)
        elif reason := item.problem or _worth_a_remark(item.parts, expected):
            remarks.append(refusal(item.parts, reason))
    chosen = {}
    for name, found in sorted(claims.items()):
        item = found[0]
        if len(found) > 1:
            names = " and ".join(f"'{shown('/'.join(other.parts))}'" for other in found[:3])
            names += f" and {len(found) - 3} more" if len(found) > 3 else ""
            notes.append(f"{names} claim to be the same exercise: none was taken, so {name} counts as not handed in.")
        elif item.problem:
            notes.append(refusal(item.parts, item.problem))
        elif not is_exact(item.parts[len(base) :], expected):
            notes.append(refusal(item.parts, f"its name must be {name}.py, in these letters"))
        else:
            chosen[name] = item
    return chosen, notes + remarks


def _base(items, expected):
    """The folder in which to look, and notes."""
    sound = [item.parts for item in items if not item.problem]
    if any(is_exact(parts, expected) for parts in sound):
        return (), []
    tops = sorted({parts[:1] for parts in sound if is_exact(parts[1:], expected)})
    if len(tops) < 2:
        return (tops[0] if tops else ()), []
    names = " and ".join(f"'{shown(top)}'" for (top,) in tops[:3])
    return (), [f"Exercises lie in {len(tops)} folders ({names}), and which is meant is not clear: none was taken."]


def _worth_a_remark(parts, expected):
    """Why a file was not taken that its author may have meant to hand in; "" for all others."""
    name = parts[-1].casefold()
    if is_archive(name):
        return "it is an archive within the submission, and those are not opened"
    if not re.search(r"\.(py|ipynb)\b", name) or ".bak" in name or name.startswith(("test_", "support_")):
        return ""
    if meant := _meant(name, expected):
        right_name = parts[-1] == f"{meant}.py"
        return f"its place is {meant}/{meant}.py" if right_name else f"its name must be {meant}.py"
    return "it is a notebook; exercises are .py files" if name.endswith(".ipynb") else ""


def _meant(name, expected):
    """The exercise that a file's name comes near to, or None."""
    letters = re.sub(r"[\W_]+", "", name)
    by_slug = (each for each in expected if each[3:].replace("_", "").casefold() in letters)
    by_number = (each for each in expected if re.match(rf"0*{int(each[:2])}(?!\d)", name))
    return next(by_slug, None) or next(by_number, None)
