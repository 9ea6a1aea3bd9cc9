"""One worker process: starting it, asking it one thing at a time, killing it.

Everything blocking happens in two threads, one for questions and answers and
one for what the worker prints, because that is what works on every platform: the
caller waits for the first with a time-out and never touches a pipe itself.
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

from fls_teach.sandbox import protocol
from fls_teach.sandbox.isolation.sandboxes import MIB, NoSandbox, SandboxError
from fls_teach.sandbox.isolation.view import WORKER, library_folders
from fls_teach.sandbox.printed import Printed
from fls_teach.sandbox.proc.cpu_time import TreeTime, charged_seconds, processor_seconds
from fls_teach.sandbox.proc.ending import end, kill_group
from fls_teach.sandbox.proc.table import Process, exact_memory_of, memory_of, start_of

WATCH_INTERVAL = 0.1  # seconds between two looks at what a worker uses, on average
START_LIMIT = 60.0  # a cold disk and a virus scanner before the first line runs

# -u: what was printed before a crash is seen, in order. -B: no __pycache__.
# Not -I, which would also ignore PYTHONHASHSEED; the environment is ours, PYTHONSAFEPATH (worker.py on 3.10) keeps
# the current folder out, and a sandbox PYTHONNOUSERSITE the user's packages.
_FLAGS = ("-u", "-B", "-X", "utf8", "-X", "faulthandler")


class WorkerStartError(RuntimeError):
    """No worker could be started; never the student's fault."""


class WorkerTimeout(Exception):
    """The worker has not answered in time."""


class WorkerDied(Exception):
    """The channel closed; the text says how the process ended."""


class WorkerStopped(Exception):
    """It was ended because it used too much; the text is "memory", "output" or "timeout"."""


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
    cpu_at_last_reply : float or None
        The same at the last reply.

    Raises
    ------
    WorkerStartError
        If the worker does not come up.
    """

    def __init__(self, folder, sandbox=None):
        self._sandbox = sandbox or NoSandbox()
        descriptors = ()
        try:
            self._sandbox.sweep()
            command = [sys.executable, *_FLAGS, str(WORKER), *_library_folders()]
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
        self._questions, self._answers = queue.SimpleQueue(), queue.Queue()
        limits = self._sandbox.limits
        self._output = Printed(self._process.stderr.fileno(), limits and limits.output_mib * MIB, self._stop)
        self._ended, self._stopped = threading.Event(), ""
        self._tree_time = TreeTime()
        self._asked = None  # when the question was put that is being answered
        self._looked_at = bool(limits) and os.path.isdir("/proc/self")
        self._own_seconds = None  # where there are no limits to watch
        self.cpu_at_last_reply = self.cpu_seconds
        self._first = set()  # those that it began with: the sandbox's own may be orphans before it is killed
        targets = [self._converse, self._output.drain] + ([self._watch] if limits else [])
        self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()
        try:
            self.ask(("hello",), b"", START_LIMIT)
            self._first = self._members()
        except BaseException as error:
            self.kill()
            if not isinstance(error, (WorkerTimeout, WorkerDied, WorkerStopped, protocol.ProtocolError)):
                raise
            printed = self.printed().strip().rpartition("\n")[2]
            reason = printed if printed and isinstance(error, WorkerDied) else f"{error} {printed}".rstrip()
            raise WorkerStartError(f"the worker did not start: {reason}") from error

    @property
    def pid(self):
        """The number of the process that was started: the worker itself, or the sandbox around it."""
        return self._process.pid

    @property
    def cpu_seconds(self):
        if self._looked_at:
            return self._tree_time.total
        now = processor_seconds(self._process.pid)
        self._own_seconds = self._own_seconds if now is None else now
        return self._own_seconds

    def ask(self, head, body, limit, slack=1.0):
        """Ask one question and return the answer's head and body; `limit` is in seconds as `cpu_time.charged_seconds`.

        Raises
        ------
        WorkerTimeout, WorkerDied, WorkerStopped
        ProtocolError
            If what came is not an answer to this question.
        """
        # The token is made now, so that nothing written earlier can carry it.
        token = secrets.token_bytes(protocol.TOKEN_BYTES)
        self._output.expect(token)
        self._questions.put((token, head, body))
        answer = self._next_answer(limit, slack)
        if isinstance(answer, (EOFError, OSError)):
            # It may have been ended by us: then that is the reason, whichever thread was first to say.
            if self._stopped:
                raise WorkerStopped(self._stopped)
            raise WorkerDied(self._how_it_ended())
        if isinstance(answer, Exception):
            raise answer
        if answer[0] != token:
            raise protocol.ProtocolError("an answer to another call")
        return answer[1:]

    def _next_answer(self, limit, slack):
        start, before, left = time.perf_counter(), self.cpu_seconds, limit
        self._asked = start
        try:
            while left > 0:
                with contextlib.suppress(queue.Empty):
                    return self._answers.get(timeout=max(left, WATCH_INTERVAL))
                cpu = None if before is None else self.cpu_seconds - before
                left = limit - charged_seconds(time.perf_counter() - start, cpu, slack)
        finally:
            self._asked = None
        raise WorkerTimeout("no answer")

    def _members(self):
        """Its processes, as a set of `Process`; none without limits to watch."""
        members = self._sandbox.members(self._process.pid) if self._sandbox.limits else ()
        return {Process(pid, start_of(pid)) for pid in members}

    def printed(self):
        """Return what was printed since the last time, once it has all arrived."""
        return self._output.take()

    def kill(self):
        """End the process and all that it has started, as far as the sandbox knows of it."""
        self._ended.set()
        members = self._first | self._members()
        kill_group(self._process)
        self._sandbox.sweep()
        end(members)
        self._questions.put(None)
        for thread in self._threads:
            thread.join(1.0)
        # A thread outlives this only if a detached grandchild holds the pipe open; closing a descriptor that a thread
        # reads from would be worse, so that is left to a thread that sees the end.
        if any(thread.is_alive() for thread in self._threads):
            threading.Thread(target=self._close_pipes, daemon=True).start()
        else:
            self._close_pipes()

    def _close_pipes(self):
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            pipe.close()

    def _converse(self):
        questions, answers = self._process.stdin.fileno(), self._process.stdout.fileno()
        while (question := self._questions.get()) is not None:
            try:
                protocol.write_message(questions, *question)
                # One answer a question: a worker that writes more waits in its own pipe.
                answer = protocol.read_message(answers)
            except Exception as error:  # whatever it is belongs to the caller's thread
                answer = error
            self._answers.put(answer)

    def _watch(self):
        most, before, looks_after = self._sandbox.limits.memory_mib * MIB, time.perf_counter(), 0
        # Jittered, so that a worker cannot synchronise with the samples.
        while not self._ended.wait(WATCH_INTERVAL * random.uniform(0.5, 1.5)):
            with contextlib.suppress(OSError):  # no descriptor free just now: look again
                members = self._sandbox.members(self._process.pid)
                asked, now = self._asked, time.perf_counter()
                self._tree_time.sample(members, 0.0 if asked is None else now - max(asked, before))
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
        """End a worker that uses too much; the caller's thread learns of it as `WorkerStopped`."""
        if not self._stopped:
            self._stopped = reason
            self._answers.put(WorkerStopped(reason))
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


def _library_folders():
    """Where the packages are that the worker does not find by itself."""
    return library_folders() + ([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])


def _own_group():
    """Popen options that keep the terminal's Ctrl-C away from the worker."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
