"""Try solutions on a specification in forked processes, because a mutant may run forever, print or fill the memory.

The course's own code is trusted, so it needs no sandbox, only limits. They count processor time, so that the result
does not depend on how busy the machine is.
"""

import contextlib
import functools
import json
import os
import selectors
import signal
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

from fls_teach.course.checking.check import load_specification
from fls_teach.course.checking.failures import CheckerBroken
from fls_teach.course.checking.search import Limits, run_property
from fls_teach.course.checking.shared import SharedWorker
from fls_teach.course.checking.student import Student
from fls_teach.course.feedback.cards import summary
from fls_teach.course.feedback.misconceptions import likely_misconception
from fls_teach.course.registry import CourseError
from fls_teach.sandbox import InProcess

SEARCH = Limits(finding=float("inf"), shrinking=float("inf"), tries=120)
"""Bounded by a number of tries, as in the autograder, so that the counterexample does not depend on the machine."""
MEMORY = 8 << 30  # bytes per process
CALL_LIMIT = 2.0  # seconds for a call of a misconception; some never return on inputs of another one
DIAGNOSIS = 120.0  # seconds to find the likely misconception
PASSED, FAILED, ENDLESS = "passed", "failed", "endless"


@dataclass(frozen=True)
class Step:
    """One property tried with one seed.

    Attributes
    ----------
    property : str
        Its id.
    seed : int
    state : str
        `PASSED`, `FAILED`, or `ENDLESS` if the time ran out or the process died.
    seconds : float
        Processor time.
    text : str
        One line on what failed.
    likely : str
        Sentence of the likely misconception, or "".
    answer : int
        Index of the source in the task.
    """

    property: str
    seed: int
    state: str
    seconds: float = 0.0
    text: str = ""
    likely: str = ""
    answer: int = 0


@dataclass(frozen=True)
class Task:
    """Solutions that one process tries, one after the other.

    Attributes
    ----------
    key : object
        For the caller, to recognise the task.
    sources : tuple of str
        Texts of the solutions. If one of them does not terminate, the following ones are not tried.
    script : callable
        Called for each source with a function `attempt(property, seed)`, which tries one property and returns whether
        it passed.
    limit : callable
        Maps the id of a property to the processor seconds that it may take.
    diagnose : bool
        Whether to find the likely misconception of a failure, for which a worker is started.
    """

    key: object
    sources: tuple
    script: object
    limit: object = lambda name: 120.0
    diagnose: bool = False


def run_tasks(exercise, tasks, jobs=1):
    """Run tasks, several at the same time.

    Parameters
    ----------
    exercise : Exercise
    tasks : iterable of Task
        The next task is taken when a process is free.
    jobs : int
        Maximal number of processes.

    Yields
    ------
    (Task, list of Step)
        In the order in which they end.

    Raises
    ------
    CourseError
        If this system cannot fork a process.
    """
    if not hasattr(os, "fork"):
        raise CourseError("fls lint tries answers in forked processes, which this system does not have: use Linux")
    load_specification(exercise)  # once, before the processes are forked
    with tempfile.TemporaryDirectory(prefix="fls-lint-") as folder, selectors.DefaultSelector() as selector:
        running = {}
        try:
            for number, task in enumerate(tasks):
                process = _Process(exercise, task, Path(folder, str(number)))
                running[process.pipe] = process
                selector.register(process.pipe, selectors.EVENT_READ)
                while len(running) >= jobs:
                    yield from _ended(selector, running)
            while running:
                yield from _ended(selector, running)
        finally:
            for process in running.values():
                process.kill()


def _ended(selector, running):
    for key, _ in selector.select():
        process = running[key.fileobj]
        if process.read():
            continue
        selector.unregister(process.pipe)
        del running[process.pipe]
        yield process.task, process.finish()


class _Process:
    def __init__(self, exercise, task, folder):
        self.task, self._name, self._data = task, exercise.name, b""
        self.pipe, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads; those here only draw or wait
            self._pid = os.fork()
        if self._pid == 0:
            _child(exercise, task, folder, write)
        os.close(write)

    def read(self):
        """Read some output; return whether there may be more."""
        more = os.read(self.pipe, 1 << 16)
        self._data += more
        return bool(more)

    def finish(self):
        """Wait for the process and return its steps."""
        os.close(self.pipe)
        _, status = os.waitpid(self._pid, 0)
        lines = [json.loads(line) for line in self._data.decode().splitlines()]
        steps = [Step(**line) for line in lines if "state" in line]
        if lines and "broken" in lines[-1]:
            raise CourseError(f"{self._name}: the specification failed: {lines[-1]['broken']}")
        if len(steps) < sum("begun" in line for line in lines):
            last = lines[-1]["begun"]
            steps.append(Step(**last, state=ENDLESS, text="it took too long, or ended the process"))
        elif code := os.waitstatus_to_exitcode(status):
            raise CourseError(f"{self._name}: a process died before it tried anything (exit code {code})")
        return steps

    def kill(self):
        """Kill the process."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self.pipe)


def _child(exercise, task, folder, write):
    """Run a task in the forked process, and exit; never returns."""
    code = 1
    try:
        for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
            os.dup2(os.open(os.devnull, flags), descriptor)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _try(exercise, task, folder, os.fdopen(write, "w", encoding="utf-8"))
        code = 0
    finally:
        os._exit(code)


def _try(exercise, task, folder, out):
    def tell(**line):
        print(json.dumps(line), file=out, flush=True)

    folder.mkdir()
    path = folder / f"{exercise.name}.py"
    import resource  # which Windows does not have

    if hasattr(resource, "RLIMIT_DATA"):
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    module, items = load_specification(exercise), {item.id: item for item in exercise.properties}
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        worker = stack.enter_context(SharedWorker(exercise, CALL_LIMIT)) if task.diagnose else None

        def attempt(name, seed, answer):
            tell(begun={"property": name, "seed": seed, "answer": answer})
            _allow(task.limit(name))
            started = time.process_time()
            test = getattr(module, items[name].function)
            with InProcess(path, support=exercise.support) as session:
                failure = run_property(test, Student(session), seed, SEARCH, shrink=task.diagnose)
            row = {"property": name, "seed": seed, "answer": answer, "seconds": time.process_time() - started}
            if failure is None:
                tell(**row, state=PASSED)
                return True
            _allow(DIAGNOSIS)
            likely = likely_misconception(exercise, failure, worker) if worker else ""
            tell(**row, state=FAILED, text=summary(failure), likely=likely)
            return False

        try:
            for answer, source in enumerate(task.sources):
                path.write_text(source, encoding="utf-8")
                task.script(functools.partial(attempt, answer=answer))
        except (Exception, CheckerBroken) as problem:
            problem = problem.__cause__ if isinstance(problem, CheckerBroken) else problem
            where = traceback.extract_tb(problem.__traceback__)[-1]
            tell(broken=f"{type(problem).__name__}: {problem} ({Path(where.filename).name}:{where.lineno})")


def _allow(seconds):
    """Let this process run for `seconds` more of processor time, or a hundred times as long of wall time."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, 100 * seconds)
