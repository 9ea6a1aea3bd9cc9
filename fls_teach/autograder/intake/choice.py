"""Choose the file of each exercise in a submission: by name, and by content where names leave a choice."""

import re

from fls_teach.autograder.intake.file_names import (
    AFTER,
    LONGEST,
    STAMP,
    intended_exercise,
    item_path,
    match_folder_name,
    match_path,
    not_taken,
)
from fls_teach.autograder.intake.sources import Item, Refused, go_on
from fls_teach.course.registry import find_exercise
from fls_teach.sandbox.notebooks import notebook_complaint

MAX_CANDIDATES = 20  # read per exercise, if they all differ; further ones are only counted


def choose(
    items: list[Item], refused: list[str], expected: tuple[str, ...], platform: str = ""
) -> tuple[dict[str, bytes], list[str], list[str], set[str]]:
    """Find the exercises' files.

    The only file that can be an exercise is taken, wherever it lies and however its name was changed. Among several
    that differ, and differ from the stub that was handed out, one is taken only if something singles it out: the closer
    name, the later archive, the upper folder, or the later time stamp or number of its folder. A loose file is not
    preferred to one in an archive.

    Parameters
    ----------
    items : list of Item
    refused : list of str
        Notes on what was refused earlier.
    expected : tuple of str
        The exercises' names.
    platform : str
        The one that named the files: Canvas numbers files that are handed in again, and the last one counts.

    Returns
    -------
    files : dict of str to bytes
        By exercise.
    notes : list of str
        What was refused and what was chosen, most important first.
    review : list of str
        The notes for which a person has to look.
    claims : set of str
        The exercises for which there is a candidate.
    """
    claims, remarks, unread, taken, unclear, files = {}, [], [], [], [], {}
    for item in sorted(items, key=lambda item: item.parts):
        go_on()
        claim = match_path(item.parts, expected)
        if claim:
            claims.setdefault(claim[0], []).append((claim[1], item))
        elif reason := item.problem or _worth_a_remark(item.parts[-1], expected):
            remarks.append(not_taken(item.parts, reason))
    for name, claim in sorted(claims.items()):
        texts = {}  # text -> the first candidate that has it
        claim = sorted(claim, key=lambda each: (each[0], len(each[1].parts)))[::-1]
        while claim and len(texts) <= MAX_CANDIDATES:  # one more, as the stub may be among them
            level, item = claim.pop()
            try:
                data = item.tree.read(item)
                texts.setdefault(_plain(data), (level, item, data))
            except Refused as reason:
                unread.append(not_taken(item.parts, reason))
        stub = texts.pop(_plain(find_exercise(name).stub.read_bytes()), None)
        every = [*texts.values()] or [stub] * bool(stub)
        best = _narrowed(every, name, expected, platform)
        rest = [each for each in every if each not in best and each[0] < 2]
        if len(best) > 1 or best and claim and claim[-1][0] == best[0][0]:
            unread_too = _listed(best, len(claim))
            unclear.append(
                f"{unread_too} claim to be the same exercise: none was taken, so {name} counts as not handed in."
            )
        elif best:
            _, item, files[name] = best[0]
            others = f", not {_listed(rest, len(claim))}" if rest else ""
            others += f"; '{item_path(stub[1])}' is the unchanged stub" if texts and stub else ""
            if others or item.parts[-1] != f"{name}.py":
                taken.append(f"'{item_path(item)}' was taken as {name}{others}.")
    notes = [*refused, *unclear, *unread, *taken, *remarks]
    if files:
        return files, notes, unclear, {*claims}
    if unclear:  # files of an exercise were found, but which of them counts is unknown
        return files, notes, unclear, {*claims}
    nothing = f"No file of an exercise was found; such files are called {(*expected, 'NN_name')[0]}.py and so on."
    first = sorted(items, key=lambda item: item.parts)[:1]
    instead = [f"{nothing} Other files were handed in, such as '{item_path(item)}'." for item in first]
    return files, [nothing, *notes], notes[:1] or instead, {*claims}


def _narrowed(found, name, expected, platform):
    """Return the candidates (rank, item, bytes) to which no other is preferable."""
    found = _least(found, lambda each: each[0])
    archives = {item.archive: item for _, item, _ in found}
    if len(archives) > 1 and () not in archives:
        found = [each for each in found if each[1].archive in _latest(archives)]
    if len({item.archive for _, item, _ in found}) == 1:
        found = _least(found, lambda each: _depth(each[1].parts, name, expected))
        stamps = ["".join(re.findall(STAMP, item.parts[-1], re.IGNORECASE)) for _, item, _ in found]
        again = [re.search(r"(?:-(\d{1,3}))?(?=\.[^.]*\Z)", item.parts[-1]) for _, item, _ in found]
        if platform == "canvas" and all(again) and len({each.string[: each.start()] for each in again}) == 1:
            stamps = [[int(each[1] or 0)] for each in again]
        folders = ["/".join(item.parts[:-1]) for _, item, _ in found]
        if len(set(folders)) > 1 == len({re.sub(r"\d+", "", folder) for folder in folders}):
            stamps = [[int(number[-LONGEST:]) for number in re.findall(r"\d+", folder)] for folder in folders]
        if all(stamps):
            found = [each for each, stamp in zip(found, stamps, strict=True) if stamp == max(stamps)]
    return found


def _least(found, key):
    least = min(map(key, found), default=None)
    return [each for each in found if key(each) == least]


def _latest(archives):
    """Return the paths of the latest of some archives, {path: an item in it}."""
    names = {path: path[-1][-LONGEST:] for path in archives}
    stems = {re.sub(AFTER + r"\Z", "", re.sub(r"\.\w+$", "", name.casefold())) for name in names.values()}
    if len(stems) == 1:  # "work.zip" and "work (1).zip"
        age = {path: [int(number) for number in re.findall(r"\d+", name)] for path, name in names.items()}
    else:
        age = {path: item.tree.newest for path, item in archives.items()}
    return [path for path in archives if age[path] == max(age.values())]


def _depth(parts, name, expected):
    """Return how many folders a file lies in, not counting its exercise's own folder."""
    own = len(parts) > 1 and (match_folder_name(parts[-2], expected) or ("",))[0] == name
    return len(parts) - own


def _plain(data):
    """Return a text without what an upload may change: byte-order mark, line ends, blanks at both ends."""
    return data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").strip()


def _listed(found, unread):
    count = len(found[3:]) + unread
    more = f" and {count} more" if count else ""
    return " and ".join(f"'{item_path(item)}'" for _, item, _ in found[:3]) + more


def _worth_a_remark(name, expected):
    """Return why a file was not taken that its author may have meant to hand in; "" for other files."""
    wanted = intended_exercise(name, expected)
    if name.casefold().endswith(".ipynb"):
        return "it " + notebook_complaint("", "it.ipynb", f"{wanted or 'NN_name'}.py")
    return f"its name must be {wanted}.py" if wanted else ""
