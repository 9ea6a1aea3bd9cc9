"""A sweep: many runs, each done once, whatever happens on the way."""

import time
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, wait
from functools import partial

from fls_teach import terminal
from fls_teach.files import writable_folder
from fls_teach.vision.run import Run
from fls_teach.vision.sweep import engines, store
from fls_teach.vision.sweep.executors import ENGINES, Processes, attempt, sentence

GIVEN_UP = "the executor gave it up (is its scheduler gone?); the same command does what is missing"


def sweep(
    runs, folder, *, engine="auto", jobs=1, executor=None, device="auto", data_dir=None, generator=None, progress=None,
    say=None,
):  # fmt: skip
    """Do those of `runs` that `folder` does not hold yet, each written as soon as it is finished.

    Parameters
    ----------
    runs : list of Run
    folder : path-like
        What it holds of other runs stays, and stays listed.
    engine : {"auto", "loop", "processes", "fused"}
        One after another; each in one of `jobs` processes; or in stacks on one device. "auto" takes processes on a
        CPU, and on a GPU whatever a short measurement says.
    jobs : int
        Processes.
    executor : concurrent.futures.Executor, optional
        Where the work is done instead, "loop" or "fused"; `data_dir`, `generator` and `device` are meant there.
    device : str
        "auto", "cpu", "cuda" or "cuda:N".
    data_dir, generator : path-like, optional
        The folder that holds CIFAR, and the weights of BigGAN; see `fls_teach.vision.data.load.load_data`.
    progress : callable (fraction, what), optional
    say : callable (sentence), optional
        Told which engine was chosen and which runs failed and why; by default prints to stderr.

    Returns
    -------
    list of dict
        The records of `runs`, in their order; without those that failed.

    Raises
    ------
    ValueError
        In one sentence, before anything is trained, if something that every run needs is missing or wrong; later if
        a file cannot be written.
    """
    say = say or partial(terminal.say, to_stderr=True)
    if engine not in ENGINES:
        raise ValueError(f"engine is '{engine}'; wanted one of {', '.join(ENGINES)}")
    if not runs:
        raise ValueError("the grid is empty: there is no run in it")
    if executor is not None and engine == "processes":
        raise ValueError("engine 'processes' and an executor exclude each other; choose 'loop' or 'fused'")
    runs, folder = list(dict.fromkeys(runs)), writable_folder(folder)
    found = {run: record for run in runs if (record := store.load(folder, run))}
    missing = [run for run in runs if run not in found]
    settings = {"data_dir": data_dir, "generator": generator, "device": device}
    earlier = _earlier_images(folder)

    def digests(run):
        return {part: earlier.get(key) for part, key in _image_keys(run).items()}

    if executor is None and (missing or data_dir or generator):
        settings["device"] = engines.resolve(device)
        first = (missing or runs)[0]
        engines.images(first, digests=digests(first), **settings)
    store.plan(folder, runs)
    if missing:
        engine = _chosen(engine, missing, jobs, executor, settings, say)
        units = engines.stacks(missing) if engine == "fused" else [[run] for run in missing]
        tasks = [
            partial(engines.work, unit, fused=engine == "fused", digests=digests(unit[0]), **settings) for unit in units
        ]
        ledger = _Ledger(folder, len(missing), progress, say)
        if executor is not None:
            for task in sum(_submit(executor, tasks, ledger, at_once=len(tasks)), []):
                ledger.finished(task, GIVEN_UP)
        elif engine == "processes":
            _in_processes(tasks, jobs, ledger)
        else:
            _here(tasks, ledger)
        ledger.close()
        found |= ledger.records
    return [found[run] for run in runs if run in found]


class _Ledger:
    """Keeps what is finished, on disk first; tells how far it is and what failed."""

    def __init__(self, folder, total, progress, say):
        self.folder, self.total, self.progress, self.say = folder, total, progress, say
        self.records, self.failures, self.start = {}, Counter(), time.monotonic()

    def finished(self, task, outcome):
        """`outcome` is the records of `task`, or the sentence that it failed with."""
        runs = task.args[0]
        if isinstance(outcome, str):
            if not self.failures[outcome]:  # the same misfortune of many runs is told once, and counted
                self.say(f"failed: c = {runs[0].c:g}, lr = {runs[0].lr:g}, seed {runs[0].seed}: {outcome}")
            self.failures[outcome] += len(runs)
        else:
            for run, record in zip(runs, outcome, strict=True):
                store.save(self.folder, record)
                self.records[run] = record
        self.show()

    def show(self, share=0.0):
        """`share` is how much of the run at hand is done."""
        done = len(self.records) + self.failures.total()
        fraction = (done + share) / self.total
        if self.progress and fraction:
            left = (time.monotonic() - self.start) * (1 - fraction) / fraction
            self.progress(fraction, f"{done} of {self.total} runs, about {_duration(left)} left")

    def close(self):
        for reason, count in self.failures.items():
            if count > 1:
                self.say(f"{count} runs failed like that: {reason}")


