"""A batch on a dask.distributed cluster: the bytes of submissions go out, records come back, and only this side writes.

A thread here feeds each thread of a worker, one submission at a time. A worker that ends in the middle costs nothing
but time: its submission is marked elsewhere. The course key stays here; a worker is told one seed per submission.
"""

import contextlib
import json
import queue
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

from fls_teach.autograder.marking import cluster_worker
from fls_teach.autograder.marking.grader import mark_entry, write_fault
from fls_teach.autograder.marking.mark import versions
from fls_teach.autograder.marking.record import as_json, check_record
from fls_teach.course.registry import CourseError
from fls_teach.sandbox.isolation.selftest import ISOLATIONS
from fls_teach.scheduler import connected

ATTEMPTS = 3  # a submission that ends this many workers is not tried on another
SENT = "exercises", "isolation", "seed", "time_limit", "total_limit", "memory_mib"
"""Fields of `RunSettings` that a worker gets."""

POLL = 0.2  # seconds between two looks at which workers are there
TRANSFER = 30.0  # seconds for an answer that is ready to come here, over a busy network
WITHOUT_WORKERS = 60.0  # seconds that a batch waits for a worker: one that was killed may be started again


class WorkerGone(Exception):
    """A worker has ended, or answered with a problem or something else than the record that was asked for."""


