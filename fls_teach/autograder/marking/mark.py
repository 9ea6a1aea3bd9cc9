"""Marking one submission: every property of every exercise gets a verdict and, if it passed, its points.

Hypothesis, the specification and the reference stay in this process. The submission's code runs in a sandboxed worker,
a new one for each exercise, and its answers are compared here. Exercises do not affect one another.
"""

import functools
import hashlib
import importlib.metadata
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fls_teach import __version__
from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.marking.budget import TimedSession
from fls_teach.autograder.record import Record, new_record
from fls_teach.autograder.settings import RunSettings, TimeLimits
from fls_teach.course.checking.check import STOPPED, check
from fls_teach.course.checking.results import CheckResult, PropertyResult
from fls_teach.course.checking.search import Limits
from fls_teach.course.checking.shared import CourseProcess, SharedWorker
from fls_teach.course.feedback.cards import make_card
from fls_teach.course.feedback.describe import described
from fls_teach.course.registry import Exercise
from fls_teach.course.withheld import digest
from fls_teach.sandbox import Session
from fls_teach.sandbox.isolation.sandboxes import NoSandbox

# `TimedSession` limits the time; a search ends by a number of tries, which is the same on every machine.
SEARCH = Limits(finding=float("inf"), shrinking=float("inf"), tries=120, course=float("inf"))
MISCONCEPTION_LIMIT = 2.0  # seconds for a call; some misconceptions never end on a submission's counterexample
NO_CARD = ("missing", "tampered", "skipped-by-submission")

_course_process = functools.lru_cache(CourseProcess)  # one for all submissions; it ends with this process


@functools.lru_cache
def versions(exercises: tuple[Exercise, ...]) -> dict[str, str]:
    """Return the versions on which the marks may depend; "course" is a digest of this package's and the course's files.

    Parameters
    ----------
    exercises : tuple of Exercise
    """
    package = Path(__file__).resolve().parents[2]
    folders = [package / name for name in ("theory", "course", "sandbox", "autograder")]
    files = [package / "characters.py", *(path for folder in folders for path in sorted(folder.rglob("*.py")))]
    for exercise in exercises:
        named = exercise.stub, exercise.specification, exercise.support, exercise.solution
        files += [path for path in (*named, *exercise.misconception_files) if path is not None and path.exists()]
    course = hashlib.sha256()
    for path in files:
        course.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    found = {"fls_teach": __version__, "course": f"sha256:{course.hexdigest()}", "python": platform.python_version()}
    packages = ["numpy", "scipy", "hypothesis", *sorted({name for exercise in exercises for name in exercise.needs})]
    found |= {name: importlib.metadata.version(name) for name in packages}
    withheld = digest(exercises)
    return found | ({"withheld properties": withheld} if withheld else {})


def mark(
    submission: Submission,
    exercises: Sequence[Exercise],
    seed: int,
    sandbox: NoSandbox,
    limits: TimeLimits = TimeLimits(),  # noqa: B008 (it is frozen)
    tell: Callable[[Record], object] | None = None,
) -> Record:
    """Mark one submission.

    Parameters
    ----------
    submission : intake.Submission
    exercises : tuple of Exercise
    seed : int
        Determines the random examples.
    sandbox : sandboxes.NoSandbox, Bubblewrap or OtherUser
    limits : TimeLimits
    tell : callable (exercise), optional
        Called after each exercise with its part of the record.

    Returns
    -------
    dict
        The record; see `fls_teach.autograder`.
    """
    files = submission.files or {}
    marked, taken, later = [], 0.0, len(files)
    for each in exercises:
        later -= each.name in files
        share = limits.share(taken, later, max(len(files), 1))
        result, seconds = _mark_exercise(each, files.get(each.name), seed, sandbox, limits, share)
        marked.append(result.as_dict())
        taken += min(seconds, max(share, 0.0))  # what the last call took beyond `share` does not reduce other shares
        if tell:
            tell(marked[-1])
    known = expected_of(submission, exercises, seed, sandbox.name, limits.recorded(sandbox.limits))
    return new_record(marked, **known)


def expected_of(
    submission: Submission, exercises: Sequence[Exercise], seed: int, isolation: str, limits: dict[str, float]
) -> Record:
    """Return the fields of a submission's record that are known before it is marked, for `new_record`."""
    expected = {"submission": submission.name, "folder": submission.folder, "digest": submission.digest, "seed": seed}
    expected |= {"isolation": isolation, "versions": versions(exercises), "notes": submission.notes}
    return expected | {"limits": limits}


def fault_record(entry: Submission, settings: RunSettings, reason: str, marked: Sequence[Record] = ()) -> Record:
    """Return the record of a submission whose marking failed because of a grader fault.

    Parameters
    ----------
    entry : intake.Submission
    settings : RunSettings
    reason : str
        A sentence.
    marked : sequence of dict
        Records of the first exercises, which had been marked before the fault.
    """
    rest = [_without_answers(each, "fault", "grader-fault", reason, reason) for each in settings.chosen[len(marked) :]]
    known: Record = {"submission": entry.name, "folder": entry.folder, "isolation": settings.isolation}
    known["versions"] = versions(settings.chosen)
    return new_record([*marked, *(each.as_dict() for each in rest)], fault=True, **known)


def _mark_exercise(exercise, source, seed, sandbox, limits, share):
    """Return the `CheckResult` of an exercise and the seconds that it has taken of its `share`."""
    if source is None:
        text = f"{exercise.name}.py was not handed in"
        return _without_answers(exercise, "missing", "missing", text, f"{text}."), 0.0
    session = _session(exercise, source, sandbox, replace(limits, load=min(limits.load, max(share, 1.0))))

    def loads():
        session.close()
        return _reference_loads(exercise, sandbox, limits)

    with session, SharedWorker(exercise, MISCONCEPTION_LIMIT, _course_process()) as course:
        budget = TimedSession(session, limits, share)
        describe = _describing(exercise, budget.lend(course))
        options = {"seed": seed, "limits": SEARCH, "clock": budget, "loads": loads, "stumble": "grader-fault"}
        return check(exercise, budget, describe, **options), budget.taken


def _reference_loads(exercise, sandbox, limits):
    """Return whether the reference solution loads; if not, the grader is at fault for a submission that does not."""
    if not exercise.solution.exists():
        return True
    with _session(exercise, exercise.solution.read_bytes(), sandbox, limits) as session:
        return session.load().ok


def _session(exercise, source, sandbox, limits):
    times = {"time_limit": limits.call, "load_time_limit": limits.load, "slack": limits.slack}
    return Session(f"{exercise.name}.py", source=source, support=exercise.support, sandbox=sandbox, **times)


def _without_answers(exercise, state, verdict, text, message):
    """Return the `CheckResult` of an exercise whose functions were not called."""
    results = [PropertyResult(item, verdict, text) for item in exercise.properties]
    return CheckResult(exercise.name, state, exercise.points, message, results=results, title=exercise.title)


def _describing(exercise, course):
    """Return the function by which `check` describes failures for a record."""

    def describe(item, failure, verdict):
        def draw():
            last = failure.calls[-1].outcome if failure.calls else None
            if verdict in NO_CARD or last is None or last.function == "" or last.seconds <= 0:  # no function was run
                return ()
            rows = make_card(exercise, item, failure, path=exercise.stub, worker=course).rows
            return [row for row in rows if verdict not in STOPPED or row[0] not in ("traceback", "printed")]

        return described(failure, draw)

    return describe
