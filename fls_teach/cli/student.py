"""The student's commands: parse, call, print."""

import functools
import sys
from pathlib import Path

import click

from fls_teach import terminal
from fls_teach.cli.shared import (
    COURSE_GIVEN,
    Seconds,
    complete_exercise,
    course_option,
    json_option,
    print_json,
    sentence_for_mistakes,
    using_course,
)
from fls_teach.course.registry import CourseError, MissingModule, check_course, find_exercise
from fls_teach.course.workspace import actions
from fls_teach.course.workspace.folder import find_workspace, noted_course
from fls_teach.course.workspace.start import start as make_workspace


def _in_workspace(command):
    """Pass the workspace as first argument to a command."""

    @click.option(
        "--workspace", "named", metavar="DIR", help="A folder made by `fls start`; default: the one you are in."
    )
    @course_option
    @functools.wraps(command)
    def wrapper(named, **kwargs):
        workspace = find_workspace(named)
        _use_noted_course(workspace.folder, workspace.course)
        problem = workspace.progress.problem
        if problem:
            click.echo(f"Note: {problem}", err=True)
        return command(workspace, **kwargs)

    return sentence_for_mistakes(wrapper)


def _use_noted_course(workspace, course):
    """Use the course that `fls start` noted in a workspace, unless --course was given."""
    ctx = click.get_current_context()
    if course is None or ctx.meta[COURSE_GIVEN]:
        return
    try:
        folder = check_course(course)
    except CourseError:
        raise CourseError(
            f"the course of this workspace is not in '{course}' any more; "
            f"name its new folder: fls start '{workspace}' --course DIR"
        ) from None
    ctx.with_resource(using_course(folder))


@click.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--notebook", is_flag=True, help="Also write each lesson as a Jupyter notebook, with your file in a cell."
)
@course_option
@sentence_for_mistakes
def start(folder, notebook):
    """Make a folder to work in: lessons, stubs, hints and the specification. Never overwrites your work."""
    if folder.strip():
        _use_noted_course(folder, noted_course(Path(folder)))
    done = make_workspace(folder, notebook)
    if done.new:
        click.echo(f"Made '{done.folder}'. Next: cd there, read README.md, and `fls list`.")
        return
    if not done.written:
        click.echo(f"'{done.folder}' is complete; nothing was changed.")
        return
    click.echo(f"Completed '{done.folder}'; your work was not changed. New files:")
    for path in done.written:
        click.echo(f"  {path.relative_to(done.folder)}")


@click.command()
@click.argument("names", metavar="[EX]...", nargs=-1, shell_complete=complete_exercise)
@click.option("--all", "everything", is_flag=True, help="Check all exercises.")
@click.option("--all-cards", is_flag=True, help="Show a counterexample card for every failure, not only the first.")
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Same seed, same examples."
)
@click.option("--time-limit", type=Seconds(0.1, 3600), default=10.0, show_default=True, help="Seconds per call.")
@click.option("--replay", metavar="CASE", help="Run exactly this case again, such as 9.3-5f0c.")
@json_option
@click.option("--debug", is_flag=True, help="Run in this process, without limits: print and breakpoint() work.")
@_in_workspace
def check(workspace, names, everything, all_cards, seed, time_limit, replay, as_json, debug):
    """Check exercises (9, 09, decomposition): one line per property, a counterexample for the first that fails.

    Without a name: the exercises that you have begun and not passed, or else the next one.

    Exit code 0: all passed; 1: at least one did not; 2: nothing could be checked as asked.
    """
    if everything and (names or replay):
        raise click.UsageError("--all does not go together with a name or --replay; leave one out")
    if replay and len(names) != 1:
        raise click.UsageError(f"which exercise? fls check {replay.partition('.')[0]} --replay {replay}")
    if as_json and debug:
        raise click.UsageError("--json and --debug do not go together: the output of your code would be mixed in")
    chosen, results = actions.chosen(workspace, names, everything), []
    for exercise in chosen:
        options = {"seed": seed, "all_cards": all_cards or as_json, "debug": debug, "case": replay}
        options["time_limit"] = time_limit
        results.append(_checked(workspace, exercise, options, len(chosen) > 1, as_json))
        if not as_json:
            _print_result(results[-1])
    if as_json:
        totals = {"points": sum(each.points for each in results), "of": sum(each.max_points for each in results)}
        print_json({"seed": seed, **totals, "exercises": [each.as_dict() for each in results]})
    elif not chosen:
        click.echo("All exercises have passed. `fls submit` packs them up.")
    elif len(results) > 1:
        passed = sum(each.state == "passed" for each in results)
        points = f"{sum(each.points for each in results)}/{sum(each.max_points for each in results)} points"
        click.echo(f"{passed} of {len(results)} exercises passed, {points}")
    if results and all(each.state == "not checked" for each in results):
        return 2
    return 0 if all(each.state == "passed" for each in results) else 1


