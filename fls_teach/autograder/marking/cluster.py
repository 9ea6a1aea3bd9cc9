"""A batch on a dask.distributed cluster: workers get submissions and return records; only this side writes files.

For each submission a local thread waits until a thread of a worker is free. If a worker ends during a submission, the
submission is marked by another one. The course key is not sent; a worker gets one seed per submission.
"""

import contextlib
import json
import math
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.marking import batch, cluster_worker
from fls_teach.autograder.marking.grader import Stopped, WorkerDied
from fls_teach.autograder.marking.mark import expected_of, versions
from fls_teach.autograder.record import Record, check_record, mismatch
from fls_teach.autograder.sentence import RESUMES, refusal
from fls_teach.autograder.settings import RunSettings
from fls_teach.course.registry import CourseError
from fls_teach.sandbox.selftest import ISOLATIONS
from fls_teach.scheduler import connected

ATTEMPTS = 3  # workers that a submission may end before it counts as a grader fault
AT_A_TIME = 256  # submissions, or self-tests of workers
SENT = "exercises", "isolation", "seed", "time_limit", "total_limit", "load_limit", "memory_mib"
"""Fields of `RunSettings` that a worker gets."""

TRANSFER = 30.0  # seconds for the transfer of a finished answer over a busy network
WITHOUT_WORKERS = 60.0  # seconds that a batch waits without any worker, since a killed one may be restarted


