"""What came of a check, as plain data; importing this waits for nothing."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PropertyResult:
    """What came of one property.

    Attributes
    ----------
    item : registry.Property
    state : str
        "passed", "failed" or "not run".
    summary : str
        One line on what went wrong.
    card : cards.Card or None
    """

    item: object
    state: str
    summary: str = ""
    card: object = None

    @property
    def points(self):
        """All or nothing."""
        return self.item.points if self.state == "passed" else 0


@dataclass(frozen=True)
class CheckResult:
    """What came of one exercise.

    Attributes
    ----------
    name : str
    state : str
        "passed", "failed", "not started", "missing", "unusable" for a file that does not load, or "not checked" for a
        reason that is not the student's, such as a module that is not installed.
    of : int
    message, traceback, printed : str
        Of a file that could not be checked.
    results : list of PropertyResult
    note : str
        What did not work beside the check itself.
    """

    name: str
    state: str
    of: int
    message: str = ""
    traceback: str = ""
    printed: str = ""
    results: list = field(default_factory=list)
    note: str = ""

    @property
    def points(self):
        """Of all properties."""
        return sum(each.points for each in self.results)

    def as_dict(self):
        """For JSON."""
        rows = [
            {"id": each.item.id, "sentence": each.item.sentence, "formula": each.item.formula, "state": each.state}
            | {"points": each.points, "of": each.item.points, "summary": each.summary}
            | {"card": each.card.as_dict() if each.card else None}
            for each in self.results
        ]
        head = {"name": self.name, "state": self.state, "points": self.points, "of": self.of}
        texts = {"message": self.message, "traceback": self.traceback, "printed": self.printed}
        return head | texts | {"properties": rows} | ({"note": self.note} if self.note else {})
