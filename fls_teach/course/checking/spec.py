"""What a specification is written with: graded properties, the student's functions, and honest comparisons.

A specification file ``tests/spec/test_NN_slug.py`` is an ordinary pytest file; each property asks a `student`::

    @graded(2, "OA + OF = E(w^_+) - E*", case=strategies.decompositions())
    def test_parts_sum(student, case):
        \"\"\"The excess error is exactly the sum of its two parts\"\"\"
        parts = student.decompose(**case)
        ...
        expect_close(total, excess, atol=1e-12, because="OF is defined as what OA leaves of the excess")

pytest runs it against the solutions, ``fls check`` against a student's file in a worker process.
"""

import copy
import functools
import inspect
import itertools
import time
from dataclasses import dataclass, replace

import hypothesis
import numpy as np

from fls_teach.course.checking.show import show
from fls_teach.sandbox import NotPlain
from fls_teach.sandbox.proc.worker_process import charged

SLACK = 3.0
"""How many times as long as its limit a call may take by the clock, while others keep the processor busy."""

KEPT_BYTES = 8 << 20
"""How much of the answers in one example is kept for its card; those of an honest function are a hundredth of it."""


_NAN = (
    "it holds NaN: 0/0, inf - inf, the root or logarithm of a negative number, "
    "or arccos of a cosine that rounding made 1.0000000000000002"
)


class Mismatch(AssertionError):
    """A property does not hold; carries what a counterexample card shows."""

    def __init__(self, you, expected, because, what):
        super().__init__(f"{what}: got {show(you)}, expected {show(expected)}; {because}")
        # Of an answer that is far too large its text will do; Hypothesis keeps every failure that it has seen.
        self.you = you if weight(you) <= KEPT_BYTES // 16 else show(you)
        self.expected, self.because, self.what = expected, because, what


class ArgumentChanged(Mismatch):
    """An example holds, but a call of it changed an argument in place; carries the `Call` and the arguments' names."""

    def __init__(self, call, names):
        super().__init__(
            f"{call.function.removeprefix('support:')}() changed {' and '.join(names)} in place",
            "arguments that are as they were",
            "the caller goes on to use the same object: work on a copy, without *= and the like",
            "result",
        )
        self.call, self.names = call, names


class CallFailed(Exception):
    """The student's function raised, or returned what is not a plain value; carries the `Outcome`."""

    def __init__(self, outcome):
        super().__init__(outcome.message)
        self.outcome = outcome


class Abandoned(BaseException):
    """No further example helps (time-out, crash, file that does not load); not an Exception, so nothing shrinks it."""

    def __init__(self, outcome):
        super().__init__(outcome.message)
        self.outcome = outcome


class CheckerBroken(BaseException):
    """Our own side of a call failed: not an Exception, so that nothing takes it for the student's failure."""


class CheckerTooSlow(CheckerBroken):
    """To make the examples and to judge the answers took longer than we allow ourselves."""


@dataclass(frozen=True)
class Call:
    """One call of a student's function and what came of it."""

    function: str
    args: tuple
    kwargs: dict
    outcome: object
    weight: int = 0


def weight(value):
    """About how many bytes of memory a plain value takes."""
    if isinstance(value, dict):
        value = tuple(itertools.chain(value, value.values()))
    if isinstance(value, (list, tuple)):
        return 64 + sum(map(weight, value))
    if isinstance(value, np.ndarray):
        return 64 + value.nbytes
    return 64 + (len(value) if isinstance(value, (str, bytes)) else 0)


