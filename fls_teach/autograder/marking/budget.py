"""The time limits of a submission: on its own code, and on the grader's work for it."""

import contextlib
import math
import signal
import time
import types
from collections.abc import Iterator

from fls_teach.autograder.settings import PURPOSES, TimeLimits
from fls_teach.course.checking.failures import CheckerTooSlow, weight
from fls_teach.course.checking.search import StopSearch
from fls_teach.course.checking.shared import SharedWorker
from fls_teach.sandbox import Outcome, Session
from fls_teach.sandbox.proc.cpu_time import charged_seconds

HEAVY = 64 << 20
"""Bytes of answers per exercise, far more than an honest function returns. If the grader exceeds its time limit after
that much, the submission is the cause; after less, it is a grader fault."""

TICK = 0.25  # seconds between two checks of the grader's own time
_LOADING = "load"
_RAISE_AGAIN = 2.0  # seconds after which the exception is raised again, because one in __del__ or a callback is lost


class TimeBudgetExceeded(StopSearch):
    """The time for a purpose is used up, because of the submission or without an effect on its marks."""


class TimedSession:
    """A session with time limits on its calls and on the grader's own work on the answers.

    Parameters
    ----------
    session : fls_teach.sandbox.Session
    limits : TimeLimits
    share : float
        Seconds for loading, calls and the grader's own work together.

    Attributes
    ----------
    taken : float
        Seconds of `share` used so far.
    failed_load : Outcome or None
        Outcome of a failed load of the submission's file.
    """

    first_timeout = None

    def __init__(self, session: Session, limits: TimeLimits, share: float = math.inf) -> None:
        self._session, self._limits, self._share = session, limits, share
        # Seconds by purpose: wall-clock and processor time of the submission, processor time of the grader.
        self._clock, self._cpu, self._grader = (dict.fromkeys((*PURPOSES, _LOADING), 0.0) for _ in range(3))
        self._purpose, self._settled_at, self._raise_at, self._in_call = "mark", time.thread_time(), 0.0, False
        self._answer_bytes = 0
        self._loaded = self.failed_load = None

    @property
    def taken(self) -> float:
        limits = self._limits
        calls = (charged_seconds(clock, self._cpu[each], limits.slack) for each, clock in self._clock.items())
        return sum(calls) + sum(self._grader.values())

    def turn_to(self, purpose: str) -> None:
        """Charge time to another one of `PURPOSES` from now on."""
        self._settle()
        self._purpose, self._raise_at = purpose, 0.0

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Raise `TimeBudgetExceeded` in the block, whatever it does, when the grader's time is used up.

        Raise `CheckerTooSlow` instead if that would take marks from a submission that is not at fault. Neither is
        raised during a call to a worker. Only for the main thread.
        """
        previous = signal.signal(signal.SIGALRM, self._check_time)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)

    def load(self) -> Outcome:
        """As `Session.load`."""
        return self._timed("", self._load)

    def _load(self):
        loaded = self._session.load()
        if loaded is not self._loaded:
            # The first load has a limit of its own; later loads, after a crash, are charged to the purpose.
            self._add(loaded.seconds, loaded.cpu_seconds, self._purpose if self._loaded else _LOADING)
            self._loaded = loaded
        if not loaded.ok:
            self.failed_load = loaded
        return loaded

    def call(self, function: str, /, *args: object, **kwargs: object) -> Outcome:
        """As `Session.call`."""

        def ask():
            loaded = self._load()
            if not loaded.ok:
                return loaded
            outcome = self._session.call(function, *args, **kwargs)
            self._add(outcome.seconds, outcome.cpu_seconds, self._purpose)
            self._answer_bytes += weight(outcome.value)
            return outcome

        return self._timed(function, ask)

    def lend(self, worker: SharedWorker) -> types.SimpleNamespace:
        """Return a `SharedWorker` whose calls are charged to this session."""

        def call(path, function, /, *args, **kwargs):
            def ask():
                outcome = worker.call(path, function, *args, **kwargs)
                self._add(outcome.seconds, 0.0, self._purpose)  # the course's own worker is not sampled
                return outcome

            return self._timed(function, ask)

        return types.SimpleNamespace(call=call)

    def _timed(self, function, ask):
        """Return `ask()`, which `watched` does not interrupt, or a time-out if the time is used up."""
        self._settle()
        if message := self._used_up(f"used up before {function}() was asked"):
            return Outcome("timeout", function, message=message)
        self._in_call = True
        try:
            return ask()
        finally:
            self._in_call = False

    def _used_up(self, when=""):
        """Return a sentence on which time was used up, and `when`, or ""; raise `CheckerTooSlow` for a grader fault."""
        limits, purpose = self._limits, self._purpose
        work = f"making and judging the examples took the grader more than {limits.grader:g} s"
        if self.taken > self._share:
            return f"What this exercise may have of the {limits.submission:g} s for all of them was used up."
        if self._grader[purpose] > limits.grader:
            if purpose == "mark" and self._answer_bytes < HEAVY:
                raise CheckerTooSlow(work)
            return f"The {limits.grader:g} s of the grader for this exercise were {when}." if when else work
        if charged_seconds(self._clock[purpose], self._cpu[purpose], limits.slack) > limits.exercise:
            return f"The {limits.exercise:g} s for this exercise were {when}."
        return ""

    def _add(self, clock, cpu, purpose):
        self._clock[purpose] += clock
        self._cpu[purpose] += clock if cpu is None else cpu

    def _settle(self):
        """Charge the grader's processor time since the last call of this method to the current purpose."""
        now = time.thread_time()
        self._grader[self._purpose] += now - self._settled_at
        self._settled_at = now

    def _check_time(self, *signal_and_frame):
        self._settle()
        seconds = self._grader[self._purpose]
        over = self.taken > self._share or seconds > self._limits.grader
        if over and seconds > self._raise_at and not self._in_call:
            self._raise_at = seconds + _RAISE_AGAIN
            raise TimeBudgetExceeded(self._used_up())
