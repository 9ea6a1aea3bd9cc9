"""Near-identical submissions: a flag for manual review, never a mark.

Two files are compared as sequences of tokens. A file may be hostile, so nothing here runs, parses or compiles it: one
regular expression splits any text in linear time (20 times faster than pygments' lexer, which matters for 16,000
files). Not compared are

* comments, layout and strings that stand alone (docstrings);
* what the course hands out: lines of the stub, the headings of its functions, imports;
* names that a student can choose: all become the same token, so that renaming changes nothing. Keywords, builtins and
  attributes (``np.linalg.norm``) are kept, since otherwise all short code would look alike.

The similarity of two submissions is 1 - (insertions and deletions) / (tokens of both), by rapidfuzz. The thresholds
were measured on this course: honest solutions of one exercise in different styles (the reference and the alternatives)
reach at most 0.66; a copy with other names has 1; a copy of 100 tokens with five replaced has 0.95. A file with fewer
than `SHORTEST` tokens of its own is not compared, because the shortest exercises leave little choice: the references of
02, 03, 05, 07 and 08 have 27 to 85.

A student may also paste functions that the course publishes, from the specification with its oracles or from
`fls_teach.theory`. Here the measure is the share of the submission's tokens that lie in runs of `RUN` tokens found in
these texts; honest solutions reach at most 0.54.

A patient student can hide a copy, so finding nothing proves nothing.
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

ALIKE = 0.9  # smallest similarity that is reported
SHORTEST = 100  # smallest number of a submission's own tokens
LONGEST = 1500  # number of tokens that are compared; the longest honest solution has 495
LARGEST = 1 << 18  # number of characters that are read
REFERENCE = None  # stands for the reference solution among names of submissions
PASTED = 0.7  # smallest share in a published text that is reported
RUN = 20  # tokens
_ROWS = 64  # rows of the table of all pairs that are in memory at a time

_TOKEN = re.compile(
    r"(?P<blank>[ \t\f\r]+|\\\r?\n|#[^\n]*)"
    r"|(?P<line>\n)"
    # An unterminated string extends to the end of the line or the file, so that every alternative finds an end.
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
        The similarity: 1 if they differ only in names, comments and layout. With the specification or the theory, the
        share of the submission in it.
    course : str
        Name of the text of the course, or "".
    """

    a: str
    b: str | None
    exercise: str
    ratio: float
    course: str = ""


def near_identical(submissions: Iterable[Submission], exercises: Sequence[Exercise]) -> list[Pair]:
    """Return pairs of similar files, of two submissions or of a submission and a text of the course.

    A thousand copies would make half a million pairs, so not all are listed: identical files are paired with the first
    of them, and any other file with the most similar one and, if similar, with the reference.

    Parameters
    ----------
    submissions : iterable of Submission
        Consumed one by one; only their tokens are kept.
    exercises : sequence of Exercise

    Returns
    -------
    list of Pair
        The most similar first.

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
    groups = {name: {} for name in stubs}  # exercise: {tokens: names of the submissions with these tokens}

    def add(name, exercise, text):
        tokens = stubs[exercise].own_tokens(text)
        if len(tokens) >= SHORTEST:
            groups[exercise].setdefault(tokens, []).append(name)

    for each in exercises:
        if each.solution.exists():
            add(REFERENCE, each.name, _read(each.solution))  # first, so that `_links` finds it as text 0
    for submission in submissions:
        for exercise, content in submission.files.items():
            if exercise in stubs:
                add(submission.name, exercise, _decoded(content))

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


def _links(texts, with_reference, cdist, scorer):
    """Yield (i, j, ratio) for each text and the most similar one, and for each and the reference, which is text 0."""
    if len(texts) < 2:
        return
    for start in range(0, len(texts), _ROWS):
        ratios = cdist(texts[start : start + _ROWS], texts, scorer=scorer, score_cutoff=ALIKE)
        for k, row in enumerate(ratios, start):
            row[k] = 0  # the text itself
            best = int(row.argmax())
            for j in {best, 0} if with_reference else {best}:
                if row[j] >= ALIKE:
                    yield k, j, float(row[j])


def _runs(paths):
    """Return all runs of `RUN` tokens in these files, as a set of str."""
    texts = [_characters(token for line in _lines(_read(path)) for token in _anonymous(line)) for path in paths]
    return {text[k : k + RUN] for text in texts for k in range(len(text) - RUN + 1)}


def _share(text, runs):
    """Return the share of a text of tokens that lies in such runs."""
    covered = bytearray(len(text))
    for k in range(len(text) - RUN + 1):
        if text[k : k + RUN] in runs:
            covered[k : k + RUN] = b"\1" * RUN
    return sum(covered) / max(len(text), 1)


def _characters(tokens):
    """Return tokens as a string of one character each, because rapidfuzz is fastest on strings.

    There are 53,248 different characters, so that two tokens rarely have the same.
    """
    return "".join(map(_character, tokens))


@functools.lru_cache(maxsize=4096)  # bounded, because hostile files may hold any number of different tokens
def _character(token):
    return chr(zlib.crc32(token.encode("utf-8", "replace")) % 0xD000 + 1)


def _read(path):
    return _decoded(path.read_bytes())


def _decoded(content):
    return content[: 4 * LARGEST].decode("utf-8", "replace")


class _Stub:
    """The stub of an exercise, whose lines are not compared.

    Parameters
    ----------
    source : str
    """

    def __init__(self, source):
        self.lines = set(map(tuple, _lines(source)))
        self.functions = {line[1] for line in self.lines if line[:1] == ("def",)}

    def own_tokens(self, source):
        """Return the tokens of a submission that are not the course's, as a string with one character per token."""
        own = []
        for line in _lines(source):
            handed_out = line[0] == "def" and line[1:2] and line[1] in self.functions
            if not handed_out and line[0] not in ("import", "from") and tuple(line) not in self.lines:
                own += _anonymous(line)
        return _characters(own[:LONGEST])


def _lines(source):
    """Yield logical lines as lists of tokens, without comments and without lines that consist of strings."""
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


def _anonymous(line):
    """Yield the tokens of a line, with "name" in place of each name that a student can choose."""
    before = ""
    for token in line:
        is_name = (token[0].isalpha() or token[0] == "_") and token.isidentifier()
        yield "name" if is_name and before != "." and token not in _KEPT else token
        before = token
