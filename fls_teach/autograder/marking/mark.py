"""One submission marked: every property of every exercise gets a verdict and, if it passed, its points.

Hypothesis, the specification and the reference stay in this process. The submission's code runs in a sandboxed worker,
a fresh one for each exercise, and its answers are compared here. No exercise knows of another one's answers.
"""

import functools
import hashlib
import importlib.metadata
import platform
import re
import warnings
from pathlib import Path

from fls_teach import __version__
from fls_teach.autograder.marking.budget import Budgeted, Overtime, Patience
from fls_teach.course.checking.check import load_specification
from fls_teach.course.checking.search import Limits as TrialLimits
from fls_teach.course.checking.search import TooSlow, replay, run_property
from fls_teach.course.checking.shared import SharedWorker
from fls_teach.course.checking.spec import Abandoned, CallFailed, CheckerBroken, Mismatch, Student
from fls_teach.course.feedback.cards import make_card, summary
from fls_teach.sandbox import Session

SHRINKING = TrialLimits(finding=float("inf"), shrinking=float("inf"), tries=120)
MISCONCEPTION_LIMIT = 2.0  # seconds for a call; some run for ever on another's input
NO_CARD = ("missing", "tampered", "skipped-by-submission")
STOPPED = ("timeout", "memory", "output")  # at which line, after how many printed, is chance

# What test frameworks raise to leave a test without a failure. It counts as a wrong answer, under a name of its own.
_SKIPS = {
    *("Skipped", "SkipTest", "XFailed", "Exit", "OutcomeException", "StopTest", "UnsatisfiedAssumption"),
    *("HypothesisException", "Rejected", "FailedHealthCheck", "Unsatisfiable", "Frozen"),
}
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


@functools.lru_cache
def versions(exercises):
    """What the marks may depend on beside the submission, as a dict of str; "course" is a digest of our own files.

    Parameters
    ----------
    exercises : tuple of Exercise
    """
    package = Path(__file__).resolve().parents[2]
    rooms = [package / name for name in ("theory", "course", "sandbox", "autograder")]
    ours = [path for room in rooms for path in sorted(room.rglob("*.py"))]
    for exercise in exercises:
        files = exercise.stub, exercise.specification, exercise.support, exercise.solution
        files += tuple(exercise.misconception_files)
        ours += [path for path in files if path is not None and path.exists()]
    course = hashlib.sha256()
    for path in ours:
        course.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    found = {"fls_teach": __version__, "course": f"sha256:{course.hexdigest()}", "python": platform.python_version()}
    needed = ["numpy", "scipy", "hypothesis", *sorted({name for exercise in exercises for name in exercise.needs})]
    return found | {name: importlib.metadata.version(name) for name in needed}


def mark(submission, exercises, seed, sandbox, patience=Patience(), keyed=False, tell=None):  # noqa: B008 (it is frozen)
    """Mark one submission.

    Parameters
    ----------
    submission : intake.Submission
    exercises : tuple of Exercise
    seed : int
        Chooses the examples: the same seed, the same examples.
    sandbox : sandboxes.NoSandbox, Bubblewrap or OtherUser
    patience : Patience
    keyed : bool
        Whether the seed came from a course key.
    tell : callable, optional
        Told what an exercise came to, as in the record, as soon as that is known.

    Returns
    -------
    dict
        The record; see `fls_teach.autograder`.
    """
    marked, taken, later = [], 0.0, len(submission.files)
    for each in exercises:
        later -= each.name in submission.files
        share = patience.share(taken, later, max(len(submission.files), 1))
        exercise, seconds = _mark_exercise(each, submission.files.get(each.name), seed, sandbox, patience, share)
        marked.append(exercise)
        taken += min(seconds, max(share, 0.0))  # a last call that goes beyond is not taken from the others
        if tell:
            tell(marked[-1])
    fault = any(item["verdict"] == "grader-fault" for each in marked for item in each["properties"])
    return {
        "format": 1,
        "submission": submission.name,
        "folder": submission.folder,
        "digest": submission.digest,
        "seed": seed,
        "keyed": keyed,
        "score": None if fault else sum(each["points"] for each in marked),
        "max_score": sum(each["of"] for each in marked),
        "fault": fault,
        "versions": versions(exercises),
        "isolation": sandbox.name,
        "limits": patience.beside(sandbox),
        "notes": list(submission.notes),
        "exercises": marked,
    }


def fault_record(name, folder, digest, seed, exercises, reason, marked=(), **more):
    """The record of a submission that could not be marked to its end, for a reason that is ours.

    Parameters
    ----------
    name, folder, digest : str
    seed : int
    exercises : tuple of Exercise
    reason : str
        A sentence.
    marked : sequence of dict
        The first of these exercises, which were marked before.
    **more
        Other fields of the record.
    """
    rest = [_exercise(each, "fault", [_item(item, "grader-fault", reason) for item in each.properties], reason)
            for each in exercises[len(marked) :]]  # fmt: skip
    marked = [*marked, *rest]
    head = {"format": 1, "submission": name, "folder": folder, "digest": digest, "seed": seed, "keyed": False}
    score = {"score": None, "max_score": sum(each.points for each in exercises), "fault": True}
    rest = {"versions": versions(exercises), "isolation": "none", "limits": {}, "notes": [], "exercises": marked}
    return head | score | rest | more


