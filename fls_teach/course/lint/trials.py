"""Answers tried on a specification, each in a forked process: a mutant may run for ever, print, or fill the memory.

The course's own code needs no sandbox, only limits. They are of processor time, so that a busy machine changes nothing.
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
"""As the autograder's: the smallest counterexample does not depend on the machine's speed."""
MEMORY = 8 << 30
CALL_LIMIT = 2.0  # seconds for a misconception's answer; some run for ever on another's input
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
        `PASSED`, `FAILED`, or `ENDLESS` where the time ran out or the process died.
    seconds : float
        Processor time.
    text : str
        What failed, in one line.
    likely : str
        The misconception that the answers look like.
    answer : int
        Which of the task's sources.
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
    """Answers that one process tries, one after the other, and what it tries on each.

    Attributes
    ----------
    key : object
        Whose they are; for the caller.
    sources : tuple of str
        Where one of them does not end, the next are not tried.
    script : callable
        Given `attempt(property, seed)`, which returns whether it passed, it tries what it wants to know.
    limit : callable
        Processor seconds that a property may take, by its id.
    diagnose : bool
        Whether to look for the misconception that a failure looks like, which takes a worker.
    """

    key: object
    sources: tuple
    script: object
    limit: object = lambda name: 120.0
    diagnose: bool = False


def run_tasks(exercise, tasks, jobs=1):
    """Run tasks, several at a time.

    Parameters
    ----------
    exercise : Exercise
    tasks : iterable of Task
        Asked for the next when there is room for it.
    jobs : int

    Yields
    ------
    (Task, list of Step)
        As they end.

    Raises
    ------
    CourseError
        If this system cannot fork a process.
    """
    if not hasattr(os, "fork"):
        raise CourseError("fls lint tries answers in forked processes, which this system does not have: use Linux")
    load_specification(exercise)  # once, before the processes part
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
            warnings.simplefilter("ignore", DeprecationWarning)  # other threads here only draw or wait
            self._pid = os.fork()
        if self._pid == 0:
            _child(exercise, task, folder, write)
        os.close(write)

    def read(self):
        """Whether there is more to come."""
        more = os.read(self.pipe, 1 << 16)
        self._data += more
        return bool(more)

    def finish(self):
        """The steps that it has done."""
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
        """End it where it is."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self.pipe)


def _child(exercise, task, folder, write):
    """Never returns."""
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
    """End this process once it has worked so many seconds more, or has slept for a hundred times as long."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, 100 * seconds)
