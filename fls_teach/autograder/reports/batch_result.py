"""What came of a batch, record by record: what the terminal, JSON and cohort.html show.

Of each submission a `Listed` is kept; of its record, nothing but counts.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from fls_teach.autograder.record import VERDICTS, Record, final_marks, properties
from fls_teach.autograder.reports.lines import likely_of, reasons_to_review

BINS = 10
NOT_HANDED_IN = "not handed in"
"""What became of a property beside a verdict: its exercise is missing, or still the stub."""


def others(verdicts: Mapping[str, int]) -> list[tuple[str, int]]:
    """(what became of it, number) of all that did not pass."""
    names = [name for name in (*VERDICTS, NOT_HANDED_IN) if name != "passed"]
    return [(name, verdicts[name]) for name in names if verdicts.get(name)]


class Listed(NamedTuple):
    """One submission.

    Attributes
    ----------
    name : str
    score : float or None
        None where a fault of the grader's left it open.
    max_score : int
    verdicts : dict of str to int
        How many properties have each.
    folder, digest : str
        As in the record.
    review : tuple of str
        Why it needs manual review, whatever its score.
    fault : str
        Of a fault of the grader's, the reason.
    note : str
        On its files.
    counts : bool
        False for an attempt that does not count.
    """

    name: str
    score: float | None
    max_score: int
    verdicts: dict
    folder: str = ""
    digest: str = ""
    review: tuple = ()
    fault: str = ""
    note: str = ""
    counts: bool = True

    @classmethod
    def of(cls, record: dict, counts: bool = True) -> "Listed":
        """The submission of a record."""
        faults = [each["message"] for each in record["exercises"] if each["state"] == "fault"]
        note, more = " ".join(record["notes"][:2]), len(record["notes"]) - 2  # the second may say why
        return cls(
            name=record["submission"],
            score=final_marks(record).final,
            max_score=record["max_score"],
            verdicts=dict(Counter(item["verdict"] for _, item in properties(record))),
            folder=record["folder"],
            digest="" if record["fault"] else record["digest"],
            review=tuple(reasons_to_review(record)),
            fault=faults[0] if faults else "",
            note=f"{note} (and {more} more)" if more > 0 else note,
            counts=counts,
        )


class Row(NamedTuple):
    """One property, by its exercise's title, and how many submissions got each verdict or are `NOT_HANDED_IN`."""

    id: str
    sentence: str
    exercise: str
    verdicts: Counter

    @property
    def passed(self) -> int:
        """How many passed."""
        return self.verdicts["passed"]

    @property
    def judged(self) -> int:
        """How many submissions of its exercise it was tried on without a fault of the grader's."""
        return self.verdicts.total() - self.verdicts["grader-fault"] - self.verdicts[NOT_HANDED_IN]


@dataclass
class BatchResult:
    """What came of a batch; the order in which its records are added changes no count.

    Attributes
    ----------
    out : Path
    isolation : str
    lines : list of Listed
        All submissions, with attempts that do not count.
    said : dict of str to list of str
        Names of submissions, people or folders, by the keys of `summary.SAID`.
    pairs : list of similar.Pair or None
        Near-identical submissions; None if none were looked for.
    note : str
        Why none were.
    changes : list of str
        Lines on what `--against` found.
    seconds : float
    origins : set of str
        What the marks were made with: more than one is worth a question.
    """

    out: Path = Path()
    isolation: str = ""
    lines: list = field(default_factory=list)
    said: dict = field(default_factory=lambda: defaultdict(list))
    pairs: list | None = None
    note: str = ""
    changes: list = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._properties, self._misconceptions, self.origins = {}, defaultdict(Counter), set()

    def add(self, record: Record, counts: bool = True) -> None:
        """Count one more record; of an attempt that does not count, nothing but its line and notes."""
        self.lines.append(Listed.of(record, counts))
        if record["notes"]:
            self.said["noted"].append(record["submission"])
        if not counts:
            return
        shows = defaultdict(list)
        for exercise, item in properties(record):
            empty = Row(item["id"], item["sentence"], exercise["title"], Counter())
            row = self._properties.setdefault(item["id"], empty)
            row.verdicts[NOT_HANDED_IN if exercise["state"] == "missing" else item["verdict"]] += 1
            if likely_of(item):
                shows[exercise["number"], likely_of(item)].append(item["id"])
        for misconception, places in shows.items():
            self._misconceptions[misconception].update(["", *places])  # "" for all together
        versions = ", ".join(f"{name} {value}" for name, value in record["versions"].items())
        self.origins.add(f"{versions}; isolation: {record['isolation']}")

    @property
    def rows(self) -> list[Listed]:
        """The submissions that count."""
        return [line for line in self.lines if line.counts]

    @property
    def scores(self) -> list[float]:
        """All scores in ascending order, with what people corrected and lateness took off."""
        return sorted(line.score for line in self.rows if line.score is not None)

    @property
    def mean(self) -> float:
        """Mean score."""
        return statistics.fmean(self.scores)

    @property
    def median(self) -> float:
        """Median score."""
        return statistics.median(self.scores)

    @property
    def max_score(self) -> int:
        """The points of all exercises."""
        return max((line.max_score for line in self.rows), default=0)

    @property
    def review(self) -> list[tuple[str, str]]:
        """(name, reason) of submissions that need manual review for another reason than a fault of the grader's."""
        return [(line.name, line.review[0]) for line in self.rows if line.review]

    @property
    def faults(self) -> list[str]:
        """Names of submissions that the grader failed on, which need manual review."""
        return [line.name for line in self.rows if line.score is None]

    @property
    def blank(self) -> list[str]:
        """Names of submissions of which no file was taken, or stubs alone."""
        return [line.name for line in self.rows if line.verdicts.keys() == {"missing"}]

    @property
    def identical(self) -> list[list[str]]:
        """Lists of the names of submissions that answer anything and whose files are the same."""
        names = defaultdict(list)
        for line in self.rows:
            if line.digest and line.verdicts.keys() != {"missing"}:
                names[line.digest].append(line.name)
        return [each for each in names.values() if len(each) > 1]

    def distribution(self) -> list[tuple[str, int]]:
        """Columns of a histogram, as a list of (label, number): tenths of all points, and all of them."""
        labels = [f"{100 * k // BINS}–{100 * (k + 1) // BINS - 1}" for k in range(BINS)] + ["100"]
        whole = self.max_score
        columns = Counter(int(BINS * score / whole) if whole else BINS for score in self.scores)
        return [(label, columns[k]) for k, label in enumerate(labels)]

    def hardest(self) -> list[Row]:
        """Properties by the share that passed, lowest first; without those of which nothing but stubs was handed in."""
        rows = [row for row in self._properties.values() if row.verdicts.keys() != {NOT_HANDED_IN}]
        return sorted(rows, key=lambda row: (row.passed / max(row.judged, 1), row.id))

    def unattempted(self) -> list[str]:
        """Titles of the exercises of which nothing but stubs was handed in."""
        rows = sorted(row for row in self._properties.values() if row.verdicts.keys() == {NOT_HANDED_IN})
        return list(dict.fromkeys(row.exercise for row in rows))

    def commonest(self) -> list[tuple[int, list[str], str]]:
        """(how many submissions show it, properties, misconception), the commonest first."""
        ordered = sorted(self._misconceptions.items(), key=lambda pair: (-pair[1][""], pair[0]))
        return [(counts[""], sorted(counts.keys() - {""}), text) for (_, text), counts in ordered]
