"""`fls grade` from its options to its last file."""

import contextlib
import functools
import math
import os
import sysconfig
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fls_teach.autograder import results_folder
from fls_teach.autograder.conclude import OF_ALL, conclude, settle
from fls_teach.autograder.intake import groups
from fls_teach.autograder.intake.collect import collect, holds_work
from fls_teach.autograder.marking import batch, course_key, overrides
from fls_teach.autograder.marking.cluster import cluster_at
from fls_teach.autograder.marking.late import late_rule
from fls_teach.autograder.reports import against, gradebook
from fls_teach.autograder.reports.batch_result import BatchResult
from fls_teach.autograder.reports.roster import Roster
from fls_teach.autograder.selection import selected
from fls_teach.autograder.sentence import GOES_ON, refusal
from fls_teach.autograder.settings import RunSettings
from fls_teach.characters import one_line
from fls_teach.course.checking.check import check_specifications
from fls_teach.course.registry import CourseError, MissingModule, course_root, exercises, own_root
from fls_teach.course.withheld import check_folder, digest
from fls_teach.sandbox.isolation.sandboxes import ResourceLimits, SandboxError
from fls_teach.sandbox.selftest import Demands, choose


def grade(settings: RunSettings, progress: Callable[..., object] = lambda fraction, what="": None) -> BatchResult:
    """Mark all submissions and write everything.

    Parameters
    ----------
    settings : RunSettings
    progress : callable
        Told (fraction, what).

    Returns
    -------
    BatchResult

    Raises
    ------
    CourseError
        If what was asked for cannot be done; nothing is graded then.
    """
    started = time.monotonic()
    every = exercises()
    if not every:
        raise CourseError("this installation has no exercises to grade; install fls-teach again")
    if settings.extra_spec is not None:
        check_folder(settings.extra_spec, every)
    chosen = settings.chosen
    _check_needs(chosen)
    rule = late_rule(settings.late, settings.due)
    if settings.column is not None and settings.roster is None:
        raise CourseError("--column alone changes nothing; name your platform's list of people with --roster")
    people = Roster.read(settings.roster, settings.column) if settings.roster is not None else None
    entries, remarks = _submissions(settings)
    # Not those of the package itself, which are tested with it: to import all 17 takes a second of processor time.
    check_specifications([each for each in chosen if each.withheld or each.root != own_root()])
    if settings.against is not None:
        against.compare(settings.against, ())  # an unreadable one is better found now than after hours
        if os.path.realpath(settings.against) == os.path.realpath(settings.out):
            raise CourseError(f"--against and --out are both '{settings.out}'; name another --out")
    with contextlib.ExitStack() as stack:
        stack.enter_context(results_folder.only_one(results_folder.private_folder(settings.out)))
        key, given = b"", True
        if settings.seed is None:
            key, given = course_key.course_key(settings.out, settings.key_file, settings.against)
        settings = replace(settings, exercises=tuple(exercise.name for exercise in chosen), key=key.hex())
        workers = stack.enter_context(cluster_at(settings.executor)) if settings.executor else None
        if workers:
            settings = replace(settings, isolation=workers.examine(settings), jobs=max(workers.slots, 1))
        else:
            isolation, hidden = _isolation(settings, entries)
            settings = replace(settings, isolation=isolation, hidden=hidden)
        by_hand = settings.overrides or settings.out / overrides.NAME
        corrected = overrides.read(by_hand, chosen) if settings.overrides or Path(by_hand).is_file() else {}
        with refusal(f"cannot go on, writing to '{settings.out}'", GOES_ON, OSError):
            results_folder.save_settings(settings.out, settings.saved(digest(chosen)))
            remarks["edited_gradebooks"] = list(map(str, gradebook.keep_edited(settings.out / OF_ALL[0])))
            if not given:
                course_key.keep(settings.out, key)
            for name in OF_ALL:  # stale until the batch is complete
                (settings.out / name).unlink(missing_ok=True)
            progress(0.0, _at_worst(settings, len(entries)))
            with contextlib.closing(workers or batch.Graders(settings, min(settings.jobs, len(entries)))) as crew:
                crew.settings = settings
                batch.spread(crew, entries, functools.partial(batch.mark_entry, crew), _told(progress, len(entries)))
            done = conclude(settings, entries, settle(settings, entries, corrected, rule), people)
    names = {each for entry in entries for each in overrides.names_of(entry.name)}
    remarks["unknown_overrides"] = sorted(corrected.keys() - names)
    undated = {each.name for each in entries if rule and not rule.can_tell(each.when, each.late)}
    remarks["undated"] = [line.name for line in done.counted if line.name in undated]
    if workers:
        remarks["refused_workers"] = [f"{worker} ({reason})" for worker, reason in sorted(workers.refused.items())]
    done.remarks |= remarks
    done.seconds = time.monotonic() - started
    return done


