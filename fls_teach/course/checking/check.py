"""One exercise checked: every property, the points, and a card for what failed."""

import importlib.util
import sys
from bdb import BdbQuit

from fls_teach.course.checking import replays
from fls_teach.course.checking.results import CheckResult, PropertyResult
from fls_teach.course.checking.search import LIMITS, replay, run_property
from fls_teach.course.checking.spec import CheckerBroken, Student
from fls_teach.course.feedback.cards import make_card, summary
from fls_teach.course.feedback.pictures import save_picture
from fls_teach.course.registry import CourseError
from fls_teach.sandbox import WorkerStartError


def load_specification(exercise):
    """The specification's module.

    Raises
    ------
    CourseError
        If a module that it needs is not installed.
    """
    exercise.check_needs()
    name = f"fls_specification_{exercise.name}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, exercise.specification)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look themselves up there
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def check(exercise, path, session, **options):
    """`_check`, which has the parameters; what fails on our side becomes a `CourseError`, never the student's."""
    try:
        return _check(exercise, path, session, **options)
    except WorkerStartError as problem:
        raise CourseError(f"{exercise.name} was not checked: {problem}") from problem
    except CheckerBroken as problem:
        cause = problem.__cause__
        if isinstance(cause, BdbQuit):  # left the debugger
            raise cause from None
        text = f"the checker failed ({cause or problem!r}), not your code"
        if isinstance(cause, WorkerStartError):
            text = str(cause)
        elif cause is None:
            text = f"{problem}, which is not your code's fault"
        raise CourseError(f"{exercise.name} was not checked: {text}") from cause


def _check(exercise, path, session, *, seed=0, limits=LIMITS, all_cards=False, hidden=None, case=None, progress=None):
    """Check a student's file against the specification.

    Parameters
    ----------
    exercise : Exercise
    path : Path
    session : fls_teach.sandbox.Session or InProcess
        Of this file and the exercise's support; closed when the check is over.
    seed : int
        The same seed tries the same examples.
    limits : Limits
        Of each property.
    all_cards : bool
        A card for each failure instead of the first only.
    hidden : Path, optional
        Folder for cases to replay and pictures; None keeps none.
    case : str, optional
        Run this stored case instead of the whole specification.
    progress : callable, optional
        Told (fraction, sentence) before each property.

    Returns
    -------
    CheckResult

    Raises
    ------
    CourseError
    """
    items, inputs = exercise.properties, None
    if case is not None:
        item, inputs = replays.recall(hidden / "replays", case, exercise)
        items = (item,)
    exercise.check_needs()
    of = sum(item.points for item in items)
    with session:
        loaded = session.load()
        if not loaded.ok:
            texts = {"message": loaded.message, "traceback": loaded.traceback, "printed": loaded.printed}
            return CheckResult(exercise.name, "unusable", of, **texts)
        module, student, results = load_specification(exercise), Student(session), []
        for k, item in enumerate(items):
            if session.first_timeout is not None:
                results.append(PropertyResult(item, "not run", "not run after the time-out"))
                continue
            if progress:
                progress(k / len(items), item.sentence)
            test = getattr(module, item.function)
            failure = run_property(test, student, seed, limits) if case is None else replay(test, student, inputs)
            wanted = all_cards or all(each.state == "passed" for each in results)
            results.append(_result(exercise, item, failure, path, hidden, wanted))
    passed = all(each.state == "passed" for each in results)
    return CheckResult(exercise.name, "passed" if passed else "failed", of, results=results)


def _result(exercise, item, failure, path, hidden, wanted):
    if failure is None:
        return PropertyResult(item, "passed")
    card = None
    if wanted:
        case = replays.keep(hidden / "replays", item.id, failure.inputs) if hidden else ""
        command = f"fls check {exercise.number} --replay {case}" if case else ""
        picture = save_picture(exercise, item, failure, hidden / "pictures") if hidden else None
        card = make_card(exercise, item, failure, path=path, replay=command, picture=picture)
    return PropertyResult(item, "failed", summary(failure), card)
