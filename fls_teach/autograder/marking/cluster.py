"""A batch on a dask.distributed cluster: the bytes of submissions go out, records come back, and only this side writes.

A thread here waits for each submission, until a thread of a worker is free for it. A worker that ends in the middle
costs nothing but time: its submission is marked elsewhere. The course key stays here; a worker is told one seed per
submission.
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
from fls_teach.autograder.sentence import GOES_ON, refusal
from fls_teach.autograder.settings import RunSettings
from fls_teach.course.registry import CourseError
from fls_teach.sandbox.selftest import ISOLATIONS
from fls_teach.scheduler import connected

ATTEMPTS = 3  # a submission that ends this many workers is not tried on another
AT_A_TIME = 256  # submissions; also self-tests of workers
SENT = "exercises", "isolation", "seed", "time_limit", "total_limit", "load_limit", "memory_mib"
"""Fields of `RunSettings` that a worker gets."""

TRANSFER = 30.0  # seconds for an answer that is ready to come here, over a busy network
WITHOUT_WORKERS = 60.0  # seconds that a batch waits for a worker: one that was killed may be started again


class Cluster:
    """Workers that mark the submissions of one batch, and which of their threads are free.

    Attributes
    ----------
    refused : dict of str to str
        Address of a worker that takes no submission -> why.
    """

    attempts = ATTEMPTS
    at_a_time = AT_A_TIME

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address, self._stopping, self._since = client, address, False, math.inf
        self._present, self._isolation, self.refused = {}, {}, {}  # by address: threads; the sandbox that works there
        self._busy, self._changed = Counter(), threading.Condition()  # by address: threads that work for us

    @property
    def slots(self) -> int:
        """Submissions that are marked at a time."""
        return sum(self._present.get(worker, 0) for worker in self._isolation)

    def examine(self, settings: RunSettings) -> str:
        """Have every worker pass the self-test.

        Parameters
        ----------
        settings : RunSettings
            Its isolation may be "auto": the strongest that any worker has is taken.

        Returns
        -------
        str
            The isolation that all fit workers have.

        Raises
        ------
        CourseError
            If no worker is fit.
        """
        self.settings = settings
        self._look()
        if not self._present:
            raise CourseError(f"the scheduler '{self._address}' has no workers; start some: dask worker HOST:PORT")
        batch.spread(self, list(self._present), self._fits)
        if not self._isolation:
            worker, reason = min(self.refused.items(), default=("one", "each of them ended in the self-test"))
            more = f", nor may {len(self.refused) - 1} more" if len(self.refused) > 1 else ""
            raise CourseError(f"no worker of '{self._address}' may mark: not {worker} ({reason}){more}")
        best = min(self._isolation.values(), key=ISOLATIONS.index)
        for worker, name in list(self._isolation.items()):
            if name != best:
                self._refuse(worker, f"its sandbox is {name}, and that of other workers is {best}")
        self._since = time.monotonic()
        return best

    def watch(self) -> None:
        """Take newcomers in, and end the batch where no worker is left.

        Raises
        ------
        CourseError
            If the scheduler or all workers are gone; what is finished is kept.
        """
        self._look()
        self._since = time.monotonic() if self.slots else self._since
        if time.monotonic() > self._since + WITHOUT_WORKERS:
            reasons = "".join(f"; {worker}: {reason}" for worker, reason in sorted(self.refused.items())[:1])
            raise CourseError(f"no worker of '{self._address}' is left{reasons}; {GOES_ON}")

    def stop(self) -> None:
        """Ask nothing more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    close = stop

    def get(self) -> str:
        """The address of a worker with a free thread that is fit, once there is one."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._free())
                if self._stopping:
                    raise Stopped
                worker = min(self._free(), key=self._busy.__getitem__)
                self._busy[worker] += 1
            if self._fits(worker):
                return worker
            self.put(worker)  # it may only have been lost for a moment

    def put(self, worker: str) -> None:
        """Have a worker's thread back."""
        with self._changed:
            self._busy[worker] -= 1
            self._changed.notify()

    def _free(self):
        there = self._present.items()
        return [each for each, threads in there if self._busy[each] < threads and each not in self.refused]

    def _fits(self, worker):
        """Whether a worker may mark: it passes the self-test when it is asked for the first time."""
        if worker in self._present and worker not in self._isolation and worker not in self.refused:
            with contextlib.suppress(WorkerDied):
                name, wanted = self._ask(worker, _request(self.settings), "isolation"), self.settings.isolation
                if name not in (ISOLATIONS[:2] if wanted == "auto" else (wanted,)):
                    raise self._refuse(worker, f"its sandbox is {name!r:.40}, which was not asked for")
                self._isolation[worker] = name
        return worker in self._isolation

    def _look(self):
        """See which workers are there."""
        before = self._present
        try:
            self._present = dict(self._client.nthreads())
        except Exception as problem:  # what dask raises here is not documented
            raise self._lost(problem) from None
        for worker in before.keys() - self._present.keys():
            self._isolation.pop(worker, None)
        with self._changed:
            self._changed.notify_all()

    def mark(self, worker: str, submission: Submission, seed: int) -> Record:
        """The record of a submission by one worker; raise `WorkerDied` if it gives none, or another one."""
        settings, chosen = self.settings, self.settings.chosen
        asked = _request(replace(settings, seed=seed), submission=submission.as_json())
        record = self._ask(worker, asked, "record")
        expected = expected_of(submission, chosen, seed, settings.isolation, settings.recorded_limits())
        if type(record) is dict and record.get("fault") and record.get("digest") == "":  # its grader died
            expected = {name: expected[name] for name in ("submission", "folder", "isolation", "versions")}
        try:
            check_record(record)
            different = mismatch(record, expected, chosen)
        except ValueError as problem:
            different = str(problem)
        if different:
            raise self._refuse(worker, f"its record is not the one that was asked for ({different})")
        return record

    def _ask(self, worker, request, wanted):
        """What a worker answers of this name; raise `WorkerDied` if that does not come, or is a problem."""
        answered = threading.Event()
        try:
            future = self._client.submit(cluster_worker.answer, request, workers=[worker], pure=False)
            future.add_done_callback(lambda future: answered.set())
        except Exception as problem:  # the connection is closed
            raise self._lost(problem) from None
        while not answered.wait(batch.POLL):
            if self._stopping or worker not in self._present:
                future.cancel()
                raise WorkerDied(f"{worker} ended in the middle")
        try:
            answer = dict(json.loads(future.result(timeout=TRANSFER)))
            reason = "" if wanted in answer else str(answer["problem"])
        except Exception as error:
            if worker not in self._present or type(error).__name__ in ("KilledWorker", "CancelledError"):
                raise WorkerDied(f"{worker} ended in the middle") from None
            reason = f"{type(error).__name__}: {error}"
        if reason:
            raise self._refuse(worker, reason)
        return answer[wanted]

    def _refuse(self, worker, reason):
        """Ask nothing more of a worker; returns what to raise where it was to mark."""
        self._isolation.pop(worker, None)
        self.refused[worker] = " ".join(reason.split())
        return WorkerDied(f"{worker}: {reason}")

    def _lost(self, problem):
        return CourseError(
            f"the scheduler '{self._address}' does not answer any more ({type(problem).__name__}); {GOES_ON}"
        )


@contextlib.contextmanager
def cluster_at(address: str) -> Iterator[Cluster]:
    """The `Cluster` of a scheduler, for the block; raise `CourseError` if there is none."""
    with contextlib.ExitStack() as stack:
        with refusal():
            client = stack.enter_context(connected(address))
        cluster = Cluster(client, address)
        stack.callback(cluster.stop)
        yield cluster


def _request(settings, **more):
    """The JSON text that a worker gets: no path of this machine, and no course key."""
    chosen = settings.chosen
    files = {each.withheld.name: each.withheld.read_bytes().decode() for each in chosen if each.withheld}
    there = {name: getattr(settings, name) for name in SENT}
    return json.dumps({"settings": there, "withheld": files, "versions": versions(chosen), **more})