class Cluster:
    """The workers of a cluster that mark the submissions of one batch, and how many of their threads are busy.

    Attributes
    ----------
    refused : dict of str to str
        Address of a worker that is not used -> reason.
    """

    attempts = ATTEMPTS
    at_a_time = AT_A_TIME

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address, self._stopping, self._last_worker_at = client, address, False, math.inf
        # By address of a worker: number of threads; isolation that passed the self-test; number of threads we use.
        self._threads, self._isolation, self.refused = {}, {}, {}
        self._busy, self._changed = Counter(), threading.Condition()

    @property
    def slots(self) -> int:
        """The number of submissions that can be marked at the same time."""
        return sum(self._threads.get(worker, 0) for worker in self._isolation)

    def examine(self, settings: RunSettings) -> str:
        """Run the self-test on every worker.

        Parameters
        ----------
        settings : RunSettings
            With isolation "auto", the strongest one that any worker has is used.

        Returns
        -------
        str
            The isolation of all workers that are used.

        Raises
        ------
        CourseError
            If no worker passes.
        """
        self.settings = settings
        self._update_workers()
        if not self._threads:
            raise CourseError(f"the scheduler '{self._address}' has no workers; start some: dask worker HOST:PORT")
        batch.spread(self, list(self._threads), self._is_fit)
        if not self._isolation:
            worker, reason = min(self.refused.items(), default=("one", "each of them ended in the self-test"))
            more = f" and {len(self.refused) - 1} more" if len(self.refused) > 1 else ""
            raise CourseError(f"no worker of '{self._address}' can be used: {worker} ({reason}){more}")
        strongest = min(self._isolation.values(), key=ISOLATIONS.index)
        for worker, name in list(self._isolation.items()):
            if name != strongest:
                self._refuse(worker, f"its isolation is {name}, but other workers have {strongest}")
        self._last_worker_at = time.monotonic()
        return strongest

    def watch(self) -> None:
        """Accept new workers, and end the batch if none is left.

        Raises
        ------
        CourseError
            If the scheduler or all workers are lost; finished records are kept.
        """
        self._update_workers()
        self._last_worker_at = time.monotonic() if self.slots else self._last_worker_at
        if time.monotonic() > self._last_worker_at + WITHOUT_WORKERS:
            reasons = "".join(f"; {worker}: {reason}" for worker, reason in sorted(self.refused.items())[:1])
            raise CourseError(f"no worker of '{self._address}' is left{reasons}; {RESUMES}")

    def stop(self) -> None:
        """Send no more requests."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    close = stop

    def get(self) -> str:
        """Wait for a fit worker with a free thread, and return its address."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._free())
                if self._stopping:
                    raise Stopped
                worker = min(self._free(), key=self._busy.__getitem__)
                self._busy[worker] += 1
            if self._is_fit(worker):
                return worker
            self.put(worker)  # not refused for good: the connection may have been lost for a moment

    def put(self, worker: str) -> None:
        """Release a thread of a worker."""
        with self._changed:
            self._busy[worker] -= 1
            self._changed.notify()

    def _free(self):
        workers = self._threads.items()
        return [each for each, threads in workers if self._busy[each] < threads and each not in self.refused]

    def _is_fit(self, worker):
        """Return whether a worker has passed the self-test, which it has to run before its first submission."""
        if worker in self._threads and worker not in self._isolation and worker not in self.refused:
            with contextlib.suppress(WorkerDied):
                name, wanted = self._ask(worker, _request(self.settings), "isolation"), self.settings.isolation
                if name not in (ISOLATIONS[:2] if wanted == "auto" else (wanted,)):
                    raise self._refuse(worker, f"its sandbox is {name!r:.40}, which was not asked for")
                self._isolation[worker] = name
        return worker in self._isolation

    def _update_workers(self):
        """Ask the scheduler for the current workers."""
        before = self._threads
        try:
            self._threads = dict(self._client.nthreads())
        except Exception as problem:  # dask does not document what it raises here
            raise self._lost(problem) from None
        for worker in before.keys() - self._threads.keys():
            self._isolation.pop(worker, None)
        with self._changed:
            self._changed.notify_all()

    def mark(self, worker: str, submission: Submission, seed: int) -> Record:
        """Return the record of a submission, made by `worker`; raise `WorkerDied` if it makes none, or a wrong one."""
        settings, chosen = self.settings, self.settings.chosen
        request = _request(replace(settings, seed=seed), submission=submission.as_json())
        record = self._ask(worker, request, "record")
        expected = expected_of(submission, chosen, seed, settings.isolation, settings.recorded_limits())
        # The record of a failed grader has only some of the fields.
        if type(record) is dict and record.get("fault") and record.get("digest") == "":
            expected = {name: expected[name] for name in ("submission", "folder", "isolation", "versions")}
        try:
            check_record(record)
            different = mismatch(record, expected, chosen)
        except ValueError as problem:
            different = str(problem)
        if different:
            raise self._refuse(worker, f"its record differs from the request ({different})")
        return record

    def _ask(self, worker, request, key):
        """Return the item `key` of a worker's reply; raise `WorkerDied` if it sends no reply, or a problem."""
        answered = threading.Event()
        try:
            future = self._client.submit(cluster_worker.answer, request, workers=[worker], pure=False)
            future.add_done_callback(lambda future: answered.set())
        except Exception as problem:  # the connection is closed
            raise self._lost(problem) from None
        while not answered.wait(batch.POLL):
            if self._stopping or worker not in self._threads:
                future.cancel()
                raise WorkerDied(f"{worker} ended during the work")
        try:
            answer = dict(json.loads(future.result(timeout=TRANSFER)))
            reason = "" if key in answer else str(answer["problem"])
        except Exception as error:
            if worker not in self._threads or type(error).__name__ in ("KilledWorker", "CancelledError"):
                raise WorkerDied(f"{worker} ended during the work") from None
            reason = f"{type(error).__name__}: {error}"
        if reason:
            raise self._refuse(worker, reason)
        return answer[key]

    def _refuse(self, worker, reason):
        """Stop using a worker, and return the exception for the submission that it had."""
        self._isolation.pop(worker, None)
        self.refused[worker] = " ".join(reason.split())
        return WorkerDied(f"{worker}: {reason}")

    def _lost(self, problem):
        return CourseError(
            f"the scheduler '{self._address}' does not answer any more ({type(problem).__name__}); {RESUMES}"
        )


@contextlib.contextmanager
def cluster_at(address: str) -> Iterator[Cluster]:
    """Connect to the `Cluster` of a scheduler for the block; raise `CourseError` if that fails."""
    with contextlib.ExitStack() as stack:
        with refusal():
            client = stack.enter_context(connected(address))
        cluster = Cluster(client, address)
        stack.callback(cluster.stop)
        yield cluster


def _request(settings, **more):
    """Return the JSON text of a request, without paths of this machine and without the course key."""
    chosen = settings.chosen
    files = {each.withheld.name: each.withheld.read_bytes().decode() for each in chosen if each.withheld}
    sent = {name: getattr(settings, name) for name in SENT}
    return json.dumps({"settings": sent, "withheld": files, "versions": versions(chosen), **more})
