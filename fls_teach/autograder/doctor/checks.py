"""`fls doctor`: is this machine fit to grade untrusted code, and do the bundled attacks fail on it?"""

import contextlib
import os
import platform
import runpy
import shutil
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from fls_teach import terminal
from fls_teach.autograder.doctor.advice import advice
from fls_teach.autograder.doctor.zoo import Attack, attacks
from fls_teach.autograder.grade import grade
from fls_teach.autograder.record import as_json, properties, read_record
from fls_teach.autograder.settings import RunSettings
from fls_teach.course.registry import OPTIONAL_MODULES, CourseError, course_root, exercises, find_exercise
from fls_teach.sandbox.proc.table import process_table
from fls_teach.sandbox.selftest import ISOLATIONS, Demands, isolation_problems

CANARY = "FLS-CANARY"
"""Part of every planted secret: no report on an attack may contain it."""
TRACE, SURVIVOR = "FLS-ATTACK-WAS-HERE", "FLS-ATTACK-SURVIVOR"
"""What attacks put into the names of files that they write, and into the command line of processes they leave."""

TIME_LIMIT = 1.0  # seconds for a call of an attack: the reference needs hundredths
LOAD_LIMIT = 5.0  # seconds to load its file: the reference needs half a second of processor time, to import scipy
TOTAL_LIMIT = 60.0
"""Seconds for all exercises of one submission. Honest neighbours answer six in 5 s of processor time, which count
as 8.6 at a load of 15 on two cores, because a third of the clock counts at least. A hang meets other limits
before this one."""
MEMORY_MIB = 512
_NEIGHBOURS = "a-neighbour", "z-neighbour"


@dataclass(frozen=True)
class Examined:
    """What `examine` found.

    Attributes
    ----------
    fit : bool
        Whether untrusted code can be graded with the isolation that was asked for.
    problems : dict
        Isolation -> list of str: why it cannot be used; empty where it works.
    missing : dict
        Module that is not installed -> numbers of the exercises that need it.
    """

    fit: bool
    problems: dict
    missing: dict


def examine(isolation: str) -> Examined:
    """Find out what isolation works here.

    Parameters
    ----------
    isolation : str
        "auto", or the one that is wanted.

    Returns
    -------
    Examined
    """
    needs = {name: [each.number for each in exercises() if name in each.needs] for name in OPTIONAL_MODULES}
    missing = {name: numbers for name, numbers in needs.items() if find_spec(name) is None}
    modules = ["numpy", "scipy", *(name for name in needs if name not in missing)]
    root, package = course_root(), Path(__file__).resolve().parents[2]
    secrets = [path for path in (package, root / "solutions", root / "tests") if path.exists()]
    folders = [package, Path.home(), Path.cwd(), Path(sysconfig.get_path("purelib"))]
    demands = Demands(secrets, folders, modules)
    problems = {name: isolation_problems(name, demands) for name in ISOLATIONS[:2]}
    fit = any(not found and isolation in ("auto", name) for name, found in problems.items())
    return Examined(fit, problems, missing)


def print_examined(found: Examined, isolation: str) -> None:
    """Say what `examine` found, and what to do where nothing works."""
    terminal.say(f"Python {platform.python_version()} on {platform.platform()}, {os.cpu_count()} cores")
    for name, problems in found.problems.items():
        terminal.say(f"  {name:8} {'works' if not problems else 'cannot be used:'}")
        for problem in problems:
            terminal.say(f"           - {problem}")
    terminal.say("  process  works, for submissions that you trust: they could read, write and end whatever you can")
    for name, numbers in found.missing.items():
        terminal.say(
            f"Exercises {', '.join(numbers)} cannot be graded, because {name} is missing "
            f"(python -m pip install {name}); name the others with --exercise"
        )
    terminal.say("This machine can grade untrusted code." if found.fit else advice(isolation))


# ------------------------------------------------------------------ the attack zoo


def attack(
    isolation: str, jobs: int, progress: Callable[..., object] = lambda fraction, what="": None
) -> list[tuple[Attack | None, list[str]]]:
    """Grade every bundled attack between two honest neighbours, and look for what it gained or left.

    Parameters
    ----------
    isolation : str
    jobs : int
    progress : callable
        Told (fraction, what).

    Returns
    -------
    list of (zoo.Attack, list of str)
        The attack and what is wrong: sentences; none if it failed as it should.

    Raises
    ------
    CourseError
        If the attacks are not here; where they are, in a clone or a source archive, the solutions are, too.
    """
    zoo = course_root() / "tests" / "attacks"
    if not zoo.is_dir():
        raise CourseError(
            "the attacks are not installed with fls-teach; run this in a clone or an unpacked source archive"
        )
    found = attacks(zoo)
    with tempfile.TemporaryDirectory(prefix="fls-zoo-") as scratch, _planted_secrets(Path(scratch)):
        folder = Path(scratch)
        submissions, targets = folder / "submissions", dict.fromkeys(find_exercise(each.exercise) for each in found)
        first, last = (_honest(submissions / name, targets) for name in _NEIGHBOURS)
        settings = RunSettings(
            paths=(first,),
            out=folder / "alone",
            jobs=jobs,
            isolation=isolation,
            exercises=tuple(exercise.name for exercise in targets),
            key_file=folder / "key",
            time_limit=TIME_LIMIT,
            total_limit=TOTAL_LIMIT,
            load_limit=LOAD_LIMIT,
            memory_mib=MEMORY_MIB,
        )
        alone = _graded(settings, [first.name])[first.name].read_bytes()
        paths = {first.name: first}
        paths |= {each.name: _handed_in(each, submissions / each.name) for each in found}
        paths[last.name] = last  # marked by a grader that has met attacks
        settings = replace(settings, paths=tuple(paths.values()), out=folder / "together")
        traces, listed = _traces(), _listing(submissions)
        together = _graded(settings, paths, progress)
        shared = [f"left the file '{path}'" for path in sorted(_traces() - traces)]
        changed = {path for path, _ in _listing(submissions) ^ listed}
        shared += [f"changed '{path.relative_to(folder)}' beside the results" for path in sorted(changed)]
        shared += [f"left process {pid} running" for pid in _survivors()]
        for name in _NEIGHBOURS:  # the same work, so the same seed and the same record but for the name
            if alone.replace(first.name.encode(), name.encode()) != together[name].read_bytes():
                shared.append(f"the mark of {name} changed")
        results = [(each, _judge(each, together[each.name])) for each in found]
    return results + ([(None, shared)] if shared else [])


