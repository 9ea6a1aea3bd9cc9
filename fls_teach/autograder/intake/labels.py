"""Names of submissions and result folders: unique for people and on case-insensitive, normalising file systems."""

import functools
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from fls_teach.autograder.intake.submission import Submission
from fls_teach.characters import one_line

try:
    from confusable_homoglyphs.confusables import confusables_data
except ImportError:
    confusables_data = {}

_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d|conin|conout", re.IGNORECASE)  # names that Windows does not allow


def names_of(label: str, found: Submission) -> tuple[str, ...]:
    """Return ever longer names for a submission, the last of which no other can have.

    Parameters
    ----------
    label : str
        The person's name, or the group's.
    found : Submission

    Returns
    -------
    tuple of str
    """
    place = found.path
    inner = "".join(f"/{path}" for path, _ in found.members[:1])
    key = found.login or found.id
    full = f"{found.called} {key}" if key else f"{found.who.strip()}/" if found.kind == "folder" else found.who
    stem, full, longer = (_shown_name(text) for text in (label, full, f"{place.parent.name}/{full}"))
    marks = _marks(f"{place.parent.name}/{place.name}{inner}", f"{place}{inner}")
    return stem, full, longer, *(f"{stem[: 84 - len(mark)]} [{mark}]" for mark in marks)


def _shown_name(text):
    """Return a name as it looks: blanks at its ends do not show, and two look like one."""
    return " ".join(one_line(text, 80).split()) or "submission"


def folders_of(name: str) -> list[str]:
    """Return ever longer names for a folder of results: only letters, digits, "_" and "-".

    Parameters
    ----------
    name : str
        The submission's, as `disambiguate` returned it: unique.

    Returns
    -------
    list of str
    """
    # Without a dot, it is neither hidden nor one of the batch's own files, whose names all have one.
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", plain)[:60].strip("-")
    plain = f"{plain}-submission" if _DEVICES.fullmatch(plain) else plain
    longer = [f"{plain[: 76 - len(mark)] or 'submission'}-{mark}" for mark in _marks(name, name)]
    return [plain, *longer] if plain else longer


def _marks(near, whole):
    """Return marks that tell namesakes apart: a short digest, and a long one in case that is not enough."""
    near, whole = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() for text in (near, whole))
    return near[:8], whole


@functools.cache
def _prototype(letter):
    """Return one representative of all letters that look like this one, by Unicode's table; needs the extra "grade"."""
    alike = [letter, *(each["c"] for each in confusables_data.get(letter, ()))]
    return max(alike, key=lambda each: (len(confusables_data.get(each, ())), each))


def _looks(name):
    """Return two texts; names that look the same, apart from case, script and normal form, share one of them."""
    plain = unicodedata.normalize("NFKC", name)
    return plain.casefold(), f"\0{''.join(map(_prototype, plain)).casefold()}"


def disambiguate(options: Iterable[Iterable[str]]) -> list[str]:
    """Choose a name for each: the first of its options that looks like no other chosen name.

    Parameters
    ----------
    options : list of sequence of str
        Ever longer names, of which the last must be unique.

    Examples
    --------
    >>> disambiguate([("ada", "ada.zip"), ("Ada", "Ada/"), ("bob", "bob.zip")])
    ['ada.zip', 'Ada/', 'bob']
    """
    left = [list(each) for each in options]
    while True:
        often = Counter(look for names in left for look in _looks(names[0]))
        twins = [names for names in left if names[1:] and any(often[look] > 1 for look in _looks(names[0]))]
        if not twins:
            return [names[0] for names in left]
        for names in twins:
            del names[0]
