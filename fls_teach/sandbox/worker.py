"""The program that runs a submission; `worker_process.WorkerProcess` starts it.

It answers questions from the trusted side one at a time. The submission runs in the same process and may change
anything in it, so nothing here protects the trusted side. What this file reports serves the author of an honest
submission (what was printed, which line was slow); `reply` treats it as untrusted.

The head of a question is ("hello",), ("load", file name, path) or ("call", function); its body holds the two sources
or (args, kwargs). ("where",) asks which line the unanswered call has reached.
The head of an answer is a dict with the keys of `ANSWER`; its body is the value.
"""

import contextlib
import importlib
import linecache
import os
import queue
import random
import re
import sys
import threading
import types
from collections.abc import Callable, Iterable
from traceback import walk_stack, walk_tb
from typing import Any

if __name__ == "__main__":
    # This folder, which Python 3.10 puts on sys.path, must not stay there, where student code could import from it.
    # A package of its own makes `protocol` importable, and no other module of fls_teach.
    _folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry and os.path.abspath(entry) != _folder]
    sys.path.extend(entry for entry in sys.argv[1:] if entry not in sys.path)
    del sys.argv[1:]
    sys.modules["fls_worker"] = types.ModuleType("fls_worker")
    sys.modules["fls_worker"].__path__ = [_folder]
    protocol = importlib.import_module("fls_worker.protocol")
else:
    from fls_teach.sandbox import protocol

import numpy as np

ANSWER = {"kind": "", "exception": "", "detail": "", "traceback": "", "mutated": ()}
MAX_DETAIL = 2000
MAX_FRAMES = 8
MAX_NAME = 60  # characters of an argument's name


class Program:
    """A student's module and the course's support module beside it.

    Parameters
    ----------
    file_name : str
        Name of the student's file in tracebacks.
    path : str
        Path of the student's file, for its ``__file__``.
    passing : tuple of exception types
        Exceptions that propagate to the caller, for debuggers.
    """

    def __init__(self, file_name: str, path: str, passing: tuple[type[BaseException], ...] = ()) -> None:
        self.file_name = file_name
        self.passing = passing
        self.student = self._module("student_exercise", path)
        self.support = self._module("exercise_support", path)

    @staticmethod
    def _module(name, path):
        module = types.ModuleType(name)
        module.__file__ = path
        sys.modules[name] = module  # dataclasses and typing look up a class's module there
        return module

    def load(self, source: bytes, support_source: bytes | None) -> tuple[dict[str, Any], bytes]:
        """Run both sources; return the answer and the encoded list of functions.

        If the support code defines `prepare`, it is called in between with the student's source text.
        """
        text = source.decode("utf-8", "replace")
        try:
            if support_source is not None:
                # Before the student's file, which could otherwise change the modules that the support code imports.
                self.support.student = self.student
                code = compile(support_source, "course support", "exec", dont_inherit=True)
                exec(code, self.support.__dict__)
                getattr(self.support, "prepare", str)(text)
        except Exception as error:
            detail = f"cannot be checked: the course's support code raised {error!r:.300}"
            return ANSWER | {"kind": "load_error", "detail": detail}, b""
        linecache.cache[self.file_name] = (len(text), None, text.splitlines(True), self.file_name)
        seed_generators()
        try:
            code = compile(source, self.file_name, "exec", dont_inherit=True)
            exec(code, self.student.__dict__)
        except BaseException as error:
            if isinstance(error, SyntaxError) and error.filename == self.file_name:
                return self._syntax_error(error), b""
            return self._caught(error, "load_error"), b""
        return ANSWER | {"kind": "value"}, protocol.encode(self.functions())

    def call(self, target: str, body: bytes) -> tuple[dict[str, Any], bytes]:
        """Call one function; return the answer and the encoded value."""
        side, _, name = target.rpartition(":")
        function = getattr(self.support if side == "support" else self.student, name, None)
        if not callable(function):
            return ANSWER | {"kind": "missing", "detail": self._missing(name, function)}, b""
        args, kwargs = protocol.decode(body)
        seed_generators()
        try:
            value = function(*args, **kwargs)
        except BaseException as error:
            return self._caught(error, "exception"), b""
        try:
            answer, data = ANSWER | {"kind": "value"}, protocol.encode(value)
        except protocol.NotPlain as problem:
            answer, data = ANSWER | {"kind": "not_plain", "detail": str(problem)[:MAX_DETAIL]}, b""
        except BaseException as error:  # the value's metaclass may raise anything
            return self._caught(error, "exception"), b""
        return answer | {"mutated": _changed(function, args, kwargs, body)}, data

    def functions(self) -> list[str]:
        """Return the names of the functions that the student's file itself defines."""
        return [
            name
            for name, item in list(vars(self.student).items())[:1000]
            if isinstance(item, types.FunctionType) and item.__module__ == self.student.__name__
        ]

    def _missing(self, name, found):
        if found is not None:
            return f": {name} is of type {type(found).__name__[:100]}"
        names = ", ".join(self.functions()[:10])[:500]
        return f"; it defines {names}" if names else "; it defines no functions"

    def _syntax_error(self, error):
        where = f"line {error.lineno}: " if error.lineno else ""
        line, picture = (error.text or "").rstrip("\n"), ""
        if line and error.offset:
            caret = re.sub(r"\S", " ", line[: error.offset - 1]).ljust(error.offset - 1) + "^"  # keeps the tabs
            picture = f"{self.file_name}, line {error.lineno}\n    {line[:300]}\n    {caret[:300]}"
        detail = f"does not run: {where}{error.msg}"
        return ANSWER | {"kind": "load_error", "detail": detail[:MAX_DETAIL], "traceback": picture}

    def _caught(self, error, kind):
        try:
            detail = str(error)[:MAX_DETAIL].encode("utf-8", "backslashreplace").decode()
        except BaseException:
            detail = "(its message cannot be shown)"
        if isinstance(error, NotImplementedError) and re.match(r"exercise \d+", detail):
            kind = "not_done"
        elif isinstance(error, self.passing):
            raise error
        return ANSWER | {
            "kind": kind,
            "exception": type(error).__name__[:100],
            "detail": detail,
            "traceback": self.traceback(walk_tb(error.__traceback__)),
        }

    def traceback(self, frames: Iterable[tuple[types.FrameType, int]]) -> str:
        """Return the frames of the student's file among pairs (frame, line), innermost last, as text."""
        calls = [(line, frame.f_code.co_name) for frame, line in frames if frame.f_code.co_filename == self.file_name]
        lines = ["... (earlier calls left out)"] if len(calls) > MAX_FRAMES else []
        for number, name in calls[-MAX_FRAMES:]:
            lines.append(f"{self.file_name}, line {number}, in {name[:100]}")
            lines.append(f"    {linecache.getline(self.file_name, number).strip()[:300]}")
        return "\n".join(lines)


