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
"""Part of every planted secret; no report on an attack may contain it."""
TRACE, SURVIVOR = "FLS-ATTACK-WAS-HERE", "FLS-ATTACK-SURVIVOR"
"""Part of the names of files that attacks write, and of the command lines of processes that they leave behind."""

TIME_LIMIT = 0.5  # seconds per call; the reference needs hundredths of a second
LOAD_LIMIT = 3.0  # seconds to load a file; the reference needs half a second of processor time to import scipy
TOTAL_LIMIT = 60.0
"""Seconds for all exercises of one submission. An honest neighbour answers six in 5 s of processor time, which are
charged as 8.6 s at a load of 15 on two cores, because at least a third of the wall-clock time is charged. An attack
that hangs meets other limits before this one."""
MEMORY_MIB = 512
_NEIGHBOURS = "a-neighbour", "z-neighbour"


@dataclass(frozen=True)
class Examined:
    """The result of `examine`.

    Attributes
    ----------
    fit : bool
        Whether untrusted code can be graded with the requested isolation.
    problems : dict
        Isolation -> list of str, why it cannot be used; empty if it works.
    missing : dict
        Module that is not installed -> numbers of the exercises that need it.
    """

    fit: bool
    problems: dict
    missing: dict


def examine(isolation: str) -> Examined:
    """Test which isolations work on this machine.

    Parameters
    ----------
    isolation : str
        "auto", or the requested one.

    Returns
    -------
    Examined
    """
    needs = {name: [each.number for each in exercises() if name in each.needs] for name in OPTIONAL_MODULES}
    needs = {name: numbers for name, numbers in needs.items() if numbers}
    missing = {name: numbers for name, numbers in needs.items() if find_spec(name) is None}
    modules = ["numpy", "scipy", *(name for name in needs if name not in missing)]
    root, package = course_root(), Path(__file__).resolve().parents[2]
    secrets = [path for path in (package, root / "solutions", root / "tests") if path.exists()]
    demands = Demands(secrets, modules=modules)
    problems = {name: isolation_problems(name, demands) for name in ISOLATIONS[:2]}
    fit = any(not found and isolation in ("auto", name) for name, found in problems.items())
    return Examined(fit, problems, missing)