class Cluster:
    """Workers that mark the submissions of one batch.

    Attributes
    ----------
    refused : dict of str to str
        Address of a worker that takes no submission -> why.
    """

    def __init__(self, client, address):
        self._client, self._address, self._stopping = client, address, False
        self._present, self._isolation = {}, {}  # by address: threads; the sandbox that works there
        self.refused = {}

    @property
    def slots(self):
        """Submissions that are marked at a time."""
        return sum(self._present.get(worker, 0) for worker in self._isolation)

    def examine(self, settings):
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
        self._look()
        if not self._present:
            raise CourseError(f"the scheduler '{self._address}' has no workers; start some: dask worker HOST:PORT")
        request = _request(settings)
        threads = [threading.Thread(target=self._examine, args=(worker, request)) for worker in self._present]
        self._until_done(threads)
        if not self._isolation:
            worker, reason = min(self.refused.items(), default=("one", "each of them ended in the self-test"))
            more = f", nor may {len(self.refused) - 1} more" if len(self.refused) > 1 else ""
            raise CourseError(f"no worker of '{self._address}' may mark: not {worker} ({reason}){more}")
        best = min(self._isolation.values(), key=ISOLATIONS.index)
        for worker, name in list(self._isolation.items()):
            if name != best:
                self._refuse(worker, f"its sandbox is {name}, and that of other workers is {best}")
        return best

    def run(self, entries, settings, progress=lambda done, name: None):
        """Mark all submissions, as `batch.run` does here.

        Raises
        ------
        CourseError
            If the scheduler or all workers are gone; what is finished is kept.
        """
        chosen = settings.chosen()
        like = SimpleNamespace(name=settings.isolation, limits=settings.sandbox_limits())
        # Not a SimpleQueue: its get() can outlast its time-out where another thread takes the item that woke it.
        waiting, lock, failed, left = queue.Queue(), threading.Lock(), [], len(entries)
        for entry in entries:
            waiting.put((entry, []))

        def feed(worker):
            nonlocal left
            while worker in self._isolation and not self._stopping:
                try:
                    entry, deaths = waiting.get(timeout=POLL)
                except queue.Empty:  # another worker may still give one back
                    continue
                try:
                    self._mark(worker, entry, settings, chosen, like)
                except WorkerGone as death:
                    deaths.append(str(death))
                    if self._stopping or len(deaths) < ATTEMPTS:
                        waiting.put((entry, deaths))
                        continue
                    tried = f"{len(deaths)} workers were tried; of the last: {deaths[-1]}"
                    write_fault(entry, settings, f"The cluster could not mark this submission. {tried}.")
                except BaseException as problem:  # a full disk: the batch stops
                    failed.append(problem)
                    return
                with lock:
                    left -= 1
                    progress(len(entries) - left, entry.name)

        def join(worker):  # one that was not there at the beginning
            self._examine(worker, _request(settings))
            start(worker)

        def start(worker):
            for _ in range(self._present.get(worker, 0) if worker in self._isolation else 0):
                begin(feed, worker)

        def begin(work, worker):
            thread = threading.Thread(target=work, args=(worker,))
            thread.start()
            threads.append(thread)  # once it runs: other threads append to the list, too, and the end joins all in it

        threads, since, known = [], time.monotonic(), set(self._isolation) | set(self.refused)
        for worker in list(self._isolation):
            start(worker)
        try:
            while left and not failed:
                time.sleep(POLL)
                self._look()
                for worker in self._present.keys() - known:
                    begin(join, worker)
                known = set(self._present) | set(self.refused)
                if self._isolation:
                    since = time.monotonic()
                elif time.monotonic() > since + WITHOUT_WORKERS:
                    reasons = "".join(f"; {worker}: {reason}" for worker, reason in sorted(self.refused.items())[:1])
                    raise CourseError(
                        f"no worker of '{self._address}' is left{reasons}; what is finished is kept, and the same "
                        "command goes on there"
                    )
        finally:
            self._stopping = True
            for thread in threads:
                thread.join()
        if failed:
            raise failed[0]

    def _mark(self, worker, entry, settings, chosen, like):
        """As `grader.mark_entry`, but for where the code runs."""

        def mark(submission, chosen, seed, sandbox, limits, keyed, tell):
            asked = _request(replace(settings, seed=seed), submission=submission.as_json())
            record = self._ask(worker, cluster_worker.mark_one, asked)["record"]
            wanted = {"submission": submission.name, "folder": submission.folder, "isolation": settings.isolation}
            wanted["versions"] = versions(chosen)
            if not (type(record) is dict and record.get("fault") and record.get("digest") == ""):  # its grader died
                wanted |= {"digest": submission.digest, "seed": seed, "notes": list(submission.notes)}
                wanted["limits"] = limits.recorded(sandbox)
            try:
                check_record(record)
                different = [name for name, value in _plain(wanted).items() if record.get(name) != value]
                different += ["exercises"] * ([each["name"] for each in record["exercises"]] != [*settings.exercises])
            except ValueError as problem:
                different = [str(problem)]
            if different:
                self._refuse(worker, f"its record is not the one that was asked for ({different[0]})")
                raise WorkerGone(f"{worker}: {self.refused[worker]}")
            return record | {"keyed": keyed and record["digest"] != ""}

        mark_entry(entry, settings, chosen, like, lambda exercise: None, mark)

    def _examine(self, worker, request):
        with contextlib.suppress(WorkerGone, CourseError):  # `_look` tells of a scheduler that is gone
            self._isolation[worker] = self._ask(worker, cluster_worker.examine, request)["isolation"]

    def _ask(self, worker, function, request):
        """What a function returns on one worker; raise `WorkerGone` if that does not come, or is a problem."""
        answered = threading.Event()
        try:
            future = self._client.submit(function, request, workers=[worker], pure=False)
            future.add_done_callback(lambda future: answered.set())
        except Exception as problem:  # the connection is closed
            raise self._lost(problem) from None
        while not answered.wait(POLL):
            if self._stopping or worker not in self._present:
                future.cancel()
                raise WorkerGone(f"{worker} ended in the middle")
        try:
            answer = json.loads(future.result(timeout=TRANSFER))
        except Exception as problem:
            if worker not in self._present or type(problem).__name__ in ("KilledWorker", "CancelledError"):
                raise WorkerGone(f"{worker} ended in the middle") from None
            answer = {"problem": f"{type(problem).__name__}: {problem}"}
        if "problem" in answer:
            self._refuse(worker, answer["problem"])
            raise WorkerGone(f"{worker}: {answer['problem']}")
        return answer

    def _refuse(self, worker, reason):
        self._isolation.pop(worker, None)
        self.refused[worker] = " ".join(reason.split())

    def _lost(self, problem):
        return CourseError(
            f"the scheduler '{self._address}' does not answer any more ({type(problem).__name__}); what is "
            "finished is kept, and the same command goes on there"
        )

    def _look(self):
        """See which workers are there."""
        try:
            self._present = dict(self._client.nthreads())
        except Exception as problem:  # what dask raises here is not documented
            raise self._lost(problem) from None
        for worker in list(self._isolation):
            if worker not in self._present:
                self._isolation.pop(worker, None)

    def _until_done(self, threads):
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                time.sleep(POLL)
                self._look()
        except BaseException:
            self._stopping = True
            raise
        finally:
            for thread in threads:
                thread.join()


@contextlib.contextmanager
def cluster_at(address):
    """The `Cluster` of a scheduler, for the block; raise `CourseError` if there is none."""
    with contextlib.ExitStack() as stack:
        try:
            client = stack.enter_context(connected(address))
        except ValueError as problem:
            raise CourseError(str(problem)) from None
        yield Cluster(client, address)


def _request(settings, **more):
    """The JSON text that a worker gets: no path of this machine, and no course key."""
    chosen = settings.chosen()
    files = {each.withheld.name: each.withheld.read_bytes().decode() for each in chosen if each.withheld}
    there = {name: getattr(settings, name) for name in SENT}
    return json.dumps({"settings": there, "withheld": files, "versions": versions(chosen), **more})


def _plain(value):
    return json.loads(as_json(value))
