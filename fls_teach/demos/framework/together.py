"""Several demos at once, one per processor."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager

from fls_teach.processors import cores

from .report import Report, run_demo


@contextmanager
def started(names: list[str], *options) -> Iterator[dict[str, Future]]:
    """Context manager that starts `run_demo` for every name, in as many processes as there are processors.

    Parameters
    ----------
    names : list of str
        Demos that use one processor each.
    *options
        Further arguments of `run_demo`, which must be picklable, so `progress` is None.

    Yields
    ------
    dict
        Name -> Future of (Report, seconds). Demos that have not started when the block ends are cancelled. After
        Ctrl-C, or if this process is killed, running demos are aborted too.
    """
    # Spawned, not forked: BLAS may already have threads, for which a forked child would wait forever.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(cores(), len(names)), mp_context=context, initializer=_end_with_parent)
    others = set(multiprocessing.active_children())
    # A terminal sends Ctrl-C also to the workers, which would continue with the next demo; so they inherit SIG_IGN.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        futures = {name: pool.submit(_timed, name, *options) for name in names}
    finally:
        signal.signal(signal.SIGINT, handler)
    try:
        yield futures
    except (KeyboardInterrupt, GeneratorExit):
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Send SIGTERM to this worker as soon as its parent has ended, because a killed parent cannot send it."""

    def wait_for_parent():
        multiprocessing.parent_process().join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_parent, daemon=True).start()


def _timed(name, *options) -> tuple[Report, float]:
    start = time.perf_counter()
    # The signal is raised as an exception, so that partially written files are removed.
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run_demo(name, *options), time.perf_counter() - start
    except KeyboardInterrupt:
        os._exit(130)  # otherwise the pool would give this worker the next demo
    finally:
        signal.signal(signal.SIGTERM, handler)


def result(name: str, futures: dict[str, Future], progress) -> tuple[Report, float]:
    """Wait for the demo `name`, and meanwhile report how many of all are finished."""
    while not futures[name].done():
        finished = sum(future.done() for future in futures.values())
        progress(finished / len(futures), f"{finished} of {len(futures)} demos without images are finished")
        wait([futures[name]], timeout=0.5)
    return futures[name].result()
