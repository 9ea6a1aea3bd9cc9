"""Many submissions, by workers side by side: each takes a submission and gives a record.

What is finished lies on the disk, whole; a batch that was killed goes on where it was when it is started again.
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

POLL = 0.2  # seconds between two looks at whether all is well


class Graders:
    """Grader processes here, and which of them are free.

    Parameters
    ----------
    settings : RunSettings
        With the names of all its exercises.
    number : int
    """

    attempts = 2  # retry once: the grader may have been killed by another submission

    def __init__(self, settings: RunSettings, number: int = 1) -> None:
        self.settings, self.at_a_time = settings, number
        self._all, self._free = [Grader(settings) for _ in range(number)], queue.SimpleQueue()
        self.get, self.put = self._free.get, self._free.put
        for grader in self._all:
            self.put(grader)

    def mark(self, grader: Grader, submission: Submission, seed: int) -> Record:
        """The record of a submission by one of them; raise `WorkerDied` if it gives none."""
        return grader.mark(submission, seed)

    def watch(self) -> None:
        """Called every `POLL` seconds at least while all work; an exception ends it."""

    def stop(self) -> None:
        """Have all calls of `mark` end soon."""
        for grader in self._all:
            grader.stop()

    def close(self) -> None:
        """End them, once no thread uses one."""
        for grader in self._all:
            grader.close()


def spread(
    crew: Any,
    items: Sequence[Any],
    work: Callable[[Any], object],
    progress: Callable[[int, Any], object] = lambda done, item: None,
) -> None:
    """Call `work` with each item, in as many threads as a crew works in.

    Parameters
    ----------
    crew : Graders or cluster.Cluster
        It is stopped if a call raises, or on Ctrl-C.
    items : list
    work : callable
        Told one.
    progress : callable
        Told how many are done and which was last.
    """
    pool, count = ThreadPoolExecutor(crew.at_a_time), itertools.count(1)
    try:
        doing = {pool.submit(work, item): item for item in items}
        waiting = set(doing)
        while waiting:
            done, waiting = wait(waiting, POLL, FIRST_COMPLETED)
            for future in done:
                future.result()
                progress(next(count), doing[future])
            crew.watch()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        crew.stop()
        raise
    finally:
        pool.shutdown()


def mark_entry(crew: Any, entry: Submission) -> None:
    """Mark one submission and write its files, unless that was done before with the same result to expect.

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
        elif record.get("intake", {}) | {"counts": about["counts"]} == about:  # `settle` has the last word on that
            return
        write(folder, record | {"intake": about})  # perhaps another attempt came, or the group has another member
    except Unreadable as problem:
        reason = f"{problem}, so nothing of this submission was marked."
    except (OSError, CourseError):  # a full disk, a scheduler that is gone
        raise
    except Exception as problem:
        reason = f"The grader could not mark this submission: {type(problem).__name__}: {problem}."
    else:
        return
    write(folder, fault_record(entry, settings, reason) | {"intake": json.loads(as_json(entry.about))})


def _marked(crew, submission, seed):
    """The record of a submission, once or `twice` asked for."""
    record = record_by(crew, submission, seed)
    if crew.settings.twice and record["digest"]:
        again = record_by(crew, submission, seed)
        record = record | {"twice": differing_verdicts(record, again)} if again["digest"] else again
    return record | {"keyed": crew.settings.seed is None and record["digest"] != ""}


def record_by(crew: Any, submission: Submission, seed: int) -> Record:
    """The record of a submission by one free worker after another, until one gives it; else that of a fault of ours.

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
    """The names of the properties whose verdicts differ between two records of the same exercises."""
    pairs = zip(properties(record), properties(other), strict=True)
    return [item["id"] for (_, item), (_, again) in pairs if item["verdict"] != again["verdict"]]
