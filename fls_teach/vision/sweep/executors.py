"""Do the work of a sweep in this process, in processes of this machine, or on a dask.distributed cluster (no torch)."""

import multiprocessing
import os
import signal
import threading
import time
import warnings
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.context import SpawnContext

from fls_teach.scheduler import connected

GIVEN_UP = "the executor gave it up (is its scheduler gone?); the same command does what is missing"
DIED = "its process died, and again when it ran alone: out of memory?"
UNGUARDED = 77
"""Exit status of a process that was started by a script without a guard (see `in_processes`)."""
ENGINES = ("auto", "loop", "processes", "fused")


@contextmanager
def open_executor(address):
    """Context manager for a dask.distributed cluster as a concurrent.futures.Executor; see `connected`."""
    with connected(address) as client:
        yield client.get_executor()


def attempt(task, **more):
    """Return (result, seconds) of `task`. If it fails, the result is a message: an exception may not be picklable."""
    start = time.perf_counter()
    try:
        outcome = task(**more)
    except Exception as problem:
        outcome = sentence(problem)
    return outcome, time.perf_counter() - start


def sentence(problem):
    """Return an exception as one line; the message of a ValueError is a sentence already."""
    text = (str(problem).splitlines() or [""])[0]
    return text if isinstance(problem, ValueError) else f"{type(problem).__name__}: {text}"


def here(queue, ledger):
    """Do the tasks of `queue` in this process, one after another; a stack with free places takes more runs from it."""
    while task := queue.take():
        more = {"more": partial(queue.more, task.args[0]), "done": queue.done}
        outcome, seconds = attempt(task, progress=lambda fraction, what: ledger.show(fraction), **more)
        queue.ended(task, outcome, seconds)


def on_executor(executor, queue):
    """Submit all tasks of `queue` to `executor` at once, and wait for them."""
    for task in _submit([(executor, len(queue.waiting), None)], queue):
        queue.ended(task, GIVEN_UP, 0.0)
    while task := queue.take():  # the executor broke
        queue.ended(task, GIVEN_UP, 0.0)


def in_processes(jobs, devices, queue):
    """Do the tasks of `queue` in `jobs` processes, or in one process per device if there are several.

    A process that dies breaks its whole pool. The tasks that were running are then tried again, one at a time.
    """
    while queue.waiting:
        with ExitStack() as stack:
            if len(devices) > 1:
                pools = [(stack.enter_context(Processes(1)), 1, device) for device in devices]
            else:
                pools = [(stack.enter_context(Processes(min(jobs, len(queue.waiting)))), jobs, None)]
            suspects = _submit(pools, queue)
            for pool, _, _ in pools if suspects else ():
                pool.shutdown()  # the exit statuses can be read only after the pool's own thread has finished waiting
            if any(pool.is_unguarded for pool, _, _ in pools):
                raise ValueError(
                    "the script that called sweep() is run again by every new process: put its code under "
                    "'if __name__ == \"__main__\":', or choose engine 'loop'"
                )
        for task in suspects:
            with Processes(1) as pool:
                if _submit([(pool, 1, None)], _Alone(task, queue)):
                    queue.ended(task, DIED, 0.0)


class _Alone:
    """A queue of one task, which reports the end of the task to another queue."""

    def __init__(self, task, queue):
        self.waiting, self.ended = [task], queue.ended

    def take(self, device=None):
        return self.waiting.pop() if self.waiting else None


def _submit(pools, queue):
    """Do the tasks of `queue` in `pools` (executor, tasks at once, device); return those lost when a pool broke."""
    places = [(executor, device) for executor, at_once, device in pools for _ in range(at_once)]
    running, lost = {}, []
    while True:
        while places and not lost and (task := queue.take(places[-1][1])):
            place = places.pop()
            try:
                running[place[0].submit(attempt, task)] = task, place
            except BrokenExecutor:
                lost.append(task)
        if not running:
            return lost
        wait(running, return_when=FIRST_COMPLETED)
        done = [future for future in reversed(running) if future.done()]
        while done:
            future = done.pop()  # in the order in which they were submitted
            task, place = running.pop(future)
            places.append(place)
            try:
                outcome, seconds = future.result()
            except BrokenExecutor:
                lost.append(task)
                continue
            except CancelledError:
                outcome, seconds = GIVEN_UP, 0.0
            except Exception as problem:  # raised by the executor: `attempt` catches those of the task
                outcome, seconds = sentence(problem), 0.0
            # While a future exists, a cluster recomputes its result if the worker that holds it dies.
            del future
            queue.ended(task, outcome, seconds)


class _Spawned(SpawnContext):
    """Spawn context that keeps the processes it starts, because the executor does not expose their exit statuses."""

    def __init__(self):
        super().__init__()
        self.made = []

    def Process(self, *args, **more):  # noqa: N802 (the library's name)
        self.made.append(super().Process(*args, **more))
        return self.made[-1]


class Processes(ProcessPoolExecutor):
    """Pool of spawned processes of one thread each, which end when this process ends, for whatever reason."""

    def __init__(self, jobs):
        self._spawned = _Spawned()
        super().__init__(jobs, self._spawned, initializer=_begin)

    @property
    def is_unguarded(self):
        """Whether a process ended because it had started to run the calling script again; see `end_if_unguarded`."""
        return any(process.exitcode == UNGUARDED for process in self._spawned.made)

    def __exit__(self, kind, *_):
        if kind is not None:  # Ctrl-C or an error: do not wait for running tasks
            for process in self._spawned.made:
                process.kill()
        self.shutdown(cancel_futures=True)


def end_if_unguarded():
    """End this process if it was spawned and runs the main part of a script, which would spawn processes in turn."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # multiprocessing uses the same check
        os._exit(UNGUARDED)


def _begin():
    """Set up a new process: one thread; Ctrl-C and warnings are left to the parent; end when the parent ends."""
    for library in ("OMP", "MKL", "OPENBLAS"):  # before torch and numpy are imported
        os.environ[f"{library}_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)
