"""`fls lint`: parse, call, print."""

import textwrap

import click

from fls_teach import terminal
from fls_teach.cli.shared import complete_exercise, course_option, json_option, print_json, sentence_for_mistakes
from fls_teach.course.registry import MissingModule, exercises, find_exercise
from fls_teach.processors import cores


@click.command()
@click.argument("names", metavar="[EX]...", nargs=-1, shell_complete=complete_exercise)
@click.option("--mutants", type=click.IntRange(0), metavar="N", help="Try N mutants of each solution; default: all.")
@click.option(
    "--seeds", type=click.IntRange(1, 1000), metavar="K", default=3, show_default=True, help="Seeds to try, from 0."
)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Number of processes; default: one per core.")
@json_option
@course_option
@sentence_for_mistakes
def lint(names, mutants, seeds, jobs, as_json):
    """Check that the course is consistent and its specification strong enough: all exercises, or those named.

    The stub must fail every property. With each seed, the solution and its alternatives must pass, and every
    misconception must fail without being taken for another one. Every mutant of the solution (a copy with one small
    change) must fail too, unless equivalent.toml says why it is correct. Lessons and hints must agree with the stub,
    and the commands in them must exist.

    Exit code 0: no defect found; 1: at least one defect; 2: the check could not be run.
    """
    from fls_teach.course.checking.check import check_specifications
    from fls_teach.course.lint.lint import lint as lint_exercise

    chosen = [find_exercise(name) for name in dict.fromkeys(names)] or exercises()
    check_specifications(chosen)
    reports = []
    with terminal.progress("linting") as progress:
        for k, exercise in enumerate(chosen):
            try:
                exercise.check_needs()
            except MissingModule as problem:
                if names:
                    raise
                click.echo(f"Note: skipped: {problem}", err=True)
                continue

            def tell(fraction, what, k=k, exercise=exercise):
                progress((k + fraction) / len(chosen), f"{exercise.name}: {what}")

            options = {"seeds": seeds, "mutants": mutants, "jobs": jobs or cores(), "tell": tell}
            reports.append(lint_exercise(exercise, **options, command_complaint=command_complaint))
            if not as_json:
                _print(reports[-1])
    if as_json:
        print_json({"seeds": seeds, "mutants": mutants, "exercises": [report.as_dict() for report in reports]})
    return 1 if any(report.findings for report in reports) else 0


def command_complaint(words):
    """Return what is wrong with the words of an `fls` command in a lesson, or ""."""
    from fls_teach import demos
    from fls_teach.cli import COMMANDS, main

    name, *rest = words
    if name.startswith("-"):
        return "" if name in ("-h", "--help", "--version") else f"there is no option '{name}'"
    if name not in COMMANDS:
        return f"there is no command '{name}'"
    command = main.get_command(click.Context(main), name)
    try:
        command.make_parser(click.Context(command, info_name=name)).parse_args(list(rest))
    except click.UsageError as problem:
        return problem.format_message()
    if name == "demo" and rest and rest[0].islower() and not rest[0].startswith("-") and rest[0] not in demos.NAMES:
        return f"there is no demo '{rest[0]}'"
    return ""


def _print(report):
    killed = f"{report.killed} of {report.mutants} mutants killed" if report.mutants else "no mutants tried"
    equivalent = f", {report.equivalent} equivalent" if report.equivalent else ""
    seconds = f"{sum(report.seconds.values()):.2f} s of processor time per check"
    click.echo(f"{report.exercise}: {killed}{equivalent}; {seconds}")
    for finding in report.findings:
        click.echo(f"  {finding.about}: {finding.text}")
        if finding.diff:
            click.echo(textwrap.indent(finding.diff, "    "))
    for note in report.notes:
        click.echo(f"  note: {note}")
    times = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in report.seconds.items())
    click.echo(f"  time: {times}")
