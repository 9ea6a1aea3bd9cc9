"""One worker process: starting it, asking it one question at a time, killing it.

Each pipe has a thread that does the blocking calls, which works on every platform; the caller waits for an answer with
a time-out and never uses a pipe itself. Time limits are enforced only here: a worker that has exceeded one is asked
which line it has reached, and is then ended.
"""

import contextlib
import os
import queue
import random
import secrets
import signal
import site
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from fls_teach.sandbox import protocol
from fls_teach.sandbox.isolation.sandboxes import MIB, NoSandbox, SandboxError
from fls_teach.sandbox.isolation.view import WORKER, library_folders
from fls_teach.sandbox.printed import Printed
from fls_teach.sandbox.proc.cpu_time import TreeTime, charged_seconds, processor_seconds
from fls_teach.sandbox.proc.ending import end, kill_group
from fls_teach.sandbox.proc.table import exact_memory_of, memory_of
from fls_teach.sandbox.reply import validated

WATCH_INTERVAL = 0.1  # mean number of seconds between two samples of what a worker uses
START_LIMIT = 60.0  # seconds; a cold disk and a virus scanner can delay the first line
GRACE = 0.5  # seconds in which a worker that has exceeded its time limit may name the line it has reached

# -u: output from before a crash is not lost, and its order is kept. -B: no __pycache__.
# Not -I, which would also ignore PYTHONHASHSEED. The environment holds only what we set, PYTHONSAFEPATH (on Python 3.10
# worker.py itself) keeps the current folder off sys.path, and in a sandbox PYTHONNOUSERSITE the user's packages.
_FLAGS = ("-u", "-B", "-X", "utf8", "-X", "faulthandler")


class WorkerStartError(RuntimeError):
    """No worker could be started; this is never the student's fault."""


