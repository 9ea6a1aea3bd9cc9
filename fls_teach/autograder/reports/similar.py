"""Near-identical submissions: a flag for manual review, never a mark.

Two files are compared as sequences of tokens. A file may be hostile, so nothing here runs, parses or compiles it: one
regular expression cuts it up, whatever it holds, in linear time (20 times faster than pygments' lexer, which matters
for 16,000 files). What does not count:

* comments, layout and strings that stand alone (docstrings);
* what the course hands out: lines of the stub, the headings of its functions, imports;
* names that anybody can choose: each becomes the same token, so that renaming changes nothing. Keywords, builtins and
  attributes (``np.linalg.norm``) keep their names, or all short code would look alike.

What the course publishes itself is compared in another way, since a student may paste a few functions of it: the
specification with its oracles, and `fls_teach.theory`. There it counts how much of the submission stands, in runs of
`RUN` tokens, in these texts; honest solutions reach at most 0.54.

How alike two submissions are: 1 - (insertions and deletions) / (tokens of both), by rapidfuzz. The thresholds were
measured on this course: honest solutions of one exercise in different styles (the reference and the alternatives) reach
at most 0.66; renaming leaves 1; a copy of 100 tokens with five of them replaced is at 0.95. A file with fewer than
`SHORTEST` tokens of its own is never compared, because the shortest exercises leave little choice: the references of
02, 03, 05, 07 and 08 have 27 to 85. A copy can be hidden by anybody with the patience: what is found says more than
what is not.
"""

import builtins
import functools
import keyword
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import fls_teach
from fls_teach.autograder.intake.submission import Submission
from fls_teach.course.registry import Exercise, MissingModule

ALIKE = 0.9
SHORTEST = 100  # tokens of a submission's own
LONGEST = 1500  # tokens looked at; the longest honest solution has 495
LARGEST = 1 << 18  # characters looked at
REFERENCE = None  # which is no submission's name
PASTED = 0.7  # of a submission's own tokens
RUN = 20  # tokens in a row
_ROWS = 64  # of the table of all pairs, held in memory at a time

_TOKEN = re.compile(
    r"(?P<blank>[ \t\f\r]+|\\\r?\n|#[^\n]*)"
    r"|(?P<line>\n)"
    # A string that never ends goes on to the end of the line or the file: every alternative always finds its end.
    r"|(?P<string>[rRbBuUfFtT]{0,2}(?:"
    r"'''(?:[^\\]|\\(?:.|\Z))*?(?:'''|\Z)|\"\"\"(?:[^\\]|\\(?:.|\Z))*?(?:\"\"\"|\Z)"
    r"|'(?:[^'\\\n]|\\.)*'?|\"(?:[^\"\\\n]|\\.)*\"?))"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<number>\.?\d(?:[eE][+-]|[\w.])*)"
    r"|(?P<sign>\*\*=|//=|>>=|<<=|\.\.\.|->|:=|[-+*/%@&|^=!<>]=|\*\*|//|<<|>>|.)",
    re.DOTALL,
)
_KEPT = frozenset(keyword.kwlist) | frozenset(dir(builtins))


@dataclass(frozen=True)
class Pair:
    """Two files of one exercise that look alike.

    Parameters
    ----------
    a, b : str
        Names of submissions; `b` is None for a text of the course.
    exercise : str
    ratio : float
        1 if they are identical but for names, comments and layout. With the specification or the theory: how much of
        the submission stands there.
    course : str
        Which text of the course.
    """

    a: str
    b: str | None
    exercise: str
    ratio: float
    course: str = ""


