"""A student's functions as a property calls them; the calls and their times are recorded."""

import functools
import time
from dataclasses import dataclass, replace

from fls_teach.course.checking.failures import KEPT_BYTES, Abandoned, ArgumentChanged, CallFailed, CheckerBroken, weight
from fls_teach.sandbox import NotPlain
from fls_teach.sandbox.proc.cpu_time import charged_seconds

SLACK = 3.0
"""A call may take up to this many times its limit in wall time, if other processes keep the processor busy."""


@dataclass(frozen=True)
class Call:
    """One call of a student's function and its outcome."""

    function: str
    args: tuple
    kwargs: dict
    outcome: object
    weight: int = 0


class Student:
    """The functions of one submission, by name, through a session of `fls_teach.sandbox`.

    Parameters
    ----------
    session : fls_teach.sandbox.Session or InProcess

    Attributes
    ----------
    inputs : dict
        Inputs of the running example.
    calls : list of Call
        Calls of the running example so far. An answer is left out if all answers together would exceed `KEPT_BYTES`.
    past : list of Call
        Some of the calls of earlier properties.
    excused : set of (function, argument)
        Arguments whose change in place has already failed a property. Later calls ignore the change, so that one
        mistake costs one property only.
    seconds : float
        Time that all calls so far have taken, counted by `charged_seconds`: other processes may keep the processor
        busy.
    handing_over : float
        Processor time in seconds that this thread has spent on sending calls and reading their answers.
    after_call : callable
        Called without arguments after each call.
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
        """Fail the property if a call of this example changed an argument, except calls of functions in `in_place`.

        Raises
        ------
        ArgumentChanged
        """
        for call in self.calls:
            if call.outcome.mutated and call.function not in in_place:
                raise ArgumentChanged(call, call.outcome.mutated)

    def __getattr__(self, function):
        if function.startswith("_"):  # Hypothesis and pytest look for such attributes
            raise AttributeError(function)
        return functools.partial(self.call, function)

    def call(self, function, *args, **kwargs):
        """Call a function and return its value; "support:NAME" is a trusted function of the exercise.

        Raises
        ------
        CallFailed, Abandoned
            If the student's function failed.
        CheckerBroken
            If the checker failed; its cause is the original exception.
        """
        began = time.thread_time()
        try:
            outcome = self.session.call(function, *args, **kwargs)
        except NotPlain:  # the specification passed on a value that it derived from a student's answer
            raise
        except Exception as problem:
            raise CheckerBroken from problem
        self.handing_over += time.thread_time() - began
        self.seconds += charged_seconds(outcome.seconds, outcome.cpu_seconds, SLACK)
        self._keep(function, args, kwargs, outcome)
        self.after_call()
        if outcome.ok:
            return outcome.value
        raise (CallFailed if outcome.kind in ("exception", "not_plain") else Abandoned)(outcome)

    def _keep(self, function, args, kwargs, outcome):
        changed = tuple(name for name in outcome.mutated if (function, name) not in self.excused)
        if changed != outcome.mutated:
            outcome = replace(outcome, mutated=changed)
        size = weight(outcome.value)
        if size + self._kept > KEPT_BYTES:
            outcome, size = replace(outcome, kind="not_plain", value=None, detail="more than can be kept"), 0
        self._kept += size
        self.calls.append(Call(function, args, kwargs, outcome, size))
