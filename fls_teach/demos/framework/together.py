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
    """Start `run_demo` for every name, in as many processes as there are processors, for the block.

    Parameters
    ----------
    names : list of str
        Demos that use one processor each.
    *options
        What `run_demo` takes after the name; they must be picklable, so `progress` is None.

    Yields
    ------
    dict
        Name -> Future of (Report, seconds). What has not begun when the block ends is not begun any more, and after
        Ctrl-C what has begun is given up; so it is where this process is killed.
    """
    # Spawned, not forked: BLAS may have threads already, and a forked child would wait for them forever.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(cores(), len(names)), mp_context=context, initializer=_end_with_parent)
    others = set(multiprocessing.active_children())
    # A terminal sends Ctrl-C to the workers too, and each would go on with the next demo: they inherit to ignore it.
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
    """Let this worker receive SIGTERM as soon as its parent has ended: a parent that is killed sends none."""

    def wait_for_parent():
        multiprocessing.parent_process().join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_parent, daemon=True).start()


def _timed(name, *options) -> tuple[Report, float]:
    start = time.perf_counter()
    # As an exception, an end from outside removes the files that are half written.
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run_demo(name, *options), time.perf_counter() - start
    except KeyboardInterrupt:
        os._exit(130)  # the pool would give this worker the next demo
    finally:
        signal.signal(signal.SIGTERM, handler)


def result(name: str, futures: dict[str, Future], progress) -> tuple[Report, float]:
    """Wait for the demo `name`, and meanwhile report how many of all are finished."""
    while not futures[name].done():
        finished = sum(future.done() for future in futures.values())
        progress(finished / len(futures), f"{finished} of {len(futures)} demos without images are finished")
        wait([futures[name]], timeout=0.5)
    return futures[name].result()
