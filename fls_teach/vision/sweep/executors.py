"""Where a sweep's work is done: processes of this machine, or a dask.distributed cluster (imports no torch)."""

import multiprocessing
import os
import signal
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from fls_teach.scheduler import connected

ENGINES = ("auto", "loop", "processes", "fused")


@contextmanager
def open_executor(address):
    """The cluster of a dask.distributed scheduler as a concurrent.futures.Executor, for the block; see `connected`."""
    with connected(address) as client:
        yield client.get_executor()


def attempt(task, **more):
    """What `task` returns, or the sentence that it failed with: an exception may not survive the way home."""
    try:
        return task(**more)
    except Exception as problem:
        return sentence(problem)


def sentence(problem):
    """An exception in one line; a ValueError of ours is a sentence already."""
    text = (str(problem).splitlines() or [""])[0]
    return text if isinstance(problem, ValueError) else f"{type(problem).__name__}: {text}"


class Processes(ProcessPoolExecutor):
    """Spawned processes of one thread each, which end with this one, however it ends."""

    def __init__(self, jobs):
        super().__init__(jobs, multiprocessing.get_context("spawn"), initializer=_begin)

    def __exit__(self, kind, *_):
        if kind is not None:  # Ctrl-C or a defect: nobody waits for what they are doing
            for process in list((self._processes or {}).values()):
                process.kill()
        self.shutdown(cancel_futures=True)


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