class Student:
    """The functions of one submission, by name, through a session of `fls_teach.sandbox`.

    Parameters
    ----------
    session : fls_teach.sandbox.Session or InProcess

    Attributes
    ----------
    inputs : dict
        What the running example was given.
    calls : list of Call
        What the running example has asked so far; without the value where there were more than `KEPT_BYTES` of them.
    past : list of Call
        Some of what earlier properties have asked.
    excused : set of (function, argument)
        Arguments whose change has failed a property already. It is left out of later calls: one mistake costs one
        property, also where another asks about it.
    seconds : float
        What all calls so far have taken, as `charged`: others may keep the processor busy.
    handing_over : float
        Seconds of this thread's processor time in which calls were passed on and their answers read.
    after_call : callable
        Called after each call.
    """

    def __init__(self, session):
        self.session, self.inputs, self.calls, self.excused = session, {}, [], set()
        self.seconds = self.handing_over = 0.0
        self.past = []
        self._kept = 0  # bytes of answers in `calls`
        self.after_call = lambda: None

    def begin(self, inputs):
        """Start an example."""
        self.inputs, self.calls, self._kept = inputs, [], 0

    def expect_arguments_kept(self, in_place=()):
        """Fail the property if a call of this example, but for those of the functions `in_place`, changed an argument.

        Raises
        ------
        ArgumentChanged
        """
        for call in self.calls:
            if call.outcome.mutated and call.function not in in_place:
                raise ArgumentChanged(call, call.outcome.mutated)

    def __getattr__(self, function):
        if function.startswith("_"):  # Hypothesis and pytest look for these
            raise AttributeError(function)
        return functools.partial(self.call, function)

    def call(self, function, *args, **kwargs):
        """The value of one call; `function` may be "support:NAME", a trusted function of the exercise.

        Raises
        ------
        CallFailed, Abandoned
        CheckerBroken
            From what was raised, if that was not the student's code.
        """
        began = time.thread_time()
        try:
            outcome = self.session.call(function, *args, **kwargs)
        except NotPlain:  # a value of the student's, made into something else by the specification
            raise
        except Exception as problem:
            raise CheckerBroken from problem
        self.handing_over += time.thread_time() - began
        self.seconds += charged(outcome.seconds, outcome.spent, SLACK)
        self._keep(function, args, kwargs, outcome)
        self.after_call()
        if outcome.ok:
            return outcome.value
        raise (CallFailed if outcome.kind in ("exception", "not_plain") else Abandoned)(outcome)

    def _keep(self, function, args, kwargs, outcome):
        changed = tuple(name for name in outcome.mutated if (function, name) not in self.excused)
        if changed != outcome.mutated:
            outcome = replace(outcome, mutated=changed)
        heavy = weight(outcome.value)
        if heavy + self._kept > KEPT_BYTES:
            outcome, heavy = replace(outcome, kind="not_plain", value=None, detail="more than can be kept"), 0
        self._kept += heavy
        self.calls.append(Call(function, args, kwargs, outcome, heavy))


@dataclass(frozen=True)
class Graded:
    """What a property is worth, and the sentence and formula that a student sees."""

    points: int
    formula: str
    sentence: str


def graded(points, formula, examples=30, first=(), in_place=(), **strategies):
    """Mark a function as a graded property and feed it with examples.

    Parameters
    ----------
    points : int
        Whole points, all or nothing.
    formula : str
        The property in the paper's notation, one line.
    examples : int
        How many examples to draw.
    first : sequence of dict
        Inputs that are tried before any is drawn, each with a value for every argument after `student`: the lesson's
        own example, a boundary that is seldom drawn. Without strategies they are all that is tried.
    in_place : sequence of str
        Functions that may change their arguments. Any other fails the property by doing so, unless that has failed an
        earlier property of the exercise.
    **strategies : hypothesis strategies
        One for each argument after `student`; they must draw plain values. None: the property runs once.
    """
    if any(set(inputs) != set(strategies or first[0]) for inputs in first):
        raise TypeError(f"each of `first` needs a value for each of {sorted(strategies or first[0])}")

    def decorate(function):
        @functools.wraps(function)
        def example(student, **inputs):
            student.begin(inputs)
            function(student, **inputs)
            student.expect_arguments_kept(in_place)

        test = example
        if strategies:
            quiet = hypothesis.settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                report_multiple_bugs=False,
                # Without "explain", which tries for minutes to say which parts of a failing example matter.
                phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            test = quiet(hypothesis.given(**strategies)(example))
        if first:
            test = _after(first, example, test if strategies else None)
        test.graded = Graded(points, formula, " ".join(function.__doc__.split()))
        # What `search` builds its own run from: other seeds, a limit in time, one example by hand.
        test.example, test.strategies, test.examples = example, strategies, examples
        test.first = tuple(first)
        return test

    return decorate