def print_examined(found: Examined, isolation: str) -> None:
    """Print the result of `examine`, and advice if no isolation works."""
    terminal.say(f"Python {platform.python_version()} on {platform.platform()}, {os.cpu_count()} cores")
    for name, problems in found.problems.items():
        terminal.say(f"  {name:8} {'works' if not problems else 'cannot be used:'}")
        for problem in problems:
            terminal.say(f"           - {problem}")
    terminal.say("  process  works, only for submissions that you trust: they can read, write and end whatever you can")
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
    """Grade every bundled attack between two honest submissions, and find what it gained or left behind.

    Parameters
    ----------
    isolation : str
    jobs : int
    progress : callable (fraction, text)

    Returns
    -------
    list of (zoo.Attack, list of str)
        Each attack and its problems, as sentences; none if it failed as it should.

    Raises
    ------
    CourseError
        If the attacks are not installed. A clone and a source archive have them, and the solutions.
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
        first, last = (_honest_submission(submissions / name, targets) for name in _NEIGHBOURS)
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
        paths |= {each.name: _attack_submission(each, submissions / each.name) for each in found}
        paths[last.name] = last  # marked by a grader that has marked attacks before
        settings = replace(settings, paths=tuple(paths.values()), out=folder / "together")
        traces, listing = _traces(), _listing(submissions)
        together = _graded(settings, paths, progress)
        shared = [f"left the file '{path}'" for path in sorted(_traces() - traces)]
        changed = {path for path, _ in _listing(submissions) ^ listing}
        shared += [f"changed '{path.relative_to(folder)}' beside the results" for path in sorted(changed)]
        shared += [f"left process {pid} running" for pid in _survivors()]
        for name in _NEIGHBOURS:  # the same files give the same seed, and the same record except for the name
            if alone.replace(first.name.encode(), name.encode()) != together[name].read_bytes():
                shared.append(f"the mark of {name} changed")
        results = [(each, _judge(each, together[each.name])) for each in found]
    return results + ([(None, shared)] if shared else [])


def _honest_submission(folder, targets):
    """Write a folder with the reference solutions and a secret, and return it."""
    folder.mkdir(parents=True)
    for exercise in targets:
        text = exercise.solution.read_text(encoding="utf-8")
        (folder / f"{exercise.name}.py").write_text(f"{text}\n# {CANARY}-NEIGHBOUR\n", encoding="utf-8")
    return folder


def _attack_submission(attack, folder):
    """Copy or build an attack, and return its path."""
    folder.mkdir()
    if attack.builder:
        return runpy.run_path(str(attack.path))["build"](folder)
    shutil.copyfile(attack.path, folder / f"{attack.exercise}.py")
    return folder


def _graded(settings, names, progress=lambda fraction, what="": None):
    """Grade, and return {name: path of its record}."""
    lines = grade(settings, progress).lines
    return {name: settings.out / line.folder / "record.json" for name, line in zip(names, lines, strict=True)}


def _listing(folder):
    """Return the set of paths below a folder with their sizes and times, by which changes are found."""
    # Not rglob: in Python 3.11.2 (Debian's) it fails at a link whose target is too long for a name.
    paths = (Path(top, name) for top, folders, files in os.walk(folder) for name in (*folders, *files))
    stats = ((path, path.lstat()) for path in paths)
    return {(path, (each.st_size, each.st_mtime_ns)) for path, each in stats}


def _judge(attack, path):
    """Return what is wrong with the record at `path` and the reports beside it, as sentences."""
    record, problems = read_record(path), []
    for exercise, item in properties(record):
        if exercise["name"] != attack.exercise:
            if item["points"]:
                problems.append(f"it earned {item['points']} points for {item['id']} of another exercise")
        elif item["verdict"] not in attack.verdicts[item["id"]]:
            allowed = " or ".join(sorted(attack.verdicts[item["id"]]))
            problems.append(f"{item['id']} is {item['verdict']} instead of {allowed} ({item['summary'][:100]})")
    if record["score"] and not attack.honest:
        problems.append(f"it earned {record['score']} points")
    texts = {file.name: file.read_bytes() for file in sorted(path.parent.iterdir())}
    problems += [f"{name} shows a planted secret" for name, text in texts.items() if CANARY.encode() in text]
    page = texts["report.html"].lower()
    problems += [f"report.html holds {tag}>" for tag in ("<script", "<img", "<iframe") if tag.encode() in page]
    if as_json(record).encode() != texts["record.json"]:
        problems.append("its record is not in canonical form")
    return problems


@contextlib.contextmanager
def _planted_secrets(folder):
    """Plant secrets in the environment, in the home folder, and beside the submissions during the block."""
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
    """Return the files with `TRACE` in their names in folders where a submission might be able to write."""
    folders = [Path.home(), Path.cwd(), Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]
    folders += [Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("scripts")), Path("/"), course_root()]
    return {str(path) for folder in folders if folder.is_dir() for path in folder.glob(f"*{TRACE}*")}


def _survivors():
    """Yield the numbers of processes that attacks have left behind."""
    for pid in {pid for pid, _ in process_table()} - {os.getpid()}:
        with contextlib.suppress(OSError):  # it has ended
            if SURVIVOR.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield pid


def print_attacks(results: list[tuple[Attack | None, list[str]]]) -> None:
    """Print one line per attack, its problems, and a count."""
    width = min(shutil.get_terminal_size().columns, 110)
    for each, problems in results:
        name, sentence = (
            (each.name, each.sentence) if each else ("all", "Nothing is left behind, and no other mark changed.")
        )
        line = f"  {'✗' if problems else '✓'} {name:34} {sentence}"
        terminal.say(line if len(line) <= width else f"{line[: width - 1]}…")
        for problem in problems:
            terminal.say(f"      {problem}")
    failed = sum(bool(problems) for _, problems in results)
    count = sum(each is not None for each, _ in results)
    terminal.say(f"{count} attacks, {failed} succeeded." if failed else f"{count} attacks, none succeeded.")
