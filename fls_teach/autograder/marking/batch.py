"""Many submissions, by workers side by side, each of which may die without disturbing the others.

What is finished lies on the disk, whole; a batch that was killed goes on where it was when it is started again.
"""

import contextlib
import functools
import itertools
import json
import multiprocessing
import os
import queue
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

from fls_teach.autograder.marking.grader import as_message, write_fault

ATTEMPTS = 2  # retry once: the grader may have been killed by another submission
ENDING = 10.0  # seconds in which a grader without work puts its sandbox away
POLL = 0.2  # seconds between two looks at whether all is well
STARTING = 120.0  # seconds until the first exercise begins: imports, a cold disk


# One thread for each of several graders, sums in the same order on every machine, sets in the same order every time.
_SAME_EVERYWHERE = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "PYTHONHASHSEED": "0",
}


# Not `-m`, which imports from the current folder before any other: there may lie what was handed in.
_GRADER = """
import sys
sys.path[:] = [folder for folder in sys.path if folder] + [sys.argv[1]]
from fls_teach.autograder.marking.grader import main
main(*map(int, sys.argv[2:]))
"""


class Stopped(BaseException):
    """The batch is to end now; not an Exception, so that it is not tried again."""


class WorkerDied(Exception):
    """A worker ended, or did not answer in time (`silent`); carries the exercises that it had marked."""

    def __init__(self, how, marked=(), silent=False):
        super().__init__(how)
        self.marked, self.silent = marked, silent


class _Grader:
    """A worker that is a process here, started when it is needed."""

    def __init__(self, settings):
        self._settings, self._process, self._channel, self._stopped = settings, None, None, False
        self._limit = STARTING + settings.time_limits.silence()  # seconds until it answers

    def mark(self, entry):
        """Have one submission marked; raise `WorkerDied` if that failed, `Stopped` if it was not to be."""
        marked, problem, silent, patience, messages = {}, "", False, 0.0, [as_message(entry)]
        if self._process is None:
            self._start()
            messages.insert(0, self._settings.as_json().encode())
        try:
            for message in messages:
                self._channel.send_bytes(message)
            while not problem and not silent:
                if silent := not self._channel.poll(self._limit):
                    break
                answer = json.loads(self._channel.recv_bytes())
                if answer == {"done": True}:
                    return
                problem = answer.get("problem", "")
                if exercise := answer.get("exercise"):
                    marked[exercise["name"]] = exercise
        except (OSError, EOFError, ValueError):
            patience = 1.0  # let it end by itself, which says more
        status = self._end(patience)
        if self._stopped:
            raise Stopped
        if not problem:
            how = f"was busy for more than {self._limit:.0f} s" if silent else f"ended with status {status}"
            where = ", ".join(self._settings.exercises[len(marked) :][:1]) or "its reports"
            problem = f"the grader {how} in {where}"
        raise WorkerDied(problem, [*marked.values()], silent)

    def _start(self):
        self._channel, theirs = multiprocessing.Pipe()
        numbers = str(os.getpid()), str(theirs.fileno())
        command = [sys.executable, "-c", _GRADER, str(Path(__file__).parents[3]), *numbers]
        pipes = {"pass_fds": [theirs.fileno()], "stdin": subprocess.DEVNULL, "stdout": 2}
        environment = os.environ | _SAME_EVERYWHERE
        with theirs:
            # Its own session: Ctrl-C is for this process, which then ends it together with its workers.
            self._process = subprocess.Popen(command, **pipes, start_new_session=True, env=environment)
        if self._stopped:  # in the meantime
            self._process.kill()

    def _end(self, patience):
        """End it: by itself within this many seconds, so that it gives back its sandbox; returns its exit status."""
        self._channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self._process.kill()
        status, self._process = self._process.wait(), None
        return status

    def stop(self):
        """Kill it, and start no other; for any thread."""
        self._stopped = True
        if process := self._process:
            process.kill()

    def close(self):
        """End it, once no thread uses it."""
        if self._process:
            self._end(ENDING)


def run(entries, settings, progress=lambda done, name: None):
    """Mark all submissions by processes here.

    Parameters
    ----------
    entries : list of intake.Entry
    settings : RunSettings
        With the names of all its exercises.
    progress : callable
        Told how many are done and which was last.
    """
    graders, free = [_Grader(settings) for _ in range(min(settings.jobs, len(entries)))], queue.SimpleQueue()

    def stop():
        for grader in graders:
            grader.stop()

    for grader in graders:
        free.put(grader)
    work = functools.partial(mark_by, free, _Grader.mark, settings, ATTEMPTS)
    try:
        spread(entries, work, len(graders), stop, lambda done, entry: progress(done, entry.name))
    finally:
        for grader in graders:
            grader.close()


def spread(items, work, at_a_time, stop, progress=lambda done, item: None, watch=lambda: None):
    """Do something for each of many in threads.

    Parameters
    ----------
    items : list
    work : callable
        Told one.
    at_a_time : int
    stop : callable
        Has all calls of `work` end soon; called if one raises, or on Ctrl-C.
    progress : callable
        Told how many are done and which was last.
    watch : callable
        Called every `POLL` seconds at least; an exception ends it all.
    """
    pool, count = ThreadPoolExecutor(at_a_time), itertools.count(1)
    try:
        doing = {pool.submit(work, item): item for item in items}
        waiting = set(doing)
        while waiting:
            finished, waiting = wait(waiting, POLL, FIRST_COMPLETED)
            for future in finished:
                future.result()
                progress(next(count), doing[future])
            watch()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        stop()
        raise
    finally:
        pool.shutdown()


def mark_by(free, mark, settings, attempts, entry):
    """Have a submission marked by one free worker after another, until one does; else write that it was our fault.

    Parameters
    ----------
    free : queue of workers
    mark : callable
        Told (worker, entry); raises `WorkerDied`.
    settings : RunSettings
    attempts : int
    entry : intake.Entry
    """
    deaths = []
    while len(deaths) < attempts:
        worker = free.get()
        try:
            return mark(worker, entry)
        except WorkerDied as death:
            deaths.append(death)
        finally:
            free.put(worker)
    again = f" {attempts} times; the submission provokes it" if all(death.silent for death in deaths) else ""
    marked = max((death.marked for death in deaths), key=len)
    write_fault(entry, settings, f"The grader could not mark this submission: {deaths[-1]}{again}.", marked)
