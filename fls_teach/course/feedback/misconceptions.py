"""Find the known misconception that gives the same answers as the student.

A wrong diagnosis is worse than none. A misconception is named only if, on the failing example and on at least one other
input, it differs from the reference and the student's answer equals that of the misconception, and if there is no call
on which it differs from the reference and the student does not follow it. If the evidence is too weak or several
misconceptions fit, the student's functions are called on further inputs.
"""

from dataclasses import dataclass, field

import numpy as np

from fls_teach.course.checking.shared import SharedWorker
from fls_teach.course.checking.student import SLACK
from fls_teach.sandbox import protocol
from fls_teach.sandbox.proc.cpu_time import charged_seconds

BUDGET = 6.0  # seconds for all misconceptions of an exercise, while a student waits
# (relative, absolute). The first detects tiny differences; the second allows for another formula or float32.
TOLERANCES = (1e-12, 0.0), (1e-6, 1e-8)
APART = 10  # answers that differ by less than this many tolerances do not tell a misconception from the reference
STRONG = 4  # evidence of a shared number that is unlikely by accident; 0, 1/2, 1, True and the like count 1
ENOUGH = 5  # evidence that is needed in total
OTHERS = 40  # about this many earlier calls are compared
CONSTANT = "your function gives the same answer to every question"


def likely_misconception(exercise, failure, worker=None):
    """Return the sentence of the misconception that answers as the student did where the reference answers otherwise.

    Parameters
    ----------
    exercise : Exercise
    failure : search.Failure
        Its calls and its history are compared and, if these are not enough, fresh calls.
    worker : SharedWorker, optional
        Worker that runs the misconceptions. There is then no time limit except that of each call, so that the result
        does not depend on how busy the machine is. Without it a worker is started, and the search is given up after
        `BUDGET` seconds because a student is waiting.

    Returns
    -------
    str
        Half a sentence; "" if no misconception fits or the course has none.
    """
    calls = list(filter(_is_answer, failure.calls))
    if not calls or not exercise.misconceptions:
        return ""
    if worker is not None:
        return _likely(_Panel(exercise, worker, float("inf")), failure, calls)
    # A misconception that the student shares takes about as long; others may not terminate.
    limit = min(0.3 + 5 * max(call.outcome.seconds for call in calls), 10.0)
    with SharedWorker(exercise, limit) as worker:
        return _likely(_Panel(exercise, worker, BUDGET), failure, calls)


class _OutOfTime(Exception):
    """The time for finding a misconception is used up."""


class _Panel:
    """The answers of the reference and of the misconceptions; each of them makes a call only once."""

    def __init__(self, exercise, worker, budget):
        self.reference, self.misconceptions = exercise.solution, exercise.misconceptions
        self._worker, self._left, self._known = worker, budget, {}
        self._started = False

    def answer(self, each, call):
        """Return the `Outcome` of one of them on a call; raise `_OutOfTime` if there is no time left."""
        key = each, id(call)
        if key not in self._known:
            if self._left <= 0:
                raise _OutOfTime
            outcome = self._worker.call(each, call.function, *call.args, **call.kwargs)
            if self._started:  # the first call includes the start of the worker
                self._left -= charged_seconds(outcome.seconds, outcome.cpu_seconds, SLACK)
            self._started = True
            self._known[key] = call, outcome  # the call is kept alive so that no other object gets its id
        return self._known[key][1]


