"""Which known misconception gives the very answers that the student gave?

A wrong diagnosis costs more than none: one small example is not evidence enough, so the misconception has to answer
as the student did wherever the student was asked.
"""

import functools
import time

import numpy as np

from fls_teach.course.checking.shared import SharedWorker
from fls_teach.sandbox import protocol

BUDGET = 4.0  # seconds for all misconceptions of an exercise
# (relative, absolute): a difference may be tiny; then again, the student may have used another formula or float32.
TOLERANCES = (1e-12, 0.0), (1e-6, 1e-8)
NEARLY_ALL = 0.9  # of the other calls
CONSTANT = "your function gives the same answer to every question"


def likely_misconception(exercise, calls, history=(), worker=None):
    """The half-sentence of the misconception that answers as the student did, where the reference answers otherwise.

    Parameters
    ----------
    exercise : Exercise
    calls : list of Call
        Those of the failing example.
    history : list of Call
        Others of the same property; nearly all of them must fit too.
    worker : SharedWorker, optional
        Whom to ask. Then time decides only about what hangs, so that the same calls get the same answer on a busy
        machine. Otherwise somebody is waiting: one is started, and given up after a few seconds.

    Returns
    -------
    str
        "" if none fits, or the course has no misconceptions at hand.
    """
    calls = [call for call in calls if call.outcome.ok]
    if not calls or not exercise.misconceptions:
        return ""
    if worker is not None:
        return _likely(exercise, worker, calls, history, float("inf"))
    # Who shares the misconception takes about as long; on the input of another it may run for ever.
    limit = min(0.3 + 5 * max(call.outcome.seconds for call in calls), 10.0)
    with SharedWorker(exercise, limit) as worker:
        return _likely(exercise, worker, calls, history, BUDGET)


def _likely(exercise, worker, calls, history, budget):
    every = _all_answers(exercise, worker, calls, budget)
    reference = every.pop(exercise.solution)
    for tolerance in TOLERANCES:
        agrees = functools.partial(_same_answer, tolerance=tolerance)
        if all(map(agrees, reference, calls)):
            return ""  # right answers: what went wrong is between the calls
        fitting = [each for each, answers in every.items() if all(map(agrees, answers, calls))]
        found = _most_like(worker, fitting, history, agrees, budget) if fitting else None
        if _is_constant([*calls, *history]):  # if something else is too, the questions were too much alike
            return "" if found else CONSTANT
        if fitting:
            return found.sentence if found and _tells(calls, history) else ""
    return ""


def _is_constant(calls):
    """Whether each function that was asked different things always answered the same, and one was asked thrice."""
    asked = {}
    for call in calls:
        if call.outcome.ok:
            questions, answers = asked.setdefault(call.function, (set(), set()))
            questions.add(protocol.encode((call.args, call.kwargs)))
            answers.add(protocol.encode(call.outcome.value))
    return all(len(answers) == 1 for _, answers in asked.values()) and any(len(asks) > 2 for asks, _ in asked.values())


def _tells(calls, history):
    """Whether the answers say anything: several different ones, or one that is not hit by accident."""
    answers = {protocol.encode(call.outcome.value) for call in [*calls, *history] if call.outcome.ok}
    return len(answers) > 1 or not _is_round(calls[0].outcome.value)


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
        return _answer(worker, exercise.solution, call).value


def _answer(worker, each, call):
    return worker.call(each, call.function, *call.args, **call.kwargs)


def _all_answers(exercise, worker, calls, budget):
    """Outcomes of the reference, by its path, and of as many misconceptions as there is time for."""
    found, deadline = {}, None
    for each in (exercise.solution, *exercise.misconceptions):
        if deadline is not None and time.monotonic() > deadline:
            break
        found[each] = [_answer(worker, each, calls[0])]
        for call in calls[1:]:
            if not found[each][-1].ok:  # it differs from the student's already
                break
            found[each].append(_answer(worker, each, call))
        found[each] += [found[each][-1]] * (len(calls) - len(found[each]))
        deadline = deadline or time.monotonic() + budget  # the worker has started
    return found


def _most_like(worker, fitting, history, agrees, budget):
    """Of those that fit one example, the misconception that fits most of the others, if it fits nearly all; or None."""
    deadline, asked = time.monotonic() + budget, 0
    score, roughly = dict.fromkeys(fitting, 0), dict.fromkeys(fitting, 0)
    for call in history:
        if call.outcome.ok and time.monotonic() < deadline:
            asked += 1
            for each in fitting:
                answer = _answer(worker, each, call)
                score[each] += agrees(answer, call)
                roughly[each] += _same_answer(answer, call, TOLERANCES[-1])
    best = max(fitting, key=lambda each: (score[each], roughly[each]))
    return best if roughly[best] >= NEARLY_ALL * asked else None


def _same_answer(outcome, call, tolerance):
    mine = call.outcome
    return outcome.ok and outcome.mutated == mine.mutated and same(outcome.value, mine.value, *tolerance)


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
