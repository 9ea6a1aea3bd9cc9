"""What a whole batch says: which property and which misconception stop most people.

A `Cohort` keeps only counts, so that its memory does not grow with the number of submissions; the list of all of them
has a short `Listed` for each.
"""

import bisect
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from fls_teach.autograder.marking.record import VERDICTS, final_marks, properties
from fls_teach.autograder.reports.lines import likely_of, reasons_to_review

LISTED = 50  # names of submissions a list holds; the rest is a number
BINS = 10


class Listed(NamedTuple):
    """One line of the list of all submissions.

    Attributes
    ----------
    name : str
    score : float or None
        None where a fault of the grader's left it open.
    max_score : int
    verdicts : dict of str to int
        How many properties have each.
    report : str
        Where its report is, seen from the page.
    review : tuple of str
        Why it needs manual review, whatever its score.
    counts : bool
        False for an attempt that does not count.
    """

    name: str
    score: float | None
    max_score: int
    verdicts: dict
    report: str = ""
    review: tuple = ()
    counts: bool = True

    @classmethod
    def of(cls, record: dict, counts: bool = True) -> "Listed":
        """The line of a record."""
        verdicts = dict(Counter(item["verdict"] for _, item in properties(record)))
        marks = record["submission"], final_marks(record).final, record["max_score"], verdicts
        return cls(*marks, f"{record['folder']}/report.html", tuple(reasons_to_review(record)), counts)

    @property
    def others(self):
        """(verdict, number) of the properties that did not pass."""
        return [(name, self.verdicts[name]) for name in VERDICTS if name != "passed" and name in self.verdicts]


class Names:
    """The first few of many (name, text) in alphabetical order, whatever order they come in, and how many there were.

    Attributes
    ----------
    count : int
    shown : list of (str, str)
    """

    def __init__(self):
        self.count = 0
        self.shown = []

    @property
    def left_out(self):
        """How many are not shown."""
        return self.count - len(self.shown)

    def add(self, name, text):
        """One more."""
        self.count += 1
        bisect.insort(self.shown, (name, text))
        del self.shown[LISTED:]


@dataclass
class Row:
    """The counts of one property.

    Attributes
    ----------
    id, sentence, exercise : str
    verdicts : Counter
        By verdict, of those who handed the exercise in.
    absent : int
        How many did not, or handed in the stub as it was.
    """

    id: str
    sentence: str
    exercise: str
    verdicts: Counter = field(default_factory=Counter)
    absent: int = 0

    @property
    def passed(self):
        """How many passed."""
        return self.verdicts["passed"]

    @property
    def judged(self):
        """How many of those who handed it in it was tried on without a fault of the grader's."""
        return self.verdicts.total() - self.verdicts["grader-fault"]

    @property
    def others(self):
        """(what became of them, number) of those that did not pass."""
        counts = [(name, self.verdicts[name]) for name in VERDICTS if name != "passed"]
        return [(name, number) for name, number in [*counts, ("not handed in", self.absent)] if number]


class Cohort:
    """Counts over records that are added one at a time; the order in which they come changes nothing.

    Attributes
    ----------
    count : int
    max_score : int
    scores : Counter
        How many submissions have each score, with what people corrected and lateness took off; those that a fault of
        the grader's left without one are not in it.
    rows : dict of Row
        By property.
    likely : dict of Counter
        By misconception of an exercise, how many submissions show it in each property, and under "" in any.
    faults, review, notes : Names
    """

    def __init__(self):
        self.count = 0
        self.max_score = 0
        self.scores = Counter()
        self.rows = {}
        self.likely = defaultdict(Counter)
        self.faults = Names()
        self.notes = Names()
        self.review = Names()
        self._origins = set()

    def add(self, record):
        """Count one more submission."""
        self.count += 1
        self.max_score = max(self.max_score, record["max_score"])
        score = final_marks(record).final
        if score is None:
            messages = [each["message"] for each in record["exercises"] if each["state"] == "fault"]
            self.faults.add(record["submission"], messages[0] if messages else "")
        else:
            self.scores[score] += 1
        if reasons := reasons_to_review(record):
            self.review.add(record["submission"], reasons[0])
        if record["notes"]:
            more = len(record["notes"]) - 2  # the first may only say that nothing was found, and the second why
            text = " ".join(record["notes"][:2])
            self.notes.add(record["submission"], text + (f" (and {more} more)" if more > 0 else ""))
        shows = {}
        for exercise, item in properties(record):
            row = self.rows.setdefault(item["id"], Row(item["id"], item["sentence"], exercise["title"]))
            if exercise["state"] == "missing":
                row.absent += 1
            else:
                row.verdicts[item["verdict"]] += 1
            if likely_of(item):
                shows.setdefault((exercise["number"], likely_of(item)), [""]).append(item["id"])
        for misconception, places in shows.items():
            self.likely[misconception].update(places)
        versions = ", ".join(f"{name} {value}" for name, value in record["versions"].items())
        self._origins.add(f"{versions}; isolation: {record['isolation']}")

    @property
    def origins(self):
        """What the marks were made with, one line each: more than one is worth a question."""
        return sorted(self._origins)

    @property
    def mean(self):
        """Mean score."""
        return statistics.fmean(self.scores.elements())

    @property
    def median(self):
        """Median score."""
        return statistics.median(self.scores.elements())

    def distribution(self):
        """Columns of a histogram, as a list of (label, number): tenths of all points, and all of them."""
        counts = [0] * (BINS + 1)
        for score, count in self.scores.items():
            counts[int(BINS * score / self.max_score) if self.max_score else BINS] += count
        return [
            (f"{100 * k // BINS}–{100 * (k + 1) // BINS - 1}" if k < BINS else "100", counts[k])
            for k in range(BINS + 1)
        ]

    @property
    def tallest(self):
        """The largest number in the distribution, at least 1."""
        return max(1, *(number for _, number in self.distribution()))

    def hardest(self):
        """Rows sorted by pass rate, lowest first; without exercises of which nothing but stubs was handed in."""
        rows = (row for row in self.rows.values() if row.verdicts)
        return sorted(rows, key=lambda row: (row.passed / max(row.judged, 1), row.id))

    def nobodys(self):
        """Titles of the exercises of which nothing but stubs was handed in."""
        rows = sorted(self.rows.values(), key=lambda row: row.id)
        return list(dict.fromkeys(row.exercise for row in rows if not row.verdicts))

    def commonest(self):
        """(how many submissions show it, properties, misconception), the commonest first."""
        ordered = sorted(self.likely.items(), key=lambda pair: (-pair[1][""], pair[0]))
        return [(counts[""], sorted(counts.keys() - {""}), text) for (_, text), counts in ordered]
