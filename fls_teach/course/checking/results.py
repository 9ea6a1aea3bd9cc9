"""The result of a check as plain data; this module imports nothing slow.

`fls check` prints it; `fls check --json` and `fls grade` both write `CheckResult.as_dict`. The record of a submission
is a list of these results and their provenance.
"""

from dataclasses import dataclass, field

VERDICTS = {
    "passed": "passed",
    "wrong": "gave a wrong answer",
    "crashed": "raised an exception, did not load, or crashed the Python interpreter",
    "timeout": "ran out of time",
    "memory": "ran out of memory",
    "output": "printed far too much",
    "tampered": "sent the grader an invalid reply, which was discarded",
    "missing": "is not written yet",
    "skipped-by-submission": "tried to skip the check, which counts as wrong",
    "grader-fault": "could not be checked, because the grader failed; an instructor reviews it",
    "not-run": "was not run, after a call that took too long",
}
"""Meaning of each verdict on a property, as said of the function that the property calls."""

STATES = {
    "passed": "every property passed",
    "failed": "some property did not pass",
    "missing": "there is no file, or nothing in it is written yet",
    "unusable": "the file does not load",
    "fault": "the grader failed",
    "not started": "the file is still the stub",
    "not checked": "something that the check needs is not installed",
}
"""Meaning of each state of an exercise."""

LABELS = {"printed": "you printed", "off": "difference", "theory": "property", "traceback": "where"}
"""Displayed names of those rows of a card whose displayed name differs from the stored one."""


@dataclass(frozen=True)
class PropertyResult:
    """The result of one property.

    Attributes
    ----------
    item : registry.Property
    verdict : str
        One of `VERDICTS`; only "passed" earns the points.
    summary : str
        One line on what went wrong.
    card : tuple of (label, text)
        The counterexample's rows; empty if there is none.
    """

    item: object
    verdict: str
    summary: str = ""
    card: tuple = ()

    @property
    def state(self):
        """The verdict as one of "passed", "failed" and "not run"."""
        return {"passed": "passed", "not-run": "not run"}.get(self.verdict, "failed")

    @property
    def points(self):
        """Points earned: all or none."""
        return self.item.points if self.verdict == "passed" else 0

    def as_dict(self):
        """Return the result as a dict for JSON."""
        return {
            "id": self.item.id,
            "sentence": self.item.sentence,
            "formula": self.item.formula,
            "points": self.points,
            "of": self.item.points,
            "verdict": self.verdict,
            "summary": self.summary,
            "likely": dict(self.card).get("likely", ""),
            "card": [list(row) for row in self.card] or None,
        }


@dataclass(frozen=True)
class CheckResult:
    """The result of one exercise.

    Attributes
    ----------
    name : str
    state : str
        One of `STATES`.
    max_points : int
    message, traceback, printed : str
        Why the file could not be checked, and what it raised and printed; empty otherwise.
    results : list of PropertyResult
        Empty if nothing was run.
    title : str
    note : str
        A problem outside of the check itself, such as points that could not be saved.
    """

    name: str
    state: str
    max_points: int
    message: str = ""
    traceback: str = ""
    printed: str = ""
    results: list = field(default_factory=list)
    title: str = ""
    note: str = ""

    @property
    def points(self):
        """Points earned in all properties."""
        return sum(each.points for each in self.results)

    def as_dict(self):
        """Return the result as a dict for JSON."""
        head = {"number": self.name[:2], "name": self.name, "title": self.title}
        totals = {"points": self.points, "of": self.max_points, "state": self.state}
        texts = {"message": self.message, "traceback": self.traceback, "printed": self.printed}
        rows = {"properties": [each.as_dict() for each in self.results]}
        return head | totals | texts | rows | ({"note": self.note} if self.note else {})
