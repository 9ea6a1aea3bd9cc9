"""A sweep: many runs, each done exactly once, even if the sweep is interrupted and resumed."""

from dataclasses import dataclass
from functools import partial

from fls_teach import terminal
from fls_teach.files import writable_folder
from fls_teach.vision.sweep import engines, provenance, store
from fls_teach.vision.sweep.cells import Cells
from fls_teach.vision.sweep.executors import (
    ENGINES,
    attempt,
    end_if_unguarded,
    here,
    in_processes,
    on_executor,
)
from fls_teach.vision.sweep.leases import Leases
from fls_teach.vision.sweep.ledger import Ledger
from fls_teach.vision.sweep.queue import Queue
from fls_teach.vision.training.outcome import check_device


@dataclass(frozen=True)
class Swept:
    """Outcome of a sweep; each of its runs is in exactly one of these lists."""

    records: list
    """Records of the finished runs, in the order of the runs."""
    failed: list
    """Runs that failed; the reasons were passed to `say`."""
    needless: list
    """Runs left out because they cannot change the result; see `fls_teach.vision.sweep.cells.Cells`."""
    elsewhere: list
    """Runs that another process was still training when nothing else was left to do."""


def sweep(
    runs, folder, *, engine="auto", jobs=1, executor=None, device="auto", data_dir=None, generator=None,
    all_cells=False, progress=None, say=None,
):  # fmt: skip
    """Train those of `runs` that `folder` does not contain yet, and save each as soon as it is finished.

    Several sweeps may share `folder`; they lease its runs one by one, so no run is trained twice.

    Parameters
    ----------
    runs : list of Run
    folder : path-like
        Other runs that it contains are kept and remain listed.
    engine : {"auto", "loop", "processes", "fused"}
        One run after another; in `jobs` processes; or in stacks on one device. "auto" continues with the engine of
        finished runs; if there are none, it uses processes on a CPU, and on a GPU the faster engine in a short
        measurement.
    jobs : int
        Number of processes.
    executor : concurrent.futures.Executor, optional
        Does the work instead, with engine "loop" or "fused"; `data_dir`, `generator` and `device` then refer to the
        machines of its workers.
    device : str
        "auto", "cpu", "cuda", "cuda:N", or several with commas between, each of which gets its own process.
    data_dir, generator : path-like, optional
        The folder of CIFAR, and the weights of BigGAN; see `fls_teach.vision.data.load.load_data`.
    all_cells : bool
        Whether to train also runs that can no longer change the result.
    progress : callable (fraction, what), optional
    say : callable (sentence), optional
        Called with the choice of the engine, and with failed runs and the reasons; by default prints to stderr.

    Returns
    -------
    Swept

    Raises
    ------
    ValueError
        Before anything is trained, if something that every run needs is missing or wrong; later, if a file cannot be
        written.
    """
    end_if_unguarded()
    say = say or partial(terminal.say, to_stderr=True)
    devices = [each.strip() for each in device.split(",")]
    _refuse_impossible(runs, engine, executor, devices)
    runs, folder = list(dict.fromkeys(runs)), writable_folder(folder)
    finished = store.read(folder)
    found = {run: finished[run] for run in runs if run in finished}
    cells = Cells(runs, {run: record["trained"].get("status") for run, record in found.items()})
    missing = [run for run in runs if run not in found]
    images = provenance.Images(finished.values())
    settings = {"data_dir": data_dir, "generator": generator}
    if executor is None and (missing or data_dir or generator):
        devices = [engines.resolve(each) for each in devices]
        first = (missing or runs)[0]
        for run in missing:
            check_device(run, devices[0])
        engines.images(first, digests=images.expected(first), device=devices[0], **settings)
    store.plan(folder, runs, finished)
    wanted = missing if all_cells else [run for run in missing if not cells.is_needless(run)]
    if not wanted:
        return _swept(runs, found, missing, [])
    kinds = set(map(provenance.kind, wanted))
    relatives = [record for run, record in finished.items() if provenance.kind(run) in kinds]
    asked = engine
    engine = _chosen(asked, wanted, relatives, jobs, executor, {**settings, "device": devices[0]}, say)

    if advice := _advice(wanted, devices[0]):
        say(advice)

    def is_fused(run):  # with --engine fused, runs that cannot be fused fail with a message
        return engine == "fused" and (asked == "fused" or engines.can_fuse(run))

    if alone := [run for run in wanted if engine == "fused" and not is_fused(run)]:
        why = "batch norm, buffers, dropout, compile, channels_last"
        say(f"note: {len(alone)} runs cannot be fused ({why}) and are trained one by one")
    stacks = engines.stacks(wanted)
    units = [unit for stack in stacks for unit in ([stack] if is_fused(stack[0]) else [[run] for run in stack])]

    def task(unit, device):
        place = {"digests": images.expected(unit[0]), "device": device or devices[0]}
        if executor is None:  # workers of an executor may have no access to the folder
            place["checkpoints"] = store.checkpoints(folder)
        return partial(engines.work, unit, fused=is_fused(unit[0]), **place, **settings)

    with Leases(folder) as leases:
        ledger = Ledger(folder, wanted, images, cells, leases, progress, say)
        queue = Queue(units, task, ledger, skips_needless=not all_cells)
        while queue.waiting:
            if executor is not None:
                on_executor(executor, queue)
            elif engine == "processes" or len(devices) > 1:
                in_processes(jobs, devices, queue)
            else:
                here(queue, ledger)
            queue.wait_for_others()
        ledger.close()
        for run in queue.elsewhere[:1]:
            say(
                f"{len(queue.elsewhere)} runs are left to other processes, which are training them (one is "
                f"{leases.owner(run.digest)}); the same command prints the whole table when they have finished"
            )
    needless = [run for run in missing if run not in wanted or run in ledger.skipped]
    return _swept(runs, found | ledger.records, needless, queue.elsewhere)


