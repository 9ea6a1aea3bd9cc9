"""`fls grade` from its options to its last file."""

import contextlib
import errno
import math
import os
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

from fls_teach.autograder import settings
from fls_teach.autograder.intake import groups
from fls_teach.autograder.intake.collect import collect, holds_work
from fls_teach.autograder.intake.layout import shown
from fls_teach.autograder.intake.sources import Unreadable
from fls_teach.autograder.marking import batch, course_key, overrides
from fls_teach.autograder.marking.budget import Patience
from fls_teach.autograder.marking.grader import Task, write
from fls_teach.autograder.marking.late import late_rule
from fls_teach.autograder.marking.record import final_marks, read_record
from fls_teach.autograder.reports import against, gradebook
from fls_teach.autograder.reports.cohort import Cohort
from fls_teach.autograder.reports.html import cohort_page
from fls_teach.autograder.reports.roster import Roster
from fls_teach.autograder.reports.similar import near_identical
from fls_teach.autograder.reports.summary import Done
from fls_teach.autograder.selection import select, selected
from fls_teach.course.registry import CourseError, MissingModule, course_root, exercises, own_root
from fls_teach.course.withheld import check_folder, digest, with_withheld
from fls_teach.files import replacing, writable_folder
from fls_teach.sandbox.isolation.sandboxes import Limits, SandboxError
from fls_teach.sandbox.isolation.selftest import choose

OF_ALL = "gradebook.csv", "cohort.html"
"""What is drawn from all records and lies beside their folders."""

_EXERCISE_SHARE = 6  # times the limit of a call, for all calls of an exercise


@dataclass(frozen=True)
class Options:
    """What `fls grade` was asked for.

    Attributes
    ----------
    paths : sequence of path
    out : Path
    single : bool
        Each path is one submission.
    pattern : str or None
        A platform's name, or a regular expression for the paths of what was handed in.
    attempts : str
        "latest", "best" or "all".
    groups : path or None
        A CSV file of submissions and their members.
    jobs : int
    isolation : str
    exercises : sequence of str
        Empty for all.
    key_file : path or None
    seed : int or None
    against : path or None
    time_limit : float
    total_limit : float or None
    memory_mib : int
    extra_spec : path or None
        A folder of withheld properties.
    overrides : path or None
        A CSV file of corrected marks; else overrides.csv in `out`, if it is there.
    late, due : str or None
        "10%/day", and when the work was due.
    roster : path or None
        The platform's list of people, to be filled in.
    column : str or None
        Which column of it.
    """

    paths: tuple
    out: Path
    single: bool = False
    pattern: str | None = None
    attempts: str = "latest"
    groups: object = None
    jobs: int = 1
    isolation: str = "auto"
    exercises: tuple = ()
    key_file: object = None
    seed: int | None = None
    against: object = None
    time_limit: float = 5.0
    total_limit: float | None = None
    memory_mib: int = 2048
    extra_spec: object = None
    overrides: object = None
    late: str | None = None
    due: str | None = None
    roster: object = None
    column: str | None = None


def grade(options, progress=lambda fraction, what="": None):
    """Mark all submissions and write everything.

    Parameters
    ----------
    options : Options
    progress : callable
        Told (fraction, what).

    Returns
    -------
    Done

    Raises
    ------
    CourseError
        If what was asked for cannot be done; nothing is graded then.
    """
    started = time.monotonic()
    every = exercises()
    if not every:
        raise CourseError("this installation has no exercises to grade; install fls-teach again")
    chosen = select(options.exercises, every)
    if options.extra_spec is not None:
        check_folder(options.extra_spec, every)
    chosen = with_withheld(chosen, options.extra_spec)
    _check_needs(chosen)
    rule = late_rule(options.late, options.due)
    people = Roster.read(options.roster, options.column) if options.roster is not None else None
    entries, skipped = _submissions(options, chosen)
    if options.against is not None:
        against.changes(options.against, ())  # an unreadable one is better found now than after hours
        settings.read(options.against)
        if Path(options.against).resolve() == options.out.resolve():
            raise CourseError(f"--against and --out are both '{options.out}'; name another --out")
    with _only_one(_private_folder(options.out)):
        key, given = b"", True
        if options.seed is None:
            key, given = course_key.course_key(options.out, options.key_file, options.against)
        sandbox_name, hidden = _isolation(options, entries, chosen)
        patience = Patience(
            call=options.time_limit, exercise=_EXERCISE_SHARE * options.time_limit, submission=options.total_limit
        )
        task = Task(
            out=str(options.out.resolve()),
            exercises=[exercise.name for exercise in chosen],
            isolation=sandbox_name,
            hidden=hidden,
            key=key.hex(),
            seed=options.seed,
            patience=vars(patience),
            memory_mib=options.memory_mib,
            extra_spec=None if options.extra_spec is None else str(Path(options.extra_spec).absolute()),
        )
        made_with = settings.made_with(
            task.exercises,
            key,
            options.seed,
            sandbox_name,
            options.time_limit,
            options.memory_mib,
            options.total_limit,
            withheld=digest(chosen),
        )
        corrected = options.overrides or overrides.default(options.out)
        corrected = overrides.read(corrected, chosen) if corrected else []
        kept = gradebook.keep_edited(options.out / OF_ALL[0])
        with _sentence_for_a_full_disk(options.out):
            settings.keep(options.out, made_with)
            if not given:
                course_key.keep(options.out, key)
            for name in OF_ALL:  # which, until all are marked, would be of other marks
                (options.out / name).unlink(missing_ok=True)
            progress(0.0, _at_worst(patience, entries, chosen, options.jobs))
            batch.run(entries, task, options.jobs, _told(progress, len(entries)))
            _correct(options.out, entries, corrected, rule)
            done = _conclude(options, entries, chosen, sandbox_name, people)
    names = {entry.name.removeprefix("'") for entry in entries}
    done.unknown = sorted({each.submission for each in corrected if each.submission.removeprefix("'") not in names})
    done.edited, done.skipped, done.seconds = kept, skipped, time.monotonic() - started
    return done


