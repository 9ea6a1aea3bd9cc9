"""A student's functions as a property calls them: with what they cost, and what they were asked."""

import functools
import time
from dataclasses import dataclass, replace

from fls_teach.course.checking.failures import KEPT_BYTES, Abandoned, ArgumentChanged, CallFailed, CheckerBroken, weight
from fls_teach.sandbox import NotPlain
from fls_teach.sandbox.proc.cpu_time import charged_seconds

SLACK = 3.0
"""How many times as long as its limit a call may take by the clock, while others keep the processor busy."""


@dataclass(frozen=True)
class Call:
    """One call of a student's function and what came of it."""

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
        What the running example was given.
    calls : list of Call
        What the running example has asked so far; without the value where there were more than `KEPT_BYTES` of them.
    past : list of Call
        Some of what earlier properties have asked.
    excused : set of (function, argument)
        Arguments whose change has failed a property already. It is left out of later calls: one mistake costs one
        property, also where another asks about it.
    seconds : float
        What all calls so far have taken, as `charged_seconds`: others may keep the processor busy.
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
        heavy = weight(outcome.value)
        if heavy + self._kept > KEPT_BYTES:
            outcome, heavy = replace(outcome, kind="not_plain", value=None, detail="more than can be kept"), 0
        self._kept += heavy
        self.calls.append(Call(function, args, kwargs, outcome, heavy))
