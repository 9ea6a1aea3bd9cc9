"""A whole run of `fls grade`."""

import contextlib
import functools
import math
import os
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fls_teach.autograder import results_folder
from fls_teach.autograder.conclude import BATCH_REPORTS, conclude, settle
from fls_teach.autograder.intake import groups
from fls_teach.autograder.intake.collect import collect, holds_work
from fls_teach.autograder.marking import batch, course_key, overrides
from fls_teach.autograder.marking.cluster import cluster_at
from fls_teach.autograder.marking.late import late_rule
from fls_teach.autograder.reports import against, gradebook
from fls_teach.autograder.reports.batch_result import BatchResult
from fls_teach.autograder.reports.roster import Roster
from fls_teach.autograder.selection import selection_text
from fls_teach.autograder.sentence import RESUMES, refusal
from fls_teach.autograder.settings import RunSettings
from fls_teach.characters import one_line
from fls_teach.course.checking.check import check_specifications
from fls_teach.course.registry import CourseError, MissingModule, course_root, exercises, own_root
from fls_teach.course.withheld import check_folder, digest
from fls_teach.sandbox.isolation.sandboxes import ResourceLimits, SandboxError
from fls_teach.sandbox.selftest import Demands, choose


def grade(settings: RunSettings, progress: Callable[..., object] = lambda fraction, what="": None) -> BatchResult:
    """Mark all submissions and write the results folder.

    Parameters
    ----------
    settings : RunSettings
    progress : callable (fraction, text)
        Called after each submission.

    Returns
    -------
    BatchResult

    Raises
    ------
    CourseError
        If the settings cannot be met, and nothing is graded; or if the run cannot go on, and finished records are kept.
    """
    started = time.monotonic()
    all_exercises = exercises()
    if not all_exercises:
        raise CourseError("this installation has no exercises to grade; install fls-teach again")
    if settings.extra_spec is not None:
        check_folder(settings.extra_spec, all_exercises)
    chosen = settings.chosen
    _check_needs(chosen)
    rule = late_rule(settings.late, settings.due)
    if settings.column is not None and settings.roster is None:
        raise CourseError("--column alone changes nothing; name your platform's list of people with --roster")
    roster = Roster.read(settings.roster, settings.column) if settings.roster is not None else None
    entries, remarks = _submissions(settings)
    # Not the package's own ones, which are tested with it: importing all 17 takes a second of processor time.
    check_specifications([each for each in chosen if each.withheld or each.root != own_root()])
    if settings.against is not None:
        against.compare(settings.against, ())  # to find an unreadable record now, not after hours
        if os.path.realpath(settings.against) == os.path.realpath(settings.out):
            raise CourseError(f"--against and --out are both '{settings.out}'; name another --out")
    with contextlib.ExitStack() as stack:
        stack.enter_context(results_folder.exclusive_use(results_folder.private_folder(settings.out)))
        key, given = b"", True
        if settings.seed is None:
            key, given = course_key.course_key(settings.out, settings.key_file, settings.against)
        settings = replace(settings, exercises=tuple(exercise.name for exercise in chosen), key=key.hex())
        workers = stack.enter_context(cluster_at(settings.executor)) if settings.executor else None
        if workers:
            settings = replace(settings, isolation=workers.examine(settings), jobs=max(workers.slots, 1))
        else:
            isolation, hidden = _tested_isolation(settings, entries)
            settings = replace(settings, isolation=isolation, hidden=hidden)
        table = settings.overrides or settings.out / overrides.NAME
        corrected = overrides.read(table, chosen) if settings.overrides or Path(table).is_file() else {}
        with refusal(f"cannot go on, writing to '{settings.out}'", RESUMES, OSError):
            results_folder.save_settings(settings.out, settings.saved(digest(chosen)))
            remarks["edited_gradebooks"] = list(map(str, gradebook.keep_edited(settings.out / BATCH_REPORTS[0])))
            if not given:
                course_key.keep(settings.out, key)
            for name in BATCH_REPORTS:  # stale until the batch is complete
                (settings.out / name).unlink(missing_ok=True)
            progress(0.0, _worst_case(settings, len(entries)))
            with contextlib.closing(workers or batch.Graders(settings, min(settings.jobs, len(entries)))) as crew:
                crew.settings = settings
                report = _reporter(progress, len(entries))
                batch.spread(crew, entries, functools.partial(batch.mark_entry, crew), report)
            result = conclude(settings, entries, settle(settings, entries, corrected, rule), roster)
    names = {each for entry in entries for each in overrides.names_of(entry.name)}
    remarks["unknown_overrides"] = sorted(corrected.keys() - names)
    undated = {each.name for each in entries if rule and not rule.can_tell(each.when, each.late)}
    remarks["undated"] = [line.name for line in result.counted if line.name in undated]
    if workers:
        remarks["refused_workers"] = [f"{worker} ({reason})" for worker, reason in sorted(workers.refused.items())]
    result.remarks |= remarks
    result.seconds = time.monotonic() - started
    return result


