"""One exercise checked: every property gets a verdict and, if it passed, its points.

`fls check` and `fls grade` are the two callers of `check`. Each says how a failure is described, what time may be
spent, and in which session the functions run; what is asked, and what an answer is worth, is the same.
"""

import contextlib
import functools
import importlib.util
import os
import re
import sys
import traceback
import warnings
from bdb import BdbQuit

from fls_teach.course.checking.failures import Abandoned, CallFailed, CheckerBroken, Mismatch
from fls_teach.course.checking.results import CheckResult, PropertyResult
from fls_teach.course.checking.search import LIMITS, Failure, StopSearch, TooSlow, replay, run_property
from fls_teach.course.checking.student import Student
from fls_teach.course.registry import CourseError, MissingModule
from fls_teach.course.withheld import concealed
from fls_teach.sandbox import Session

# What test frameworks raise to leave a test without a failure. It counts as a wrong answer, under a name of its own.
_SKIPS = {
    *("Skipped", "SkipTest", "XFailed", "Exit", "OutcomeException", "StopTest", "UnsatisfiedAssumption"),
    *("HypothesisException", "Rejected", "FailedHealthCheck", "Unsatisfiable", "Frozen"),
}
STOPPED = "timeout", "memory", "output"
"""Verdicts on what was stopped: at which line it then was, and what it had printed, is chance."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


class NoClock:
    """Time as `check` spends it, none of it limited: the person who waits can end it."""

    def turn_to(self, purpose):
        """Spend time on "mark" (the verdict), "search" (a smaller counterexample) or "card" from now on."""

    def watched(self):
        """A context in which `search.StopSearch` may be raised at any moment."""
        return contextlib.nullcontext()


def load_specification(exercise):
    """The specification's module.

    Raises
    ------
    CourseError
        If a module that it needs is not installed.
    """
    exercise.check_needs()
    return _load(exercise, f"fls_specification_{exercise.name}", exercise.specification)


def graded_function(exercise, item):
    """The function of a property, marked by `spec.graded`; from the withheld file where it belongs there.

    Raises
    ------
    CourseError
        As `load_specification`.
    """
    module = load_specification(exercise)
    if item.withheld:
        module = _load(exercise, f"fls_withheld_{exercise.name}", exercise.withheld)
    return getattr(module, item.function)


def check_specifications(exercises):
    """Import the specifications of some exercises, public and withheld: one that fails is found before anything else.

    Raises
    ------
    CourseError
        If one cannot be imported, or lacks a function that its text promises.
    """
    for exercise in exercises:
        for item in exercise.properties:
            try:
                graded_function(exercise, item)
            except MissingModule:  # not to be tried here
                break
            except (CourseError, KeyboardInterrupt):
                raise
            except BaseException as problem:  # pytest's own skips and SystemExit are no Exception
                path = exercise.withheld if item.withheld else exercise.specification
                frames = traceback.extract_tb(problem.__traceback__)
                lines = [f", line {each.lineno}" for each in frames if each.filename == os.path.abspath(path)]
                text = _one_line(f"{type(problem).__name__}: {problem}")
                raise CourseError(f"the specification '{path}'{''.join(lines[-1:])} does not load: {text}") from None


def _load(exercise, name, path):
    """The module in a file, imported once for an `Exercise`: those of other courses may have files of the same name."""
    if path not in exercise.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look themselves up there
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        exercise.modules[path] = module
    return exercise.modules[path]


def check(
    exercise,
    session,
    describe,
    *,
    seed=0,
    limits=LIMITS,
    case=None,
    clock=None,
    one_timeout=False,
    loads=None,
    stumble="wrong",
    progress=None,
):
    """Check a student's functions against the specification.

    Parameters
    ----------
    exercise : Exercise
    session : fls_teach.sandbox.Session or InProcess
        Of the student's file and the exercise's support.
    describe : callable
        Given (item, failure, verdict), returns a summary of one line and the rows of a card, maybe none.
    seed : int
        The same seed tries the same examples.
    limits : search.Limits
        Of each property.
    case : tuple of (Property, dict), optional
        Run this property on these inputs, and nothing else.
    clock : NoClock, optional
    one_timeout : bool
        Ask nothing more once a call was stopped for its time.
    loads : callable, optional
        Whether a file that is known to load does so here. Asked once a file does not: else the fault is ours.
    stumble : str
        The verdict where the specification stumbles over an answer, and there is no reference to try it on.
    progress : callable, optional
        Told (fraction, sentence) before each property.

    Returns
    -------
    CheckResult
        A property that could not be judged for a reason of ours has the verdict "grader-fault".

    Raises
    ------
    BdbQuit
        When a debugger was left.
    """
    clock, items, results = clock or NoClock(), [case[0]] if case else exercise.properties, []
    try:
        loaded = session.load()
    except Exception as problem:  # no worker can be started
        return _finished(exercise, [_fault(item, problem) for item in items])
    if not loaded.ok:
        if loaded.seconds and loads and not loads():
            text = "the reference solution does not load in this sandbox either"
            return _finished(exercise, [PropertyResult(item, "grader-fault", text) for item in items])
        verdict = verdict_of(Failure(Abandoned(loaded)))
        results = [PropertyResult(item, verdict, _one_line(loaded.message, 100)) for item in items]
        return _finished(exercise, results, session.failed_load)
    student = Student(session)
    for k, item in enumerate(items):
        if one_timeout and session.first_timeout is not None:
            results.append(PropertyResult(item, "not-run", "not run after the time-out"))
            continue
        if progress:
            progress(k / len(items), item.sentence)
        look = functools.partial(_look, exercise, item, student, seed, limits, case, clock, stumble)
        result = _judged(item, student, look, describe, clock)
        results.append(concealed(result) if item.withheld else result)
    return _finished(exercise, results, session.failed_load)


def _look(exercise, item, student, seed, limits, case, clock, stumble):
    """The `Failure` of one property or None, and what its verdict is."""
    test = graded_function(exercise, item)
    if case:
        failure = replay(test, student, case[1])
    else:
        failure = run_property(test, student, seed, limits, found=functools.partial(clock.turn_to, "search"))
    verdict = verdict_of(failure) if failure else "passed"
    if verdict == "grader-fault" and failure.calls:
        verdict = _whose_fault(test, failure, exercise) if exercise.solution.exists() else stumble
    return failure, verdict


def _judged(item, student, look, describe, clock):
    student.begin({})
    clock.turn_to("mark")
    try:
        with clock.watched(), warnings.catch_warnings():  # nowhere else, where it would end the grader
            warnings.simplefilter("ignore")  # of comparing an infinity; the comparison itself is what counts
            failure, verdict = look()
            if failure is None:
                return PropertyResult(item, "passed")
            if verdict == "grader-fault":
                text = f"the specification failed: {type(failure.error).__name__}: {failure.error}"
                return PropertyResult(item, verdict, _repeatable(_one_line(text)))
            clock.turn_to("card")
            summary, rows = describe(item, failure, verdict)
            rows = tuple((label, _repeatable(text)) for label, text in rows)
            return PropertyResult(item, verdict, _repeatable(summary), rows)
    except StopSearch as reason:
        return PropertyResult(item, "timeout", str(reason))
    except (Exception, CheckerBroken) as problem:  # ours, whatever it is: no zero for anybody
        cause = problem.__cause__ or problem if isinstance(problem, CheckerBroken) else problem
        if isinstance(cause, BdbQuit):
            raise cause from None
        return _fault(item, cause, student.calls[-1].function if student.calls else "")


def _fault(item, problem, asked=""):
    what = f"the grader failed: {_one_line(f'{type(problem).__name__}: {problem}')}"
    text = f"{what}, after the answer to {asked}()" if asked else what
    return PropertyResult(item, "grader-fault", _repeatable(text))


def _finished(exercise, results, failed_load=None):
    """The result of an exercise, from those of its properties."""
    verdicts, texts = {each.verdict for each in results}, {}
    if "grader-fault" in verdicts:
        state = "fault"
        texts["message"] = next(each.summary for each in results if each.verdict == "grader-fault")
    elif failed_load is not None:
        state, texts["message"] = "unusable", failed_load.message
        if failed_load.kind not in STOPPED:
            texts |= {"traceback": failed_load.traceback, "printed": failed_load.printed}
    else:
        shown = {each.verdict for each in results if not each.item.withheld}
        state = "passed" if verdicts == {"passed"} else "missing" if shown == {"missing"} else "failed"
    texts = {name: _repeatable(text) for name, text in texts.items()}
    max_points = sum(each.item.points for each in results)
    return CheckResult(exercise.name, state, max_points, **texts, results=results, title=exercise.title)


def verdict_of(failure):
    """The verdict on a property that failed.

    Parameters
    ----------
    failure : search.Failure

    Returns
    -------
    str
        "grader-fault" also where the specification stumbled; whose fault that is remains to be found out.
    """
    error = failure.error
    if isinstance(error, Mismatch):
        return "wrong"
    if isinstance(error, TooSlow):
        return "timeout"
    if not isinstance(error, (CallFailed, Abandoned)):
        return "grader-fault"
    outcome = error.outcome
    if outcome.exception.endswith("MemoryError"):
        return "memory"
    if outcome.exception in _SKIPS:
        return "skipped-by-submission"
    if outcome.kind == "crash" and outcome.detail.startswith("signal 24"):  # SIGXCPU
        return "timeout"
    kinds = {"exception": "crashed", "load_error": "crashed", "crash": "crashed", "protocol_error": "tampered"}
    return (kinds | {"not_plain": "wrong", "not_done": "missing"}).get(outcome.kind, outcome.kind)


def _whose_fault(test, failure, exercise):
    """The verdict where the specification stumbled: over this student's answers, if the reference's pass."""
    with Session(exercise.solution, support=exercise.support) as session:
        return "grader-fault" if replay(test, Student(session), failure.inputs) else "wrong"


def _repeatable(text):
    """`text` without addresses of objects, which differ from run to run."""
    return _ADDRESS.sub("0x...", text)


def _one_line(text, limit=300):
    return " ".join(text.split())[:limit]