def _changed(function, args, kwargs, body):
    """Return the names of the arguments that differ from those in `body`; "argument N" for one without a name."""
    # A value has exactly one encoding, so the bytes differ exactly if the arguments do.
    if _encoded((args, kwargs)) == body:
        return ()
    old_args, old_kwargs = protocol.decode(body)
    code = getattr(function, "__code__", None)
    parameters = getattr(code, "co_varnames", ())[: getattr(code, "co_argcount", 0)]
    names = [parameters[k] if k < len(parameters) else f"argument {k + 1}" for k in range(len(args))]
    triples = [*zip(names, old_args, args, strict=True), *((name, old_kwargs[name], kwargs[name]) for name in kwargs)]
    return tuple(name[:MAX_NAME] for name, old, new in triples if _encoded(old) != _encoded(new))


def _encoded(value):
    try:
        return protocol.encode(value)
    except Exception:  # the call has put something that is not plain into an argument
        return None


def seed_generators() -> None:
    """Seed the module-level generators, so that a replayed call draws the same numbers."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 (the generator that students use)
    if "torch" in sys.modules and hasattr(sys.modules["torch"], "manual_seed"):
        sys.modules["torch"].manual_seed(0)


def repeat_entropy() -> None:
    """Make `default_rng()` without a seed repeatable from run to run, but not from call to call.

    With the same numbers in every call, a function that ignores its seed would not be noticed.
    """
    if hasattr(np.random.bit_generator, "randbits"):  # the source of numpy's entropy in the versions so far
        np.random.bit_generator.randbits = random.Random(0).getrandbits


class Channel:
    """The pipes to the trusted side, moved to descriptors that printing does not use."""

    def __init__(self) -> None:
        self.questions, self.answers, self.output = os.dup(0), os.dup(1), os.dup(2)
        if sys.platform == "win32":
            import msvcrt

            for fd in (self.questions, self.answers, self.output):
                msvcrt.setmode(fd, os.O_BINARY)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # input() reads from an empty file
        os.dup2(2, 1)  # stdout and stderr go to the same pipe, so that their order is kept
        sys.stdout.reconfigure(errors="backslashreplace")
        self.lock = threading.Lock()
        self.pending = None  # (token,) of the question being answered
        self.asked = queue.SimpleQueue()

    def listen(self, where: Callable[[], str]) -> None:
        """Queue the questions, answer ("where",) at once, and end this process when the channel closes."""
        try:
            while True:
                token, head, body = protocol.read_message(self.questions)
                if head == ("where",):
                    self.answer(ANSWER | {"kind": "timeout", "traceback": where()}, b"", (token,))
                else:
                    self.pending = (token,)
                    self.asked.put((head, body))
        finally:
            os._exit(0)  # not sys.exit, after which threads and atexit hooks of the student would still run

    def answer(self, answer: dict[str, Any], data: bytes, pending: tuple[bytes] | None = None) -> None:
        """Answer the pending question, unless the other thread has just answered it."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(BaseException):  # student code may have closed or replaced it
                stream.flush()
        with self.lock:
            if self.pending is None or pending not in (None, self.pending):
                return
            token, self.pending = self.pending[0], None
            # The token in the output marks the end of what this call printed.
            os.write(self.output, token)
            protocol.write_message(self.answers, token, answer, data)


def main() -> None:
    """Answer questions until the channel closes."""
    channel, program, main_thread = Channel(), None, threading.get_ident()
    repeat_entropy()

    def where():
        return program.traceback(reversed([*walk_stack(sys._current_frames()[main_thread])])) if program else ""

    threading.Thread(target=channel.listen, args=(where,), daemon=True).start()
    while True:
        head, body = channel.asked.get()
        if head[0] == "hello":
            channel.answer(ANSWER | {"kind": "value"}, protocol.encode(None))
        elif head[0] == "load":
            program = Program(*head[1:])
            channel.answer(*program.load(*protocol.decode(body)))
        else:
            channel.answer(*program.call(head[1], body))


if __name__ == "__main__":
    main()