def _mark_exercise(exercise, source, seed, sandbox, patience, share):
    """What an exercise came to, and how many seconds of its `share` it has taken."""
    if source is None:
        items = [_item(item, "missing", f"{exercise.name}.py was not handed in") for item in exercise.properties]
        return _exercise(exercise, "missing", items, f"{exercise.name}.py was not handed in."), 0.0
    session = Session(
        f"{exercise.name}.py",
        source=source,
        support=exercise.support,
        time_limit=patience.call,
        load_time_limit=min(patience.load, max(share, 1.0)),
        slack=patience.slack,
        sandbox=sandbox,
    )
    with session, SharedWorker(exercise, MISCONCEPTION_LIMIT) as course:
        budget = Budgeted(session, patience, share)
        student, items, texts, loads = Student(budget), [], {}, None
        for item in exercise.properties:
            try:
                with budget.watched():  # nowhere else, where it would end the grader
                    marked = _mark_property(exercise, item, student, seed, budget.lend(course))
                if loads is None and budget.failed_load is not None and budget.failed_load.seconds:
                    session.close()
                    loads = _reference_loads(exercise, sandbox, patience)
                if loads is False:  # then what does not load here says nothing about the submission
                    marked = _item(item, "grader-fault", "the reference solution does not load in this sandbox either")
            except Overtime as reason:
                marked = _item(item, "timeout", str(reason))
            except (Exception, CheckerBroken) as problem:  # ours, whatever it is: nobody's zero
                cause = problem.__cause__ or problem if isinstance(problem, CheckerBroken) else problem
                marked = _item(item, "grader-fault", _fault(student, cause))
            items.append(marked)
        verdicts = {each["verdict"] for each in items}
        if "grader-fault" in verdicts:
            reason = next(each["summary"] for each in items if each["verdict"] == "grader-fault")
            return _exercise(exercise, "fault", items, reason), budget.taken
        loaded = budget.failed_load
        if loaded is not None:
            texts = {"message": loaded.message}
            if loaded.kind not in STOPPED:
                texts |= {"traceback": loaded.traceback, "printed": loaded.printed}
        state = "unusable" if loaded else "passed" if verdicts == {"passed"} else "failed"
        if verdicts == {"missing"}:
            state = "missing"
        return _exercise(exercise, state, items, **texts), budget.taken


def _fault(student, problem):
    """What went wrong on our side, and on whose answer, in a sentence."""
    what = f"the grader failed: {_one_line(f'{type(problem).__name__}: {problem}')}"
    asked = student.calls[-1].function if student.calls else ""
    return f"{what}, after this submission's answer to {asked}()" if asked else what


def _reference_loads(exercise, sandbox, patience):
    """Whether a file that is known to load does so here and now."""
    if not exercise.solution.exists():
        return True
    with Session(
        f"{exercise.name}.py",
        source=exercise.solution.read_bytes(),
        support=exercise.support,
        load_time_limit=patience.load,
        slack=patience.slack,
        sandbox=sandbox,
    ) as session:
        return session.load().ok


def _mark_property(exercise, item, student, seed, course):
    test = getattr(load_specification(exercise), item.function)
    student.begin({})
    student.session.turn_to("mark")
    search = functools.partial(student.session.turn_to, "search")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of comparing an infinity; the comparison itself is what counts
        failure = run_property(test, student, seed, SHRINKING, found=search)
        if failure is None:
            return _item(item, "passed")
        student.session.turn_to("card")
        verdict = verdict_of(failure)
        if verdict == "grader-fault" and _only_here(exercise, test, failure):
            verdict = "wrong"
        if verdict == "grader-fault":
            text = _one_line(f"{type(failure.error).__name__}: {failure.error}")
            return _item(item, verdict, f"the specification failed: {text}")
        return _item(item, verdict, *_shown(exercise, item, failure, verdict, course))


def _shown(exercise, item, failure, verdict, course):
    """The summary of a failure, and the rows of its card or None."""
    text, rows = "the answer cannot be shown", None
    try:
        text = summary(failure)
        if verdict in NO_CARD or not _ran(failure):
            return text, None
        rows = make_card(exercise, item, failure, path=exercise.stub, worker=course).rows
    except (Exception, Overtime) as problem:  # an answer that cannot be drawn is wrong all the same
        return text, [("note", f"there is no card: {_one_line(repr(problem))}")]
    if verdict in STOPPED:
        rows = [(label, text) for label, text in rows if label not in ("traceback", "printed")]
    return text, rows


def _ran(failure):
    """Whether the submission's function was started at all on the failing input."""
    return bool(failure.calls) and failure.calls[-1].outcome.function != "" and failure.calls[-1].outcome.seconds > 0


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


def _only_here(exercise, test, failure):
    """Whether the specification stumbled over this submission's answers: the reference passes on the same input."""
    if not failure.calls or not exercise.solution.exists():
        return False
    with Session(exercise.solution, support=exercise.support) as session:
        return replay(test, Student(session), failure.inputs) is None


def _item(item, verdict, text="", rows=None):
    rows = rows or ()
    return {
        "id": item.id,
        "sentence": item.sentence,
        "formula": item.formula,
        "points": item.points if verdict == "passed" else 0,
        "of": item.points,
        "verdict": verdict,
        "summary": _repeatable(text),
        "likely": dict(rows).get("likely", ""),
        "card": [[label, _repeatable(row)] for label, row in rows] or None,
    }


def _exercise(exercise, state, items, message="", traceback="", printed=""):
    totals = {name: sum(item[name] for item in items) for name in ("points", "of")}
    texts = {"message": message, "traceback": traceback, "printed": printed}
    head = {"number": exercise.number, "name": exercise.name, "title": exercise.title, **totals, "state": state}
    return head | {name: _repeatable(text) for name, text in texts.items()} | {"properties": items}


def _repeatable(text):
    """`text` without addresses of objects, which differ from run to run."""
    return _ADDRESS.sub("0x...", text)


def _one_line(text, limit=300):
    return " ".join(text.split())[:limit]
