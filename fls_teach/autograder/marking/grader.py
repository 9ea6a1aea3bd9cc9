"""A process that marks one submission after the other, and the object that controls it through a pipe.

All messages are JSON. The first is the `RunSettings`. Each further one is {"submission": fields, "seed": number}; the
answers are {"exercise": {...}} after each exercise, then {"record": {...}} or {"problem": "..."}. The process ends when
the pipe is closed or its parent ends. Its death affects nothing else, and it does not get the course key.
"""

import contextlib
import functools
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.marking.course_key import VARIABLE
from fls_teach.autograder.marking.mark import mark
from fls_teach.autograder.record import Record, as_json
from fls_teach.autograder.settings import RunSettings
from fls_teach.sandbox.isolation.sandboxes import SET_VARIABLES
from fls_teach.sandbox.selftest import make_sandbox

ENDING = 10.0  # seconds in which an idle grader closes its sandbox and ends
STARTING = 120.0  # seconds until the first exercise begins, with imports from a cold disk


# Not `-m`, which would import from the current folder first, where there may be submissions.
_PROGRAM = """
import sys
sys.path[:] = [folder for folder in sys.path if folder] + [sys.argv[1]]
from fls_teach.autograder.marking.grader import main
main(*map(int, sys.argv[2:]))
"""


class Stopped(BaseException):
    """The batch has been stopped. Not an Exception, so that the submission is not tried again."""


class WorkerDied(Exception):
    """A worker ended, or did not answer in time (`silent`); `marked` holds the exercises that it had marked."""

    def __init__(self, how: str, marked: Sequence[Record] = (), silent: bool = False) -> None:
        super().__init__(how)
        self.marked, self.silent = marked, silent


class Grader:
    """One grader process, started with its first submission.

    Parameters
    ----------
    settings : RunSettings
        With the names of all its exercises.
    """

    def __init__(self, settings: RunSettings) -> None:
        self._settings, self._process, self._stopped = settings, None, False
        self._channel: Any = None
        self._limit = STARTING + settings.time_limits.exercise_timeout()  # seconds for each answer

    def mark(self, submission: Submission, seed: int) -> Record:
        """Mark one submission.

        Parameters
        ----------
        submission : intake.Submission
        seed : int

        Returns
        -------
        dict
            The record.

        Raises
        ------
        WorkerDied
            If the process fails.
        Stopped
            If `stop` was called.
        """
        marked, problem, silent, timeout = {}, "", False, 0.0
        messages = [json.dumps({"submission": submission.as_json(), "seed": seed})]
        if self._process is None:
            self._start()
            messages.insert(0, replace(self._settings, key="").as_json())
        try:
            for message in messages:
                self._channel.send_bytes(message.encode())
            while not problem:
                if silent := not self._channel.poll(self._limit):
                    break
                answer = json.loads(self._channel.recv_bytes())
                if record := answer.get("record"):
                    return record
                problem = answer.get("problem", "")
                if exercise := answer.get("exercise"):
                    marked[exercise["name"]] = exercise
        except (OSError, EOFError, ValueError):
            timeout = 1.0  # if it ends by itself, its exit status tells more
        status = self._end(timeout)
        if self._stopped:
            raise Stopped
        if not problem:
            how = f"was busy for more than {self._limit:.0f} s" if silent else f"ended with status {status}"
            where = ", ".join(self._settings.exercises[len(marked) :][:1]) or "its record"
            problem = f"the grader {how} in {where}"
        raise WorkerDied(problem, [*marked.values()], silent)

    def _start(self):
        self._channel, far_end = multiprocessing.Pipe()
        numbers = str(os.getpid()), str(far_end.fileno())
        command = [sys.executable, "-c", _PROGRAM, str(Path(__file__).parents[3]), *numbers]
        pipes = {"pass_fds": [far_end.fileno()], "stdin": subprocess.DEVNULL, "stdout": 2}
        environment = {name: text for name, text in os.environ.items() if name != VARIABLE} | SET_VARIABLES
        with far_end:
            # In a session of its own, so that Ctrl-C reaches only this process, which then ends the grader.
            self._process = subprocess.Popen(command, **pipes, start_new_session=True, env=environment)
        if self._stopped:  # by another thread in the meantime
            self._process.kill()

    def _end(self, timeout):
        """End the process and return its exit status; it has `timeout` seconds to close its sandbox and end."""
        self._channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        self._process.kill()
        status, self._process = self._process.wait(), None
        return status

    def stop(self) -> None:
        """Kill the process and let `mark` raise `Stopped`; may be called from any thread."""
        self._stopped = True
        if process := self._process:
            process.kill()

    def close(self) -> None:
        """End the process, once no thread uses it."""
        if self._process:
            self._end(ENDING)


def _end_with_parent(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def main(parent: int, descriptor: int) -> None:
    """Answer messages until the pipe is closed.

    Parameters
    ----------
    parent : int
        Process number of the parent, passed by the parent itself, because it may have ended by now.
    descriptor : int
        Descriptor of this end of the pipe.
    """
    # To quote from code that cannot be parsed, Python opens a file "<unknown>" in the current folder.
    os.chdir("/")
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    os.set_inheritable(descriptor, False)
    channel = Connection(descriptor)

    def send(key, content):
        channel.send_bytes(as_json({key: content}).encode())

    settings = RunSettings.from_json(channel.recv_bytes())
    chosen, limits = settings.chosen, settings.time_limits
    sandbox = make_sandbox(settings.isolation, settings.hidden, settings.sandbox_limits())
    with contextlib.closing(sandbox), contextlib.suppress(EOFError, ConnectionError):  # the parent has ended
        while True:
            request = json.loads(channel.recv_bytes())
            try:
                submission = Submission.from_json(request["submission"])
                tell = functools.partial(send, "exercise")
                send("record", mark(submission, chosen, request["seed"], sandbox, limits, tell))
            except Exception as problem:
                send("problem", f"{type(problem).__name__}: {problem}"[:1000])
