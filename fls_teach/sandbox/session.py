"""The trusted side of a check: one student file, called function by function."""

import os
import re
import time
import weakref
from pathlib import Path

from fls_teach.sandbox import protocol
from fls_teach.sandbox.notebooks import is_notebook, notebook_complaint
from fls_teach.sandbox.outcome import Outcome, sentence, visible_text
from fls_teach.sandbox.proc.cpu_time import charged_seconds
from fls_teach.sandbox.proc.worker_process import WorkerDied, WorkerProcess, WorkerStopped, WorkerTimeout

MAX_SOURCE_BYTES = 2**20
_LONGEST = {"printed": 25_000}  # characters; of all else an honest worker sends less than 6,000
GRACE = 0.5  # for the worker to say at which line it was, before it is killed

MAX_ARGUMENTS = 32  # that are named
_UNTRUSTED_KINDS = ("value", "exception", "not_done", "missing", "not_plain", "load_error", "timeout")


def read_source(path):
    """Return (source bytes, "") or (None, what is wrong, to follow the file's name).

    See `check_source`.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return None, "is a folder, not a Python file"
        if not path.exists():
            return None, "does not exist"
        if not path.is_file():  # a device or a pipe, which could be read for ever
            return None, "is not an ordinary file"
        with open(path, "rb") as file:
            source = file.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        return None, f"cannot be read ({error.strerror or error})"
    return check_source(source)


def check_source(source):
    """Return (source, "") or (None, what is wrong) for the bytes of a file.

    Nothing is parsed here: compiling hostile source can crash an interpreter.
    """
    if len(source) > MAX_SOURCE_BYTES:
        return None, f"is larger than {MAX_SOURCE_BYTES // 2**20} MiB"
    if not source.strip():
        return None, "is empty"
    if source[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None, "is saved as UTF-16; save it as UTF-8"
    if b"\0" in source:
        return None, "contains zero bytes: was it saved completely?"
    declared = re.match(rb"(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[:=]", source)  # PEP 263
    try:
        source.decode("utf-8")
    except UnicodeDecodeError as error:
        if not declared:
            line = source.count(b"\n", 0, error.start) + 1
            return None, f"is not saved as UTF-8 (byte {source[error.start]:#04x} on line {line})"
    return source, ""


class BaseSession:
    """What a session in a worker and one in this process have in common."""

    def __init__(self, path, support, source=None):
        # Read once: every worker of this session runs the same bytes.
        if source is None:
            self.path = Path(os.path.abspath(path))
            self._source, self._problem = read_source(self.path)
        else:
            self.path = Path(path)
            self._source, self._problem = check_source(source)
        if not self._problem and is_notebook(self._text()):  # some of them would load, and define nothing
            self._problem = notebook_complaint(self._text(), self.path.name)
        self.first_timeout = None
        self._support = None if support is None else Path(support).read_bytes()
        self.failed_load = None

    def load(self):
        """Load the file unless that is done; return an `Outcome`."""
        if self._problem and self.failed_load is None:
            self.failed_load = self._outcome("load_error", "", detail=self._problem)
        if self.failed_load is None:
            outcome = self._load()
            if outcome.ok:
                return outcome
            self.failed_load = self._explained(outcome)
        return self.failed_load

    def _text(self):
        return self._source.decode("utf-8", "replace")

    def _explained(self, outcome):
        """A failed load, with what to do in its message where a notebook's command is to blame."""
        unknown = not outcome.exception or (outcome.exception == "NameError" and "get_ipython" in outcome.detail)
        complaint = (
            notebook_complaint(self._text(), self.path.name) if outcome.kind == "load_error" and unknown else None
        )
        if complaint is None:
            return outcome
        fields = {name: getattr(outcome, name) for name in ("traceback", "printed", "seconds", "cpu_seconds")}
        return self._outcome("load_error", "", detail=complaint, **fields)

    def call(self, function, /, *args, **kwargs):
        """Call a function of the file; return an `Outcome`.

        Parameters
        ----------
        function : str
            Its name, or ``"support:NAME"``.
        *args, **kwargs
            Plain values.

        Raises
        ------
        NotPlain
            If an argument is not plain: a mistake of the caller.
        WorkerStartError
            If no worker can be started.
        """
        body = protocol.encode((args, kwargs))
        loaded = self.load()
        return self._call(function, body) if loaded.ok else loaded

    def _outcome(self, kind, function, limit=None, **fields):
        fields = {k: visible_text(v, _LONGEST.get(k, 6_000)) if type(v) is str else v for k, v in fields.items()}
        text = sentence(
            kind,
            function,
            self.path.name,
            fields.get("exception", ""),
            fields.get("detail", ""),
            limit,
        )
        outcome = Outcome(kind, function, message=text, **fields)
        if kind == "timeout" and self.first_timeout is None:
            self.first_timeout = outcome
        return outcome

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class Session(BaseSession):
    """One student file in a worker process.

    Parameters
    ----------
    path : path
        The student's file.
    support : path, optional
        A course file to load beside it; see `fls_teach.sandbox`.
    time_limit, load_time_limit : float
        Seconds for one call, and for loading the file (which may import torch).
    slack : float
        How many times as long both may take by the clock, if `cpu_seconds` stays below the limit: see
        `cpu_time.charged_seconds`. It takes Linux; elsewhere the clock alone counts.
    sandbox : Bubblewrap, OtherUser or NoSandbox, optional
        Where the worker runs; `fls check` needs none.
    source : bytes, optional
        The file's content, if `path` is a name only.
    """

    def __init__(
        self, path, *, support=None, time_limit=10.0, load_time_limit=30.0, slack=1.0, sandbox=None, source=None
    ):
        super().__init__(path, support, source)
        self.time_limit, self.load_time_limit, self.slack = time_limit, load_time_limit, slack
        self._sandbox = sandbox
        self._worker = self._finalizer = self._loaded = None

    @property
    def worker_pid(self):
        """The worker's process number, or None before the first call."""
        return self._worker and self._worker.pid

    def restart(self):
        """Forget all state that the student's code has kept."""
        self.close()

    def close(self):
        """End the worker; a later call starts another."""
        if self._worker is not None:
            self._finalizer()
            self._worker = self._loaded = None

    def _load(self):
        if self._loaded is None:
            self.close()
            self._worker = WorkerProcess(self.path.parent, self._sandbox)
            # At the latest when the checker exits.
            self._finalizer = weakref.finalize(self, WorkerProcess.kill, self._worker)
            # A name may hold bytes that are not text; the worker needs it for messages alone.
            name, path = (text.encode("utf-8", "replace").decode() for text in (self.path.name, str(self.path)))
            body = protocol.encode((self._source, self._support))
            outcome = self._ask("", ("load", name, path), body, self.load_time_limit)
            if not outcome.ok:
                return outcome
            self._loaded = outcome
        return self._loaded

    def _call(self, function, body):
        return self._ask(function, ("call", function), body, self.time_limit)

    def _ask(self, function, head, body, limit):
        worker, start = self._worker, time.perf_counter()
        # From the last sample before this call: processor time is sampled at 10 Hz.
        before, slack = worker.cpu_at_last_reply, 1.0 if worker.cpu_seconds is None else float(self.slack)

        def used():
            return time.perf_counter() - start, None if before is None else worker.cpu_seconds - before

        try:
            answer, data = worker.ask((*head, float(limit), slack), body, limit + GRACE, slack)
            late = charged_seconds(*used(), slack) > limit
            fields = _checked(answer, data)
            if late:  # the grace is for naming the line, not for finishing
                fields = {"kind": "timeout", "traceback": fields["traceback"]}
        except WorkerTimeout:
            fields = {"kind": "timeout"}
        except WorkerDied as end:
            fields = {"kind": "crash", "detail": str(end)}
        except WorkerStopped as reason:
            fields, limit = {"kind": str(reason)}, None  # all its calls together used too much
        except protocol.ProtocolError as problem:
            fields = {"kind": "protocol_error", "detail": str(problem)}
        except BaseException:  # Ctrl-C: the answer still to come belongs to no call
            self.close()
            raise
        kind = fields.pop("kind")
        if kind in ("timeout", "crash", "memory", "output", "protocol_error"):
            self.close()
        if function or kind != "value":  # what a good load printed waits for the first call
            fields["printed"] = worker.printed()
        if kind == "crash":
            fields |= _last_words(fields["printed"], self.path.name)
        fields["seconds"], fields["cpu_seconds"] = used()
        worker.cpu_at_last_reply = worker.cpu_seconds
        return self._outcome(kind, function, limit, **fields)