def _here(tasks, ledger):
    waiting = deque(tasks)
    while waiting:
        task = waiting.popleft()
        outcome = attempt(task, progress=lambda fraction, what: ledger.show(fraction))
        if _failed_together(task, outcome):
            waiting.extendleft(reversed(_halves(task)))
        else:
            ledger.finished(task, outcome)


def _failed_together(task, outcome):
    """A run that cannot be trained, because c overflows, say, takes its stack with it."""
    return isinstance(outcome, str) and len(task.args[0]) > 1


def _halves(task):
    runs = task.args[0]
    middle = len(runs) // 2
    return [partial(task.func, part, **task.keywords) for part in (runs[:middle], runs[middle:])]


def _in_processes(tasks, jobs, ledger):
    """A process that dies takes the whole pool with it: what it may have been busy with is tried again alone."""
    waiting, suspects = tasks, []
    while waiting:
        with Processes(min(jobs, len(waiting))) as pool:
            lost, waiting = _submit(pool, waiting, ledger, at_once=jobs)
        suspects += lost
    for task in suspects:
        with Processes(1) as pool:
            if _submit(pool, [task], ledger, at_once=1)[0]:
                ledger.finished(task, "its process died, and again when it ran alone: out of memory?")


def _submit(executor, tasks, ledger, at_once):
    """Have `executor` do `tasks`; if it breaks, return (those that were under way, those that were not)."""
    waiting, running, lost = deque(tasks), {}, []
    while (waiting and not lost) or running:
        while waiting and not lost and len(running) < at_once:
            task = waiting.popleft()
            try:
                running[executor.submit(attempt, task)] = task
            except BrokenExecutor:
                lost.append(task)
        done = wait(running, return_when=FIRST_COMPLETED).done
        while done:
            future = done.pop()
            task = running.pop(future)
            try:
                outcome = future.result()
            except BrokenExecutor:
                lost.append(task)
                continue
            except CancelledError:
                outcome = GIVEN_UP
            except Exception as problem:  # the executor's own: `attempt` lets none of ours through
                outcome = sentence(problem)
            # A cluster does again what a future still asks for when the worker that holds its result dies.
            del future
            if outcome != GIVEN_UP and _failed_together(task, outcome):
                waiting.extendleft(reversed(_halves(task)))
            else:
                ledger.finished(task, outcome)
    return lost, list(waiting)


def _chosen(engine, missing, jobs, executor, settings, say):
    if engine != "auto":
        return engine
    why = f"{len(missing)} runs, {jobs} jobs"
    if executor is not None:
        engine, why = "loop", "on the executor"
    elif settings["device"] == "cpu":
        engine = "processes" if jobs > 1 and len(missing) > 2 else "loop"
    else:
        engine, why = _measured(engines.stacks(missing)[0], settings)
    say(f"engine: {engine} ({why})")
    return engine


def _measured(stack, settings):
    if len(stack) == 1:
        return "loop", "one run"
    seconds = attempt(partial(engines.seconds_a_network, stack, **settings))
    if isinstance(seconds, str):  # batch norm, say, cannot be fused
        return "loop", seconds
    fused, loop = seconds
    return "fused" if fused < loop else "loop", f"{1e3 * fused:.0f} ms a network fused, {1e3 * loop:.0f} ms alone"


def _image_keys(run):
    """Runs with the same key for a part have the same images in it."""
    common = run.data, run.n_classes, run.dimension, run.noise, run.image_size
    test_seed = run.seed if run.test_per_seed else None
    return {
        "test": ("test", *common, run.n_test, test_seed),
        "train": ("train", *common, run.n, run.n_validation, run.seed),
    }


def _earlier_images(folder):
    """Digests of the images of finished runs, by their key."""
    records = [record for run in store.planned(folder) if (record := store.load(folder, run))]
    return {
        key: record["images"][part] for record in records for part, key in _image_keys(Run(**record["run"])).items()
    }


def _duration(seconds):
    unit, name = next((pair for pair in ((1, "s"), (60, "min")) if seconds < 100 * pair[0]), (3600, "h"))
    return f"{seconds / unit:.0f} {name}"
