"""Enforce the time limits of a submission: on its own code, and on the grader that works on its behalf."""

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
"""Bytes of answers of one exercise that no honest function comes near. If the grader takes too long over more than
that, it is the submission's doing, else our own fault."""

TICK = 0.25  # seconds between two looks at the grader's own time
_LOADING = "load"
_AGAIN = 2.0  # seconds until it is raised again: an exception raised inside __del__ or a callback is swallowed


class TimeBudgetExceeded(StopSearch):
    """Time for this purpose is used up, by the submission's doing or without an effect on its marks."""


class TimedSession:
    """A session whose calls, and the grader's own work on their answers, may take so many seconds in all.

    Parameters
    ----------
    session : fls_teach.sandbox.Session
    limits : TimeLimits
    share : float
        Seconds for all of it: loading, calls, and the grader's own work.

    Attributes
    ----------
    taken : float
        Seconds of these so far.
    failed_load : Outcome or None
        Why the submission's file does not load.
    """

    first_timeout = None

    def __init__(self, session: Session, limits: TimeLimits, share: float = math.inf) -> None:
        self._session, self._limits, self._share = session, limits, share
        self._clock, self._cpu, self._own = (dict.fromkeys((*PURPOSES, _LOADING), 0.0) for _ in range(3))
        self._purpose, self._since, self._stop_at, self._away = "mark", time.thread_time(), 0.0, False
        self._answered = 0
        self._loaded = self.failed_load = None

    @property
    def taken(self) -> float:
        limits = self._limits
        calls = (charged_seconds(clock, self._cpu[each], limits.slack) for each, clock in self._clock.items())
        return sum(calls) + sum(self._own.values())

    def turn_to(self, purpose: str) -> None:
        """Spend time on one of `PURPOSES` from now on."""
        self._settle()
        self._purpose, self._stop_at = purpose, 0.0

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Within, `TimeBudgetExceeded` is raised in the grader's own code, whatever it does, when its time is used up.

        `CheckerTooSlow` instead, where that would cost a submission marks that is not at fault. For the main thread. A
        worker is never left in the middle of a call.
        """
        before = signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def load(self) -> Outcome:
        """As `Session.load`."""
        return self._asked("", self._load)

    def _load(self):
        loaded = self._session.load()
        if loaded is not self._loaded:
            # For the first time there is a limit of its own; then it is loaded again after a crash.
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
            self._answered += weight(outcome.value)
            return outcome

        return self._asked(function, ask)

    def lend(self, worker: SharedWorker) -> types.SimpleNamespace:
        """A `SharedWorker` whose calls are paid for from here."""

        def call(path, function, /, *args, **kwargs):
            def ask():
                outcome = worker.call(path, function, *args, **kwargs)
                self._add(outcome.seconds, 0.0, self._purpose)  # the course's own worker is not sampled
                return outcome

            return self._asked(function, ask)

        return types.SimpleNamespace(call=call)

    def _asked(self, function, ask):
        """What `ask()` returns, which `watched` does not interrupt; or that the time is used up."""
        self._settle()
        if message := self._used_up(f"used up before {function}() was asked"):
            return Outcome("timeout", function, message=message)
        self._away = True
        try:
            return ask()
        finally:
            self._away = False

    def _used_up(self, when=""):
        """A sentence on what was used up, and when, or ""; raise `CheckerTooSlow` if that is our fault."""
        limits, purpose = self._limits, self._purpose
        work = f"making and judging the examples took the grader more than {limits.grader:g} s"
        if self.taken > self._share:
            return f"What this exercise may have of the {limits.submission:g} s for all of them was used up."
        if self._own[purpose] > limits.grader:
            if purpose == "mark" and self._answered < HEAVY:
                raise CheckerTooSlow(work)
            return f"The {limits.grader:g} s of the grader for this exercise were {when}." if when else work
        if charged_seconds(self._clock[purpose], self._cpu[purpose], limits.slack) > limits.exercise:
            return f"The {limits.exercise:g} s for this exercise were {when}."
        return ""

    def _add(self, clock, cpu, purpose):
        self._clock[purpose] += clock
        self._cpu[purpose] += clock if cpu is None else cpu

    def _settle(self):
        now = time.thread_time()
        self._own[self._purpose] += now - self._since
        self._since = now

    def _look(self, *signal_and_frame):
        self._settle()
        own = self._own[self._purpose]
        over = self.taken > self._share or own > self._limits.grader
        if over and own > self._stop_at and not self._away:
            self._stop_at = own + _AGAIN
            raise TimeBudgetExceeded(self._used_up())