def _check_needs(chosen):
    """Raise a `MissingModule` that says how to grade without."""
    missing = {}
    for exercise in chosen:
        try:
            exercise.check_needs()
        except MissingModule as problem:
            missing[exercise] = str(problem)
    if missing:
        rest = {exercise.name for exercise in chosen if exercise not in missing}
        word = selected([exercise for exercise in exercises() if exercise.name in rest], exercises())
        hint = f"; or grade without it: --exercise {word}" if rest else ""
        raise MissingModule(f"{next(iter(missing.values()))}{hint}")


def _submissions(options, chosen):
    """What is to be graded, and the folders among it that were passed over as results of an earlier run."""
    skipped = []

    def results_in(folder):
        if options.single or not settings.is_out(folder) or holds_work(folder, exercises()):
            return ""  # who hands in settings as well is graded all the same
        skipped.append(shown(str(folder), 200))
        return "holds the results of an earlier fls grade"

    rows = groups.read(options.groups) if options.groups is not None else []
    entries = collect(options.paths, chosen, results_in, options.single, options.pattern, options.attempts, rows)
    _keep_apart(entries, options)
    return entries, skipped


def _keep_apart(entries, options):
    """Refuse to believe what may have been handed in: marks, a key, or the results of an earlier run."""
    out = options.out.resolve()
    course = course_root() if course_root() != own_root() else None
    given = {"--out": out, "--against": options.against, "--key-file": options.key_file, "--groups": options.groups}
    given |= {"--overrides": options.overrides, "--roster": options.roster}
    for option, ours in (given | {"--course": course, "--extra-spec": options.extra_spec}).items():
        if ours is None or "\0" in str(ours):  # which is no path; reading it says so
            continue
        for path in options.paths:
            if Path(os.path.realpath(ours)).is_relative_to(os.path.realpath(path)):
                raise CourseError(
                    f"{option} '{shown(str(ours), 200)}' lies in '{shown(str(path), 200)}', where a submission could "
                    "bring its own; keep it elsewhere"
                )
    folders = {entry.folder for entry in entries}
    for entry in entries:
        path = entry.path  # not resolved: it may be a link, which nobody follows
        inside = path.relative_to(out).parts if path.is_relative_to(out) else ()
        if inside and (len(inside) == 1 or inside[0] in folders):
            raise CourseError(f"'{entry.name}' lies in '{out}', where results would go; name another --out")


@contextlib.contextmanager
def _sentence_for_a_full_disk(out):
    try:
        yield
    except OSError as problem:
        if problem.errno == errno.EPIPE:  # whoever read our progress went away
            raise
        reason = problem.strerror or problem
        raise CourseError(
            f"cannot go on, writing to '{out}' ({reason}); what is finished is kept, and the same command goes on there"
        ) from None


def _private_folder(path):
    """OUT, made so that no other user can read in it: it holds the key and everybody's marks."""
    new = not path.exists()
    try:
        folder = writable_folder(path)
    except ValueError as problem:
        raise CourseError(str(problem)) from None
    if new:
        folder.chmod(0o700)
    return folder


@contextlib.contextmanager
def _only_one(folder):
    """Keep a second `fls grade` out of the same OUT."""
    import fcntl

    try:
        file = open(folder / ".lock", "w")  # noqa: SIM115 (closed below)
    except OSError as problem:
        raise CourseError(f"cannot write to '{folder}/.lock' ({problem.strerror}); name another --out") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(
                f"another fls grade is writing to '{folder}'; wait for it, or name another --out"
            ) from None
        yield


