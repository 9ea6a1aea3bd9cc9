"""Which known misconception gives the very answers that the student gave?

A wrong diagnosis costs more than none. A misconception is named if the student shares its deviation from the reference
on the failing example and on another input, and leaves it nowhere: wherever the two differ, on all that the student was
asked, the student is with the misconception. If that is too little, or fits several, the student is asked more.
"""

from dataclasses import dataclass, field

import numpy as np

from fls_teach.course.checking.shared import SharedWorker
from fls_teach.course.checking.student import SLACK
from fls_teach.sandbox import protocol
from fls_teach.sandbox.proc.cpu_time import charged_seconds

BUDGET = 6.0  # seconds for all misconceptions of an exercise, while somebody waits
# (relative, absolute): a difference may be tiny; then again, the student may have used another formula or float32.
TOLERANCES = (1e-12, 0.0), (1e-6, 1e-8)
APART = 10  # tolerances: nearer to each other, a misconception and the reference are not told apart
STRONG = 4  # what a number is worth that is not hit by accident, where 0, 1/2, 1, True and the like are worth 1
ENOUGH = 5
OTHERS = 40  # earlier calls that are compared
CONSTANT = "your function gives the same answer to every question"


def likely_misconception(exercise, failure, worker=None):
    """The half-sentence of the misconception that answers as the student did, where the reference answers otherwise.

    Parameters
    ----------
    exercise : Exercise
    failure : search.Failure
        Its calls, its history and, where these are not enough, fresh ones.
    worker : SharedWorker, optional
        What to ask. Then time decides only about what hangs, so that the same calls get the same answer on a busy
        machine. Otherwise somebody is waiting: one is started, and given up after a few seconds.

    Returns
    -------
    str
        "" if none fits, or the course has no misconceptions at hand.
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
    """Nobody waits longer for a guess."""


class _Panel:
    """The reference and the misconceptions, each asked a question once."""

    def __init__(self, exercise, worker, budget):
        self.reference, self.misconceptions = exercise.solution, exercise.misconceptions
        self._worker, self._left, self._known = worker, budget, {}
        self._started = False

    def answer(self, each, call):
        """The `Outcome` of one of them; raise `_OutOfTime` if there is no time left."""
        key = each, id(call)
        if key not in self._known:
            if self._left <= 0:
                raise _OutOfTime
            outcome = self._worker.call(each, call.function, *call.args, **call.kwargs)
            if self._started:  # the first waited for the worker
                self._left -= charged_seconds(outcome.seconds, outcome.cpu_seconds, SLACK)
            self._started = True
            self._known[key] = call, outcome  # the call too, so that its id stays its own
        return self._known[key][1]


def _likely(panel, failure, calls):
    """The sentence of the misconception, of those that the student may share, or ""."""
    others = [call for call in failure.history if _is_answer(call) and not any(call is each for each in calls)]
    others = others[:: 1 + len(others) // OTHERS]
    try:
        for tolerance in TOLERANCES:
            left = [_Candidate(each, panel, tolerance) for each in panel.misconceptions]
            left = [each for each in left if each.fits(calls, whole=True) and each.evidence]
            for each in left:
                each.at_failure, each.evidence = each.evidence, 0
            left = [each for each in left if each.fits(others)]
            if left and (len(left) > 1 or not left[0].is_enough()):
                fresh = [call for example in failure.fresh() for call in example if _is_answer(call)]
                left = [each for each in left if each.fits(fresh)]
            left = [each for each in left if each.is_enough()]
            if len(left) == 1:
                return left[0].misconception.sentence
            if left:
                return ""  # several, which nothing asked tells apart
        return CONSTANT if _is_constant(panel, [*calls, *others]) else ""
    except _OutOfTime:
        return ""


@dataclass
class _Candidate:
    """A misconception that the student may share, and what speaks for it.

    Attributes
    ----------
    at_failure, evidence : int
        How much: on the failing example, and on other inputs.
    """

    misconception: object
    panel: _Panel
    tolerance: tuple
    at_failure: int = 0
    evidence: int = 0
    _seen: set = field(default_factory=set)

    def fits(self, calls, whole=False):
        """Whether the student is with the misconception wherever that leaves the reference; adds to `evidence`.

        `whole`: and nowhere else wrong.
        """
        return all(self._fits(call, whole) for call in calls)

    def is_enough(self):
        """Whether this can be no accident."""
        return bool(self.at_failure and self.evidence) and self.at_failure + self.evidence >= ENOUGH

    def _fits(self, call, whole):
        question = call.function, protocol.encode((call.args, call.kwargs))
        if question in self._seen:  # the same question again is no further evidence
            return True
        self._seen.add(question)
        answers = self.panel.answer(self.panel.reference, call), self.panel.answer(self.misconception, call)
        reference, theirs, mine = (_parts(each) for each in (*answers, call.outcome))
        if not len(reference) == len(theirs) == len(mine):
            reference, theirs, mine = [reference], [theirs], [mine]
        rtol, atol = self.tolerance
        worth = 0
        for right, wrong, given in zip(reference, theirs, mine, strict=True):
            if same(right, wrong, APART * rtol, APART * atol):
                if whole and not same(given, right, APART * rtol, APART * atol):
                    return False
                continue
            if not same(given, wrong, rtol, atol):
                return False
            worth = max(worth, 1 if _is_round(given) else STRONG)
        self.evidence += worth
        return True


def _is_answer(call):
    """Whether the call says what the student's function does: it came back, or raised."""
    return call.outcome.ok or call.outcome.kind == "exception"


def _parts(outcome):
    """What is compared one by one: the parts of an answer, and whether an argument was changed."""
    if not outcome.ok:
        return [outcome.kind, outcome.exception]
    value = outcome.value
    if isinstance(value, dict):
        value = [item for key in sorted(value) for item in (key, value[key])]
    several = isinstance(value, tuple) or (isinstance(value, list) and not all(map(_is_numbers, value)))
    return [*(value if several else [value]), bool(outcome.mutated)]


def _is_constant(panel, calls):
    """Whether a function that was asked different things always answered the same, and the reference did not."""
    asked = {}
    for call in calls:
        if call.outcome.ok:
            questions = asked.setdefault(call.function, {})
            questions[protocol.encode((call.args, call.kwargs))] = call
    for questions in asked.values():
        answers = {protocol.encode(call.outcome.value) for call in questions.values()}
        if len(answers) == 1 and len(questions) > 2:
            right = [panel.answer(panel.reference, call) for call in list(questions.values())[:10]]
            if len({protocol.encode(outcome.value) for outcome in right if outcome.ok}) > 1:
                return True
    return False


def _is_round(value):
    """Nothing but 0, 1/2, 1 and their like."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return all(map(_is_round, value))
    if not _is_numbers(value) or isinstance(value, int):
        return True
    return bool(np.all(2 * np.asarray(value, dtype=float) % 1 == 0))


def reference_value(exercise, call):
    """What the reference answers to a call, or None."""
    if not exercise.solution.exists():
        return None
    with SharedWorker(exercise) as worker:
        return worker.call(exercise.solution, call.function, *call.args, **call.kwargs).value


def same(a, b, rtol, atol):
    """Whether two plain values are equal, their numbers within tolerances."""
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
