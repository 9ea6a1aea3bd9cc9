"""One worker process: starting it, asking it one thing at a time, killing it.

Everything blocking happens in a thread per pipe, because that is what works on every platform: the caller waits for an
answer with a time-out and never touches a pipe itself. The only clock is here: a worker whose time is over is asked
where it is, and then ended.
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

WATCH_INTERVAL = 0.1  # seconds between two looks at what a worker uses, on average
START_LIMIT = 60.0  # a cold disk and a virus scanner before the first line runs
GRACE = 0.5  # for a worker whose time is over to say at which line it is

# -u: what was printed before a crash is seen, in order. -B: no __pycache__.
# Not -I, which would also ignore PYTHONHASHSEED; the environment is ours, PYTHONSAFEPATH (worker.py on 3.10) keeps
# the current folder out, and a sandbox PYTHONNOUSERSITE the user's packages.
_FLAGS = ("-u", "-B", "-X", "utf8", "-X", "faulthandler")


class WorkerStartError(RuntimeError):
    """No worker could be started; never the student's fault."""


class WorkerProcess:
    """A running worker.

    Parameters
    ----------
    folder : path
        The worker's working directory.
    sandbox : sandbox.NoSandbox or one of the others, optional

    Attributes
    ----------
    cpu_seconds : float or None
        Seconds, as `cpu_time.TreeTime`, of it and all its processes as of a moment ago. Without limits to watch, those
        that its own processor clock counts; None where the system shows no such clock.
    stopped : str
        "memory", "output" or "timeout" if all its calls together used too much of it, else "".

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
        # Not a SimpleQueue for what is waited for with a time-out: its `get` would wait for ever if a signal, as the
        # grader's timer sends them, is being handled when the time is over.
        self._questions, self._expected, self._answers = queue.SimpleQueue(), queue.SimpleQueue(), queue.Queue()
        limits = self._sandbox.limits
        self._output = Printed(self._process.stderr.fileno(), limits.output_mib * MIB if limits else None, self._stop)
        self._ended, self.stopped = threading.Event(), ""
        self._tree_time = TreeTime()
        self._asked, self._answered = time.perf_counter(), True  # the last question
        self._looked_at = bool(limits) and os.path.isdir("/proc/self")
        self._own_seconds = None  # where there are no limits to watch
        self._cpu_before = self.cpu_seconds  # the last question
        self._first = set()  # those that it began with: the sandbox's own may be orphans before it is killed
        targets = [self._send, self._receive, self._collect] + ([self._watch] if limits else [])
        self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()
        try:
            hello = self.ask(("hello",), b"", START_LIMIT)
            self._first = self._members()
        except BaseException:
            self.kill()
            raise
        if hello["kind"] != "value":
            self.kill()
            reason = self.printed().strip().rpartition("\n")[2] or hello.get("detail") or "no answer"
            raise WorkerStartError(f"the worker did not start: {reason}")

    @property
    def pid(self) -> int:
        """The number of the process that was started: the worker itself, or the sandbox around it."""
        return self._process.pid

    @property
    def cpu_seconds(self) -> float | None:
        if self._looked_at:
            return self._tree_time.total
        now = processor_seconds(self._process.pid)
        self._own_seconds = self._own_seconds if now is None else now
        return self._own_seconds

    def ask(self, head: tuple[str, ...], body: bytes, limit: float, slack: float = 1.0) -> dict[str, Any]:
        """Ask one question.

        Parameters
        ----------
        head : tuple
            As `worker` takes it.
        body : bytes
        limit, slack : float
            Seconds for the answer, as `cpu_time.charged_seconds`.

        Returns
        -------
        dict
            The fields of an `Outcome` that came of it; what only the worker says of it is its claim.
        """
        # The token is made now, so that nothing written earlier can carry it.
        token = secrets.token_bytes(protocol.TOKEN_BYTES)
        self._output.expect(token)
        self._asked, self._answered = time.perf_counter(), False
        self._expected.put(True)
        self._questions.put((token, head, body))
        try:
            answer = self._next_answer(limit, slack)
            late = answer is None or charged_seconds(*self._taken(), slack) > limit
            if answer is None:
                self._questions.put((token, ("where",), b""))
                answer = self._next_answer(limit + GRACE, slack)
        finally:
            self._answered = True
        fields = self._judged(answer, token)
        if late:  # the grace is for naming the line, not for finishing
            fields = {"kind": self.stopped or "timeout", "traceback": fields.get("traceback", "")}
        return fields

    def account(self) -> tuple[float, float | None]:
        """Seconds by the clock and of `cpu_seconds` since the last question; what is used from now on is the next's."""
        taken = self._taken()
        self._cpu_before = self.cpu_seconds
        return taken

    def _taken(self) -> tuple[float, float | None]:
        # From the last sample before the question: processor time is sampled at 10 Hz.
        before, now = self._cpu_before, self.cpu_seconds
        return time.perf_counter() - self._asked, None if before is None or now is None else now - before

    def _next_answer(self, limit, slack):
        """What came on the channel, or the exception that came instead; None once the time is over."""
        while (left := limit - charged_seconds(*self._taken(), slack)) > 0:
            with contextlib.suppress(queue.Empty):
                return self._answers.get(timeout=max(left, WATCH_INTERVAL))
        return None

    def _judged(self, answer, token):
        if self.stopped and not isinstance(answer, tuple):  # that is the reason, whichever thread was first to say
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
        """Its processes, as a set of `Process`; none without limits to watch."""
        return self._sandbox.members(self._process.pid) if self._sandbox.limits else set()

    def printed(self) -> str:
        """Return what was printed since the last time, once it has all arrived."""
        return self._output.take()

    def kill(self) -> None:
        """End the process and all that it has started, as far as the sandbox knows of it."""
        self._ended.set()
        members = self._first | self._members()
        kill_group(self._process)
        self._sandbox.sweep()
        end(members)
        self._questions.put(None)
        self._expected.put(False)
        for thread in self._threads:
            thread.join(1.0)  # one that a detached grandchild keeps waiting ends later, and closes its pipes then

    def _send(self):
        with self._process.stdin as pipe, contextlib.suppress(OSError):  # it is gone: `_receive` sees that, too
            for message in iter(self._questions.get, None):
                protocol.write_message(pipe.fileno(), *message)

    def _receive(self):
        with self._process.stdout as pipe:
            while self._expected.get():  # one answer per question: a worker that writes more waits in its own pipe
                try:
                    answer = protocol.read_message(pipe.fileno())
                except Exception as error:  # whatever it is belongs to the caller's thread
                    answer = error
                self._answers.put(answer)

    def _collect(self):
        with self._process.stderr:
            self._output.drain()

    def _watch(self):
        try:
            self._count()
        except Exception as problem:  # it must not go on unwatched: the next call raises this
            self._answers.put(problem)

    def _count(self):
        most, before, looks_after = self._sandbox.limits.memory_mib * MIB, time.perf_counter(), 0
        # Jittered, so that a worker cannot synchronise with the samples.
        while not self._ended.wait(WATCH_INTERVAL * random.uniform(0.5, 1.5)):
            with contextlib.suppress(OSError):  # no descriptor free just now: look again
                members = self._sandbox.members(self._process.pid)
                answered, now = self._answered, time.perf_counter()
                self._tree_time.sample(members, 0.0 if answered else now - max(self._asked, before))
                before = now
                coarse = memory_of(members)
                # Far too much needs no exact look, which takes long where many processes share much.
                if coarse > 2 * most or (coarse > most and exact_memory_of(members) > most):
                    self._stop("memory")
                elif self._sandbox.overflows(self._process.pid, members):
                    self._stop("output")
                elif self._tree_time.processor > self._sandbox.limits.cpu_seconds:
                    self._stop("timeout")
            if self._process.poll() is not None:
                looks_after += 1
                if looks_after == 2:  # its last answer has been read; what it left may hold the channel open
                    self._answers.put(EOFError())

    def _stop(self, reason):
        """End a worker that uses too much, and let the caller's thread know."""
        if not self.stopped:
            self.stopped = reason
            self._answers.put(EOFError())
            self._process.kill()

    def _how_it_ended(self):
        try:
            status = self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            return "it closed the channel to the checker"
        if self._sandbox.name == "bwrap" and status > 128:  # what bubblewrap makes of a signal
            status = 128 - status
        if status < 0:
            name = signal.strsignal(-status) or "unknown"
            return f"signal {-status}: {name.partition(':')[0].lower()}"
        if status > 2**30:  # Windows: an NTSTATUS
            name = {0xC0000005: "access violation", 0xC00000FD: "stack overflow"}.get(status, "")
            return f"Windows error {status:#010x} {name}".rstrip()
        return f"it ended with exit status {status}"


def _own_group():
    """Popen options that keep the terminal's Ctrl-C away from the worker."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
