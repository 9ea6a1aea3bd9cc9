"""A process that marks one submission after the other, and what stands for it here: the two ends of a pipe.

The first message is the `RunSettings`. Each further one is {"submission": fields, "seed": number}, answered by
{"exercise": {...}} whenever one is marked, and at last by {"record": {...}} or {"problem": "..."}, all of it JSON. The
process ends with the pipe, or its parent. It may die without disturbing anything else, and gets no course key.
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

ENDING = 10.0  # seconds in which a grader without work puts its sandbox away
STARTING = 120.0  # seconds until the first exercise begins: imports, a cold disk


# Not `-m`, which imports from the current folder before any other: there may lie what was handed in.
_PROGRAM = """
import sys
sys.path[:] = [folder for folder in sys.path if folder] + [sys.argv[1]]
from fls_teach.autograder.marking.grader import main
main(*map(int, sys.argv[2:]))
"""


class Stopped(BaseException):
    """The batch is to end now; not an Exception, so that it is not tried again."""


class WorkerDied(Exception):
    """A worker ended, or did not answer in time (`silent`); carries the exercises that it had marked."""

    def __init__(self, how: str, marked: Sequence[Record] = (), silent: bool = False) -> None:
        super().__init__(how)
        self.marked, self.silent = marked, silent


class Grader:
    """One grader process, started when it is needed.

    Parameters
    ----------
    settings : RunSettings
        With the names of all its exercises.
    """

    def __init__(self, settings: RunSettings) -> None:
        self._settings, self._process, self._stopped = settings, None, False
        self._channel: Any = None
        self._limit = STARTING + settings.time_limits.silence()  # seconds until it answers

    def mark(self, submission: Submission, seed: int) -> Record:
        """Have one submission marked.

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
            If that failed.
        Stopped
            If it was not to be.
        """
        marked, problem, silent, patience = {}, "", False, 0.0
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
            patience = 1.0  # let it end by itself, which says more
        status = self._end(patience)
        if self._stopped:
            raise Stopped
        if not problem:
            how = f"was busy for more than {self._limit:.0f} s" if silent else f"ended with status {status}"
            where = ", ".join(self._settings.exercises[len(marked) :][:1]) or "its record"
            problem = f"the grader {how} in {where}"
        raise WorkerDied(problem, [*marked.values()], silent)

    def _start(self):
        self._channel, theirs = multiprocessing.Pipe()
        numbers = str(os.getpid()), str(theirs.fileno())
        command = [sys.executable, "-c", _PROGRAM, str(Path(__file__).parents[3]), *numbers]
        pipes = {"pass_fds": [theirs.fileno()], "stdin": subprocess.DEVNULL, "stdout": 2}
        environment = {name: text for name, text in os.environ.items() if name != VARIABLE} | SET_VARIABLES
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

    def stop(self) -> None:
        """Kill it, and start no other; for any thread."""
        self._stopped = True
        if process := self._process:
            process.kill()

    def close(self) -> None:
        """End it, once no thread uses it."""
        if self._process:
            self._end(ENDING)


def _end_with_parent(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def main(parent: int, descriptor: int) -> None:
    """Answer messages until they end.

    Parameters
    ----------
    parent : int
        The process number of the parent, as it says itself: it may be dead by now, and its number be another's.
    descriptor : int
        Of this end of the pipe.
    """
    os.chdir("/")  # what cannot be parsed is called "<unknown>", and Python opens a file of that name to quote from it
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    os.set_inheritable(descriptor, False)
    channel = Connection(descriptor)

    def say(what, content):
        channel.send_bytes(as_json({what: content}).encode())

    settings = RunSettings.from_json(channel.recv_bytes())
    chosen, limits = settings.chosen, settings.time_limits
    sandbox = make_sandbox(settings.isolation, settings.hidden, settings.sandbox_limits())
    with contextlib.closing(sandbox), contextlib.suppress(EOFError, ConnectionError):  # the parent has ended
        while True:
            asked = json.loads(channel.recv_bytes())
            try:
                submission = Submission.from_json(asked["submission"])
                tell = functools.partial(say, "exercise")
                say("record", mark(submission, chosen, asked["seed"], sandbox, limits, tell))
            except Exception as problem:
                say("problem", f"{type(problem).__name__}: {problem}"[:1000])
