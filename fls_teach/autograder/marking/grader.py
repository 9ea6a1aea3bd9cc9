"""A process that marks one submission after the other; `batch` starts some of these, each at one end of a pipe.

The first message that it gets is the `RunSettings`. Each further one is what `as_message` makes, answered by
{"exercise": {...}} whenever one is marked, and at last by {"done": true} or {"problem": "..."}, all of it JSON. It ends
with the pipe, or its parent.
"""

import contextlib
import json
import os
import threading
import time
from multiprocessing.connection import Connection

from fls_teach.autograder.intake.sources import Unreadable
from fls_teach.autograder.intake.submission import Entry, Submission
from fls_teach.autograder.marking.course_key import seed_from
from fls_teach.autograder.marking.mark import expected_of, fault_record, mark
from fls_teach.autograder.marking.record import as_json, properties
from fls_teach.autograder.reports.folder import finished, write
from fls_teach.autograder.settings import RunSettings
from fls_teach.sandbox.isolation.selftest import make_sandbox


def as_message(entry):
    """An `Entry` as bytes of JSON."""
    return json.dumps(entry.as_json()).encode()


def from_message(message):
    """What `as_message` gave: an `Entry`, or a `Submission` that was read on another machine."""
    fields = json.loads(message)
    return (Submission if "files" in fields else Entry).from_json(fields)


def mark_entry(entry, settings, chosen, sandbox, tell, mark=mark):
    """Mark one submission and write its files, unless that was done before with the same result to expect.

    Parameters
    ----------
    entry : intake.Entry or intake.Submission
    settings : RunSettings
    chosen : tuple of Exercise
    sandbox : sandboxes.NoSandbox, Bubblewrap or OtherUser
    tell : callable
        Told what an exercise came to whenever one is marked.
    mark : callable
        `mark.mark`, or what has the same done on another machine.
    """
    try:
        submission = entry.read()
    except Unreadable as problem:
        return write_fault(entry, settings, f"{problem}, so nothing of this submission was marked.")
    folder, limits, seed = settings.out / entry.folder, settings.time_limits, settings.seed
    if seed is None:
        seed = seed_from(bytes.fromhex(settings.key), submission.digest)
    about = json.loads(as_json(submission.about))
    record = finished(folder, expected_of(submission, chosen, seed, sandbox, limits) | {"fault": False}, chosen)
    if record is None or settings.twice and "twice" not in record:
        given = submission, chosen, seed, sandbox, limits, settings.seed is None, tell
        record = mark(*given)
        if settings.twice:
            record["twice"] = differing_verdicts(record, mark(*given))
    elif record.get("intake", {}) | {"counts": about["counts"]} == about:  # `conclude` has the last word on that
        return
    write(folder, record | {"intake": about})  # perhaps another attempt came, or the group has another member


def differing_verdicts(record, other):
    """The names of the properties whose verdicts differ between two records of the same exercises."""
    pairs = zip(properties(record), properties(other), strict=True)
    return [item["id"] for (_, item), (_, again) in pairs if item["verdict"] != again["verdict"]]


def write_fault(entry, settings, reason, marked=()):
    """Write the files of a submission that could not be marked, or no further than `marked`, for a reason of ours."""
    fault = fault_record(entry, settings.chosen(), reason, marked, settings.isolation)
    write(settings.out / entry.folder, fault | {"intake": json.loads(as_json(entry.about))})


def _end_with_parent(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def main(parent, descriptor):
    """Answer messages until they end.

    Parameters
    ----------
    parent : int
        The process number of the parent, as it says itself: it may be dead by now, and its number be another's.
    descriptor : int
        Of this end of the pipe.
    """
    os.chdir("/")  # what cannot be parsed is called "<unknown>", and Python opens a file of that name to quote from it
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    os.set_inheritable(descriptor, False)
    channel = Connection(descriptor)

    def say(**answer):
        channel.send_bytes(json.dumps(answer).encode())

    settings = RunSettings.from_json(channel.recv_bytes())
    chosen = settings.chosen()
    sandbox = make_sandbox(settings.isolation, settings.hidden, settings.sandbox_limits())
    with contextlib.closing(sandbox), contextlib.suppress(EOFError, ConnectionError):  # the parent has ended
        while True:
            message = channel.recv_bytes()
            try:
                entry = from_message(message)
                mark_entry(entry, settings, chosen, sandbox, lambda exercise: say(exercise=exercise))
                say(done=True)
            except Exception as problem:
                say(problem=f"{type(problem).__name__}: {problem}"[:1000])
