"""Where a sweep's work is done: here, in processes of this machine, or on a dask.distributed cluster (no torch)."""

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
"""Exit status of a process that was made by a script without a guard."""
ENGINES = ("auto", "loop", "processes", "fused")


@contextmanager
def open_executor(address):
    """The cluster of a dask.distributed scheduler as a concurrent.futures.Executor, for the block; see `connected`."""
    with connected(address) as client:
        yield client.get_executor()


def attempt(task, **more):
    """What `task` returns, or the sentence that it failed with (an exception may not survive the way home); seconds."""
    start = time.perf_counter()
    try:
        outcome = task(**more)
    except Exception as problem:
        outcome = sentence(problem)
    return outcome, time.perf_counter() - start


def sentence(problem):
    """An exception in one line; a ValueError of ours is a sentence already."""
    text = (str(problem).splitlines() or [""])[0]
    return text if isinstance(problem, ValueError) else f"{type(problem).__name__}: {text}"


def here(queue, ledger):
    """Do what `queue` has in this process, one task after another; a stack takes more from the queue as it has room."""
    while task := queue.take():
        more = {"more": partial(queue.more, task.args[0]), "done": queue.done}
        outcome, seconds = attempt(task, progress=lambda fraction, what: ledger.show(fraction), **more)
        queue.ended(task, outcome, seconds)


def on_executor(executor, queue):
    """Have `executor` do what `queue` has, all at once."""
    for task in _submit([(executor, len(queue.waiting), None)], queue):
        queue.ended(task, GIVEN_UP, 0.0)
    while task := queue.take():  # it broke
        queue.ended(task, GIVEN_UP, 0.0)


def in_processes(jobs, devices, queue):
    """Do what `queue` has in `jobs` processes, or in one process per device if there are several.

    A process that dies takes its whole pool with it: what it may have been busy with is tried again alone.
    """
    while queue.waiting:
        with ExitStack() as stack:
            if len(devices) > 1:
                pools = [(stack.enter_context(Processes(1)), 1, device) for device in devices]
            else:
                pools = [(stack.enter_context(Processes(min(jobs, len(queue.waiting)))), jobs, None)]
            suspects = _submit(pools, queue)
            for pool, _, _ in pools if suspects else ():
                pool.shutdown()  # while its own thread waits for the dead, their exit statuses cannot be read
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
    """A queue of one task, whose end another queue is told."""

    def __init__(self, task, queue):
        self.waiting, self.ended = [task], queue.ended

    def take(self, device=None):
        return self.waiting.pop() if self.waiting else None


def _submit(pools, queue):
    """Have `pools` (executor, tasks at once, device) do what `queue` has; if one breaks, return what was under way."""
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
            future = done.pop()  # in the order in which they were begun
            task, place = running.pop(future)
            places.append(place)
            try:
                outcome, seconds = future.result()
            except BrokenExecutor:
                lost.append(task)
                continue
            except CancelledError:
                outcome, seconds = GIVEN_UP, 0.0
            except Exception as problem:  # the executor's own: `attempt` lets none of ours through
                outcome, seconds = sentence(problem), 0.0
            # A cluster does again what a future still asks for when the worker that holds its result dies.
            del future
            queue.ended(task, outcome, seconds)


class _Spawned(SpawnContext):
    """Keeps the processes that were made, whose exit statuses the executor does not tell."""

    def __init__(self):
        super().__init__()
        self.made = []

    def Process(self, *args, **more):  # noqa: N802 (the library's name)
        self.made.append(super().Process(*args, **more))
        return self.made[-1]


class Processes(ProcessPoolExecutor):
    """Spawned processes of one thread each, which end with this one, however it ends."""

    def __init__(self, jobs):
        self._spawned = _Spawned()
        super().__init__(jobs, self._spawned, initializer=_begin)

    @property
    def is_unguarded(self):
        """Whether a process ended because it began to run the calling script anew: see `end_if_unguarded`."""
        return any(process.exitcode == UNGUARDED for process in self._spawned.made)

    def __exit__(self, kind, *_):
        if kind is not None:  # Ctrl-C or a defect: do not wait for what they are doing
            for process in self._spawned.made:
                process.kill()
        self.shutdown(cancel_futures=True)


def end_if_unguarded():
    """End a new process that runs a script's main part, which would make new processes in its turn."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # as multiprocessing itself finds it out
        os._exit(UNGUARDED)


def _begin():
    """In a new process: one thread, Ctrl-C and warnings are the parent's affair, and no life without the parent."""
    for library in ("OMP", "MKL", "OPENBLAS"):  # before torch and numpy are imported
        os.environ[f"{library}_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)
