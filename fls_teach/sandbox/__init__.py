"""The boundary between the trusted checker and untrusted student code.

A student's file runs in a worker process. Only plain values are sent to it,
and only plain values come back::

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
    One student file and one worker, which starts at the first call. A worker
    that timed out or crashed is killed, and the next call starts a new one. A
    file that cannot be loaded is tried once: every later call returns the
    same ``load_error`` (``timeout``, ``crash``) at once.
``InProcess(path, *, support=None, reraise=False)``
    The same interface in this process, for ``--debug``: print, breakpoint()
    and debuggers work; there is no time limit and nothing is captured.
Both have
    ``.call(function, *args, **kwargs) -> Outcome``; ``.load() -> Outcome``
    (load the file now; ``value`` is then the list of its functions);
    ``.restart()`` (discard all state that the student's code has kept);
    ``.close()``; ``.first_timeout`` (the first Outcome of kind "timeout", or
    None; a check can read it to stop after one time-out); ``.failed_load``
    (the Outcome of a failed load, or None). Both are context managers.
    ``function`` may be ``"support:NAME"``: a function of the course's own
    file `support`, which is loaded in the worker before the student's file
    and finds the student's module in its global ``student``. If it defines
    ``prepare``, that is called with the student's source text before the
    student's file runs.
``Outcome`` (frozen dataclass)
    kind         one of KINDS, below
    function     the name that was called ("" for ``load``)
    value        the decoded value (kind "value"), else None
    message      one sentence for the user; "" for kind "value"
    exception    the exception's type name, or ""
    detail       the exception's own text, or ""
    traceback    the student's frames only, innermost last, or ""
    printed      what the call wrote to stdout and stderr, truncated with a note;
                 for the first call, preceded by what loading the file printed
    seconds      wall-clock time, measured on the trusted side; it includes
                 decoding the answer and, if necessary, ending the worker
    cpu_seconds  sampled processor time of the worker and all its descendants,
                 plus the time in which all of them slept during the call;
                 without resource limits, that of the worker alone; None where
                 the system does not report it
    mutated      names of the arguments that the call changed in place, as a tuple;
                 "argument 2" for an argument without a name
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
    protocol_error  the worker's answer was not a valid answer to this call

Arguments that are not plain values raise `NotPlain` in the caller: that is a
mistake in the specification. `WorkerStartError` means that no worker could be
started at all; it is never the student's fault.

Plain values: None, bool, int (up to 4096 bits), float, str, bytes, tuple,
list, dict with str keys, numpy arrays and scalars of bool, (u)int8-64 and
float16-64. An instance of a subclass of a built-in type (a NamedTuple, a
subclass of float) is sent as a value of the built-in type; its class is not
sent. The caller keeps its own copies of all arguments, and every value that
comes back is made of exactly these types.
**Check the shape of a result before you compute with it**: broadcasting a
hostile (2000000, 1) against (1, 2000000) would exhaust the checker's memory.

What is guaranteed, and what is not
-----------------------------------
Guaranteed, whatever the file does:

* The trusted side executes nothing that the worker sends: no pickle, no eval,
  no object arrays, no name lookup. A value is at most `MAX_VALUE_BYTES` long,
  and decoding it takes a small multiple of that; printed text beyond a limit
  is dropped; a worker that floods a pipe is blocked.
* A reply is accepted only for the call whose 16 random bytes it carries, and
  those bytes do not exist before the call. Answers written early, answers to
  an earlier call, and printed text cannot be taken for an answer to a later call.
* One call takes at most its time limit (times `slack`) plus a moment, even if
  the worker neither reads nor writes.
* `kind`, `value`, `exception`, `traceback`, `printed` and `mutated` are the
  *worker's claims*. The student's code shares the worker with our half of the
  protocol and may forge any of them for the call in progress. Forging gains
  nothing over returning the same value, as long as the checker marks by
  `value` alone. `seconds`, `cpu_seconds` and the kinds crash, memory, output
  and protocol_error are determined by the trusted side; a timeout is either
  determined by the trusted side or admitted by the worker.
* All text is truncated and free of control characters. It is *not* free of
  markup: escape it for rich and for HTML.

Not guaranteed here:

* Anything that the operating system has to enforce. A worker runs as the
  same user: it can read solutions, write files, import an installed
  fls_teach, open sockets, exhaust memory, leave a detached process behind, or
  attack its parent through the debugger interface. `isolation` prevents this.
* That `support` code reports honestly: student code in the same worker can
  replace it. Treat its result as the student's own return value, and ask one
  question at a time whose answer only the trusted side knows.
* That calls are independent. The module-level random generators of `random`,
  numpy and torch are seeded before every call, so that a replayed call draws
  the same numbers, but globals and caches persist until `restart`.
* Where the file came from: symbolic links are followed.
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