def _likely(panel, failure, calls):
    """Return the sentence of the only misconception that fits, `CONSTANT`, or ""."""
    others = [call for call in failure.history if _is_answer(call) and not any(call is each for each in calls)]
    others = others[:: 1 + len(others) // OTHERS]
    try:
        for tolerance in TOLERANCES:
            candidates = [_Candidate(each, panel, tolerance) for each in panel.misconceptions]
            candidates = [each for each in candidates if each.fits(calls, whole=True) and each.evidence]
            for each in candidates:
                each.at_failure, each.evidence = each.evidence, 0
            candidates = [each for each in candidates if each.fits(others)]
            if candidates and (len(candidates) > 1 or not candidates[0].is_enough()):
                fresh = [call for example in failure.fresh() for call in example if _is_answer(call)]
                candidates = [each for each in candidates if each.fits(fresh)]
            candidates = [each for each in candidates if each.is_enough()]
            if len(candidates) == 1:
                return candidates[0].misconception.sentence
            if candidates:
                return ""  # several, and none of the calls tells them apart
        return CONSTANT if _is_constant(panel, [*calls, *others]) else ""
    except _OutOfTime:
        return ""


@dataclass
class _Candidate:
    """A misconception that the student may have, with the evidence for it.

    Attributes
    ----------
    at_failure, evidence : int
        Evidence on the failing example and on other inputs.
    """

    misconception: object
    panel: _Panel
    tolerance: tuple
    at_failure: int = 0
    evidence: int = 0
    _seen: set = field(default_factory=set)

    def fits(self, calls, whole=False):
        """Whether the student's answers equal the misconception's wherever that differs from the reference.

        If `whole`, they must also be right everywhere else. Adds to `evidence`.
        """
        return all(self._fits(call, whole) for call in calls)

    def is_enough(self):
        """Whether the evidence is enough to exclude an accident."""
        return bool(self.at_failure and self.evidence) and self.at_failure + self.evidence >= ENOUGH

    def _fits(self, call, whole):
        question = call.function, protocol.encode((call.args, call.kwargs))
        if question in self._seen:  # the same call again is no further evidence
            return True
        self._seen.add(question)
        outcomes = self.panel.answer(self.panel.reference, call), self.panel.answer(self.misconception, call)
        reference, misconception, student = (_parts(each) for each in (*outcomes, call.outcome))
        if not len(reference) == len(misconception) == len(student):
            reference, misconception, student = [reference], [misconception], [student]
        rtol, atol = self.tolerance
        evidence = 0
        for right, wrong, given in zip(reference, misconception, student, strict=True):
            if same(right, wrong, APART * rtol, APART * atol):
                if whole and not same(given, right, APART * rtol, APART * atol):
                    return False
                continue
            if not same(given, wrong, rtol, atol):
                return False
            evidence = max(evidence, 1 if _is_round(given) else STRONG)
        self.evidence += evidence
        return True


def _is_answer(call):
    """Whether the student's function returned or raised, rather than being stopped."""
    return call.outcome.ok or call.outcome.kind == "exception"


def _parts(outcome):
    """Return what is compared item by item: the parts of an answer, and whether an argument was changed in place."""
    if not outcome.ok:
        return [outcome.kind, outcome.exception]
    value = outcome.value
    if isinstance(value, dict):
        value = [item for key in sorted(value) for item in (key, value[key])]
    several = isinstance(value, tuple) or (isinstance(value, list) and not all(map(_is_numbers, value)))
    return [*(value if several else [value]), bool(outcome.mutated)]


def _is_constant(panel, calls):
    """Whether a function gave the same answer to different calls where the answers of the reference differ."""
    calls_by_function = {}
    for call in calls:
        if call.outcome.ok:
            different = calls_by_function.setdefault(call.function, {})
            different[protocol.encode((call.args, call.kwargs))] = call
    for different in calls_by_function.values():
        answers = {protocol.encode(call.outcome.value) for call in different.values()}
        if len(answers) == 1 and len(different) > 2:
            right = [panel.answer(panel.reference, call) for call in list(different.values())[:10]]
            if len({protocol.encode(outcome.value) for outcome in right if outcome.ok}) > 1:
                return True
    return False


def _is_round(value):
    """Whether all numbers in a value are multiples of 1/2, which a wrong function often returns by accident."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return all(map(_is_round, value))
    if not _is_numbers(value) or isinstance(value, int):
        return True
    return bool(np.all(2 * np.asarray(value, dtype=float) % 1 == 0))


def reference_value(exercise, call):
    """Return the reference's answer to a call, or None if it has none."""
    if not exercise.solution.exists():
        return None
    with SharedWorker(exercise) as worker:
        return worker.call(exercise.solution, call.function, *call.args, **call.kwargs).value


def same(a, b, rtol, atol):
    """Whether two plain values are equal, with their numbers equal within tolerances."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], rtol, atol) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same(*pair, rtol, atol) for pair in zip(a, b, strict=True))
    if _is_numbers(a) and _is_numbers(b):
        return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True))
    return type(a) is type(b) and not _is_numbers(a) and a == b


def _is_numbers(value):
    return isinstance(value, (bool, int, float, np.generic)) or (
        isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
    )
