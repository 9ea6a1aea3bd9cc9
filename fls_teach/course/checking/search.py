"""One property tried on one student's functions: Hypothesis looks for a counterexample, and stops in time."""

import contextlib
import copy
import functools
import hashlib
import os
import time
import traceback
import warnings
from dataclasses import dataclass, field

from fls_teach.course.checking.failures import Abandoned, ArgumentChanged, CheckerBroken, CheckerTooSlow

KEPT_CALLS, KEPT_BYTES = 60, 8 << 20
FRESH, FRESH_SECONDS = 24, 3.0  # examples that tell one misconception from another


@dataclass(frozen=True)
class Limits:
    """What one property may take.

    Attributes
    ----------
    finding : float
        Seconds of the student's calls until one fails, as `charged_seconds`.
    shrinking : float
        Seconds on the clock, once it has failed, to find a smaller counterexample.
    tries : float
        Bounds the latter by a number of examples, which is the same on every machine. A search that then runs out of
        seconds all the same, or comes upon a call that does not end, counts for nothing: how far it came is chance.
    course : float
        Seconds of processor time of our own until one fails: to make examples, to solve them, to compare. Beyond them
        the specification is at fault, never the student.
    """

    finding: float = 60.0
    shrinking: float = 3.0
    tries: float = float("inf")
    course: float = 120.0


LIMITS = Limits()
NO_LIMITS = Limits(float("inf"), float("inf"), course=float("inf"))
"""For debuggers."""


@dataclass(frozen=True)
class Failure:
    """How a property failed, on the smallest input found.

    Attributes
    ----------
    error : BaseException
        Mismatch, CallFailed, Abandoned, TooSlow, or what the specification stumbled over.
    inputs : dict
    calls : list of Call
    history : list of Call
        Earlier calls, on other inputs: what tells one misconception from another.
    flaky : bool
        The same input passed when it was tried again.
    fresh : callable
        Asks the student about further inputs and returns the calls, those of each example as a list.
    """

    error: BaseException
    inputs: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)
    history: list = field(default_factory=list)
    flaky: bool = False
    fresh: object = tuple


class TooSlow(Exception):
    """Every call kept to its limit, but the property as a whole took too long."""


class StopSearch(BaseException):
    """Leaves Hypothesis at once; not an Exception, so that it is not taken for a counterexample.

    Whoever else has a limit may raise it, at any moment: the property then took too long, or the search for a smaller
    counterexample is over.
    """


class _TriesExhausted(BaseException):
    """Leaves Hypothesis after so many attempts to find a smaller counterexample, a number that is no chance."""


def run_property(test, student, seed=0, limits=LIMITS, shrink=True, max_examples=None, found=None):
    """Look for an input on which a graded property fails.

    Parameters
    ----------
    test : function
        Marked by `spec.graded`.
    student : Student
    seed : int
        The same seed tries the same examples. Properties draw different ones, even from equal strategies.
    limits : Limits
    shrink : bool
        Whether to look for a smaller input after a failure. The explicit inputs of a property, which are tried first,
        stay as the specification gives them.
    max_examples : int, optional
        Fewer drawn examples than the specification asks for.
    found : callable, optional
        Called once the first failure was found, before a smaller input is looked for.

    Returns
    -------
    Failure or None

    Raises
    ------
    CheckerTooSlow
    CheckerBroken
        From what was raised in the specification's own part of a call.
    """
    errors = import_hypothesis().errors
    recorder = _Recorder(test, student, limits, errors.HypothesisException, found)
    student.after_call = recorder.look_at_time
    fresh = functools.partial(_fresh, test, student, seed)
    try:
        for inputs in test.first:
            recorder(**copy.deepcopy(inputs))
        if test.strategies:
            each_example(test, recorder, _own_seed(seed, test), max_examples or test.examples, shrink)
        elif not test.first:
            recorder()
    except StopSearch as reason:
        recorder.out_of_time(str(reason))
    except (_TriesExhausted, Abandoned):
        pass
    except errors.HypothesisException:
        if recorder.failure is None:  # the specification cannot make its inputs
            raise
        return recorder.result(fresh, flaky=True)
    except Exception:
        if recorder.failure is None:
            raise
    finally:
        student.after_call = lambda: None
    return recorder.result(fresh)


def _own_seed(seed, test):
    """The seed of one property: without its name in it, equal strategies of an exercise would draw equal inputs."""
    return int.from_bytes(hashlib.sha256(f"{seed} {test.example.__name__}".encode()).digest()[:8], "big")


def each_example(test, do, seed, max_examples, shrink=False):
    """Call `do(**inputs)` with inputs of a property, as Hypothesis draws them; raise what `do` raises."""
    hypothesis = import_hypothesis()
    settings = hypothesis.settings(
        max_examples=max_examples,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink][: 2 if shrink else 1],
        deadline=None,
        database=None,
        derandomize=False,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    # A new function each time: Hypothesis leaves its settings on the one it is given.
    looking = hypothesis.given(**test.strategies)(lambda **inputs: do(**inputs))
    hypothesis.seed(seed)(settings(looking))()