def near_identical(submissions: Iterable[Submission], exercises: Sequence[Exercise]) -> list[Pair]:
    """Files that look alike, of two submissions or of one and what the course has written itself.

    Not every pair of a crowd is listed, which would be half a million for a thousand: of identical files each is
    linked to the first of them, and any other to the file most like it, and to the reference if they are alike.

    Parameters
    ----------
    submissions : iterable of Submission
        Taken one by one; only their tokens are kept.
    exercises : sequence of Exercise

    Returns
    -------
    list of Pair
        The most alike first.

    Raises
    ------
    MissingModule
        If rapidfuzz, of the extra "grade", is not installed.
    """
    try:
        from rapidfuzz import process
        from rapidfuzz.distance import Indel
    except ImportError:
        raise MissingModule("similar files are found with rapidfuzz: python -m pip install rapidfuzz") from None

    stubs = {each.name: _Stub(_read(each.stub)) for each in exercises}
    groups = {name: {} for name in stubs}  # of each exercise: names by tokens

    def join(name, exercise, text):
        tokens = stubs[exercise].own_tokens(text)
        if len(tokens) >= SHORTEST:
            groups[exercise].setdefault(tokens, []).append(name)

    for each in exercises:
        if each.solution.exists():
            join(REFERENCE, each.name, _read(each.solution))  # the first to join its group, which is the first of all
    for submission in submissions:
        for exercise, content in submission.files.items():
            if exercise in stubs:
                join(submission.name, exercise, _decoded(content))

    pairs, theory = [], _runs(sorted(Path(fls_teach.__file__).parent.joinpath("theory").rglob("*.py")))
    for each in exercises:
        texts, names = list(groups[each.name]), list(groups[each.name].values())
        pairs += [_pair(one[0], other, each.name, 1.0) for one in names for other in one[1:]]
        with_reference = bool(names) and names[0][0] is REFERENCE
        links = _links(texts, with_reference, process.cdist, Indel.normalized_similarity)
        pairs += [_pair(names[i][0], names[j][0], each.name, ratio) for i, j, ratio in links]
        specification = _runs(filter(None, (each.specification, each.support)))
        for label, runs in (("the specification", specification), ("fls_teach.theory", theory)):
            for text, alike in groups[each.name].items():
                if (share := _share(text, runs)) >= PASTED:
                    pairs += [Pair(name, None, each.name, round(share, 4), label) for name in {*alike} - {REFERENCE}]
    return sorted(set(pairs), key=lambda pair: (-pair.ratio, pair.exercise, pair.a, pair.b or ""))


def _pair(a, b, exercise, ratio):
    a, b = sorted((a, b), key=lambda name: (name is REFERENCE, name or ""))
    return Pair(a, b, exercise, round(ratio, 4), "" if b else "the reference solution")


def _links(texts, with_reference, table, scorer):
    """(i, j, ratio) of each text and the one most like it, and of each and the reference, which is text 0."""
    if len(texts) < 2:
        return
    for start in range(0, len(texts), _ROWS):
        ratios = table(texts[start : start + _ROWS], texts, scorer=scorer, score_cutoff=ALIKE)
        for k, row in enumerate(ratios, start):
            row[k] = 0  # itself
            best = int(row.argmax())
            for j in {best, 0} if with_reference else {best}:
                if row[j] >= ALIKE:
                    yield k, j, float(row[j])


def _runs(paths):
    """All runs of `RUN` tokens in these files, as a set of str."""
    texts = [_characters(token for line in _lines(_read(path)) for token in _general(line)) for path in paths]
    return {text[k : k + RUN] for text in texts for k in range(len(text) - RUN + 1)}


def _share(text, runs):
    """How much of a text of tokens stands in such runs."""
    covered = bytearray(len(text))
    for k in range(len(text) - RUN + 1):
        if text[k : k + RUN] in runs:
            covered[k : k + RUN] = b"\1" * RUN
    return sum(covered) / max(len(text), 1)


def _characters(tokens):
    """Tokens as a string of one character each, because rapidfuzz is fastest on strings.

    There are 53,248 different ones, so that two tokens rarely share one.
    """
    return "".join(map(_character, tokens))


@functools.lru_cache(maxsize=4096)  # code repeats itself, and a hostile file may hold any number of tokens
def _character(token):
    return chr(zlib.crc32(token.encode("utf-8", "replace")) % 0xD000 + 1)


def _read(path):
    return _decoded(path.read_bytes())


def _decoded(content):
    return content[: 4 * LARGEST].decode("utf-8", "replace")


class _Stub:
    """What the course hands out for an exercise, to be subtracted.

    Parameters
    ----------
    source : str
    """

    def __init__(self, source):
        self.lines = set(map(tuple, _lines(source)))
        self.functions = {line[1] for line in self.lines if line[:1] == ("def",)}

    def own_tokens(self, source):
        """What is a submission's own, as a string with one character per token."""
        own = []
        for line in _lines(source):
            handed_out = line[0] == "def" and line[1:2] and line[1] in self.functions
            if not handed_out and line[0] not in ("import", "from") and tuple(line) not in self.lines:
                own += _general(line)
        return _characters(own[:LONGEST])


def _lines(source):
    """Logical lines as lists of tokens, without comments and without lines of nothing but strings."""
    line, depth, code = [], 0, False
    for found in _TOKEN.finditer(source[:LARGEST]):
        kind, token = found.lastgroup, found[0]
        if kind == "blank":
            continue
        if kind != "line":
            depth += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
            line.append(token)
            code = code or kind != "string"
        elif depth <= 0:
            if code:
                yield line
            line, depth, code = [], 0, False
    if code:
        yield line


def _general(line):
    """A line with one token for all names that could be any other."""
    before = ""
    for token in line:
        free = (token[0].isalpha() or token[0] == "_") and token.isidentifier()
        yield "name" if free and before != "." and token not in _KEPT else token
        before = token
