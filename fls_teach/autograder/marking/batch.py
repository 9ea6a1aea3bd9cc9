"""Marking many submissions by parallel workers, each of which turns one submission at a time into a record.

Finished records are complete on the disk, so that a batch that was killed resumes when it is started again.
"""

import itertools
import json
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

from fls_teach.autograder.intake.sources import Unreadable
from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.marking.course_key import seed_from
from fls_teach.autograder.marking.grader import Grader, WorkerDied
from fls_teach.autograder.marking.mark import expected_of, fault_record
from fls_teach.autograder.record import Record, as_json, properties
from fls_teach.autograder.reports.folder import finished, write
from fls_teach.autograder.settings import RunSettings
from fls_teach.course.registry import CourseError

POLL = 0.2  # seconds between two calls of `watch`


class Graders:
    """Grader processes on this machine, and a queue of the free ones.

    Parameters
    ----------
    settings : RunSettings
        With the names of all its exercises.
    number : int
        How many processes.
    """

    attempts = 2  # retry once: the grader may have been killed by another submission

    def __init__(self, settings: RunSettings, number: int = 1) -> None:
        self.settings, self.at_a_time = settings, number
        self._all, self._free = [Grader(settings) for _ in range(number)], queue.SimpleQueue()
        self.get, self.put = self._free.get, self._free.put
        for grader in self._all:
            self.put(grader)

    def mark(self, grader: Grader, submission: Submission, seed: int) -> Record:
        """Return the record of a submission, made by `grader`; raise `WorkerDied` if it makes none."""
        return grader.mark(submission, seed)

    def watch(self) -> None:
        """Do nothing; `spread` calls this at least every `POLL` seconds, and ends the batch if it raises."""

    def stop(self) -> None:
        """Make all calls of `mark` end soon."""
        for grader in self._all:
            grader.stop()

    def close(self) -> None:
        """End the processes, once no thread uses one."""
        for grader in self._all:
            grader.close()


def spread(
    crew: Any,
    items: Sequence[Any],
    work: Callable[[Any], object],
    progress: Callable[[int, Any], object] = lambda done, item: None,
) -> None:
    """Call ``work(item)`` for each item, in `crew.at_a_time` threads.

    Parameters
    ----------
    crew : Graders or cluster.Cluster
        Stopped if a call raises, or on Ctrl-C.
    items : list
    work : callable (item)
    progress : callable (done, item)
        Called after each item with the number of items done.
    """
    pool, count = ThreadPoolExecutor(crew.at_a_time), itertools.count(1)
    try:
        items_by_future = {pool.submit(work, item): item for item in items}
        pending = set(items_by_future)
        while pending:
            done, pending = wait(pending, POLL, FIRST_COMPLETED)
            for future in done:
                future.result()
                progress(next(count), items_by_future[future])
            crew.watch()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        crew.stop()
        raise
    finally:
        pool.shutdown()


def mark_entry(crew: Any, entry: Submission) -> None:
    """Mark one submission and write its files, unless there is a finished record of the same files and settings.

    Parameters
    ----------
    crew : Graders or cluster.Cluster
    entry : intake.Submission
    """
    settings = crew.settings
    folder, seed, chosen = settings.out / entry.folder, settings.seed, settings.chosen
    try:
        submission = entry.read()
        if seed is None:
            seed = seed_from(bytes.fromhex(settings.key), submission.digest)
        about = json.loads(as_json(submission.about))
        expected = expected_of(submission, chosen, seed, settings.isolation, settings.recorded_limits())
        record = finished(folder, expected | {"fault": False}, chosen)
        if record is None or settings.twice and "twice" not in record:
            record = _marked(crew, submission, seed)
        elif record.get("intake", {}) | {"counts": about["counts"]} == about:  # `settle` decides about "counts"
            return
        write(folder, record | {"intake": about})  # which may be new, such as the number of attempts or the group
    except Unreadable as problem:
        reason = f"{problem}, so nothing of this submission was marked."
    except (OSError, CourseError):  # a problem of the whole batch, such as a full disk or a lost scheduler
        raise
    except Exception as problem:
        reason = f"The grader could not mark this submission: {type(problem).__name__}: {problem}."
    else:
        return
    write(folder, fault_record(entry, settings, reason) | {"intake": json.loads(as_json(entry.about))})


def _marked(crew, submission, seed):
    """Return the record of a submission, marked once, or twice if the settings say so."""
    record = record_by(crew, submission, seed)
    if crew.settings.twice and record["digest"]:
        again = record_by(crew, submission, seed)
        record = record | {"twice": differing_verdicts(record, again)} if again["digest"] else again
    return record | {"keyed": crew.settings.seed is None and record["digest"] != ""}


def record_by(crew: Any, submission: Submission, seed: int) -> Record:
    """Return the record of a submission, from the first of up to `crew.attempts` workers that makes one.

    If all of them fail, return a record of a grader fault.

    Parameters
    ----------
    crew : Graders or cluster.Cluster
    submission : intake.Submission
    seed : int

    Returns
    -------
    dict
    """
    deaths = []
    while len(deaths) < crew.attempts:
        worker = crew.get()
        try:
            return crew.mark(worker, submission, seed)
        except WorkerDied as death:
            deaths.append(death)
        finally:
            crew.put(worker)
    again = f" {crew.attempts} times; the submission provokes it" if all(death.silent for death in deaths) else ""
    reason = f"The grader could not mark this submission: {deaths[-1]}{again}."
    return fault_record(submission, crew.settings, reason, max((death.marked for death in deaths), key=len))


def differing_verdicts(record: Record, other: Record) -> list[str]:
    """Return the ids of the properties whose verdicts differ between two records of the same exercises."""
    pairs = zip(properties(record), properties(other), strict=True)
    return [item["id"] for (_, item), (_, other_item) in pairs if item["verdict"] != other_item["verdict"]]