def _honest(home, targets):
    """Hand in a folder with the reference solutions, in which a secret stands."""
    home.mkdir(parents=True)
    for exercise in targets:
        text = exercise.solution.read_text(encoding="utf-8")
        (home / f"{exercise.name}.py").write_text(f"{text}\n# {CANARY}-NEIGHBOUR\n", encoding="utf-8")
    return home


def _handed_in(each, home):
    """Copy or build an attack."""
    home.mkdir()
    if each.builder:
        return runpy.run_path(str(each.path))["build"](home)
    shutil.copyfile(each.path, home / f"{each.exercise}.py")
    return home


def _graded(settings, names, progress=lambda fraction, what="": None):
    """Grade; return {name: path of its record}."""
    lines = grade(settings, progress).lines
    return {name: settings.out / line.folder / "record.json" for name, line in zip(names, lines, strict=True)}


def _listing(folder):
    """What lies below a folder, with the sizes and times by which a change shows."""
    # Not rglob: Python 3.11.2, which is Debian's, stops there at a link whose target is too long for a name.
    paths = (Path(top, name) for top, folders, files in os.walk(folder) for name in (*folders, *files))
    stats = ((path, path.lstat()) for path in paths)
    return {(path, (each.st_size, each.st_mtime_ns)) for path, each in stats}


def _judge(each, path):
    """What is wrong with the outcome of one attack."""
    record, wrong = read_record(path), []
    for owner, item in properties(record):
        if owner["name"] != each.exercise:
            if item["points"]:
                wrong.append(f"it earned {item['points']} points for {item['id']}, which it was not to answer")
        elif item["verdict"] not in each.verdicts[item["id"]]:
            allowed = " or ".join(sorted(each.verdicts[item["id"]]))
            wrong.append(f"{item['id']} is {item['verdict']} instead of {allowed} ({item['summary'][:100]})")
    if record["score"] and not each.honest:
        wrong.append(f"it earned {record['score']} points")
    texts = {file.name: file.read_bytes() for file in sorted(path.parent.iterdir())}
    wrong += [f"{name} shows a planted secret" for name, text in texts.items() if CANARY.encode() in text]
    page = texts["report.html"].lower()
    wrong += [f"report.html holds {tag}>" for tag in ("<script", "<img", "<iframe") if tag.encode() in page]
    if as_json(record).encode() != texts["record.json"]:
        wrong.append("its record is not in canonical form")
    return wrong


@contextlib.contextmanager
def _planted_secrets(folder):
    """Secrets in the environment, in the home, and beside the submissions, for attacks to look for."""
    name, path = "FLS_SECRET", Path.home() / f".fls-secret-{os.getpid()}"
    (folder / "key").write_text(f"{CANARY}-KEY-0123456789")
    os.environ[name] = f"{CANARY}-ENV"
    try:
        path.write_text(f"{CANARY}-HOME")
        path.chmod(0o600)
        yield
    finally:
        del os.environ[name]
        path.unlink(missing_ok=True)


def _traces():
    """Files with the attacks' mark in their name, wherever a submission might be able to write."""
    places = [Path.home(), Path.cwd(), Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]
    places += [Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("scripts")), Path("/"), course_root()]
    return {str(path) for place in places if place.is_dir() for path in place.glob(f"*{TRACE}*")}


def _survivors():
    """Processes that attacks have left."""
    for pid in {pid for pid, _ in process_table()} - {os.getpid()}:
        with contextlib.suppress(OSError):  # it has ended
            if SURVIVOR.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield pid


def print_attacks(results: list[tuple[Attack | None, list[str]]]) -> None:
    """One line per attack, and what went wrong."""
    width = min(shutil.get_terminal_size().columns, 110)
    for each, problems in results:
        name, sentence = (each.name, each.sentence) if each else ("all", "Nothing is left, no other mark changed.")
        line = f"  {'✗' if problems else '✓'} {name:34} {sentence}"
        terminal.say(line if len(line) <= width else f"{line[: width - 1]}…")
        for problem in problems:
            terminal.say(f"      {problem}")
    failed = sum(bool(problems) for _, problems in results)
    count = sum(each is not None for each, _ in results)
    terminal.say(f"{count} attacks, {failed} succeeded." if failed else f"{count} attacks, none succeeded.")
