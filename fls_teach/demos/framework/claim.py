"""A claim beside its measurement: what a demo says, who says so, and whether the numbers agree."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Claim:
    """One line of a demo's table. All but `holds` are words for a reader, ready to print.

    Raises
    ------
    TypeError
        If `holds` is not a bool or another field is not a non-empty string.

    Examples
    --------
    >>> Claim("sum", "OA + OF = excess error", "[D] SCI 5", "0", "2e-16", "1e-12: a few roundings", holds=True).holds
    True
    """

    id: str
    """Short and stable, for scripts."""
    statement: str
    """One sentence that could be false."""
    source: str
    """The paper's theorem or the section of the notes, with its mark: [P]aper, [D]erived, [M]easured."""
    predicted: str
    measured: str
    tolerance: str
    """How far apart the two may be, and why that far."""
    holds: bool

    def __post_init__(self):
        if not isinstance(self.holds, (bool, np.bool_)):
            raise TypeError(f"claim {self.id!r}: holds is {self.holds!r}; wanted True or False")
        object.__setattr__(self, "holds", bool(self.holds))
        for item in fields(self)[:-1]:
            value = getattr(self, item.name)
            if not isinstance(value, str) or not value:
                raise TypeError(f"claim {self.id!r}: {item.name} is {value!r}; wanted words")