def _checked(workspace, exercise, options, one_of_many, as_json):
    from bdb import BdbQuit

    if options["debug"]:
        try:
            return actions.check_one(workspace, exercise, **options)
        except BdbQuit:
            raise click.ClickException("you left the debugger, so the check was not finished") from None
    try:
        with terminal.progress(exercise.name) as progress:
            return actions.check_one(workspace, exercise, progress=progress, **options)
    except CourseError as problem:  # such as a missing torch, which must not keep the others from being checked
        if not (one_of_many or (as_json and isinstance(problem, MissingModule))):
            raise
        return actions.unchecked(exercise, "not checked", str(problem))


def _print_result(result):
    from fls_teach.course.feedback.terminal import print_result

    print_result(terminal.console(), result)


@click.command("list")
@json_option
@_in_workspace
def list_exercises(workspace, as_json):
    """Show all exercises, your progress and your points."""
    rows = actions.listing(workspace)
    if as_json:
        totals = {"points": sum(row.points for row in rows), "of": sum(row.of for row in rows)}
        return print_json(totals | {"exercises": [vars(row) for row in rows]})
    from fls_teach.course.feedback.terminal import print_listing

    print_listing(terminal.console(), rows)


@click.command()
@click.argument("name", metavar="EX", shell_complete=complete_exercise)
@json_option
@_in_workspace
def hint(workspace, name, as_json):
    """Give the next hint: a question, then a formula, then the shape of the code."""
    exercise = find_exercise(name)
    heading, text, step, steps = actions.next_hint(workspace, exercise)
    if as_json:
        return print_json({"name": exercise.name, "heading": heading, "text": text, "hint": step, "of": steps})
    from fls_teach.course.feedback.terminal import print_hint

    print_hint(terminal.console(), exercise, heading, text, step, steps)


@click.command()
@click.argument("name", metavar="EX", shell_complete=complete_exercise)
@_in_workspace
def solution(workspace, name):
    """Show our solution, once yours has passed."""
    click.echo(actions.solution(workspace, find_exercise(name)), nl=False)


@click.command()
@click.argument("name", metavar="EX", shell_complete=complete_exercise)
@_in_workspace
def reset(workspace, name):
    """Start an exercise again; your file is kept beside the new one."""
    exercise = find_exercise(name)
    kept = workspace.reset(exercise)
    path = workspace.shown(workspace.file(exercise))
    click.echo(f"{path} is the stub again" + (f"; your file is now {workspace.shown(kept)}" if kept else ""))


@click.command()
@click.argument("name", metavar="[EX]", required=False, shell_complete=complete_exercise)
@_in_workspace
def watch(workspace, name):
    """Check whenever you save. Keys: n next, h hint, l list, c check, x exit."""
    from fls_teach.course.workspace.watch import Watch

    return Watch(workspace, find_exercise(name) if name else None).run(sys.stdin)


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), help="The zip to write; default: submission.zip in the workspace."
)
@json_option
@_in_workspace
def submit(workspace, out, as_json):
    """Pack your work into one zip."""
    from fls_teach.course.workspace.submit import pack

    target = out or workspace.folder / "submission.zip"
    packed, left_out = pack(workspace, target)
    rows = {row.name: row for row in actions.listing(workspace)}
    if as_json:
        held = [{name: vars(rows[each.name])[name] for name in ("name", "state", "points", "of")} for each in packed]
        left = [{"name": each.name, "why": why} for each, why in left_out]
        return print_json({"file": str(target), "packed": held, "left_out": left})
    click.echo(f"{workspace.shown(target)} contains")
    for exercise in packed:
        row = rows[exercise.name]
        points = f"{row.points}/{row.of} points" if row.state != "changed" else "changed since it was checked"
        click.echo(f"  {exercise.name}/{exercise.name}.py   {points}")
    click.echo("  progress.json")
    for reason in dict.fromkeys(why for _, why in left_out):
        names = ", ".join(exercise.name for exercise, why in left_out if why == reason)
        click.echo(f"but not {names} ({reason.removesuffix('.')})")
