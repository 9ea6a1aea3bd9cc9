"""Many submissions: some graders at work side by side, each of which may die without disturbing the others.

What is finished lies on the disk, whole; a batch that was killed goes on where it was when it is started again.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

from fls_teach.autograder.marking.grader import as_line, write_fault

ATTEMPTS = 2  # retry once: the grader may have been killed by another submission
ENDING = 10.0  # seconds in which a grader without work puts its sandbox away
STARTING = 120.0  # seconds until the first exercise begins: imports, a cold disk


# One thread for each of several graders, sums in the same order on every machine, sets in the same order every time.
_SAME_EVERYWHERE = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "PYTHONHASHSEED": "0",
}


# Not `-m`, which imports from the current folder before any other: there may lie what was handed in.
_GRADER = """
import sys
sys.path[:] = [folder for folder in sys.path if folder] + [sys.argv[2]]
from fls_teach.autograder.marking.grader import main
main(int(sys.argv[1]))
"""


class _Stopped(BaseException):
    """The batch is to end now; not an Exception, so that nobody tries again."""


class GraderDied(Exception):
    """The grader ended, or did not answer in time (`silent`); carries the exercises that it had marked."""

    def __init__(self, how, marked, silent=False):
        super().__init__(how)
        self.marked, self.silent = marked, silent


class _Grader:
    """One grader process, started when it is needed; `limit` is in seconds for each exercise."""

    def __init__(self, settings, limit):
        self._settings, self._limit, self._process, self._stopped = settings, limit, None, False

    def mark(self, entry):
        """Have one submission marked; raise `GraderDied` if that failed, `_Stopped` if it was not to be."""
        marked = []
        process, lines = self._process, [as_line(entry)]
        if process is None:
            process = self._start()
            lines.insert(0, self._settings.as_line())
        try:
            process.stdin.write("".join(lines))
            process.stdin.flush()
            while True:
                answer, silent = self._hear(process)
                if not answer or "exercise" not in answer:
                    break
                marked += [answer["exercise"]] if answer["exercise"] else []
        except (OSError, ValueError):  # ValueError: half a line
            answer, silent = None, False
        if answer == {"done": True}:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            if answer is None:  # let it end by itself, which says more
                process.wait(1.0)
        process.kill()
        status = process.wait()
        self._process = None
        _close_pipes(process)
        if self._stopped:
            raise _Stopped
        if answer:  # it went wrong within: another process may fare better
            raise GraderDied(answer["problem"], marked)
        how = f"was busy for more than {self._limit:.0f} s" if silent else f"ended with status {status}"
        where = ", ".join(self._settings.exercises[len(marked) :][:1]) or "its reports"
        raise GraderDied(f"the grader {how} in {where}", marked, silent)

    def _hear(self, process):
        """Its next answer, or None; and whether it was ended because none came."""
        silent = threading.Event()

        def end():
            silent.set()
            process.kill()

        timer = threading.Timer(self._limit, end)
        timer.start()
        try:
            return json.loads(process.stdout.readline() or "null"), silent.is_set()
        finally:
            timer.cancel()

    def _start(self):
        command = [sys.executable, "-c", _GRADER, str(os.getpid()), str(Path(__file__).parents[3])]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        # Its own session: Ctrl-C is for us, who then end it together with its workers.
        process = subprocess.Popen(
            command, **pipes, text=True, encoding="utf-8", start_new_session=True, env=os.environ | _SAME_EVERYWHERE
        )
        self._process = process
        if self._stopped:  # in the meantime
            process.kill()
        return process

    def stop(self):
        """End it, and start no other."""
        self._stopped = True
        if process := self._process:
            process.kill()

    def close(self):
        """End it, once nobody else is using it: by itself, so that it gives back its sandbox and folders."""
        if process := self._process:
            _close_pipes(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(ENDING)
        self.stop()
        if process:
            process.wait()


def _close_pipes(process):
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            pipe.close()


def run(entries, settings, progress=lambda done, name: None):
    """Mark all submissions.

    Parameters
    ----------
    entries : list of intake.Entry
    settings : RunSettings
        With the names of all its exercises.
    progress : callable
        Told, from any thread but one at a time, how many are done and who was last.
    """
    limit = STARTING + settings.time_limits.silence()
    waiting, lock, done, failed = queue.SimpleQueue(), threading.Lock(), 0, []
    for entry in entries:
        waiting.put(entry)

    def work(grader):
        nonlocal done
        try:
            while not failed:
                entry = waiting.get_nowait()
                _mark(grader, entry, settings)
                with lock:
                    done += 1
                    progress(done, entry.name)
        except queue.Empty:
            pass
        except BaseException as problem:  # a full disk: the other threads stop too
            failed.append(problem)

    graders = [_Grader(settings, limit) for _ in range(min(settings.jobs, len(entries)))]
    threads = [threading.Thread(target=work, args=(grader,)) for grader in graders]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive() and not failed:  # a join without end would not see Ctrl-C on every platform
                thread.join(0.2)
    except BaseException as problem:
        failed.append(problem)
        raise
    finally:
        for grader in graders if failed else ():
            grader.stop()
        for thread in threads:
            thread.join()
        for grader in graders:
            grader.close()
    if failed:
        raise failed[0]


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
