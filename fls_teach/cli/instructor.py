"""The instructor's commands: parse, call, print."""

import json
import os
from pathlib import Path

import click

from fls_teach import terminal
from fls_teach.autograder.settings import TOTAL_LIMIT, RunSettings
from fls_teach.characters import one_line
from fls_teach.cli.shared import (
    Seconds,
    complete_exercise,
    course_option,
    json_option,
    print_json,
    sentence_for_mistakes,
    using_course,
)
from fls_teach.processors import cores

ISOLATIONS = "auto", "bwrap", "uid", "process"


class _FilesAreNoOptions(click.Command):
    """Refuse an option that is also a file name: ``*`` may expand to a submission called ``--isolation=process``."""

    def parse_args(self, ctx, args):
        for word in args:
            if word.startswith("-") and os.path.lexists(word):
                name = one_line(word)
                raise click.UsageError(
                    f"'{name}' may be an option or the file of that name here: name the folder, or write ./* for *"
                )
            if word == "--":
                break
        return super().parse_args(ctx, args)


@click.command(cls=_FilesAreNoOptions)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--out", required=True, metavar="DIR", help="Folder for the gradebook and one folder per submission.")
@click.option("--single", is_flag=True, help="Each PATH is one submission, never a folder of several.")
@click.option(
    "--pattern",
    metavar="P",
    help="How a path names person and file: a platform, or a regular expression with (?P<who>...) and (?P<file>...).",
)
@click.option(
    "--attempts", type=click.Choice(("latest", "best", "all")), default="latest", show_default=True,
    help="latest: mark each person's latest attempt; best, all: mark all, and the best or the latest counts.",
)  # fmt: skip
@click.option("--groups", metavar="FILE", help="CSV with the columns submission and member: one mark per group.")
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Submissions at a time; default: one per core.")
@click.option("--executor", metavar="dask://HOST:PORT", help="A dask.distributed cluster that does the work.")
@click.option("--isolation", type=click.Choice(ISOLATIONS), default="auto", show_default=True, help="Kind of sandbox.")
@click.option(
    "--exercise",
    "names",
    metavar="EX",
    multiple=True,
    shell_complete=complete_exercise,
    help="Grade only these exercises, such as 08 or 01-12,16.",
)
@click.option("--key-file", metavar="FILE", help="File with the course key for the seeds; default: DIR/course.key.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="The seed of a report, to reproduce it.")
@click.option("--twice", is_flag=True, help="Mark each twice with the same seed; verdicts that differ need review.")
@click.option("--against", metavar="OLD", help="The --out of an earlier run: report which marks changed, and why.")
@click.option("--time-limit", type=Seconds(0.1, 3600), default=5.0, show_default=True, help="Seconds per call.")
@click.option(
    "--total-limit",
    type=Seconds(0, 10**6),
    default=TOTAL_LIMIT,
    show_default=True,
    help="Seconds per submission; 0: no limit.",
)
@click.option("--memory", type=click.IntRange(256, 2**20), default=2048, show_default=True, help="MiB per submission.")
@click.option(
    "--overrides", metavar="FILE", help="Your corrections of marks; default: DIR/overrides.csv, if it exists."
)
@click.option("--late", metavar="RULE", help="Deduction for late work, such as 10%/day; default: none.")
@click.option("--due", metavar="TIME", help='Due time of the work, such as "2025-03-04 23:59".')
@click.option(
    "--roster", metavar="FILE", help="Your platform's list of people, copied with the marks to DIR/roster.csv."
)
@click.option("--column", metavar="NAME", help="The column of the roster for the marks.")
@click.option("--extra-spec", metavar="DIR", help="A folder of withheld properties, which are graded but never shown.")
@json_option
@course_option
@sentence_for_mistakes
def grade(paths, out, names, memory, as_json, **options):
    """Mark submissions: NN_name.py files, folders or archives of them, or the download of a learning platform.

    Writes DIR/gradebook.csv, DIR/cohort.html and, for each submission, results.json (Gradescope), report.html,
    junit.xml and record.json. To resume an interrupted run, run the same command again: finished submissions are not
    marked again. Other exercises, key, seed, isolation or limits need another DIR.

    The course key may also be in the environment variable FLS_COURSE_KEY.

    Exit code 0: all marked; 1: some need manual review; 2: nothing could be run as asked.
    """
    if options["seed"] is not None and options["key_file"] is not None:
        raise click.UsageError("--seed and --key-file do not go together: the seeds are derived from the key")
    if options["executor"] is not None and options["jobs"] is not None:
        raise click.UsageError(
            "--executor and --jobs do not go together: each worker marks one submission per thread at a time"
        )
    if not out.strip():
        raise click.UsageError("--out is empty; name a folder for the results")
    from fls_teach.autograder import grade as grading
    from fls_teach.autograder.reports.summary import as_dict, needs_review, print_summary

    options["jobs"], options["total_limit"] = options["jobs"] or cores(), options["total_limit"] or None
    settings = RunSettings(paths=paths, out=Path(out), exercises=names, memory_mib=memory, **options)
    with terminal.progress("grading") as progress:
        done = grading.grade(settings, progress)
    if as_json:
        click.echo(json.dumps(as_dict(done), indent=1))
    else:
        print_summary(done)
    return int(needs_review(done))


@click.command()
@click.option("--attack", is_flag=True, help="Grade the bundled hostile submissions; none may earn points or do harm.")
@click.option("--isolation", type=click.Choice(ISOLATIONS[:3]), default="auto", show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Submissions at a time; default: one per core.")
@json_option
@sentence_for_mistakes
def doctor(attack, isolation, jobs, as_json):
    """Check whether this machine can safely grade untrusted code.

    Exit code 0: it can; 1: it cannot, or an attack succeeded.
    """
    from fls_teach.autograder.doctor import checks

    # The attacks target exercises of the package's own course.
    click.get_current_context().with_resource(using_course(None))
    found, results = checks.examine(isolation), []
    if not as_json:
        checks.print_examined(found, isolation)
    if attack and found.fit:
        with terminal.progress("attacking") as progress:
            results = checks.attack(isolation, jobs or cores(), progress)
        if not as_json:
            checks.print_attacks(results)
    if as_json:
        attacks = [{"name": each.name if each else "all", "problems": problems} for each, problems in results]
        print_json(vars(found) | {"advice": "" if found.fit else checks.advice(isolation), "attacks": attacks})
    return 0 if found.fit and not any(problems for _, problems in results) else 1
