"""The hand-over between the trusted checker and code it does not trust.

A student's file runs in a worker process; plain values go there and plain
values come back, nothing else::

    with Session("my work/05_alignment.py", time_limit=10.0) as session:
        outcome = session.call("neuron_alignment", W, class_sum)
        if outcome.ok:
            psi = outcome.value
        else:
            print(outcome.message)          # one sentence
            print(outcome.traceback)        # the student's frames only

API
---
``Session(path, *, support=None, time_limit=10.0, load_time_limit=30.0, slack=1.0, sandbox=None, source=None)``
    One student file, one worker, started at the first call. A worker that
    timed out or crashed is killed, and the next call starts a fresh one. A
    file that cannot be loaded is tried once: every later call returns the
    same ``load_error`` (``timeout``, ``crash``) at once.
``InProcess(path, *, support=None, reraise=False)``
    The same in this process, for ``--debug``: print, breakpoint() and
    debuggers work; there is no time limit and nothing is captured.
Both have
    ``.call(function, *args, **kwargs) -> Outcome``; ``.load() -> Outcome``
    (load the file now; ``value`` is then the list of its functions);
    ``.restart()`` (forget all the state the student's code has kept);
    ``.close()``; ``.first_timeout`` (the first Outcome of kind "timeout", or
    None: look at it to stop a check after one time-out); ``.failed_load`` (why
    the file does not load, or None); ``with``.
    ``function`` may be ``"support:NAME"``: a function of the course's own
    file `support`, which is loaded in the worker before the student's file
    and finds the student's module in its global ``student``. Its
    ``prepare``, if it has one, is told the student's text before that runs.
``Outcome`` (frozen dataclass)
    kind         one of KINDS, below
    function     the name that was called ("" for ``load``)
    value        the decoded value (kind "value"), else None
    message      one sentence for a person; "" for kind "value"
    exception    the exception's type name, or ""
    detail       the exception's own text, or ""
    traceback    the student's frames only, innermost last, or ""
    printed      what the call wrote to stdout and stderr, cut with a note;
                 the first call also shows what loading the file printed
    seconds      wall clock, measured on the trusted side, with decoding the
                 answer and, where that was needed, ending the worker
    cpu_seconds  seconds of processor time of the worker and all its processes in
                 the meantime, and those in which all of them slept over the call,
                 sampled; without limits to watch, of the worker alone; None where
                 the system does not tell
    mutated      names of the arguments that the call changed in place, as a tuple;
                 "argument 2" where the function has no name for it
    ok           property: kind == "value"
``KINDS``
    value           it returned a plain value
    exception       it raised (sys.exit() and KeyboardInterrupt included)
    not_done        it raised the stub's NotImplementedError("exercise NN: ...")
    missing         the file has no such function
    not_plain       it returned something that is not a plain value
    load_error      the file is missing, empty, not UTF-8, has a syntax error,
                    or raises while it is loaded
    timeout         it ran longer than the limit and was stopped
    crash           the interpreter died (segmentation fault, os._exit, ...)
    memory, output  it used or printed more than its sandbox allows, and was stopped
    protocol_error  the worker's answer was not an answer to this call

Arguments that are not plain values raise `NotPlain` in the caller: that is a
mistake in the specification. `WorkerStartError` means that no worker could be
started at all; it is never the student's fault.

Plain values: None, bool, int (up to 4096 bits), float, str, bytes, tuple,
list, dict with str keys, numpy arrays and scalars of bool, (u)int8-64 and
float16-64. An instance of a subclass of Python's own types (a NamedTuple, a
float that is called Angle) crosses as the value that it is; nothing of its
class does. The caller keeps its own copies of all arguments, and every value
that comes back is made of exactly these types.
**Look at the shape of a result before you compute with it**: broadcasting a
hostile (2000000, 1) against (1, 2000000) is how a checker runs out of memory.

What is guaranteed, and what is not
-----------------------------------
Guaranteed, whatever the file does:

* The trusted side runs nothing that the worker sends: no pickle, no eval, no
  object arrays, no names looked up. A value is at most `MAX_VALUE_BYTES` long, and
  decoding it takes a small multiple of that; printed text is kept up to a cap and
  dropped beyond it; a worker that floods a pipe is left waiting.
* A reply counts only for the call whose 16 random bytes it carries, and those
  bytes do not exist before the call. Answers written early, answers to an
  earlier call, and anything printed cannot count for a later call.
* One call costs at most its time limit (times `slack`) plus a moment, also when the worker
  neither reads nor writes.
* `kind`, `value`, `exception`, `traceback`, `printed` and `mutated` are the
  *worker's claims*. The student's code shares the worker with our half of the
  protocol and may forge any of them for the call in progress; that gives no
  more than returning the value would have done, as long as the checker marks
  by `value` alone. `seconds`, `cpu_seconds` and the kinds crash, memory, output and
  protocol_error are the trusted side's own; a timeout is ours, or the worker's
  admission of one.
* All text is cut to a length and free of control characters. It is *not*
  free of markup: escape it for rich and for HTML.

Not guaranteed here:

* Anything the operating system would have to enforce. A worker runs as the
  same user: it can read solutions, write files, import an installed
  fls_teach, open sockets, use up memory, leave a detached process behind, or
  attack its parent through the debugger interface. That is the work of `isolation`.
* That `support` code reports honestly: student code in the same worker can
  replace it. Treat its result as the student's own return value, and send
  one question at a time with an answer that only the trusted side knows.
* That a call forgets the one before. The module-level random generators of
  `random`, numpy and torch are seeded before every call, so that a replayed
  call draws the same numbers, but globals and caches live on until `restart`.
* Where the file came from: a symbolic link is followed.
"""

from fls_teach.sandbox.inprocess import InProcess
from fls_teach.sandbox.outcome import KINDS, Outcome
from fls_teach.sandbox.protocol import MAX_VALUE_BYTES, NotPlain, ProtocolError
from fls_teach.sandbox.session import Session
from fls_teach.sandbox.worker_process import WorkerStartError

__all__ = [
    "KINDS",
    "MAX_VALUE_BYTES",
    "InProcess",
    "NotPlain",
    "Outcome",
    "ProtocolError",
    "Session",
    "WorkerStartError",
]