class _Recorder:
    """Runs examples and remembers the last that failed.

    Hypothesis tries only smaller inputs than the best so far, so the last is the smallest, also when time runs out.
    """

    def __init__(self, test, student, limits, passing, found=None):
        self.test, self.student, self.limits, self.passing, self.found = test, student, limits, passing, found
        self.failure, self.first, self.tried, self.smaller = None, None, 0, 0
        self.history, self.kept_bytes = [], 0
        self.given_up = False  # looking for a smaller input
        self.deadline = float("inf")
        self.seconds, self.handing_over, self.own = student.seconds, student.handing_over, time.thread_time()

    def look_at_time(self):
        """Raise `StopSearch` or `CheckerTooSlow` when it is time to stop."""
        if self.failure is not None:
            if time.monotonic() > self.deadline:
                raise StopSearch
            return
        seconds, limits = self.student.seconds - self.seconds, self.limits
        if seconds > limits.finding:
            count = len(self.test.first) + (self.test.examples if self.test.strategies else not self.test.first)
            raise StopSearch(f"{seconds:.0f} s were used up after {self.tried} of {count} examples, which is too long")
        own = time.thread_time() - self.own - (self.student.handing_over - self.handing_over)
        if own > limits.course:
            raise CheckerTooSlow(f"making and judging the examples took the checker more than {limits.course:g} s")

    def __call__(self, **inputs):
        self.look_at_time()
        if self.failure is not None:
            self.smaller += 1
            if self.smaller > self.limits.tries:
                raise _TriesExhausted
        try:
            self.test.example(self.student, **inputs)
            self.tried += 1
        except self.passing:  # Hypothesis' own, such as an assumption that does not hold
            raise
        except (Exception, Abandoned) as error:
            first = self.failure is None
            self.failure = Failure(error, inputs, list(self.student.calls))
            if first:
                self.first = self.failure, [*self.history, *self.student.calls]
                self.deadline = time.monotonic() + self.limits.shrinking
                if self.found:
                    self.found()
            elif isinstance(error, Abandoned):
                self.given_up = True
            # Hypothesis keeps every exception, with every answer in the frames that it came through.
            traceback.clear_frames(error.__traceback__)
            raise
        finally:
            self._remember(self.student.calls)

    def _remember(self, calls):
        for call in calls:
            self.kept_bytes += call.weight
            if len(self.history) < KEPT_CALLS and self.kept_bytes <= KEPT_BYTES:
                self.history.append(call)

    def out_of_time(self, text):
        """It has to end before Hypothesis does."""
        if self.failure is None:
            self.failure = Failure(TooSlow(text))
        self.given_up = True

    def result(self, fresh, flaky=False):
        past = self.student.past
        self.student.past = [*past, *self.history][-KEPT_CALLS:]
        if self.failure is None:
            return None
        found, history = self.failure, self.history
        if self.first and self.given_up and self.limits.tries < float("inf"):
            found, history = self.first
        if isinstance(found.error, ArgumentChanged):
            function = found.error.call.function
            self.student.excused |= {(function, name) for name in found.error.names}
        history = [*history[:KEPT_CALLS], *past]
        return Failure(found.error, found.inputs, found.calls, history, flaky, fresh)


def _fresh(test, student, seed):
    """Calls on inputs that `run_property` does not draw from this seed, one list per example."""
    found, began = [], student.seconds

    def ask(**inputs):
        try:
            test.example(student, **inputs)
        except import_hypothesis().errors.HypothesisException:
            raise
        except Exception:  # a wrong answer, once more
            pass
        found.append(list(student.calls))
        if student.seconds - began > FRESH_SECONDS:
            raise _TriesExhausted

    with contextlib.suppress(Exception, Abandoned, CheckerBroken, _TriesExhausted):
        if test.strategies:
            each_example(test, ask, _own_seed(f"fresh {seed}", test), FRESH)
    return found


def replay(test, student, inputs):
    """Run one property on one input.

    Returns
    -------
    Failure or None
        None also if the property does not speak about this input (`hypothesis.assume`).
    """
    errors = import_hypothesis().errors
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", errors.HypothesisDeprecationWarning)  # `assume` wants to be in a search
            test.example(student, **inputs)
    except errors.UnsatisfiedAssumption:
        return None
    except (Exception, Abandoned) as error:
        calls = list(student.calls)
        return Failure(error, inputs, calls, calls, fresh=functools.partial(_fresh, test, student, 0))
    return None


def import_hypothesis():
    """Hypothesis, made to try the same examples for the same seed on every machine.

    It would otherwise mix in constants from the source of whatever local modules happen to be loaded, a student's file
    under ``--debug`` among them. No setting turns that off, so this replaces a function of Hypothesis's internals;
    setup.cfg has the versions that are known to have it.
    """
    import hypothesis
    import hypothesis.errors
    from hypothesis.internal.conjecture import providers

    if hasattr(providers, "_get_local_constants") and hasattr(providers, "_local_constants"):
        providers._get_local_constants = lambda: providers._local_constants
    return hypothesis


def keep_caches_in(folder):
    """Tell Hypothesis, before it is imported, to write no .hypothesis into the student's current folder."""
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(folder))