def _check_needs(chosen):
    """Raise a `MissingModule` that says how to grade without."""
    problems = {}
    for exercise in chosen:
        try:
            exercise.check_needs()
        except MissingModule as problem:
            problems[exercise.name] = str(problem)
    if problems:
        names = {exercise.name for exercise in chosen} - problems.keys()
        rest = selected([exercise for exercise in exercises() if exercise.name in names], exercises())
        raise MissingModule([*problems.values()][0] + f"; or grade without it: --exercise {rest}" * bool(rest))


def _submissions(settings):
    """What is to be graded, and names of what is not, by the keys of `summary.REMARKS`."""
    remarks = defaultdict(list)

    def remark(what, name):
        remarks[what].append(name)

    def results_in(folder):
        if settings.single or not results_folder.is_results_folder(folder) or holds_work(folder, exercises()):
            return ""  # a submission that includes settings is graded all the same
        remark("earlier_results", one_line(str(folder), 200))
        return "holds the results of an earlier fls grade"

    rows = groups.read(settings.groups) if settings.groups is not None else []
    options = settings.single, settings.pattern, settings.attempts, rows
    entries = collect(settings.paths, settings.chosen, results_in, *options, remark)
    _keep_apart(entries, settings)
    return entries, remarks


def _keep_apart(entries, settings):
    """Refuse to believe what may have been handed in: marks, a key, or the results of an earlier run."""
    out = Path(os.path.realpath(settings.out))  # which, unlike `resolve`, takes links in a circle
    course = course_root() if course_root() != own_root() else None
    for option, ours in (settings.own_files | {"--course": course}).items():
        for path in settings.paths if ours is not None and "\0" not in str(ours) else ():  # else reading it says so
            if Path(os.path.realpath(ours)).is_relative_to(os.path.realpath(path)):
                raise CourseError(
                    f"{option} '{one_line(str(ours), 200)}' lies in '{one_line(str(path), 200)}', where a submission "
                    "could bring its own; keep it elsewhere"
                )
    folders = {entry.folder for entry in entries}
    for entry in entries:
        path = entry.path  # not resolved: it may be a link, which is not followed
        inside = path.relative_to(out).parts if path.is_relative_to(out) else ()
        if inside and (len(inside) == 1 or inside[0] in folders):
            raise CourseError(f"'{entry.name}' lies in '{out}', where results would go; name another --out")


def _isolation(settings, entries):
    """The name of a sandbox that was just seen to work, and the list of what it has to hide."""
    root, package = course_root(), Path(__file__).resolve().parents[1]
    hidden = {package, *(root / name for name in ("solutions", "tests"))}
    hidden |= {Path(os.path.realpath(path)) for path in settings.own_files.values() if path is not None}
    # A link is no submission, and what it points at is no secret of ours.
    hidden |= {entry.path for entry in entries if not entry.path.is_symlink()}
    # One submission alone may read itself: an autograder in a container gets it in a folder that is open to all.
    secret = [path for path in hidden if len(entries) > 1 or path != entries[0].path]
    secret = sorted(filter(os.path.exists, map(str, secret)))[:200]
    folders = [settings.out.resolve(), package, Path.home(), Path.cwd(), sysconfig.get_path("purelib")]
    modules = ["numpy", "scipy", *sorted({name for exercise in settings.chosen for name in exercise.needs})]
    limits = ResourceLimits(memory_mib=settings.memory_mib)
    try:
        isolation = choose(settings.isolation, Demands(secret, folders, modules, limits))
    except SandboxError as problem:
        raise CourseError(
            f"no working sandbox on this machine ({problem}). `fls doctor` says what is missing; if you trust "
            "every submission, --isolation process runs them without a sandbox"
        ) from None
    return isolation, tuple(sorted(str(path) for path in hidden))


def _at_worst(settings, count):
    """How long the batch takes if every submission uses all that it may use."""
    each = settings.time_limits.longest(len(settings.exercises)) * (2 if settings.twice else 1)
    hours = each * math.ceil(count / settings.jobs) / 3600
    until = f"{hours:.0f} h" if hours >= 2 else f"{60 * hours:.0f} min"
    return f"{count} to mark, {until} if every one of them used up its limits"


def _told(progress, count):
    started = time.monotonic()

    def told(done, entry):
        left = (time.monotonic() - started) / done * (count - done)
        until = f"{left / 60:.0f} min left, " if left >= 90 else f"{left:.0f} s left, " if left else ""
        progress(done / count, f"{done}/{count}, {until}last {entry.name}")

    return told
