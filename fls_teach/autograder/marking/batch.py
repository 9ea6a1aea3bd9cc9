"""Many submissions: some graders side by side, each of which may die without disturbing the others.

What is finished lies on the disk, whole; a batch that was killed goes on where it was when it is started again.
"""

import contextlib
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


class _Stopped(BaseException):
    """The batch is to end now; not an Exception, so that it is not tried again."""


class GraderDied(Exception):
    """The grader ended, or did not answer in time (`silent`); carries the exercises that it had marked."""

    def __init__(self, how, marked, silent=False):
        super().__init__(how)
        self.marked, self.silent = marked, silent


class _Grader:
    """One grader process, started when it is needed; `limit` is in seconds per exercise."""

    def __init__(self, settings, limit):
        self._settings, self._limit, self._process, self._channel, self._stopped = settings, limit, None, None, False

    def mark(self, entry):
        """Have one submission marked; raise `GraderDied` if that failed, `_Stopped` if it was not to be."""
        marked, problem, silent, messages = [], "", False, [as_message(entry)]
        if self._process is None:
            self._start()
            messages.insert(0, self._settings.as_json().encode())
        try:
            for message in messages:
                self._channel.send_bytes(message)
            while not problem:
                if silent := not self._channel.poll(self._limit):
                    break
                answer = json.loads(self._channel.recv_bytes())
                if answer == {"done": True}:
                    return
                marked += [answer["exercise"]] if answer.get("exercise") else []
                problem = answer.get("problem", "")
        except (OSError, EOFError, ValueError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)  # let it end by itself, which says more
        self._process.kill()
        status = self._process.wait()
        self._channel.close()
        self._process = None
        if self._stopped:
            raise _Stopped
        if problem:  # it went wrong within: another process may fare better
            raise GraderDied(problem, marked)
        how = f"was busy for more than {self._limit:.0f} s" if silent else f"ended with status {status}"
        where = ", ".join(self._settings.exercises[len(marked) :][:1]) or "its reports"
        raise GraderDied(f"the grader {how} in {where}", marked, silent)

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

    def stop(self):
        """End it, and start no other."""
        self._stopped = True
        if process := self._process:
            process.kill()

    def close(self):
        """End it, once no thread uses it: by itself, so that it gives back its sandbox and folders."""
        if process := self._process:
            self._channel.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(ENDING)
        self.stop()
        if process:
            process.wait()


def run(entries, settings, progress=lambda done, name: None):
    """Mark all submissions.

    Parameters
    ----------
    entries : list of intake.Entry
    settings : RunSettings
        With the names of all its exercises.
    progress : callable
        Told how many are done and which was last.
    """
    limit = STARTING + settings.time_limits.silence()
    graders = [_Grader(settings, limit) for _ in range(min(settings.jobs, len(entries)))]
    idle = queue.SimpleQueue()
    for grader in graders:
        idle.put(grader)

    def work(entry):
        grader = idle.get()
        try:
            _mark(grader, entry, settings)
        finally:
            idle.put(grader)

    def stop():
        for grader in graders:
            grader.stop()

    try:
        spread(entries, work, len(graders), stop, progress)
    finally:
        for grader in graders:
            grader.close()


def spread(entries, mark, at_a_time, stop, progress, watch=lambda: None):
    """Mark submissions in threads.

    Parameters
    ----------
    entries : list of intake.Entry
    mark : callable
        Marks one.
    at_a_time : int
    stop : callable
        Has all calls of `mark` end soon; called if one raises, or on Ctrl-C.
    progress : callable
        Told how many are done and which was last.
    watch : callable
        Called every `POLL` seconds at least; an exception ends the batch.
    """
    pool, count = ThreadPoolExecutor(at_a_time), itertools.count(1)
    try:
        names = {pool.submit(mark, entry): entry.name for entry in entries}
        waiting = set(names)
        while waiting:
            finished, waiting = wait(waiting, POLL, FIRST_COMPLETED)
            for future in finished:
                future.result()
                progress(next(count), names[future])
            watch()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        stop()
        raise
    finally:
        pool.shutdown()


def _mark(grader, entry, settings):
    deaths = []
    for _ in range(ATTEMPTS):
        try:
            return grader.mark(entry)
        except GraderDied as death:
            deaths.append(death)
    again = f" {ATTEMPTS} times; the submission provokes it" if all(death.silent for death in deaths) else ""
    marked = max((death.marked for death in deaths), key=len)
    write_fault(entry, settings, f"The grader could not mark this submission: {deaths[-1]}{again}.", marked)
