"""Graders that are forked from one process, which has imported all that they import.

A batch starts each grader as a new interpreter, and importing Hypothesis and numpy costs it as much as marking a short
exercise. Tests about settings, files and who hands in what need no new interpreter, and few draws per property; those
about processes have real ones. What a mark is worth is for `test_marking`, with all draws.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading

REAL = subprocess.Popen
_GRADER = "from fls_teach.autograder.marking.grader import main"
"""What the program of a grader says, and that of no other process."""

DRAWS = 10

# Answers each request by a process that runs the program, with this environment in this folder. The process between,
# its parent, says its number and how it ended.
_TEMPLATE = f"""
import gc, hypothesis, json, os, socket
import fls_teach.course.checking.spec, fls_teach.course.checking.strategies, fls_teach.theory
{_GRADER}
from fls_teach.course.checking import search
each_example = search.each_example
search.each_example = lambda test, do, seed, draws, *more: each_example(test, do, seed, min(draws, {DRAWS}), *more)
once = hypothesis.settings(max_examples=1, database=None, deadline=None)
hypothesis.given(hypothesis.strategies.integers())(once(lambda x: None))()  # which imports the rest
gc.freeze()  # else a collection would write to all that is shared
requests = socket.socket(fileno=0)
keepers = []
while True:
    message, descriptors, *_ = socket.recv_fds(requests, 1 << 20, 3)
    if not message:
        for pid in keepers:
            os.waitpid(pid, 0)
        os._exit(0)
    channel, errors, told = descriptors
    keepers.append(os.fork())
    if keepers[-1] == 0:
        requests.close()
        keeper = os.getpid()
        if pid := os.fork():
            os.close(channel)
            os.write(told, pid.to_bytes(4, "big"))
            os.write(told, os.waitpid(pid, 0)[1].to_bytes(4, "big"))
            os._exit(0)
        break
    for descriptor in descriptors:
        os.close(descriptor)

import sys
os.setsid()
os.close(told)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(errors, 1)
os.dup2(errors, 2)
program, packages, environment, folder = json.loads(message)
os.environ.clear()
os.environ.update(environment)
os.chdir(folder)
sys.argv = ["-c", packages, str(keeper), str(channel)]
exec(program, {{"__name__": "__main__"}})
"""


class Template:
    """The process that graders are forked from; started when the first is asked for."""

    def __init__(self):
        self._process = self._requests = None
        self._lock = threading.Lock()  # a batch has a thread for each grader

    def popen(self, command, **options):
        """What `subprocess.Popen` does, by a fork if the command is a grader's."""
        if not (isinstance(command, list) and command[1:2] == ["-c"] and _GRADER in command[2]):
            return REAL(command, **options)
        with self._lock:
            if self._process is None:
                self._start(options["env"])
        program, packages, _parent, channel = command[2:]
        return Forked(self._requests, [program, packages, dict(options["env"]), os.getcwd()], int(channel))

    def _start(self, environment):
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            words = [sys.executable, "-c", _TEMPLATE]
            self._process = REAL(words, stdin=theirs.fileno(), env=environment, start_new_session=True)

    def close(self):
        """End it; its graders end with their channels."""
        if self._process is not None:
            self._requests.close()
            self._process.wait(10.0)


class Forked:
    """A grader, as far as a batch uses `subprocess.Popen`."""

    def __init__(self, requests, message, channel):
        self._status, told = os.pipe()
        socket.send_fds(requests, [json.dumps(message).encode()], [channel, 2, told])
        os.close(told)
        self.pid, self.returncode = int.from_bytes(os.read(self._status, 4), "big"), None

    def poll(self, timeout=0.0):
        """Its exit status, or None while it runs."""
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = os.waitstatus_to_exitcode(int.from_bytes(os.read(self._status, 4), "big"))
            os.close(self._status)
        return self.returncode

    def wait(self, timeout=None):
        """Its exit status, once it has ended."""
        if self.poll(timeout) is None:
            raise subprocess.TimeoutExpired("a forked grader", timeout)
        return self.returncode

    def kill(self):
        """End it."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
