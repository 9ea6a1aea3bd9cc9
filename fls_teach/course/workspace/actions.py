"""The student's actions: select exercises, check one, get the next hint or the solution, list all."""

from dataclasses import dataclass, replace

from fls_teach.course.checking.results import CheckResult
from fls_teach.course.registry import CourseError, exercises, find_exercise
from fls_teach.course.workspace.folder import digest
from fls_teach.course.workspace.notebook import is_lesson


def chosen(workspace, names, everything=False):
    """Return the exercises with these names, or all of them if `everything`.

    Without names, return those that were begun and have not passed; if there are none, the next one.

    Returns
    -------
    list of Exercise
        Empty if no name is given and every exercise has passed.
    """
    if everything:
        return list(exercises())
    if names:
        return list(dict.fromkeys(find_exercise(name) for name in names))
    begun = [each for each in exercises() if workspace.state(each) in ("changed", "failed")]
    return begun or [each for each in exercises() if workspace.state(each) != "passed"][:1]


def check_one(workspace, exercise, *, debug=False, time_limit=10.0, all_cards=False, case=None, **options):
    """Check an exercise of a workspace and save the result in its progress file.

    Parameters
    ----------
    workspace : Workspace
    exercise : Exercise
    debug : bool
        Run the student's code in this process, without limits.
    time_limit : float
        Seconds per call.
    all_cards : bool
        Whether to make a card for every failure instead of only for the first.
    case : str, optional
        Run only this stored case.
    **options
        Passed to `check.check`.

    Returns
    -------
    CheckResult

    Raises
    ------
    CourseError
        If the check failed for a reason other than the student's code.
    """
    path = workspace.file(exercise)
    quick = _without_running(workspace, exercise, path)
    if quick:
        return unchecked(exercise, *quick)
    # Imported here because the files handled above need none of this.
    from fls_teach.course.checking.hypothesis_setup import keep_caches_in
    from fls_teach.course.checking.search import NO_LIMITS
    from fls_teach.sandbox import InProcess, Session

    keep_caches_in(workspace.hidden / "hypothesis")
    from fls_teach.course.checking import replays
    from fls_teach.course.checking.check import check
    from fls_teach.course.checking.student import SLACK
    from fls_teach.course.feedback.describe import for_students

    exercise.check_needs()
    options["case"] = None if case is None else replays.recall(workspace.hidden / "replays", case, exercise)
    before = digest(path)
    if debug:
        session, options["limits"] = InProcess(path, support=exercise.support), NO_LIMITS
    else:
        session = Session(path, support=exercise.support, time_limit=time_limit, slack=SLACK)
    with session:
        describe = for_students(exercise, path, workspace.hidden, all_cards)
        result = check(exercise, session, describe, one_timeout=True, **options)
    if result.state == "fault":
        raise CourseError(f"{exercise.name} was not checked: {result.message}. Your code is not the cause")
    if case is None:
        record = {"points": result.points, "of": result.max_points, "file": before}
        record["passed"] = result.state == "passed" or workspace.progress.record(exercise.name)["passed"]
        record["properties"] = {each.item.id: each.state for each in result.results}
        try:
            workspace.progress.update(exercise.name, **record)
        except CourseError as problem:  # such as a full disk or a read-only folder; the result is shown all the same
            result = replace(result, note=f"these points were not saved: {problem}")
    return result


def unchecked(exercise, state, message):
    """Return the result of an exercise for which nothing was run."""
    return CheckResult(exercise.name, state, exercise.points, message, title=exercise.title)


def _without_running(workspace, exercise, path):
    """Return (state, message) if the file is missing or still the stub, so that nothing has to be run; else None."""
    missing = not path.is_file()
    if (missing or workspace.untouched(exercise)) and (problem := notebook_beside(path)):
        return "missing" if missing else "not started", problem
    if missing:
        return "missing", f"{workspace.shown(path)} does not exist; `fls reset {exercise.number}` brings the stub back"
    if workspace.untouched(exercise):
        lesson = workspace.shown(path.with_name("README.md"))
        return "not started", f"not started yet: read {lesson}, then fill in {workspace.shown(path)}"
    return None


def notebook_beside(path):
    """Return a sentence on what to do with a notebook beside an exercise's file; "" if there is no notebook."""
    for notebook in sorted(path.parent.glob("*.ipynb")):
        if is_lesson(notebook.read_text(encoding="utf-8", errors="replace"), path.name):
            todo = f"complete the cell of {notebook.name} that begins with %%writefile, and run it"
            return f"{path.name} does not contain your work yet: {todo}"
        from fls_teach.sandbox.notebooks import notebook_complaint  # imports numpy, which is seldom needed here

        return f"{notebook.name} {notebook_complaint('', notebook.name, path.name)}."
    return ""


def next_hint(workspace, exercise):
    """Return the next hint as (heading, text, step, number of steps); after the last one, the last one again.

    Raises
    ------
    CourseError
        If the exercise has no hints, or the progress file cannot be written.
    """
    if not exercise.hints:
        raise CourseError(f"{exercise.name} has no hints")
    step = min(max(workspace.progress.record(exercise.name)["hints"], 0) + 1, len(exercise.hints))
    workspace.progress.update(exercise.name, hints=step)
    return *exercise.hints[step - 1], step, len(exercise.hints)


def solution(workspace, exercise):
    """Return the text of the reference solution.

    Raises
    ------
    CourseError
        If the student has not passed the exercise, or the distribution has no solutions.
    """
    if not exercise.solution.exists():
        raise CourseError(f"the solution of {exercise.name} is not part of this distribution; ask your instructor")
    if not workspace.progress.record(exercise.name)["passed"]:
        number = exercise.number
        raise CourseError(
            f"the solution of {exercise.name} is shown once yours has passed: "
            f"`fls check {number}` says what is missing, `fls hint {number}` gives a hint"
        )
    return exercise.solution.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Row:
    """One exercise of the listing.

    Attributes
    ----------
    name, title : str
    state : str
        As returned by `Workspace.state`.
    points, of : int
        Points earned, and points of the exercise.
    hints : int
        Number of hints shown so far.
    note : str
        A remark for the student, or "".
    """

    name: str
    title: str
    state: str
    points: int
    of: int
    hints: int
    note: str


def listing(workspace):
    """Return all exercises with their progress, as a list of `Row`."""
    note_on = {"changed": "changed since it was checked", "missing": "file deleted: fls reset brings the stub back"}
    rows, progress = [], workspace.progress
    for each in exercises():
        record, state = progress.record(each.name), workspace.state(each)
        notes = [note_on[state]] if state in note_on else []
        if state == "changed" and not record["file"]:
            notes = ["not checked yet"]
        hints = min(max(record["hints"], 0), len(each.hints))
        if hints:
            notes.append(f"{hints} of {len(each.hints)} hints")
        points = record["points"] if state in ("changed", "failed", "passed") else 0
        points = min(max(points, 0), each.points)
        rows.append(Row(each.name, each.title, state, points, each.points, hints, ", ".join(notes)))
    return rows
