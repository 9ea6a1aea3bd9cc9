"""Train a few runs of a sweep and return their records: one after another, or fused if they share their images.

Every engine trains on one CPU thread, because the order of sums affects rounding. So runs trained one after another, in
processes and on a cluster of equal machines give the same records.
"""

import json
import platform
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path

import torch
from torch import nn

from fls_teach import __version__
from fls_teach.vision.data.load import load_data
from fls_teach.vision.models.build import build_for
from fls_teach.vision.own import is_own, refuse_missing, sources
from fls_teach.vision.sweep.provenance import refuse_others
from fls_teach.vision.training.checkpoint import Checkpoint
from fls_teach.vision.training.graphs import WARM_UP
from fls_teach.vision.training.train import train_run

NAMES = {"loop": "one by one", "processes": "one by one", "fused": "fused"}
"""Name of each engine in records; the two engines that give the same bytes share a name."""
STACK = 64
"""Number of networks per call of the fused engine, which halves the stack if memory is short."""


def work(
    runs, *, fused=False, data_dir=None, generator=None, device="auto", digests=None, checkpoints=None, progress=None,
    more=None, done=None,
):  # fmt: skip
    """Train `runs`, which share their images: one after another or, with `fused`, in one set of kernels.

    Parameters
    ----------
    runs : sequence of Run
    fused : bool
    data_dir, generator : path-like, optional
        As for `load_data`.
    device : str
        As for `resolve`.
    digests : dict, optional
        As for `images`.
    checkpoints : path-like, optional
        Folder for checkpoints of long runs that are not fused, from which they are resumed.
    progress : callable (fraction, what), optional
        Called during runs that are not fused.
    more : callable, optional
        Called when a fused run has ended; returns (run, digests) of another run to train in its place, or None.
    done : callable (run, outcome, seconds), optional
        Called as soon as a fused run ends, with its record or an error message, and its share of the time.

    Returns
    -------
    list of dict
        A record for each of `runs` that could be started, in plain JSON values, as for
        `fls_teach.vision.sweep.store.save`.

    Raises
    ------
    ValueError
        If the device or the images are not available, or the images have other digests.
    """
    device = resolve(device)
    with _one_thread():
        if fused:
            load = partial(images, data_dir=data_dir, generator=generator, device=device)
            return _fused(list(runs), load, device, digests, more, done)
        data = images(runs[0], data_dir, generator, device, digests)
        trained = [train_run(run, data, progress, _checkpoint(checkpoints, run, data, device)) for run in runs]
    return [_record(run, each, data, device, False) for run, each in zip(runs, trained, strict=True)]


def _fused(runs, load, device, digests, more, done):
    """Do `work` in one stack; ``load(run, digests=...)`` returns the images of a run."""
    from fls_teach.vision.training.fused import train_stack

    known = {runs[0].seed: digests}  # the runs of a stack differ only in c, learning rate and seed

    @lru_cache(maxsize=STACK)
    def images_of(kind):
        return load(kind, digests=known[kind.seed])

    def data_of(run):
        return images_of(replace(run, c=1.0, lr=1.0))

    def another():
        while found := more():
            run, known[found[0].seed] = found
            try:
                data_of(run)
                if is_own(run.model):
                    build_for(run)  # raised inside the stack, an error would end all its members
            except ValueError as problem:
                done(run, str(problem), 0.0)
            else:
                return run
        return None

    def end(run, outcome, seconds):
        done(run, outcome if isinstance(outcome, str) else _record(run, outcome, data_of(run), device, True), seconds)

    trained = train_stack(runs, data_of, more=more and another, done=done and end)
    pairs = zip(runs, trained, strict=False)
    return [_record(run, each, data_of(run), device, True) for run, each in pairs if each]


def images(run, data_dir=None, generator=None, device="cpu", digests=None):
    """Return the Data of `run` on `device`, after comparing its "test" and "train" images with those in `digests`.

    Raises
    ------
    ValueError
        If the images or the user's model are not available, or the images have other digests.
    """
    refuse_missing(run)
    with _one_thread():  # several threads could change the order of a generator's sums, and so the bytes
        data = load_data(run, data_dir, device, generator)
    for part, digest in (digests or {}).items():
        refuse_others(run, part, getattr(data, part).digest, digest)
    return data


def resolve(device):
    """Return the name of an available device; "auto" means a GPU if there is one.

    Raises
    ------
    ValueError
        If `device` is not a device, or not available.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        wanted = torch.device(device)
    except RuntimeError:
        wanted = None
    if wanted is None or wanted.type not in ("cpu", "cuda"):
        raise ValueError(f"device is '{device}'; wanted auto, cpu, cuda or cuda:N")
    if wanted.type == "cuda" and (wanted.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"device is '{device}'; torch finds {torch.cuda.device_count()} GPUs on this machine")
    return str(wanted)


def stacks(runs):
    """Split `runs` into lists of at most STACK runs that differ only in c and learning rate, for the fused engine."""
    alike = [list(group) for _, group in groupby(runs, lambda run: replace(run, c=1.0, lr=1.0))]
    return [group[at : at + STACK] for group in alike for at in range(0, len(group), STACK)]


def can_fuse(run):
    """Return whether the fused engine can train `run`; for a user's model this depends on its layers."""
    takes = run.norm != "batch" and not run.compile and not run.channels_last
    return takes and (not is_own(run.model) or _can_be_stacked(replace(run, c=1.0, lr=1.0)))


@lru_cache(maxsize=64)
def _can_be_stacked(run):
    """Return whether a user's model has neither buffers (as batch norm has) nor dropout; True if it cannot be built."""
    try:
        model = build_for(run)
    except ValueError:  # training the run will report it
        return True
    has_dropout = any(isinstance(module, nn.modules.dropout._DropoutNd) for module in model.modules())
    return not has_dropout and not any(True for _ in model.buffers())


def seconds_per_network(stack, **settings):
    """Time one short epoch after a warm-up; return seconds per network, (fused, one after another)."""
    steps = WARM_UP  # too few for a CUDA graph to be captured
    short = [replace(run, n=steps * run.batch, n_test=steps * run.batch, epochs=1, warmup=0) for run in stack]
    seconds = []
    for fused, some in ((True, short), (False, short[:2])):
        for _ in range(2):  # the first iteration allocates memory and chooses kernels
            start = time.perf_counter()
            work(some, fused=fused, **settings)
            took = time.perf_counter() - start
        seconds.append(took / len(some))
    return tuple(seconds)


def _checkpoint(folder, run, data, device):
    if folder is None:
        return None
    identity = json.dumps(_origin(data, device) | {"run": run.parameters, "sources": sources(run)}, sort_keys=True)
    return Checkpoint(Path(folder) / f"{run.digest}.pt", identity)


def _origin(data, device):
    """Return what the result of a run depends on besides its parameters."""
    return {
        "images": {"train": data.train.digest, "test": data.test.digest},
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else "cpu",
        "versions": {"fls_teach": __version__, "torch": torch.__version__, "python": platform.python_version()},
    }


def _record(run, trained, data, device, fused):
    calibrated = {"calibrated": True} if run.norm == "batch" else {}
    own = {"sources": found} if (found := sources(run)) else {}
    return {
        **calibrated,
        **own,
        "run": run.parameters,
        "trained": {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(trained).items()},
        "engine": NAMES["fused" if fused else "loop"],
        **({"instructions": torch.backends.cpu.get_cpu_capability()} if device == "cpu" else {}),
        **_origin(data, device),
    }


@contextmanager
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
