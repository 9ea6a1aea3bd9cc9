"""What submissions and the folders of their results are called: no person shows as another, on any system."""

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

_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d|conin|conout", re.IGNORECASE)  # no file on Windows can be called so


def names_of(label: str, found: Submission) -> tuple[str, ...]:
    """Ever longer names for a submission, the last of which no other can have.

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
    """As a person sees it: blanks at its ends, or two of them, look like none, or one."""
    return " ".join(one_line(text, 80).split()) or "submission"


def folders_of(name: str) -> list[str]:
    """Ever longer names for the folder of its results: only letters, digits, "_" and "-".

    Parameters
    ----------
    name : str
        As `disambiguate` gave it, which no other submission has.

    Returns
    -------
    list of str
    """
    # Without a dot, it can be neither hidden nor one of the batch's own files, which all have one.
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", plain)[:60].strip("-")
    plain = f"{plain}-submission" if _DEVICES.fullmatch(plain) else plain
    longer = [f"{plain[: 76 - len(mark)] or 'submission'}-{mark}" for mark in _marks(name, name)]
    return [plain, *longer] if plain else longer


def _marks(near, whole):
    """What tells two of one name apart, whatever else is there: a short digest, and a long one should that not do."""
    near, whole = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() for text in (near, whole))
    return near[:8], whole


@functools.cache
def _prototype(letter):
    """Of all that look like a letter, says Unicode, the one that looks like most; needs the extra "grade"."""
    alike = [letter, *(each["c"] for each in confusables_data.get(letter, ()))]
    return max(alike, key=lambda each: (len(confusables_data.get(each, ())), each))


def _looks(name):
    """Texts one of which two names share if they look the same: in whatever case, script or normal form."""
    plain = unicodedata.normalize("NFKC", name)
    return plain.casefold(), f"\0{''.join(map(_prototype, plain)).casefold()}"


def disambiguate(options: Iterable[Iterable[str]]) -> list[str]:
    """A name for each: the first of its options that looks like no other one, so that no person shows as another.

    Parameters
    ----------
    options : list of sequence of str
        Ever longer names; the last one no other can have.

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
