"""The rule for late work, off by default: the deduction per day after the due time."""

import math
import re
from dataclasses import dataclass
from datetime import datetime

from fls_teach.course.registry import CourseError


@dataclass(frozen=True)
class LateRule:
    """A deduction of `percent` of the achieved score for each started day after `due`.

    Attributes
    ----------
    percent : float
    due : datetime or None
        If None, a submission that its platform marks as late counts as one day late.
    """

    percent: float
    due: datetime | None = None

    def __str__(self) -> str:
        return f"{self.percent:g}% per day"

    def days(self, when: str, late: str) -> int:
        """Return how many days late a submission is.

        Parameters
        ----------
        when : str
            When it was handed in, such as "2025-03-04 10:15:00"; text in another form is ignored.
        late : str
            The platform's label: "" or a word such as LATE.

        Examples
        --------
        >>> rule = late_rule("10%/day", "2025-03-03 12:00")
        >>> rule.days("2025-03-03 11:59:00", ""), rule.days("2025-03-04 12:00:01", ""), rule.days("", "LATE")
        (0, 2, 1)
        """
        moment = _moment(when)
        if self.due is None or moment is None:
            return 1 if late else 0
        return max(math.ceil((moment - self.due).total_seconds() / 86_400), 0)

    def can_tell(self, when: str, late: str) -> bool:
        """Return whether the time or the label of a submission tells if it is late.

        Examples
        --------
        >>> rule = late_rule("10%/day", "2025-03-03 12:00")
        >>> rule.can_tell("", ""), rule.can_tell("", "LATE"), late_rule("10%/day").can_tell("", "")
        (False, True, True)
        """
        return self.due is None or bool(late) or _moment(when) is not None

    def kept(self, days: int) -> float:
        """Return the share of the score that is left.

        Examples
        --------
        >>> late_rule("30%/day").kept(2), late_rule("30%/day").kept(9)
        (0.4, 0.0)
        """
        return max(round(1 - self.percent * days / 100, 12), 0.0)


def late_rule(text: str | None, due: str | None = None) -> LateRule | None:
    """Return the rule of ``--late 10%/day`` and ``--due "2025-03-04 23:59"``; None without the first.

    Raises
    ------
    CourseError
        If either is invalid, or the second is given without the first.
    """
    if text is None:
        if due is not None:
            raise CourseError("--due alone changes nothing; say what late work loses, such as --late 10%/day")
        return None
    found = re.fullmatch(r"\s*(\d{1,3}(?:\.\d+)?)\s*%\s*(?:/|per)\s*day\s*", text)
    if not found or not 0 < float(found[1]) <= 100:
        raise CourseError(f"--late is '{text[:40]}'; wanted a percentage per day, such as 10%/day")
    moment = None if due is None else _moment(due)
    if due is not None and moment is None:
        raise CourseError(f"--due is '{due[:40]}'; wanted a time such as 2025-03-04 23:59")
    return LateRule(float(found[1]), moment)


def _moment(text):
    """Return the datetime of an ISO text, or None; also None if it has a time zone, because the course's is unknown."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is None else None
