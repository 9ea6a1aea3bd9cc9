"""Check one exercise: give every property a verdict and, if it passed, its points.

`fls check` and `fls grade` both call `check`. Each of them chooses how a failure is described, how much time may be
spent and in which session the student's functions run; the examples, the comparisons and the points are the same.
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

# Exceptions by which test frameworks leave a test without failing it. They earn no points and have their own verdict.
_SKIPS = {
    *("Skipped", "SkipTest", "XFailed", "Exit", "OutcomeException", "StopTest", "UnsatisfiedAssumption"),
    *("HypothesisException", "Rejected", "FailedHealthCheck", "Unsatisfiable", "Frozen"),
}
STOPPED = "timeout", "memory", "output"
"""Verdicts on code that was stopped: the line it had reached and what it had printed vary from run to run."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


class NoClock:
    """A clock for `check` that limits nothing: the person who is waiting can interrupt the check."""

    def turn_to(self, purpose):
        """Charge time to `purpose` from now on: "mark" (the verdict), "search" (a smaller counterexample) or "card"."""

    def watched(self):
        """Return a context in which `search.StopSearch` may be raised at any moment."""
        return contextlib.nullcontext()


def load_specification(exercise):
    """Import the specification of an exercise and return its module.

    Raises
    ------
    CourseError
        If a module that it needs is not installed.
    """
    exercise.check_needs()
    return _load(exercise, f"fls_specification_{exercise.name}", exercise.specification)


def graded_function(exercise, item):
    """Return the test function of a property, as marked by `spec.graded`, from the public or the withheld file.

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
    """Import the public and withheld specifications of some exercises, to find a broken one before any other work.

    Raises
    ------
    CourseError
        If one cannot be imported, or does not define a function that was read from its text.
    """
    for exercise in exercises:
        for item in exercise.properties:
            try:
                graded_function(exercise, item)
            except MissingModule:  # cannot be imported here
                break
            except (CourseError, KeyboardInterrupt):
                raise
            except BaseException as problem:  # pytest's skips and SystemExit are not subclasses of Exception
                path = exercise.withheld if item.withheld else exercise.specification
                frames = traceback.extract_tb(problem.__traceback__)
                lines = [f", line {each.lineno}" for each in frames if each.filename == os.path.abspath(path)]
                text = _one_line(f"{type(problem).__name__}: {problem}")
                raise CourseError(f"the specification '{path}'{''.join(lines[-1:])} does not load: {text}") from None


def _load(exercise, name, path):
    """Import a file once per `Exercise`, not once per name: another course may have a file of the same name."""
    if path not in exercise.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look up their module there
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
        Session for the student's file and the exercise's support file.
    describe : callable
        Called as ``describe(item, failure, verdict)``; returns a one-line summary and the rows of a card (may be
        empty).
    seed : int
        The same seed tries the same examples.
    limits : search.Limits
        Limits per property.
    case : tuple of (Property, dict), optional
        Run only this property, on these inputs.
    clock : NoClock, optional
    one_timeout : bool
        Make no further calls after the first one that was stopped at its time limit.
    loads : callable, optional
        Returns whether a file that is known to load does so here. Called if the student's file ran and did not load;
        if it returns False, the result is a grader fault.
    stumble : str
        Verdict if the specification itself raises on an answer and there is no reference to compare with.
    progress : callable, optional
        Called with (fraction, sentence) before each property.

    Returns
    -------
    CheckResult
        A property that the grader failed to judge has the verdict "grader-fault".

    Raises
    ------
    BdbQuit
        If the user quit a debugger.
    """
    clock, items, results = clock or NoClock(), [case[0]] if case else exercise.properties, []
    try:
        loaded = session.load()
    except Exception as problem:  # no worker could be started
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
        try_property = functools.partial(_try_property, exercise, item, student, seed, limits, case, clock, stumble)
        result = _judge(item, student, try_property, describe, clock)
        results.append(concealed(result) if item.withheld else result)
    return _finished(exercise, results, session.failed_load)


def _try_property(exercise, item, student, seed, limits, case, clock, stumble):
    """Return the `Failure` of one property, or None, and the verdict."""
    test = graded_function(exercise, item)
    if case:
        failure = replay(test, student, case[1])
    else:
        failure = run_property(test, student, seed, limits, found=functools.partial(clock.turn_to, "search"))
    verdict = verdict_of(failure) if failure else "passed"
    if verdict == "grader-fault" and failure.calls:
        verdict = _whose_fault(test, failure, exercise) if exercise.solution.exists() else stumble
    return failure, verdict


def _judge(item, student, try_property, describe, clock):
    """Return the `PropertyResult` of one property, whatever is raised while it is tried or described."""
    student.begin({})
    clock.turn_to("mark")
    try:
        # The clock may interrupt only within this block: anywhere else, StopSearch would end the grader.
        with clock.watched(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy warns when infinities are compared; only the result matters
            failure, verdict = try_property()
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
    except (Exception, CheckerBroken) as problem:  # a fault of the grader must not become a student's zero
        cause = problem.__cause__ or problem if isinstance(problem, CheckerBroken) else problem
        if isinstance(cause, BdbQuit):
            raise cause from None
        return _fault(item, cause, student.calls[-1].function if student.calls else "")


def _fault(item, problem, last_function=""):
    text = f"the grader failed: {_one_line(f'{type(problem).__name__}: {problem}')}"
    if last_function:
        text += f", after the answer to {last_function}()"
    return PropertyResult(item, "grader-fault", _repeatable(text))


def _finished(exercise, results, failed_load=None):
    """Return the result of an exercise, given the results of its properties."""
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
    """Return the verdict on a property that failed.

    Parameters
    ----------
    failure : search.Failure

    Returns
    -------
    str
        "grader-fault" also if the specification raised while it handled an answer; `check` then finds out whether the
        answer or the specification is at fault.
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
    """Return the verdict if the specification raised: "wrong" if the reference passes on the same inputs."""
    with Session(exercise.solution, support=exercise.support) as session:
        return "grader-fault" if replay(test, Student(session), failure.inputs) else "wrong"


def _repeatable(text):
    """Replace the addresses of objects, which differ from run to run."""
    return _ADDRESS.sub("0x...", text)


def _one_line(text, limit=300):
    return " ".join(text.split())[:limit]