def _isolation(options, entries, chosen):
    """The name of a sandbox that was just seen to work, and the list of what it has to hide."""
    root, package = course_root(), Path(__file__).resolve().parents[1]
    hidden = {package, options.out.resolve(), *(root / name for name in ("solutions", "tests"))}
    hidden |= {
        Path(path).resolve() for path in (options.key_file, options.against, options.extra_spec) if path is not None
    }
    # A link is no submission, and what it points at is no secret of ours.
    hidden |= {entry.path for entry in entries if not entry.path.is_symlink()}
    # One submission alone may read itself: an autograder in a container gets it in a folder that is open to all.
    secret = [path for path in hidden if len(entries) > 1 or path != entries[0].path]
    secret = sorted(str(path) for path in secret if path.exists())[:200]
    folders = [options.out.resolve(), package, Path.home(), Path.cwd(), sysconfig.get_path("purelib")]
    modules = ["numpy", "scipy", *sorted({name for exercise in chosen for name in exercise.needs})]
    limits = Limits(memory_mib=options.memory_mib)
    try:
        sandbox = choose(options.isolation, secret, folders, modules, limits)
    except SandboxError as problem:
        raise CourseError(
            f"this machine cannot lock up untrusted code ({problem}). `fls doctor` says what is missing; if you trust "
            "every submission, --isolation process runs them without a lock"
        ) from None
    sandbox.close()
    return sandbox.name, sorted(str(path) for path in hidden)


def _at_worst(patience, entries, chosen, jobs):
    """How long the batch takes if every submission uses all that it may use."""
    hours = patience.longest(len(chosen)) * math.ceil(len(entries) / jobs) / 3600
    until = f"{hours:.0f} h" if hours >= 2 else f"{60 * hours:.0f} min"
    return f"{len(entries)} to mark, {until} if every one of them used up its limits"


def _told(progress, count):
    started = time.monotonic()

    def told(done, name):
        left = (time.monotonic() - started) / done * (count - done)
        until = f"{left / 60:.0f} min left, " if left >= 90 else f"{left:.0f} s left, " if left else ""
        progress(done / count, f"{done}/{count}, {until}last {name}")

    return told


def _readable(entries):
    for entry in entries:
        with contextlib.suppress(Unreadable):  # whose record says so
            yield entry.read()


def _that_count(entries, out, attempts):
    """The entries that count: of each person's attempts the latest, or the best, and of equals the later."""
    if attempts != "best":
        return [entry for entry in entries if entry.counts]
    best = {}
    for entry in entries:
        score = read_record(out / entry.folder / "record.json")["score"]
        rank = score is None, score or 0, entry.attempt  # one without a mark could be the best
        if entry.person not in best or rank > best[entry.person][0]:
            best[entry.person] = rank, entry
    return [entry for _, entry in best.values()]


def _correct(out, entries, corrected, rule):
    """Bring what people corrected, and the rule for late work, into the records and all that is drawn from them."""
    for entry in entries:
        folder = out / entry.folder
        record = read_record(folder / "record.json")
        said = {"overrides": overrides.of(entry.name, corrected)} if overrides.of(entry.name, corrected) else {}
        days = rule.days(entry.when, entry.late) if rule else 0
        if days:
            said["late"] = {"days": days, "rule": str(rule), "kept": rule.kept(days)}
        if said != {name: record[name] for name in ("overrides", "late") if name in record}:
            rest = {name: value for name, value in record.items() if name not in ("overrides", "late")}
            write(folder, rest | said)


def _conclude(options, entries, chosen, isolation, people=None):
    """Draw what concerns all submissions together."""
    counting = _that_count(entries, options.out, options.attempts)
    listed, counted_names = entries if options.attempts == "all" else counting, {entry.name for entry in counting}
    done, cohort = Done(options.out, isolation, [entry.folder for entry in listed]), Cohort()

    def records(which=counting):
        for entry in which:
            yield entry, read_record(options.out / entry.folder / "record.json")

    def counted():
        for entry, record in records(listed):
            done.add(record, entry.name in counted_names)
            if entry.name in counted_names:
                cohort.add(record)
            yield record

    book, page = (options.out / name for name in OF_ALL)
    missing = people.match(counting) if people else []
    gradebook.write_gradebook(book, [exercise.name for exercise in chosen], counted(), missing)
    gradebook.remember(book)
    if people:
        people.fill(options.out / "roster.csv", {entry.name: final_marks(record).final for entry, record in records()})
        done.absent, done.strangers = missing, people.strangers
    done.left_out = [f"{entry.name} ({entry.attempts - 1} more)" for entry in counting if entry.attempts > 1]
    note = ""
    try:
        done.pairs = near_identical(_readable(done.different(counting)), chosen)
    except CourseError as problem:
        note = str(problem)
    with replacing(page) as temporary:
        text = cohort_page(cohort, done.pairs, note, done.identical)
        temporary.write_text(text, encoding="utf-8", newline="\n")
    if options.against is not None:
        differing = against.settings_that_differ(options.against, (record for _, record in records()))
        done.changes = against.describe(
            against.changes(options.against, (record for _, record in records())), differing
        )
    return done
