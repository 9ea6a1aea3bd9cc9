"""The result of a batch, accumulated record by record, for the terminal, JSON and cohort.html.

Each submission is kept as a `SubmissionResult`; its record only adds to counts.
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
"""Counted like a verdict for the properties of an exercise that is missing or still the stub."""


def others(verdicts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return (verdict, number) for each verdict but "passed"."""
    names = [name for name in (*VERDICTS, NOT_HANDED_IN) if name != "passed"]
    return [(name, verdicts[name]) for name in names if verdicts.get(name)]


class SubmissionResult(NamedTuple):
    """One submission.

    Attributes
    ----------
    name : str
    score : float or None
        None after a grader fault.
    max_score : int
    verdicts : dict of str to int
        Number of properties with each verdict.
    folder, digest : str
        As in the record.
    review : tuple of str
        Reasons for manual review, whatever its score.
    fault : str
        Reason of a grader fault, or "".
    note : str
        Note on its files, or "".
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
    def of(cls, record: dict, counts: bool = True) -> "SubmissionResult":
        """Return the submission of a record."""
        faults = [each["message"] for each in record["exercises"] if each["state"] == "fault"]
        note, more = " ".join(record["notes"][:2]), len(record["notes"]) - 2  # the second may explain the first
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


class PropertyCounts(NamedTuple):
    """One property, the title of its exercise, and the number of submissions with each verdict or `NOT_HANDED_IN`."""

    id: str
    sentence: str
    exercise: str
    verdicts: Counter

    @property
    def passed(self) -> int:
        """The number of submissions that passed."""
        return self.verdicts["passed"]

    @property
    def judged(self) -> int:
        """The number of submissions of its exercise that were judged, without grader faults."""
        return self.verdicts.total() - self.verdicts["grader-fault"] - self.verdicts[NOT_HANDED_IN]


@dataclass
class BatchResult:
    """The result of a batch; its counts do not depend on the order in which records are added.

    Attributes
    ----------
    out : Path
    isolation : str
    lines : list of SubmissionResult
        All submissions, including attempts that do not count.
    remarks : dict of str to list of str
        Names of submissions, people or folders, by the keys of `summary.REMARKS`.
    pairs : list of similar.Pair or None
        Near-identical submissions; None if the search was not done.
    note : str
        Why it was not done.
    changes : list of str
        Lines on what `--against` found.
    seconds : float
    origins : set of str
        Versions and isolations with which the marks were made; more than one deserves attention.
    """

    out: Path = Path()
    isolation: str = ""
    lines: list = field(default_factory=list)
    remarks: dict = field(default_factory=lambda: defaultdict(list))
    pairs: list | None = None
    note: str = ""
    changes: list = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._properties, self._misconceptions, self.origins = {}, defaultdict(Counter), set()

    def add(self, record: Record, counts: bool = True) -> None:
        """Add a record; for an attempt that does not count, add only its line and notes."""
        self.lines.append(SubmissionResult.of(record, counts))
        if record["notes"]:
            self.remarks["noted"].append(record["submission"])
        if not counts:
            return
        ids_by_misconception = defaultdict(list)
        for exercise, item in properties(record):
            empty = PropertyCounts(item["id"], item["sentence"], exercise["title"], Counter())
            each = self._properties.setdefault(item["id"], empty)
            each.verdicts[NOT_HANDED_IN if exercise["state"] == "missing" else item["verdict"]] += 1
            if likely_of(item):
                ids_by_misconception[exercise["number"], likely_of(item)].append(item["id"])
        for misconception, ids in ids_by_misconception.items():
            self._misconceptions[misconception].update(["", *ids])  # "" counts the submissions
        versions = ", ".join(f"{name} {value}" for name, value in record["versions"].items())
        self.origins.add(f"{versions}; isolation: {record['isolation']}")

    @property
    def counted(self) -> list[SubmissionResult]:
        """The submissions that count."""
        return [line for line in self.lines if line.counts]

    @property
    def scores(self) -> list[float]:
        """All scores in ascending order, after corrections and deductions for late work."""
        return sorted(line.score for line in self.counted if line.score is not None)

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
        return max((line.max_score for line in self.counted), default=0)

    @property
    def review(self) -> list[tuple[str, str]]:
        """(name, reason) of submissions that need manual review for a reason other than a grader fault."""
        return [(line.name, line.review[0]) for line in self.counted if line.review]

    @property
    def faults(self) -> list[str]:
        """Names of submissions with a grader fault, which need manual review."""
        return [line.name for line in self.counted if line.score is None]

    @property
    def blank(self) -> list[str]:
        """Names of submissions without any file that was marked, or with stubs only."""
        return [line.name for line in self.counted if line.verdicts.keys() == {"missing"}]

    @property
    def identical(self) -> list[list[str]]:
        """Names of submissions with the same files, one list for each such group, without blank ones."""
        names = defaultdict(list)
        for line in self.counted:
            if line.digest and line.verdicts.keys() != {"missing"}:
                names[line.digest].append(line.name)
        return [each for each in names.values() if len(each) > 1]

    def distribution(self) -> list[tuple[str, int]]:
        """Return a histogram as a list of (label, number): tenths of the maximum score, and the maximum itself."""
        labels = [f"{100 * k // BINS}–{100 * (k + 1) // BINS - 1}" for k in range(BINS)] + ["100"]
        columns = Counter(int(BINS * score / self.max_score) if self.max_score else BINS for score in self.scores)
        return [(label, columns[k]) for k, label in enumerate(labels)]

    def hardest(self) -> list[PropertyCounts]:
        """Return the properties by the share that passed, lowest first, without those that nobody attempted."""
        attempted = [each for each in self._properties.values() if each.verdicts.keys() != {NOT_HANDED_IN}]
        return sorted(attempted, key=lambda each: (each.passed / max(each.judged, 1), each.id))

    def unattempted(self) -> list[str]:
        """Return the titles of the exercises that nobody attempted."""
        counts = sorted(each for each in self._properties.values() if each.verdicts.keys() == {NOT_HANDED_IN})
        return list(dict.fromkeys(each.exercise for each in counts))

    def commonest(self) -> list[tuple[int, list[str], str]]:
        """Return (number of submissions, property ids, misconception), the commonest misconception first."""
        ordered = sorted(self._misconceptions.items(), key=lambda pair: (-pair[1][""], pair[0]))
        return [(counts[""], sorted(counts.keys() - {""}), text) for (_, text), counts in ordered]
