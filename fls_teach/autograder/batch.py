"""Many submissions: some graders at work side by side, each of which may die without disturbing the others.

What is finished lies on the disk, whole; a batch that was killed goes on where it was when it is started again.
"""

import contextlib
import json
import queue
import subprocess
import sys
import threading
from dataclasses import asdict

from fls_teach.autograder.grader import as_line, write_fault

ATTEMPTS = 2  # a grader that dies may have been somebody's victim
STARTING = 120.0  # seconds beside the submission's own: imports, the specification, Hypothesis, shrinking
PER_EXERCISE = 60.0


class GraderDied(Exception):
    """The grader ended, or did not answer in time; the text says how."""


class _Grader:
    """One grader process, started when it is needed."""

    def __init__(self, task, limit):
        self._task, self._limit, self._process = task, limit, None

    def mark(self, entry):
        """Have one submission marked; raise `GraderDied` if that failed."""
        if self._process is None:
            command = [sys.executable, "-m", "fls_teach.autograder.grader"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            # Its own session: Ctrl-C is for us, who then end it together with its workers.
            self._process = subprocess.Popen(command, **pipes, text=True, encoding="utf-8", start_new_session=True)
            self._say(json.dumps(asdict(self._task)) + "\n")
        self._say(as_line(entry))
        timer = threading.Timer(self._limit, self._process.kill)
        timer.start()
        try:
            answer = json.loads(self._process.stdout.readline() or "null")
        except ValueError:
            answer = None
        finally:
            timer.cancel()
        if answer is None:
            raise GraderDied(self._ended())
        if "problem" in answer:
            raise GraderDied(answer["problem"])

    def _say(self, line):
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError:
            raise GraderDied(self._ended()) from None

    def _ended(self):
        self._process.kill()
        status = self._process.wait()
        self.close()
        if status == -9:
            return "the grader was killed, or ran for far too long"
        return f"the grader ended with status {status}"

    def close(self):
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()


def run(entries, task, jobs, progress=lambda done, name: None):
    """Mark all submissions.

    Parameters
    ----------
    entries : list of intake.Entry
    task : grader.Task
    jobs : int
        How many at a time.
    progress : callable
        Told, from any thread but one at a time, how many are done and who was last.
    """
    patience = task.patience
    limit = STARTING + (PER_EXERCISE + 2 * patience["exercise"] + patience["load"]) * len(task.exercises)
    waiting, lock, done, failed = queue.SimpleQueue(), threading.Lock(), 0, []
    for entry in entries:
        waiting.put(entry)

    def work(grader):
        nonlocal done
        try:
            while not failed:
                entry = waiting.get_nowait()
                _mark(grader, entry, task)
                with lock:
                    done += 1
                    progress(done, entry.name)
        except queue.Empty:
            pass
        except BaseException as problem:  # a full disk: the other threads stop too
            failed.append(problem)

    graders = [_Grader(task, limit) for _ in range(min(jobs, len(entries)))]
    threads = [threading.Thread(target=work, args=(grader,)) for grader in graders]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():  # a join without end would not see Ctrl-C on every platform
                thread.join(1.0)
    except BaseException as problem:
        failed.append(problem)
        raise
    finally:
        for grader in graders:
            grader.close()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]


def _mark(grader, entry, task):
    for attempt in range(ATTEMPTS):
        try:
            return grader.mark(entry)
        except GraderDied as problem:
            if attempt == ATTEMPTS - 1:
                write_fault(entry, task, f"The grader could not mark this submission: {problem}.")
