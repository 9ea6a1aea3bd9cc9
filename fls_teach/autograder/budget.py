"""How long a submission's code may take: a call, an exercise, a file to load."""

from dataclasses import dataclass

from fls_teach.grading import Outcome


@dataclass(frozen=True)
class Patience:
    """Seconds that a submission's code may take.

    Attributes
    ----------
    call : float
        One call.
    exercise : float
        All calls of one exercise; what has not run by then counts as out of time.
    load : float
        Loading one file, which may import torch.
    """

    call: float = 5.0
    exercise: float = 30.0
    load: float = 30.0

    def as_dict(self):
        """For the record."""
        return {"call_seconds": self.call, "exercise_seconds": self.exercise, "load_seconds": self.load}


class Budgeted:
    """A session whose calls may take so many seconds in all; the grader's own time does not count.

    Parameters
    ----------
    session : fls_teach.grading.Session
    patience : Patience

    Attributes
    ----------
    failed_load : Outcome or None
        Why the submission's file does not load.
    """

    first_timeout = None

    def __init__(self, session, patience):
        self._session, self._limit = session, patience.exercise
        self._spent, self._purpose = {"mark": 0.0, "search": 0.0}, "mark"
        self._loaded = self.failed_load = None

    def begin(self):
        """Start a property."""
        self._purpose = "mark"

    def search(self):
        """A counterexample was found; a smaller one is for the reader, and takes nothing of the time for marks."""
        self._purpose = "search"

    def call(self, function, /, *args, **kwargs):
        """As `Session.call`."""
        if self._spent[self._purpose] > self._limit:
            text = f"The {self._limit:g} s for this exercise were used up before {function}() was asked."
            return Outcome("timeout", function, message=text)
        loaded = self._session.load()
        if loaded is not self._loaded:
            if self._loaded is not None:  # again, after a crash; the first time has its own limit
                self._spent[self._purpose] += loaded.seconds
            self._loaded = loaded
        if not loaded.ok:
            self.failed_load = loaded
            return loaded
        outcome = self._session.call(function, *args, **kwargs)
        self._spent[self._purpose] += outcome.seconds
        return outcome
