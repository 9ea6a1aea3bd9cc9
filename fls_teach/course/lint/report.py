"""What the lint found in one exercise, as plain data."""

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Finding:
    """One thing to mend.

    Attributes
    ----------
    about : str
        "stub", "solution", "alternative", "misconception", "mutant", "equivalent" or "text".
    text : str
    diff : str
        Of a mutant.
    """

    about: str
    text: str
    diff: str = ""


@dataclass
class Report:
    """One exercise.

    Attributes
    ----------
    exercise : str
    seeds : int
    findings : list of Finding
    notes : list of str
        What is worth knowing, and no fault.
    mutants, killed, equivalent, survivors : int
        Mutants tried; of these the killed ones, those that are listed as equivalent, and the rest.
    confusion : dict
        Of each misconception's name, the sentences that its failures were given -> number of properties.
    cost : dict
        Of each misconception's name, the points that it loses.
    seconds : dict
        Processor seconds of each property, for the reference and one seed.
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
        """Enter a finding."""
        self.findings.append(Finding(about, text, diff))

    def as_dict(self):
        """For JSON."""
        return asdict(self)
