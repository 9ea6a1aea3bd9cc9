"""The findings of the lint for one exercise, as plain data."""

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Finding:
    """One defect to fix.

    Attributes
    ----------
    about : str
        "stub", "solution", "alternative", "misconception", "mutant", "equivalent" or "text".
    text : str
    diff : str
        The diff of the mutant that it is about, or "".
    """

    about: str
    text: str
    diff: str = ""


@dataclass
class Report:
    """The report on one exercise.

    Attributes
    ----------
    exercise : str
    seeds : int
    findings : list of Finding
    notes : list of str
        Remarks that are not defects.
    mutants, killed, equivalent, survivors : int
        Number of mutants tried, and of those that were killed, that are listed as equivalent, and that survived.
    confusion : dict
        Name of a misconception -> dict from the sentences on its cards to the number of properties.
    cost : dict
        Name of a misconception -> points that it loses.
    seconds : dict
        Id of a property -> processor seconds for the reference and one seed.
    """

    exercise: str
    seeds: int
    findings: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    survivors: int = 0
    confusion: dict = field(default_factory=dict)
    cost: dict = field(default_factory=dict)
    seconds: dict = field(default_factory=dict)

    def find(self, about, text, diff=""):
        """Add a finding."""
        self.findings.append(Finding(about, text, diff))

    def as_dict(self):
        """Return the report as a dict for JSON."""
        return asdict(self)
