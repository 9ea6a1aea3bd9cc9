"""What submissions and the folders of their results are called: nobody shows as another, on any system."""

import hashlib
import re
import unicodedata
from collections import Counter

from fls_teach.autograder.intake.layout import shown

_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d|conin|conout", re.IGNORECASE)  # no file on Windows can be called so


def names_of(place, kind):
    """Ever longer names for a submission, the last of which no other can have.

    Parameters
    ----------
    place : Path
    kind : str
        As of an `intake.Entry`.

    Returns
    -------
    tuple of str
    """
    name = place.name.strip()
    stem, full = {"file": (name[:-3], name), "zip": (name[:-4], name)}.get(kind, (name, f"{name}/"))
    full = f"{name}_..." if kind == "canvas" else full
    stem, full, longer = (_shown_name(text) for text in (stem, full, f"{place.parent.name}/{full}"))
    kind = "\0" if kind == "canvas" else ""  # which no path holds
    marks = _marks(f"{place.parent.name}/{place.name}{kind}", f"{place}{kind}")
    return stem, full, longer, *(f"{stem[: 96 - len(mark)]} [{mark}]" for mark in marks)


def _shown_name(text):
    """As a person sees it: blanks at its ends, or two of them, look like none, or one."""
    return " ".join(shown(text, 80).split()) or "submission"


def folders_of(name):
    """Ever longer names for the folder of its results: only letters, digits, "_" and "-".

    Parameters
    ----------
    name : str
        As `told_apart` gave it, which no other submission has.

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
    """What tells two of one name apart, whoever else is there: a short digest, and a long one should that not do."""
    near, whole = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() for text in (near, whole))
    return near[:8], whole


def told_apart(options):
    """A name for each: the first of its options that no other one has, in whatever case, so nobody shows as another.

    Parameters
    ----------
    options : list of sequence of str
        Ever longer names; the last one nobody else can have.

    Examples
    --------
    >>> told_apart([("ada", "ada.zip"), ("Ada", "Ada/"), ("bob", "bob.zip")])
    ['ada.zip', 'Ada/', 'bob']
    """
    level = [0] * len(options)
    while True:
        names = [each[k] for each, k in zip(options, level, strict=True)]
        alike = [unicodedata.normalize("NFC", name.casefold()) for name in names]
        often = Counter(alike)
        twins = [i for i, name in enumerate(alike) if often[name] > 1 and level[i] + 1 < len(options[i])]
        if not twins:
            return names
        for i in twins:
            level[i] += 1
