"""Which files of a submission are the exercises': by their names, and by their bytes where names leave a choice."""

import re
from dataclasses import dataclass

from fls_teach.autograder.intake.layout import AFTER, LONGEST, STAMP, meant, path_of, recognised, refusal
from fls_teach.autograder.intake.sources import Refused
from fls_teach.sandbox.notebooks import notebook_complaint

MAX_CANDIDATES = 20  # files that are read for one exercise


@dataclass(frozen=True)
class Choice:
    """What was taken of a submission.

    Attributes
    ----------
    files : dict of str to bytes
        By exercise.
    notes : list of str
        What was refused or chosen, the graver first.
    unclear : list of str
        Those of the notes that say why a person has to choose.
    """

    files: dict
    notes: list
    unclear: list


def choose(items, expected, stub=lambda name: b""):
    """Find the exercises' files.

    The only file that can be an exercise is taken, wherever it lies and however its name was changed. Of several that
    differ, and are not the stub as it was handed out, one is taken only if something says which: the better name, the
    later archive, the upper folder, the later time stamp. A loose file is not better than one in an archive.

    Parameters
    ----------
    items : list of Item
    expected : tuple of str
    stub : callable
        Gives the bytes of an exercise's stub.

    Returns
    -------
    Choice
    """
    claims, remarks, refused, remarkable, unclear, files = {}, [], [], [], [], {}
    for item in sorted(items, key=lambda item: item.parts):
        found = recognised(item.parts[-1], expected)
        if found:
            claims.setdefault(found[0], []).append((found[1], len(item.parts), item))
        elif reason := item.problem or _worth_a_remark(item.parts[-1], expected):
            remarks.append(refusal(item.parts, reason))
    for name, found in sorted(claims.items()):
        texts = {}  # of those with the same text, the first
        for level, _, item in sorted(found, key=lambda each: each[:2])[:MAX_CANDIDATES]:
            try:
                if item.problem:
                    raise Refused(item.problem)
                data = item.tree.read(item)
                texts.setdefault(_plain(data), (level, item, data))
            except Refused as reason:
                refused.append(refusal(item.parts, reason))
        unchanged, every = texts.pop(_plain(stub(name)), None), [*texts.values()]
        found = _narrowed(every, name, expected) if every else [unchanged] if unchanged else []
        taken = [item for _, item, _ in found]
        rest = [item for _, item, _ in every if item not in taken]
        if len(taken) > 1:
            unclear.append(
                f"{_listed(taken)} claim to be the same exercise: none was taken, so {name} counts as not handed in."
            )
        elif taken:
            files[name] = found[0][2]
            others = f", not {_listed(rest)}" if rest else ""
            others += f"; '{path_of(unchanged[1])}' is the unchanged stub" if every and unchanged else ""
            if others or taken[0].parts[-1] != f"{name}.py":
                remarkable.append(f"'{path_of(taken[0])}' was taken as {name}{others}.")
    return Choice(files, [*unclear, *refused, *remarkable, *remarks], unclear)


def _narrowed(found, name, expected):
    """Those of (level, item, bytes) among which nothing chooses."""
    found = _least(found, lambda each: each[0])
    archives = {item.archive: item for _, item, _ in found}
    if len(archives) > 1 and () not in archives:
        found = [each for each in found if each[1].archive in _latest(archives)]
    if len({item.archive for _, item, _ in found}) == 1:
        found = _least(found, lambda each: _depth(each[1].parts, name, expected))
        stamps = ["".join(re.findall(STAMP, item.parts[-1], re.IGNORECASE)) for _, item, _ in found]
        if all(stamps):
            found = [each for each, stamp in zip(found, stamps, strict=True) if stamp == max(stamps)]
    return found


def _least(found, key):
    return [each for each in found if key(each) == min(map(key, found))]


def _latest(archives):
    """Of archives, as {path: an item in it}, those that nothing shows to be older than another."""
    names = {path: path[-1][-LONGEST:] for path in archives}
    stems = {re.sub(AFTER + r"\Z", "", re.sub(r"\.\w+$", "", name.casefold())) for name in names.values()}
    if len(stems) == 1:  # "work.zip" and "work (1).zip"
        age = {path: [int(number) for number in re.findall(r"\d+", name)] for path, name in names.items()}
    else:
        age = {path: item.tree.newest for path, item in archives.items()}
    return [path for path in archives if age[path] == max(age.values())]


def _depth(parts, name, expected):
    """How many folders a file lies in, but for one that is called as its exercise."""
    own = len(parts) > 1 and (recognised(f"{parts[-2]}.py", expected) or ("",))[0] == name
    return len(parts) - own


def _plain(data):
    """A text without what an upload may change in it."""
    return data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").strip()


def _listed(items):
    more = f" and {len(items) - 3} more" if len(items) > 3 else ""
    return " and ".join(f"'{path_of(item)}'" for item in items[:3]) + more


def _worth_a_remark(name, expected):
    """Why a file was not taken that its author may have meant to hand in; "" for all others."""
    wanted = meant(name, expected)
    if name.casefold().endswith(".ipynb"):
        return "it " + notebook_complaint("", name, f"{wanted or 'NN_name'}.py")
    return f"its name must be {wanted}.py" if wanted else ""
