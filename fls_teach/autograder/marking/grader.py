"""A process that marks one submission after the other; `batch` starts some of these and hears from them in JSON lines.

The first line that it reads is its `Task`; then each line is an `intake.Entry`, answered by {"exercise": {...}} as soon
as one is marked, and at last by {"done": true} or {"problem": "..."}. It ends with its standard input, or its parent.
"""

import contextlib
import json
import math
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from fls_teach.autograder.intake.collect import Entry
from fls_teach.autograder.intake.sources import Unreadable
from fls_teach.autograder.marking.budget import Patience
from fls_teach.autograder.marking.course_key import seed_from
from fls_teach.autograder.marking.mark import fault_record, mark, versions
from fls_teach.autograder.marking.record import as_json, read_record
from fls_teach.autograder.reports import gradescope, html, junit
from fls_teach.course.registry import CourseError, exercises, find_exercise
from fls_teach.course.withheld import with_withheld
from fls_teach.files import replacing
from fls_teach.sandbox.isolation.sandboxes import Limits
from fls_teach.sandbox.isolation.selftest import make_sandbox

DRAWN = "results.json", "report.html", "junit.xml"
"""What is drawn from a record and lies beside it."""


@dataclass(frozen=True)
class Task:
    """What all submissions of a batch have in common.

    Attributes
    ----------
    out : str
        The folder for results.
    exercises : list of str
        Names of those to mark.
    isolation : str
        "bwrap", "uid" or "process", tried already.
    hidden : list of str
        What a submission must not see.
    key : str
        The course key in hexadecimal, from which each submission's seed is derived.
    seed : int or None
        The seed to use instead.
    patience : dict
        Fields of `Patience`.
    memory_mib : int
    extra_spec : str or None
        A folder of withheld properties.
    """

    out: str
    exercises: list
    isolation: str
    hidden: list
    key: str
    seed: int | None
    patience: dict
    memory_mib: int
    extra_spec: str | None = None

    def chosen(self):
        """The exercises with their withheld properties, as a tuple of Exercise."""
        every = exercises()
        return with_withheld([find_exercise(name, every) for name in self.exercises], self.extra_spec)

    def limits(self):
        """The sandbox's limits; that on processor time is never below what the calls may come to."""
        needed = math.ceil(2 * Patience(**self.patience).work())
        return Limits(memory_mib=self.memory_mib, cpu_seconds=max(Limits.cpu_seconds, needed))

    def seed_of(self, digest):
        """The seed of the submission with this digest."""
        return seed_from(bytes.fromhex(self.key), digest) if self.seed is None else self.seed


def as_line(entry):
    """An `Entry` as one line of JSON."""
    return json.dumps(entry.as_json()) + "\n"


def mark_entry(entry, task, chosen, sandbox, tell=None):
    """Mark one submission and write its four files, unless that was done before with the same result to expect."""
    try:
        submission = entry.read()
    except Unreadable as problem:
        return write_fault(entry, task, f"{problem}, so nothing of this submission was marked.")
    folder = Path(task.out, entry.folder)
    seed, patience = task.seed_of(submission.digest), Patience(**task.patience)
    expected = {
        **{"submission": submission.name, "digest": submission.digest, "seed": seed, "fault": False},
        **{"notes": list(submission.notes), "isolation": sandbox.name, "versions": versions(chosen)},
        "limits": patience.beside(sandbox),
    }
    about = json.loads(as_json(submission.about))
    if is_done(folder, json.loads(as_json(expected)), chosen):
        record = read_record(folder / "record.json")
        if record.get("intake") != about:  # another attempt came, or the group has another member
            write(folder, record | {"intake": about})
        return
    record = mark(submission, chosen, seed, sandbox, patience, keyed=task.seed is None, tell=tell)
    write(folder, record | {"intake": about})


def is_done(folder, expected, chosen):
    """Whether the folder holds the finished record of this very work; anything unreadable is done again.

    Parameters
    ----------
    folder : Path
    expected : dict
        Fields of the record, as they are read back.
    chosen : tuple of Exercise

    Returns
    -------
    bool
    """
    if not all((folder / name).is_file() for name in DRAWN):
        return False
    try:
        record = read_record(folder / "record.json")
    except CourseError:
        return False
    same = [each["name"] for each in record["exercises"]] == [each.name for each in chosen]
    return same and all(record.get(name) == value for name, value in expected.items())


def write(folder, record):
    """Write a submission's files; the record comes last and says that the others are whole."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "record.json").unlink(missing_ok=True)
    texts = as_json(gradescope.as_results(record)), html.report_page(record), junit.as_junit(record), as_json(record)
    for name, text in zip((*DRAWN, "record.json"), texts, strict=True):
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")


def write_fault(entry, task, reason, marked=()):
    """Write the files of a submission that could not be marked, or no further than `marked`, for a reason of ours."""
    fault = fault_record(entry.name, entry.folder, "", 0, task.chosen(), reason, marked, isolation=task.isolation)
    write(Path(task.out, entry.folder), fault)


def _end_with_parent(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def main(parent):
    """Answer lines until they end.

    Parameters
    ----------
    parent : int
        The process number of who started this one, told by itself: by now it may have been killed, and another be it.
    """
    os.chdir("/")  # what cannot be parsed is called "<unknown>", and Python opens a file of that name to quote from it
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints

    def say(answer):
        try:
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
        except BrokenPipeError:  # nobody hears it any more: the parent was killed
            os._exit(1)

    task = Task(**json.loads(sys.stdin.readline()))
    chosen = task.chosen()
    with contextlib.closing(make_sandbox(task.isolation, task.hidden, task.limits())) as sandbox:
        for line in sys.stdin:
            try:
                entry = Entry.from_json(json.loads(line))
                mark_entry(entry, task, chosen, sandbox, lambda exercise: say({"exercise": exercise}))
                say({"done": True})
            except Exception as problem:
                say({"problem": f"{type(problem).__name__}: {problem}"[:1000]})