class WorkerProcess:
    """A running worker.

    Parameters
    ----------
    folder : path
        The worker's working directory.
    sandbox : NoSandbox or a subclass, optional

    Attributes
    ----------
    cpu_seconds : float or None
        `cpu_time.TreeTime.total` of the worker and all its descendants at the last sample. Without resource limits,
        the processor time of the worker alone; None where the system does not report it.
    stopped : str
        "memory", "output" or "timeout" if the worker was stopped for exceeding a resource limit, else "".

    Raises
    ------
    WorkerStartError
        If the worker does not come up.
    """

    def __init__(self, folder: str | Path, sandbox: NoSandbox | None = None) -> None:
        self._sandbox = sandbox or NoSandbox()
        descriptors = ()
        try:
            self._sandbox.sweep()
            users = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
            command = [sys.executable, *_FLAGS, str(WORKER), *library_folders(), *users]
            command, descriptors = self._sandbox.command(command)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd=self._sandbox.folder(folder),
                env=self._sandbox.environment(),
                pass_fds=descriptors,
                **_own_group(),
            )
        except (OSError, SandboxError) as error:
            raise WorkerStartError(f"no worker could be started: {error}") from error
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        # `_answers` is waited for with a time-out and must not be a SimpleQueue: the `get` of that would wait forever
        # if a signal, such as the grader's timer sends, is being handled when the time-out ends.
        self._questions, self._expected, self._answers = queue.SimpleQueue(), queue.SimpleQueue(), queue.Queue()
        limits = self._sandbox.limits
        self._output = Printed(self._process.stderr.fileno(), limits.output_mib * MIB if limits else None, self._stop)
        self._ended, self.stopped = threading.Event(), ""
        self._tree_time = TreeTime()
        self._asked_at, self._answered = time.perf_counter(), True  # of the last question
        self._is_sampled = bool(limits) and os.path.isdir("/proc/self")
        self._worker_seconds = None  # last known processor time of the worker alone, if it is not sampled
        self._cpu_before = self.cpu_seconds  # before the last question
        self._initial_members = set()  # kept, because the sandbox's own processes may be orphans when it is killed
        targets = [self._send, self._receive, self._collect] + ([self._watch] if limits else [])
        self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()
        try:
            hello = self.ask(("hello",), b"", START_LIMIT)
            self._initial_members = self._members()
        except BaseException:
            self.kill()
            raise
        if hello["kind"] != "value":
            self.kill()
            reason = self.printed().strip().rpartition("\n")[2] or hello.get("detail") or "no answer"
            raise WorkerStartError(f"the worker did not start: {reason}")

    @property
    def pid(self) -> int:
        """The number of the started process: the worker itself, or the sandbox around it."""
        return self._process.pid

    @property
    def cpu_seconds(self) -> float | None:
        if self._is_sampled:
            return self._tree_time.total
        now = processor_seconds(self._process.pid)
        self._worker_seconds = self._worker_seconds if now is None else now
        return self._worker_seconds

    def ask(self, head: tuple[str, ...], body: bytes, limit: float, slack: float = 1.0) -> dict[str, Any]:
        """Ask one question.

        Parameters
        ----------
        head : tuple
            A question as described in `worker`.
        body : bytes
        limit : float
            Seconds for the answer, charged as by `cpu_time.charged_seconds`.
        slack : float
            See `cpu_time.charged_seconds`.

        Returns
        -------
        dict
            Fields of an `Outcome`; those that only the worker can know are its claims.
        """
        # Made only now, so that nothing written earlier can carry this token.
        token = secrets.token_bytes(protocol.TOKEN_BYTES)
        self._output.expect(token)
        self._asked_at, self._answered = time.perf_counter(), False
        self._expected.put(True)
        self._questions.put((token, head, body))
        try:
            answer = self._next_answer(limit, slack)
            late = answer is None or charged_seconds(*self._elapsed(), slack) > limit
            if answer is None:
                self._questions.put((token, ("where",), b""))
                answer = self._next_answer(limit + GRACE, slack)
        finally:
            self._answered = True
        fields = self._fields_of(answer, token)
        if late:  # the grace period is for naming the line, not for finishing
            fields = {"kind": self.stopped or "timeout", "traceback": fields.get("traceback", "")}
        return fields

    def account(self) -> tuple[float, float | None]:
        """Return the wall-clock seconds and the `cpu_seconds` of the last question; later use counts for the next."""
        elapsed = self._elapsed()
        self._cpu_before = self.cpu_seconds
        return elapsed

    def _elapsed(self) -> tuple[float, float | None]:
        # Start from the last sample before the question, because processor time is sampled at 10 Hz.
        before, now = self._cpu_before, self.cpu_seconds
        return time.perf_counter() - self._asked_at, None if before is None or now is None else now - before

    def _next_answer(self, limit, slack):
        """Return the next message, or the exception raised while reading it; None if the limit is exceeded."""
        while (left := limit - charged_seconds(*self._elapsed(), slack)) > 0:
            with contextlib.suppress(queue.Empty):
                return self._answers.get(timeout=max(left, WATCH_INTERVAL))
        return None

    def _fields_of(self, answer, token):
        """Return the fields of an `Outcome` for an item of `_answers`."""
        if self.stopped and not isinstance(answer, tuple):  # the stop is why the channel was closed
            return {"kind": self.stopped}
        if isinstance(answer, (EOFError, OSError)):
            return {"kind": "crash", "detail": self._how_it_ended()}
        if answer is None:
            return {}
        try:
            if isinstance(answer, Exception):
                raise answer
            if answer[0] != token:
                raise protocol.ProtocolError("an answer to another call")
            return validated(*answer[1:])
        except protocol.ProtocolError as problem:
            return {"kind": "protocol_error", "detail": str(problem)}

    def _members(self):
        """Return the worker's processes, as a set of `Process`; empty without resource limits."""
        return self._sandbox.members(self._process.pid) if self._sandbox.limits else set()

    def printed(self) -> str:
        """Return what was printed since the last call of this method, once all of it has arrived."""
        return self._output.take()

    def kill(self) -> None:
        """End the process and all descendants that the sandbox knows of."""
        self._ended.set()
        members = self._initial_members | self._members()
        kill_group(self._process)
        self._sandbox.sweep()
        end(members)
        self._questions.put(None)
        self._expected.put(False)
        for thread in self._threads:
            thread.join(1.0)  # a detached grandchild may keep a pipe open; the thread then ends with it, later

    def _send(self):
        with self._process.stdin as pipe, contextlib.suppress(OSError):  # a closed pipe; `_receive` reports the end
            for message in iter(self._questions.get, None):
                protocol.write_message(pipe.fileno(), *message)

    def _receive(self):
        with self._process.stdout as pipe:
            while self._expected.get():  # reads one answer per question: a worker that writes more is blocked
                try:
                    answer = protocol.read_message(pipe.fileno())
                except Exception as error:  # to be handled in the caller's thread
                    answer = error
                self._answers.put(answer)

    def _collect(self):
        with self._process.stderr:
            self._output.drain()

    def _watch(self):
        try:
            self._enforce_limits()
        except Exception as problem:  # the worker must not run unwatched: the next call raises this
            self._answers.put(problem)

    def _enforce_limits(self):
        max_memory, last_sample = self._sandbox.limits.memory_mib * MIB, time.perf_counter()
        samples_after_end = 0
        # Jittered, so that a worker cannot synchronise with the samples.
        while not self._ended.wait(WATCH_INTERVAL * random.uniform(0.5, 1.5)):
            with contextlib.suppress(OSError):  # no free descriptor at the moment: sample again
                members = self._sandbox.members(self._process.pid)
                answered, now = self._answered, time.perf_counter()
                self._tree_time.sample(members, 0.0 if answered else now - max(self._asked_at, last_sample))
                last_sample = now
                memory = memory_of(members)
                # Far above the limit, skip the exact count: it is slow where many processes share much memory.
                if memory > 2 * max_memory or (memory > max_memory and exact_memory_of(members) > max_memory):
                    self._stop("memory")
                elif self._sandbox.overflows(self._process.pid, members):
                    self._stop("output")
                elif self._tree_time.processor > self._sandbox.limits.cpu_seconds:
                    self._stop("timeout")
            if self._process.poll() is not None:
                samples_after_end += 1
                if samples_after_end == 2:  # its last answer has been read; a process it left may hold the channel open
                    self._answers.put(EOFError())

    def _stop(self, reason):
        """End a worker that has exceeded a resource limit, and notify the caller's thread."""
        if not self.stopped:
            self.stopped = reason
            self._answers.put(EOFError())
            self._process.kill()

    def _how_it_ended(self):
        try:
            status = self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            return "it closed the channel to the checker"
        if self._sandbox.name == "bwrap" and status > 128:  # bubblewrap reports a signal as 128 + its number
            status = 128 - status
        if status < 0:
            name = signal.strsignal(-status) or "unknown"
            return f"signal {-status}: {name.partition(':')[0].lower()}"
        if status > 2**30:  # an NTSTATUS of Windows
            name = {0xC0000005: "access violation", 0xC00000FD: "stack overflow"}.get(status, "")
            return f"Windows error {status:#010x} {name}".rstrip()
        return f"it ended with exit status {status}"


def _own_group():
    """Return Popen options that keep the terminal's Ctrl-C from the worker."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
