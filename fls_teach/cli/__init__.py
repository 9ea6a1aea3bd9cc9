"""The command `fls`: a table of commands, which are imported when they are used, and their common conventions."""

import contextlib
import difflib
import errno
import importlib
import os
import sys

import click

from fls_teach import __version__, terminal
from fls_teach.course.registry import course_root

COMMANDS = {
    "demo": "fls_teach.cli.demo:demo",
    "explore": "fls_teach.cli.explore:explore",
    "book": "fls_teach.cli.book:book",
    "start": "fls_teach.cli.student:start",
    "list": "fls_teach.cli.student:list_exercises",
    "check": "fls_teach.cli.student:check",
    "hint": "fls_teach.cli.student:hint",
    "watch": "fls_teach.cli.student:watch",
    "solution": "fls_teach.cli.student:solution",
    "reset": "fls_teach.cli.student:reset",
    "submit": "fls_teach.cli.student:submit",
    "grade": "fls_teach.cli.instructor:grade",
    "doctor": "fls_teach.cli.instructor:doctor",
    "release": "fls_teach.cli.distribute:release",
    "bundle": "fls_teach.cli.distribute:bundle",
    "new-exercise": "fls_teach.cli.author:new_exercise",
    "lint": "fls_teach.cli.lint:lint",
    "sweep": "fls_teach.cli.sweep:sweep",
    "plot": "fls_teach.cli.plot:plot",
    "export": "fls_teach.cli.plot:export",
}
"""Name -> module:object. `fls --help` imports all of these modules, so they import numpy only inside of functions."""


GROUPS = {
    "Students": ("start", "list", "check", "hint", "watch", "solution", "reset", "submit"),
    "Readers": ("demo", "explore", "book", "sweep", "plot", "export"),
    "Instructors": ("grade", "doctor", "release", "bundle"),
    "Authors": ("new-exercise", "lint"),
}
"""The commands by kind of user, in the order of `fls --help`."""

NEED_SOLUTIONS = "solution", "release", "bundle", "new-exercise", "lint"
"""Commands that a student distribution does not list and refuses to run."""


class LazyGroup(click.Group):
    """A click group that imports commands lazily and ends with a sentence instead of a traceback.

    A command may return its exit code; None means 0. A closed pipe ends a command without a message.
    """

    def list_commands(self, ctx):
        complete = (course_root() / "solutions").is_dir()
        return [name for name in COMMANDS if complete or name not in NEED_SOLUTIONS]

    def format_commands(self, ctx, formatter):
        shown = self.list_commands(ctx)
        for heading, names in GROUPS.items():
            # Show the whole first sentence, which click would cut to one line.
            rows = [(name, self.get_command(ctx, name).get_short_help_str(1000)) for name in names if name in shown]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def get_command(self, ctx, name):
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        return getattr(importlib.import_module(module), attribute)

    def resolve_command(self, ctx, args):
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(self.list_commands(ctx))}"
            raise click.UsageError(f"there is no command '{name}': {hint}", ctx)
        return super().resolve_command(ctx, args)

    def main(self, *args, standalone_mode=True, **kwargs):
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **kwargs)
        terminal.make_printable(sys.stdout, sys.stderr)
        stdout = sys.stdout
        try:
            code = super().main(*args, standalone_mode=False, **kwargs) or 0
            if sys.stdout is not None:  # None if stdout was closed before the start: fls list >&-
                sys.stdout.flush()
        except SystemExit as end:
            # click catches a closed pipe first, replaces stdout and exits with 1, which has another meaning here.
            code = end.code if sys.stdout is stdout else _closed_pipe()
        except click.exceptions.NoArgsIsHelpError as problem:
            problem.show()
            code = problem.exit_code
        except click.ClickException as problem:
            click.echo(f"Error: {problem.format_message()}", err=True)
            code = problem.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("\nStopped: finished files are kept, and no file is incomplete.", err=True)
            code = 130
        except OSError as problem:
            if problem.errno == errno.ENOSPC:
                _closed_pipe()
                click.echo("Error: there is no space left on the device that was written to", err=True)
                code = 2
            elif _is_closed_pipe(problem):
                code = _closed_pipe()
            elif not _has_current_folder():
                click.echo("Error: the current folder does not exist any more; cd to another one", err=True)
                code = 2
            else:
                raise
        sys.exit(code)


def _has_current_folder():
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def _is_closed_pipe(problem):
    # Windows reports EINVAL where other systems report EPIPE.
    return problem.errno == errno.EPIPE or (os.name == "nt" and problem.errno == errno.EINVAL)


def _closed_pipe():
    """Send the interpreter's last flush to the null device; 141 is a shell's exit code for a closed pipe."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # raised when stdout is not a real file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())
    return 141


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(__version__, prog_name="fls")
def main():
    """Feature learning strength, taught by building it: over-alignment versus over-fitting."""


if __name__ == "__main__":
    main(prog_name="fls")
