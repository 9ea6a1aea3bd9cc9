"""Search for a counterexample to one property of one student's functions, with Hypothesis and within time limits."""

import contextlib
import copy
import functools
import hashlib
import time
import traceback
import warnings
from dataclasses import dataclass, field

from fls_teach.course.checking.failures import Abandoned, ArgumentChanged, CheckerBroken, CheckerTooSlow
from fls_teach.course.checking.hypothesis_setup import import_hypothesis

KEPT_CALLS, KEPT_BYTES = 60, 8 << 20
FRESH, FRESH_SECONDS = 24, 3.0  # further examples, and the time for them, to tell misconceptions apart


@dataclass(frozen=True)
class Limits:
    """Limits of the search for a counterexample to one property.

    Attributes
    ----------
    finding : float
        Seconds that the student's calls may take until a property fails, counted by `charged_seconds`.
    shrinking : float
        Seconds of wall time to look for a smaller counterexample after the first failure.
    tries : float
        Maximal number of examples tried for a smaller counterexample; unlike a time it is the same on every machine.
        If it is finite and the search is ended by its time or by a call that does not return, the first counterexample
        is reported: how far such a search gets depends on the machine.
    course : float
        Seconds of processor time that the checker itself may take until a property fails, to draw examples, to solve
        them and to compare. Exceeding them is a fault of the specification, never of the student.
    """

    finding: float = 60.0
    shrinking: float = 3.0
    tries: float = float("inf")
    course: float = 120.0


LIMITS = Limits()
NO_LIMITS = Limits(float("inf"), float("inf"), course=float("inf"))
"""For a check under a debugger."""


@dataclass(frozen=True)
class Failure:
    """How a property failed, on the smallest input found.

    Attributes
    ----------
    error : BaseException
        Mismatch, CallFailed, Abandoned, TooSlow, or an exception raised by the specification itself.
    inputs : dict
        The failing inputs, by argument of the property.
    calls : list of Call
        Calls of the failing example.
    history : list of Call
        Earlier calls on other inputs, used to tell misconceptions apart.
    flaky : bool
        Whether the same input passed when it was tried again.
    fresh : callable
        Calls the student's functions on further inputs and returns one list of `Call` per example.
    """

    error: BaseException
    inputs: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)
    history: list = field(default_factory=list)
    flaky: bool = False
    fresh: object = tuple


class TooSlow(Exception):
    """Every call stayed within its limit, but the property as a whole took too long."""


class StopSearch(BaseException):
    """Raised to leave Hypothesis at once; not an Exception, so that it is not taken for a counterexample.

    A caller with a time limit of its own may also raise it, at any moment. Before the first failure it means that the
    property took too long; after it, that the search for a smaller counterexample is over.
    """


class _TriesExhausted(BaseException):
    """Raised to leave Hypothesis after a fixed number of examples, which does not depend on the machine's speed."""


def run_property(test, student, seed=0, limits=LIMITS, shrink=True, found=None):
    """Search for an input on which a graded property fails.

    Parameters
    ----------
    test : function
        Property marked by `spec.graded`.
    student : Student
    seed : int
        The same seed tries the same examples. Properties draw different ones, even from equal strategies.
    limits : Limits
    shrink : bool
        Whether to look for a smaller input after a failure. The explicit inputs of a property, which are tried first,
        are never made smaller.
    found : callable, optional
        Called after the first failure, before the search for a smaller input.

    Returns
    -------
    Failure or None

    Raises
    ------
    CheckerTooSlow
        If the checker itself took longer than `limits.course`.
    CheckerBroken
        If the checker's own part of a call failed; its cause is the original exception.
    """
    errors = import_hypothesis().errors
    recorder = _Recorder(test, student, limits, errors.HypothesisException, found)
    student.after_call = recorder.check_time
    fresh = functools.partial(_fresh, test, student, seed)
    try:
        for inputs in test.first:
            recorder(**copy.deepcopy(inputs))
        if test.strategies:
            each_example(test, recorder, _seed_of_property(seed, test), test.examples, shrink)
        elif not test.first:
            recorder()
    except StopSearch as reason:
        recorder.out_of_time(str(reason))
    except (_TriesExhausted, Abandoned):
        pass
    except errors.HypothesisException:
        if recorder.failure is None:  # the specification cannot draw its inputs
            raise
        return recorder.result(fresh, flaky=True)
    except Exception:
        if recorder.failure is None:
            raise
    finally:
        student.after_call = lambda: None
    return recorder.result(fresh)


def _seed_of_property(seed, test):
    """Derive a property's seed; it depends on the property's name, so that equal strategies draw different inputs."""
    return int.from_bytes(hashlib.sha256(f"{seed} {test.example.__name__}".encode()).digest()[:8], "big")