def _check_needs(chosen):
    """Raise `MissingModule` if a module is not installed, and say which exercises can be graded without it."""
    problems = {}
    for exercise in chosen:
        try:
            exercise.check_needs()
        except MissingModule as problem:
            problems[exercise.name] = str(problem)
    if problems:
        names = {exercise.name for exercise in chosen} - problems.keys()
        rest = selection_text([exercise for exercise in exercises() if exercise.name in names], exercises())
        raise MissingModule([*problems.values()][0] + f"; or grade without it: --exercise {rest}" * bool(rest))


def _submissions(settings):
    """Return the submissions to grade, and the names of what is not graded by the keys of `summary.REMARKS`."""
    remarks = defaultdict(list)

    def remark(what, name):
        remarks[what].append(name)

    def results_in(folder):
        if settings.single or not results_folder.is_results_folder(folder) or holds_work(folder, exercises()):
            return ""  # a submission may contain the settings of an fls grade and is graded all the same
        remark("earlier_results", one_line(str(folder), 200))
        return "holds the results of an earlier fls grade"

    rows = groups.read(settings.groups) if settings.groups is not None else []
    options = settings.single, settings.pattern, settings.attempts, rows
    entries = collect(settings.paths, settings.chosen, results_in, *options, remark)
    _refuse_overlaps(entries, settings)
    return entries, remarks


def _refuse_overlaps(entries, settings):
    """Raise `CourseError` if a file of the instructor's lies among the submissions, or a submission in `settings.out`.

    Otherwise a submission could supply marks, a key, or the results of an earlier run.
    """
    out = Path(os.path.realpath(settings.out))  # unlike `resolve`, accepts circular links
    course = course_root() if course_root() != own_root() else None
    for option, own in (settings.own_files | {"--course": course}).items():
        # A null character is reported when the file is read.
        for path in settings.paths if own is not None and "\0" not in str(own) else ():
            if Path(os.path.realpath(own)).is_relative_to(os.path.realpath(path)):
                raise CourseError(
                    f"{option} '{one_line(str(own), 200)}' lies in '{one_line(str(path), 200)}', where a submission "
                    "could bring its own; keep it elsewhere"
                )
    folders = {entry.folder for entry in entries}
    for entry in entries:
        path = entry.path  # not resolved, because links are not followed
        inside = path.relative_to(out).parts if path.is_relative_to(out) else ()
        if inside and (len(inside) == 1 or inside[0] in folders):
            raise CourseError(f"'{entry.name}' lies in '{out}', where results would be written; name another --out")


def _tested_isolation(settings, entries):
    """Return the name of an isolation that has just passed the self-test, and the paths that it has to hide."""
    root, package = course_root(), Path(__file__).resolve().parents[1]
    hidden = {package, *(root / name for name in ("solutions", "tests"))}
    hidden |= {Path(os.path.realpath(path)) for path in settings.own_files.values() if path is not None}
    # Links are not submissions, and their targets are not secret.
    hidden |= {entry.path for entry in entries if not entry.path.is_symlink()}
    # A single submission may read itself: in a container, it may be in a folder that every user can read.
    secret = [path for path in hidden if len(entries) > 1 or path != entries[0].path]
    secret = sorted(filter(os.path.exists, map(str, secret)))[:200]
    modules = ["numpy", "scipy", *sorted({name for exercise in settings.chosen for name in exercise.needs})]
    limits = ResourceLimits(memory_mib=settings.memory_mib)
    try:
        isolation = choose(settings.isolation, Demands(secret, [settings.out.resolve()], modules, limits))
    except SandboxError as problem:
        raise CourseError(
            f"no working sandbox on this machine ({problem}). `fls doctor` says what is missing; if you trust "
            "every submission, --isolation process runs them without a sandbox"
        ) from None
    return isolation, tuple(sorted(str(path) for path in hidden))


def _worst_case(settings, count):
    """Return a sentence on how long the batch takes if every submission uses up its time limits."""
    seconds = settings.time_limits.worst_case(len(settings.exercises)) * (2 if settings.twice else 1)
    hours = seconds * math.ceil(count / settings.jobs) / 3600
    duration = f"{hours:.0f} h" if hours >= 2 else f"{60 * hours:.0f} min"
    return f"{count} to mark, at most {duration} if all use up their time limits"


def _reporter(progress, count):
    """Return the function that `batch.spread` calls after each of `count` submissions."""
    started = time.monotonic()

    def report(done, entry):
        left = (time.monotonic() - started) / done * (count - done)
        remaining = f"{left / 60:.0f} min left, " if left >= 90 else f"{left:.0f} s left, " if left else ""
        progress(done / count, f"{done}/{count}, {remaining}last {entry.name}")

    return report