def _swept(runs, found, needless, elsewhere):
    others = {*found, *needless, *elsewhere}
    return Swept(
        [found[run] for run in runs if run in found],
        [run for run in runs if run not in others],
        needless,
        elsewhere,
    )


def _refuse_impossible(runs, engine, executor, devices):
    if engine not in ENGINES:
        raise ValueError(f"engine is '{engine}'; wanted one of {', '.join(ENGINES)}")
    if not runs:
        raise ValueError("the grid is empty: there is no run in it")
    if executor is not None and engine == "processes":
        raise ValueError("engine 'processes' and an executor exclude each other; choose 'loop' or 'fused'")
    if len(devices) > 1 and (engine == "processes" or executor is not None):
        other = "an executor" if executor is not None else "engine 'processes'"
        raise ValueError(
            f"{other} and several devices exclude each other; name one device, or choose 'loop' or 'fused'"
        )
    if len(set(devices)) < len(devices):
        raise ValueError(f"device is '{','.join(devices)}', which names one twice; each has its own process once")


def _chosen(engine, wanted, found, jobs, executor, settings, say):
    """Choose an engine for the runs `wanted`: if possible that of `found`, the records they are compared with."""
    before = provenance.engine_of(found)
    if engine != "auto":
        if before and before != engines.NAMES[engine]:
            say(
                f"note: {len(found)} runs were finished by the engine '{before}', and '{engines.NAMES[engine]}' rounds "
                "differently, which training amplifies; leave out the engine to go on as before"
            )
        return engine
    why = f"{len(wanted)} run{'s' * (len(wanted) > 1)}, {jobs} job{'s' * (jobs > 1)}"
    if before == "fused":
        engine, why = "fused", f"as the {len(found)} runs that are finished"
    elif executor is not None:
        engine, why = "loop", "on the executor"
    elif settings["device"] == "cpu":
        engine = "processes" if jobs > 1 and len(wanted) > 2 else "loop"
    elif before:
        engine, why = "loop", f"as the {len(found)} runs that are finished"
    else:
        stacks = engines.stacks(wanted)
        engine, why = _measured(next((stack for stack in stacks if engines.can_fuse(stack[0])), stacks[0]), settings)
    say(f"engine: {engine} ({why})")
    return engine


def _advice(wanted, device):
    """Return advice on how to make runs faster on a GPU; it is not applied automatically because it changes curves."""
    if device.startswith("cuda") and any(run.evaluate == "every" for run in wanted):
        return (
            "note: all training images are evaluated after every epoch; --evaluate near does it near the target alone, "
            "and --test-every N spares tests"
        )
    return None


def _measured(stack, settings):
    if len(stack) == 1:
        return "loop", "one run"
    seconds, _ = attempt(partial(engines.seconds_per_network, stack, **settings))
    if isinstance(seconds, str):  # a message; batch norm, for instance, cannot be fused
        return "loop", seconds
    fused, loop = seconds
    return "fused" if fused < loop else "loop", f"{1e3 * fused:.0f} ms per network fused, {1e3 * loop:.0f} ms alone"
