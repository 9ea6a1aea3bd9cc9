"""`fls doctor`: is this machine fit to grade untrusted code, and do the bundled attacks fail on it?"""

import contextlib
import os
import platform
import runpy
import shutil
import sysconfig
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fls_teach import terminal
from fls_teach.autograder.doctor.advice import advice
from fls_teach.autograder.doctor.zoo import attacks
from fls_teach.autograder.grade import grade
from fls_teach.autograder.marking.record import as_json, properties, read_record
from fls_teach.autograder.settings import RunSettings
from fls_teach.course.registry import OPTIONAL_MODULES, CourseError, course_root, exercises, find_exercise
from fls_teach.sandbox.isolation.sandboxes import SandboxError
from fls_teach.sandbox.isolation.selftest import ISOLATIONS, make_sandbox, weaknesses
from fls_teach.sandbox.proc.table import process_table

CANARY = "FLS-CANARY"
"""Part of every planted secret: no report on an attack may contain it."""
TRACE, SURVIVOR = "FLS-ATTACK-WAS-HERE", "FLS-ATTACK-SURVIVOR"
"""What attacks put into the names of files that they write, and into the command line of processes they leave."""

TIME_LIMIT = 2.0  # seconds for a call of an attack: the reference needs hundredths
MEMORY_MIB = 512
_NEIGHBOURS = "a-neighbour", "z-neighbour"


def secrets_here():
    """Files and folders of this installation that no submission may read, as a list of Path."""
    root, package = course_root(), Path(__file__).resolve().parents[2]
    return [path for path in (package, root / "solutions", root / "tests") if path.exists()]


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


def examine(isolation):
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
    problems = {name: _problems(name, [name for name in needs if name not in missing]) for name in ISOLATIONS[:2]}
    fit = any(not found and isolation in ("auto", name) for name, found in problems.items())
    return Examined(fit, problems, missing)


def print_examined(found, isolation):
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


def _problems(name, modules):
    hidden = secrets_here()
    try:
        with contextlib.closing(make_sandbox(name, hidden)) as sandbox:
            folders = [Path.home(), Path.cwd(), sysconfig.get_path("purelib")]
            return weaknesses(sandbox, hidden, folders, ["numpy", "scipy", *modules])
    except SandboxError as problem:
        return [str(problem)]


# ------------------------------------------------------------------ the attack zoo


def attack(isolation, jobs, progress=lambda fraction, what="": None):
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
        If the attacks or the solutions are not here.
    """
    zoo = course_root() / "tests" / "attacks"
    if not zoo.is_dir():
        raise CourseError(
            "the attacks are not installed with fls-teach; run this in a clone or an unpacked source archive"
        )
    found = attacks(zoo)
    targets = tuple(dict.fromkeys(find_exercise(each.exercise) for each in found))
    if not all(exercise.solution.exists() for exercise in targets):
        raise CourseError("the attacks need the reference solutions, which a student distribution does not have")
    with tempfile.TemporaryDirectory(prefix="fls-zoo-") as folder, _planted_secrets(Path(folder)):
        place = _Place(Path(folder), targets, isolation, jobs)
        alone = place.grade("alone", _NEIGHBOURS)
        place.hand_in(found)
        before = _traces()
        together = place.grade("together", [*_NEIGHBOURS, *(each.name for each in found)], progress)
        shared = [f"left the file '{path}'" for path in sorted(_traces() - before)]
        shared += [f"changed '{path}' beside the results" for path in place.changed()]
        shared += [f"left process {pid} running" for pid in _survivors()]
        shared += [f"the mark of {name} changed" for name in _NEIGHBOURS if alone[name] != together[name]]
        results = [(each, _judge(each, place, together)) for each in found]
    if shared:
        results.append((None, shared))
    return results


class _Place:
    """A folder with submissions, and the results of grading them."""

    def __init__(self, folder, targets, isolation, jobs):
        self.folder, self.targets, self.isolation, self.jobs = folder, targets, isolation, jobs
        self.submissions = folder / "submissions"
        for name in _NEIGHBOURS:
            home = self.submissions / name
            home.mkdir(parents=True)
            for exercise in targets:
                text = exercise.solution.read_text(encoding="utf-8")
                (home / f"{exercise.name}.py").write_text(f"{text}\n# {CANARY}-NEIGHBOUR\n", encoding="utf-8")
        self.paths = {name: self.submissions / name for name in _NEIGHBOURS}

    def hand_in(self, found):
        """Copy or build every attack."""
        for each in found:
            home = self.submissions / each.name
            home.mkdir()
            if each.builder:
                self.paths[each.name] = runpy.run_path(str(each.path))["build"](home)
            else:
                shutil.copyfile(each.path, home / f"{each.exercise}.py")
                self.paths[each.name] = home
        self._before = self._listing()

    def grade(self, out, names, progress=lambda fraction, what="": None):
        """Grade some of them; return each one's record as bytes."""
        settings = RunSettings(
            paths=tuple(self.paths[name] for name in names),
            out=self.folder / out,
            jobs=self.jobs,
            isolation=self.isolation,
            exercises=tuple(exercise.name for exercise in self.targets),
            key_file=self.folder / "key",
            time_limit=TIME_LIMIT,
            memory_mib=MEMORY_MIB,
        )
        done = grade(settings, progress)
        self.out = settings.out
        self.folders = dict(zip(names, done.folders, strict=True))
        return {name: (self.out / self.folders[name] / "record.json").read_bytes() for name in names}

    def changed(self):
        """Files among the submissions that came, went or changed while they were graded."""
        after = self._listing()
        return sorted(path for path in self._before.keys() | after.keys() if self._before.get(path) != after.get(path))

    def _listing(self):
        stats = {path: path.lstat() for path in self.submissions.rglob("*")}
        return {str(path.relative_to(self.folder)): (each.st_size, each.st_mtime_ns) for path, each in stats.items()}


def _judge(each, place, together):
    """What is wrong with the outcome of one attack."""
    folder = place.out / place.folders[each.name]
    record, wrong = read_record(folder / "record.json"), []
    exercise = find_exercise(each.exercise)
    for owner, item in properties(record):
        if owner["name"] != exercise.name:
            if item["points"]:
                wrong.append(f"it earned {item['points']} points for {item['id']}, which it was not to answer")
        elif item["verdict"] not in each.verdicts[item["id"]]:
            allowed = " or ".join(sorted(each.verdicts[item["id"]]))
            wrong.append(f"{item['id']} is {item['verdict']} instead of {allowed} ({item['summary'][:100]})")
    if record["score"] and not each.honest:
        wrong.append(f"it earned {record['score']} points")
    for path in sorted(folder.iterdir()):
        if CANARY.encode() in path.read_bytes():
            wrong.append(f"{path.name} shows a planted secret")
    page = (folder / "report.html").read_text(encoding="utf-8").lower()
    wrong += [f"report.html holds {tag}>" for tag in ("<script", "<img", "<iframe") if tag in page]
    if as_json(record).encode() != together[each.name]:
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
    """Processes that attacks have left, which are then ended."""
    left = []
    for pid in process_table():
        with contextlib.suppress(OSError):
            if SURVIVOR.encode() in Path(f"/proc/{pid}/cmdline").read_bytes() and pid != os.getpid():
                left.append(pid)
    return left


def print_attacks(results):
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
