"""Many submissions, by workers side by side: each takes a submission and gives a record.

What is finished lies on the disk, whole; a batch that was killed goes on where it was when it is started again.
"""

import functools
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
from fls_teach.course.registry import CourseError, Exercise

ATTEMPTS = 2  # retry once: the grader may have been killed by another submission
POLL = 0.2  # seconds between two looks at whether all is well


def run(
    entries: Sequence[Submission],
    settings: RunSettings,
    progress: Callable[[int, str], object] = lambda done, name: None,
) -> None:
    """Mark all submissions by processes here.

    Parameters
    ----------
    entries : list of intake.Submission
    settings : RunSettings
        With the names of all its exercises.
    progress : callable
        Told how many are done and which was last.
    """
    graders, free = [Grader(settings) for _ in range(min(settings.jobs, len(entries)))], queue.SimpleQueue()

    def stop():
        for grader in graders:
            grader.stop()

    for grader in graders:
        free.put(grader)
    ask = functools.partial(record_by, free, Grader.mark, settings, ATTEMPTS)
    work = functools.partial(mark_entry, settings, settings.chosen(), ask)
    try:
        spread(entries, work, len(graders), stop, lambda done, entry: progress(done, entry.name))
    finally:
        for grader in graders:
            grader.close()


def spread(
    items: Sequence[Any],
    work: Callable[[Any], object],
    at_a_time: int,
    stop: Callable[[], object],
    progress: Callable[[int, Any], object] = lambda done, item: None,
    watch: Callable[[], object] = lambda: None,
) -> None:
    """Call `work` with each item, in threads.

    Parameters
    ----------
    items : list
    work : callable
        Told one.
    at_a_time : int
    stop : callable
        Has all calls of `work` end soon; called if one raises, or on Ctrl-C.
    progress : callable
        Told how many are done and which was last.
    watch : callable
        Called every `POLL` seconds at least; an exception ends it all.
    """
    pool, count = ThreadPoolExecutor(at_a_time), itertools.count(1)
    try:
        doing = {pool.submit(work, item): item for item in items}
        waiting = set(doing)
        while waiting:
            done, waiting = wait(waiting, POLL, FIRST_COMPLETED)
            for future in done:
                future.result()
                progress(next(count), doing[future])
            watch()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        stop()
        raise
    finally:
        pool.shutdown()


def mark_entry(
    settings: RunSettings,
    chosen: Sequence[Exercise],
    ask: Callable[[Submission, int], Record],
    entry: Submission,
) -> None:
    """Mark one submission and write its files, unless that was done before with the same result to expect.

    Parameters
    ----------
    settings : RunSettings
    chosen : tuple of Exercise
    ask : callable
        Told (submission, seed), returns the record.
    entry : intake.Submission
    """
    folder, seed = settings.out / entry.folder, settings.seed
    try:
        submission = entry.read()
        if seed is None:
            seed = seed_from(bytes.fromhex(settings.key), submission.digest)
        about = json.loads(as_json(submission.about))
        expected = expected_of(submission, chosen, seed, settings.isolation, settings.recorded_limits())
        record = finished(folder, expected | {"fault": False}, chosen)
        if record is None or settings.twice and "twice" not in record:
            record = _marked(settings, ask, submission, seed)
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
    record = fault_record(entry, chosen, reason, (), settings.isolation)
    write(folder, record | {"intake": json.loads(as_json(entry.about))})


def _marked(settings, ask, submission, seed):
    """The record of a submission, once or `twice` asked for."""
    record = ask(submission, seed)
    if settings.twice and record["digest"]:
        again = ask(submission, seed)
        record = record | {"twice": differing_verdicts(record, again)} if again["digest"] else again
    return record | {"keyed": settings.seed is None and record["digest"] != ""}


def record_by(
    free: Any,
    mark: Callable[[Any, Submission, int], Record],
    settings: RunSettings,
    attempts: int,
    submission: Submission,
    seed: int,
) -> Record:
    """The record of a submission by one free worker after another, until one gives it; else that of a fault of ours.

    Parameters
    ----------
    free : queue of workers
    mark : callable
        Told (worker, submission, seed), returns the record; raises `WorkerDied`.
    settings : RunSettings
    attempts : int
    submission : intake.Submission
    seed : int

    Returns
    -------
    dict
    """
    deaths = []
    while len(deaths) < attempts:
        worker = free.get()
        try:
            return mark(worker, submission, seed)
        except WorkerDied as death:
            deaths.append(death)
        finally:
            free.put(worker)
    again = f" {attempts} times; the submission provokes it" if all(death.silent for death in deaths) else ""
    reason = f"The grader could not mark this submission: {deaths[-1]}{again}."
    marked = max((death.marked for death in deaths), key=len)
    return fault_record(submission, settings.chosen(), reason, marked, settings.isolation)


def differing_verdicts(record: Record, other: Record) -> list[str]:
    """The names of the properties whose verdicts differ between two records of the same exercises."""
    pairs = zip(properties(record), properties(other), strict=True)
    return [item["id"] for (_, item), (_, again) in pairs if item["verdict"] != again["verdict"]]
