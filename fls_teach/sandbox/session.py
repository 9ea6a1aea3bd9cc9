"""Sessions, the trusted side of a check: they load one student file and call its functions."""

import os
import weakref
from pathlib import Path
from typing import Any, TypeVar, cast

from fls_teach.sandbox import protocol
from fls_teach.sandbox.isolation.sandboxes import NoSandbox
from fls_teach.sandbox.notebooks import is_notebook, notebook_complaint
from fls_teach.sandbox.outcome import Outcome, sentence
from fls_teach.sandbox.reply import split_fault_report, visible_fields
from fls_teach.sandbox.source import check_source, read_source
from fls_teach.sandbox.worker_process import WorkerProcess

_SessionT = TypeVar("_SessionT", bound="BaseSession")
_FATAL = "timeout", "crash", "memory", "output", "protocol_error"  # kinds after which the worker is ended


class BaseSession:
    """The common part of `Session` and `InProcess`."""

    _load: Any
    _call: Any
    close: Any

    def __init__(self, path: str | Path, support: str | Path | None, source: bytes | None = None) -> None:
        # Read once, so that every worker of this session runs the same bytes.
        self.path = Path(os.path.abspath(path) if source is None else path)
        self._source, problem = read_source(self.path) if source is None else check_source(source)
        if not problem and is_notebook(self._text()):  # some notebooks load without an error and define nothing
            problem = notebook_complaint(self._text(), self.path.name)
        self._support = None if support is None else Path(support).read_bytes()
        self.first_timeout: Outcome | None = None
        self.failed_load: Outcome | None = None
        self._loaded: Outcome | None = None
        if problem:
            self.failed_load = self._outcome("load_error", "", detail=problem)

    def load(self) -> Outcome:
        """Load the file if it is not loaded; return an `Outcome`."""
        if not (self.failed_load or self._loaded):
            outcome = self._load()
            self._loaded, self.failed_load = (outcome, None) if outcome.ok else (None, outcome)
        return self.failed_load or cast(Outcome, self._loaded)

    def restart(self) -> None:
        """Discard all state that the student's code has kept."""
        self.close()

    def _text(self):
        return self._source.decode("utf-8", "replace")

    def _notebook_fields(self, exception="", detail="", **_):
        """Return fields that replace these of a failed load if a notebook command explains it, else {}."""
        unknown = not exception or (exception == "NameError" and "get_ipython" in detail)
        complaint = notebook_complaint(self._text(), self.path.name) if unknown and self._source else None
        return {"exception": "", "detail": complaint} if complaint else {}

    def call(self, function: str, /, *args: object, **kwargs: object) -> Outcome:
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
            If an argument is not a plain value, which is a mistake of the caller.
        WorkerStartError
            If no worker can be started.
        """
        body = protocol.encode((args, kwargs))
        loaded = self.load()
        return self._call(function, body) if loaded.ok else loaded

    def _outcome(self, kind, function, limit=None, **fields):
        fields |= self._notebook_fields(**fields) if kind == "load_error" else {}
        fields = visible_fields(fields)
        exception, detail = fields.get("exception", ""), fields.get("detail", "")
        text = sentence(kind, function, self.path.name, exception, detail, limit)
        outcome = Outcome(kind, function, message=text, **fields)
        if kind == "timeout" and self.first_timeout is None:
            self.first_timeout = outcome
        return outcome

    def __enter__(self: _SessionT) -> _SessionT:
        return self

    def __exit__(self, *exception: object) -> None:
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
        Limits in seconds for one call, and for loading the file (which may import torch).
    slack : float
        Factor by which the wall-clock time may exceed the limits while `cpu_seconds` stays within them; see
        `cpu_time.charged_seconds`. Only on Linux; elsewhere the limits are on wall-clock time.
    sandbox : Bubblewrap, OtherUser or NoSandbox, optional
        Where the worker runs; by default without a sandbox, as in `fls check`.
    source : bytes, optional
        The file's content; `path` then is only a name.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        support: str | Path | None = None,
        time_limit: float = 10.0,
        load_time_limit: float = 30.0,
        slack: float = 1.0,
        sandbox: NoSandbox | None = None,
        source: bytes | None = None,
    ) -> None:
        super().__init__(path, support, source)
        self.time_limit, self.load_time_limit, self.slack = time_limit, load_time_limit, slack
        self._sandbox = sandbox
        self._worker = self._finalizer = None

    @property
    def worker_pid(self) -> int | None:
        """The worker's process number, or None before the first call."""
        return self._worker and self._worker.pid

    def close(self) -> None:
        """End the worker; a later call starts another."""
        if self._worker is not None:
            self._finalizer()
            self._worker = self._loaded = None

    def _load(self):
        self.close()
        self._worker = WorkerProcess(self.path.parent, self._sandbox)
        # Kills the worker when the checker exits, if not before.
        self._finalizer = weakref.finalize(self, WorkerProcess.kill, self._worker)
        # A path may hold bytes that are not valid text; the worker uses it only in messages.
        name, path = (text.encode("utf-8", "replace").decode() for text in (self.path.name, str(self.path)))
        body = protocol.encode((self._source, self._support))
        return self._ask("", ("load", name, path), body, self.load_time_limit)

    def _call(self, function, body):
        return self._ask(function, ("call", function), body, self.time_limit)

    def _ask(self, function, head, body, limit):
        worker = self._worker
        try:
            fields = worker.ask(head, body, limit, self.slack)
        except BaseException:  # such as Ctrl-C: the pending answer must not be taken for that to a later call
            self.close()
            raise
        kind = fields.pop("kind")
        if kind in _FATAL:
            self.close()
        if function or kind != "value":  # what a successful load printed is shown with the first call
            fields["printed"] = worker.printed()
        if kind == "crash":
            fields |= split_fault_report(fields["printed"], self.path.name)
        fields["seconds"], fields["cpu_seconds"] = worker.account()
        return self._outcome(kind, function, None if worker.stopped else limit, **fields)
