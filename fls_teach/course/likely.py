"""Which known misconception gives the very answers that the student gave?"""

import ast
import functools
import time

import numpy as np

from fls_teach.course.shared import SharedWorker

BUDGET = 4.0  # seconds for all misconceptions of an exercise
# (relative, absolute): a difference may be tiny; then again, the student may have used another formula or float32.
TOLERANCES = (1e-12, 0.0), (1e-6, 1e-8)


def likely_misconception(exercise, calls, history=()):
    """The half-sentence of the misconception that answers as the student did, where the reference answers otherwise.

    Parameters
    ----------
    exercise : Exercise
    calls : list of Call
        Those of the failing example.
    history : list of Call
        Others of the same property; they decide between several that fit.

    Returns
    -------
    str
        "" if none fits, or the course has no misconceptions at hand.
    """
    calls = [call for call in calls if call.outcome.ok]
    if not calls or not exercise.misconceptions:
        return ""
    # Who shares the misconception takes about as long; on the input of another it may run for ever.
    limit = min(0.3 + 5 * max(call.outcome.seconds for call in calls), 10.0)
    with SharedWorker(exercise, limit) as worker:
        every = _all_answers(exercise, worker, calls)
        reference = every.pop(exercise.solution)
        for tolerance in TOLERANCES:
            agrees = functools.partial(_same_answer, tolerance=tolerance)
            if all(map(agrees, reference, calls)):
                return ""  # right answers: what went wrong is between the calls
            fitting = [path for path, answers in every.items() if all(map(agrees, answers, calls))]
            if fitting:
                return half_sentence(_most_like(worker, fitting, history, agrees))
    return ""


def reference_value(exercise, call):
    """What the reference answers to a call, or None."""
    if not exercise.solution.exists():
        return None
    with SharedWorker(exercise) as worker:
        return _answer(worker, exercise.solution, call).value


def half_sentence(path):
    """The first line of a misconception's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or path.stem.replace("_", " ")
    return text.strip().partition("\n")[0]


def _answer(worker, path, call):
    return worker.call(path, call.function, *call.args, **call.kwargs)


def _all_answers(exercise, worker, calls):
    """Outcomes by file, of the reference and of as many misconceptions as there is time for."""
    found, deadline = {}, None
    for path in (exercise.solution, *exercise.misconceptions):
        if deadline is not None and time.monotonic() > deadline:
            break
        found[path] = [_answer(worker, path, calls[0])]
        for call in calls[1:]:
            if not found[path][-1].ok:  # it differs from the student's already
                break
            found[path].append(_answer(worker, path, call))
        found[path] += [found[path][-1]] * (len(calls) - len(found[path]))
        deadline = deadline or time.monotonic() + BUDGET  # the worker has started
    return found


def _most_like(worker, paths, history, agrees):
    """Of misconceptions that fit one example, the one that fits most of the others."""
    if len(paths) == 1:
        return paths[0]
    deadline, score = time.monotonic() + BUDGET, dict.fromkeys(paths, 0)
    for call in history:
        if call.outcome.ok and time.monotonic() < deadline:
            for path in paths:
                score[path] += agrees(_answer(worker, path, call), call)
    return max(score, key=score.get)


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
