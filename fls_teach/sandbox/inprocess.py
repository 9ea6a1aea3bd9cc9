"""The session behind ``--debug``: it runs the student's code in this process.

It deliberately gives no protection: print goes to the terminal, breakpoint()
stops, Ctrl-C interrupts. Values still pass through the protocol, so that an
answer is judged as it would be from a worker.
"""

import time
from bdb import BdbQuit
from pathlib import Path

from fls_teach.sandbox.reply import validated
from fls_teach.sandbox.session import BaseSession
from fls_teach.sandbox.worker import Program


class InProcess(BaseSession):
    """One student file, loaded into this process.

    Parameters
    ----------
    path, support : path
        As for `Session`.
    reraise : bool
        Whether to let the student's exceptions propagate, for a post-mortem debugger.
    """

    def __init__(self, path: str | Path, *, support: str | Path | None = None, reraise: bool = False) -> None:
        super().__init__(path, support)
        self._passing = (KeyboardInterrupt, BdbQuit) + ((Exception,) if reraise else ())
        self._program = None

    def close(self) -> None:
        """Forget the student's module."""
        self._program = self._loaded = None

    def _load(self):
        # Debuggers look for breakpoints under the real path, so it is the file name here.
        self._program = Program(str(self.path), str(self.path), self._passing)
        return self._run("", self._program.load, self._source, self._support)

    def _call(self, function, body):
        return self._run(function, self._program.call, function, body)

    def _run(self, function, action, *arguments):
        start = time.perf_counter()
        answer, data = action(*arguments)
        seconds = time.perf_counter() - start
        fields = validated(answer, data)
        return self._outcome(fields.pop("kind"), function, **fields, seconds=seconds)