def _checked(answer, data):
    """Return the fields of an answer that has the form of one, its value decoded."""
    forms = {"kind": str, "exception": str, "detail": str, "traceback": str, "mutated": tuple}
    if type(answer) is not dict or answer.keys() != forms.keys():
        raise protocol.ProtocolError("not an answer")
    if any(type(answer[name]) is not form for name, form in forms.items()):
        raise protocol.ProtocolError("not an answer")
    if answer["kind"] not in _UNTRUSTED_KINDS:
        raise protocol.ProtocolError("no such kind of answer")
    if any(type(name) is not str for name in answer["mutated"]):
        raise protocol.ProtocolError("not an answer")
    answer["mutated"] = tuple(visible_text(name, 60) for name in answer["mutated"][:MAX_ARGUMENTS])
    return answer | ({"value": protocol.decode(data)} if answer["kind"] == "value" else {})


def _last_words(printed, file_name):
    """Split what Python's fault handler wrote from what the student printed."""
    start = re.search("Fatal Python error|Windows fatal exception", printed)
    own, words = (printed[: start.start()], printed[start.end() :]) if start else (printed, "")
    escaped = file_name.encode("ascii", "backslashreplace").decode()
    frames = re.findall(rf'File "{re.escape(escaped)}", line (\d+) in (.{{1,100}})', words)
    lines = [f"{file_name}, line {line}, in {name}" for line, name in frames[:8]]
    return {"printed": own, "traceback": "\n".join(lines[::-1])}
