"""Graders and workers that are forked from processes which have imported all that they import.

A batch starts each grader as a new interpreter, and importing Hypothesis and numpy costs it as much as marking a short
exercise; so does numpy in each worker. Tests about settings, files, verdicts and who hands in what need no new
interpreter, and few draws per property; those about processes have real ones, and so has every sandbox. What a mark is
worth is for `test_marking`, with all draws.
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

# Answers each request by a process of its own, for which `message` and `descriptors` are defined then. The process
# between, its parent, says its number and how it ended.
_SERVE = """
import gc, json, os, signal, socket, sys
gc.freeze()  # else a collection would write to all that is shared
requests = socket.socket(fileno=0)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to wait for the processes between
while True:
    message, descriptors, *_ = socket.recv_fds(requests, 1 << 20, 8)
    if not message:
        os._exit(0)
    told = descriptors.pop(0)
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        requests.close()
        keeper = os.getpid()
        if pid := os.fork():
            for descriptor in descriptors:
                os.close(descriptor)
            os.write(told, pid.to_bytes(4, "big"))
            os.write(told, os.waitpid(pid, 0)[1].to_bytes(4, "big"))
            os._exit(0)
        break
    for descriptor in (told, *descriptors):
        os.close(descriptor)

os.setsid()
os.close(told)
words, environment, folder = json.loads(message)
os.environ.clear()
os.environ.update(environment)
os.chdir(folder)
"""

# Its first argument is the descriptor by which its graders ask for workers.
_GRADERS = f"""
import hypothesis, importlib.util, socket, subprocess, sys
import fls_teach.course.checking.spec, fls_teach.course.checking.strategies, fls_teach.theory
{_GRADER}
from fls_teach.course.checking import search
each_example = search.each_example
search.each_example = lambda test, do, seed, draws, *more: each_example(test, do, seed, min(draws, {DRAWS}), *more)
once = hypothesis.settings(max_examples=1, database=None, deadline=None)
hypothesis.given(hypothesis.strategies.integers())(once(lambda x: None))()  # which imports the rest
found = importlib.util.spec_from_file_location("forked", {__file__!r})
forked = importlib.util.module_from_spec(found)
found.loader.exec_module(forked)
workers = socket.socket(fileno=int(sys.argv[1]))
subprocess.Popen = lambda command, **options: forked.worker(lambda given: workers, command, options)
{_SERVE}
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
channel, errors = descriptors
os.dup2(errors, 1)
os.dup2(errors, 2)
program, packages = words
sys.argv = ["-c", packages, str(keeper), str(channel)]
exec(program, {{"__name__": "__main__"}})
"""

_WORKERS = f"""
import io, linecache, numpy, queue, random, runpy, scipy.special, threading, traceback, typing
{_SERVE}
for there, descriptor in enumerate(descriptors):
    os.dup2(descriptor, there)
    os.close(descriptor)
# Anew, since a stream remembers whether its file could be read from elsewhere.
sys.stdin, sys.stdout, sys.stderr = (
    io.TextIOWrapper(open(there, mode, 0, closefd=False), "utf-8", errors, write_through=True)
    for there, mode, errors in ((0, "rb", "strict"), (1, "wb", "strict"), (2, "wb", "backslashreplace"))
)
sys.argv = words
runpy.run_path(words[0], run_name="__main__")
"""


class Template:
    """The two processes that graders and workers are forked from; each is started when the first is asked for."""

    def __init__(self):
        self._graders = self._workers = None  # where they listen
        self._processes = []
        self._lock = threading.Lock()  # a batch has a thread for each grader

    def popen(self, command, **options):
        """What `subprocess.Popen` does, by a fork if the command is a grader's, or a worker's without a sandbox."""
        if not (isinstance(command, list) and command[1:2] == ["-c"] and _GRADER in command[2]):
            return worker(self._worker_requests, command, options)
        workers = self._worker_requests(options)
        with self._lock:
            if self._graders is None:
                self._graders = self._start(_GRADERS, options["env"], workers.fileno())
        program, packages, _parent, channel = command[2:]
        return Forked(self._graders, [[program, packages], dict(options["env"]), os.getcwd()], [int(channel), 2])

    def _worker_requests(self, options):
        with self._lock:
            if self._workers is None:
                # By the variables that all workers have, the seed of hashes among them.
                self._workers = self._start(_WORKERS, options["env"])
        return self._workers

    def _start(self, program, environment, *descriptors):
        requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            words = [sys.executable, "-u", "-B", "-X", "utf8", "-X", "faulthandler", "-c", program]
            words += map(str, descriptors)
            more = {"pass_fds": descriptors, "start_new_session": True}
            self._processes.append(REAL(words, stdin=theirs.fileno(), env=environment, **more))
        return requests

    def close(self):
        """End them; their graders and workers end with their channels, some of them not before this process."""
        for requests in filter(None, (self._graders, self._workers)):
            requests.close()
        for process in self._processes:
            process.wait(10.0)


def worker(requests, command, options):
    """A worker that is forked by the process to which `requests(options)` leads, or what else `command` starts."""
    from fls_teach.sandbox.isolation.view import WORKER

    if not (isinstance(command, list) and str(WORKER) in command and command[0] == sys.executable):
        return REAL(command, **options)
    pipes = [os.pipe() for _ in range(3)]
    theirs, ours = [pipes[0][0], pipes[1][1], pipes[2][1]], [pipes[0][1], pipes[1][0], pipes[2][0]]
    words = command[command.index(str(WORKER)) :]
    made = Forked(requests(options), [words, dict(options["env"]), str(options["cwd"])], theirs)
    for descriptor in theirs:
        os.close(descriptor)
    made.stdin, made.stdout, made.stderr = (
        os.fdopen(descriptor, mode, 0) for descriptor, mode in zip(ours, ("wb", "rb", "rb"), strict=True)
    )
    return made


class Forked:
    """A grader or a worker, as far as a batch uses `subprocess.Popen`."""

    def __init__(self, requests, message, descriptors):
        self._status, told = os.pipe()
        self._lock = threading.Lock()
        socket.send_fds(requests, [json.dumps(message).encode()], [told, *descriptors])
        os.close(told)
        self.pid, self.returncode = int.from_bytes(os.read(self._status, 4), "big"), None

    def poll(self, timeout=0.0):
        """Its exit status, or None while it runs."""
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            with self._lock:
                if self.returncode is None:
                    self.returncode = os.waitstatus_to_exitcode(int.from_bytes(os.read(self._status, 4), "big"))
        return self.returncode

    def wait(self, timeout=None):
        """Its exit status, once it has ended."""
        if self.poll(timeout) is None:
            raise subprocess.TimeoutExpired("a forked process", timeout)
        return self.returncode

    def __del__(self):
        os.close(self._status)

    def kill(self):
        """End it."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