def _after(first, example, drawn):
    """A test for pytest that tries the inputs of `first`, then those that are drawn."""

    @functools.wraps(example)
    def test(student):
        for inputs in first:
            example(student, **copy.deepcopy(inputs))
        if drawn:
            drawn(student)

    # Else pytest would look for fixtures that are called like the arguments of the property.
    test.__signature__ = inspect.Signature([inspect.Parameter("student", inspect.Parameter.POSITIONAL_OR_KEYWORD)])
    return test


def expect(holds, *, you, expected, because, what="result"):
    """Fail the property unless `holds`.

    Parameters
    ----------
    holds : bool
    you, expected : plain values or str
        What came back, and what was expected of it, as the card shows them.
    because : str
        Why theory expects it: half a sentence.
    what : str
        Which quantity.

    Raises
    ------
    Mismatch
    """
    if not holds:
        raise Mismatch(you, expected, because, what)


def expect_close(you, expected, *, because, rtol=0.0, atol=0.0, what="result"):
    """Fail the property unless numbers agree: same shape, |you - expected| <= atol + rtol |expected|, NaN nowhere.

    Parameters
    ----------
    you : plain value
        What came back; a list of numbers counts as an array.
    expected : array_like of numbers
    because, what : str
        As in `expect`.
    rtol, atol : float
        Say in the specification where they come from.

    Returns
    -------
    ndarray of float64
        `you` as an array.

    Raises
    ------
    Mismatch
    """
    numbers = expect_numbers(you, np.shape(expected), because=because, what=what)
    finite = np.isfinite(expected)
    allowed = atol + rtol * np.abs(np.where(finite, expected, 0.0))
    with np.errstate(invalid="ignore"):  # an infinity is met by the same infinity alone
        close = np.where(finite, np.abs(numbers - expected) <= allowed, numbers == expected)
    if not close.all():
        raise Mismatch(you, expected, because, what)
    return numbers


def expect_numbers(you, shape, *, because="the docstring gives the shape", what="result"):
    """`you` as a float64 array, or fail the property unless it is real numbers of exactly this shape, none of them NaN.

    Parameters
    ----------
    you : plain value
    shape : tuple of int
    because, what : str
        As in `expect`.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    Mismatch
    """
    wanted = f"numbers of shape {tuple(shape)}" if len(shape) else "one number"
    try:
        # With text among its items numpy would make as many texts of the length of the longest.
        numbers = np.asarray(you) if not _holds_text(you) else np.empty(0, object)
    except ValueError:
        raise Mismatch(you, wanted, "it is a ragged list", what) from None
    if isinstance(you, dict) or numbers.dtype.kind not in "fiub":
        raise Mismatch(you, wanted, f"it is of type {type(you).__name__}", what)
    if numbers.shape != tuple(shape):
        raise Mismatch(you, wanted, f"its shape is {numbers.shape}", what)
    if np.isnan(numbers.astype(float)).any():
        raise Mismatch(you, wanted, _NAN, what)
    return numbers.astype(np.float64)


def _holds_text(value):
    if isinstance(value, (list, tuple)):
        return any(map(_holds_text, value))
    return isinstance(value, (str, bytes))


def expect_parts(you, names, what="result"):
    """Unpack a tuple, or a dict by its keys, into exactly these parts, or fail the property.

    Parameters
    ----------
    you : plain value
        A tuple or list as long as `names`, or a dict with these keys.
    names : sequence of str

    Returns
    -------
    list

    Raises
    ------
    Mismatch
    """
    if isinstance(you, dict) and set(you) == set(names):
        return [you[name] for name in names]
    if isinstance(you, (tuple, list)) and len(you) == len(names):
        return list(you)
    raise Mismatch(you, f"({', '.join(names)})", f"it is of type {type(you).__name__}, not {len(names)} parts", what)