def each_example(test, do, seed, max_examples, shrink=False):
    """Call `do(**inputs)` for each example that Hypothesis draws for a property; exceptions of `do` pass through."""
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
    # A new function each time, because Hypothesis attaches its settings to the function that it is given.
    run = hypothesis.given(**test.strategies)(lambda **inputs: do(**inputs))
    hypothesis.seed(seed)(settings(run))()


class _Recorder:
    """Runs examples and remembers the last one that failed.

    Hypothesis tries only inputs that are smaller than the best one so far, so the last failure is the smallest, also
    if time runs out.
    """

    def __init__(self, test, student, limits, hypothesis_error, found=None):
        self.test, self.student, self.limits, self.found = test, student, limits, found
        self.hypothesis_error = hypothesis_error
        self.failure, self.first = None, None
        self.tried, self.shrink_tries = 0, 0
        self.history, self.kept_bytes = [], 0
        self.shrink_stopped = False  # by time or by a call that did not return
        self.deadline = float("inf")
        self.student_start, self.transfer_start = student.seconds, student.handing_over
        self.cpu_start = time.thread_time()

    def check_time(self):
        """Raise `StopSearch` or `CheckerTooSlow` if a time limit has been exceeded."""
        if self.failure is not None:
            if time.monotonic() > self.deadline:
                raise StopSearch
            return
        seconds, limits = self.student.seconds - self.student_start, self.limits
        if seconds > limits.finding:
            count = len(self.test.first) + (self.test.examples if self.test.strategies else not self.test.first)
            raise StopSearch(f"{seconds:.0f} s were used up after {self.tried} of {count} examples, which is too long")
        transfer = self.student.handing_over - self.transfer_start
        if time.thread_time() - self.cpu_start - transfer > limits.course:
            raise CheckerTooSlow(f"making and judging the examples took the checker more than {limits.course:g} s")

    def __call__(self, **inputs):
        self.check_time()
        if self.failure is not None:
            self.shrink_tries += 1
            if self.shrink_tries > self.limits.tries:
                raise _TriesExhausted
        try:
            self.test.example(self.student, **inputs)
            self.tried += 1
        except self.hypothesis_error:  # such as an assumption that does not hold
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
                self.shrink_stopped = True
            # Hypothesis keeps every exception, and each would keep the answers in the frames of its traceback alive.
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
        """Record that the search was ended by a time limit."""
        if self.failure is None:
            self.failure = Failure(TooSlow(text))
        self.shrink_stopped = True

    def result(self, fresh, flaky=False):
        """Return the `Failure` to report, or None, and hand the calls on to the next property."""
        past = self.student.past
        self.student.past = [*past, *self.history][-KEPT_CALLS:]
        if self.failure is None:
            return None
        found, history = self.failure, self.history
        if self.first and self.shrink_stopped and self.limits.tries < float("inf"):
            found, history = self.first
        if isinstance(found.error, ArgumentChanged):
            function = found.error.call.function
            self.student.excused |= {(function, name) for name in found.error.names}
        history = [*history[:KEPT_CALLS], *past]
        return Failure(found.error, found.inputs, found.calls, history, flaky, fresh)


def _fresh(test, student, seed):
    """Return calls on inputs that `run_property` does not draw from this seed, as one list per example."""
    found, seconds_before = [], student.seconds

    def try_example(**inputs):
        try:
            test.example(student, **inputs)
        except import_hypothesis().errors.HypothesisException:
            raise
        except Exception:  # another wrong answer
            pass
        found.append(list(student.calls))
        if student.seconds - seconds_before > FRESH_SECONDS:
            raise _TriesExhausted

    with contextlib.suppress(Exception, Abandoned, CheckerBroken, _TriesExhausted):
        if test.strategies:
            each_example(test, try_example, _seed_of_property(f"fresh {seed}", test), FRESH)
    return found


def replay(test, student, inputs):
    """Run one property on one input.

    Returns
    -------
    Failure or None
        None also if the input does not meet an assumption of the property (`hypothesis.assume`).
    """
    errors = import_hypothesis().errors
    try:
        with warnings.catch_warnings():
            # `assume` warns if it is called outside of a search.
            warnings.simplefilter("ignore", errors.HypothesisDeprecationWarning)
            test.example(student, **inputs)
    except errors.UnsatisfiedAssumption:
        return None
    except (Exception, Abandoned) as error:
        calls = list(student.calls)
        return Failure(error, inputs, calls, calls, fresh=functools.partial(_fresh, test, student, 0))
    return None
