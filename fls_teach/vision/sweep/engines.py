"""Work for a sweep: a few runs in, their records out; one after another, or fused where they share their images.

Every engine trains on one CPU thread, because sums in another order are other bytes: runs one after another, in
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
"""What a record calls the engine that trained it: the two that give the same bytes have one name."""
STACK = 64
"""Networks that the fused engine is given at once; it halves the stack itself where memory is short."""


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
        As `load_data` takes them.
    device : str
        As `resolve` takes it.
    digests : dict, optional
        As `images` takes them.
    checkpoints : path-like, optional
        Folder in which a long run that is not fused leaves where it is, to go on from there next time.
    progress : callable (fraction, what), optional
        Of a run that is not fused.
    more : callable, optional
        Asked for another run in the place of a fused one that has ended: gives (run, digests), or None.
    done : callable (run, outcome, seconds), optional
        Told at once when a fused run ends: its record, or the sentence that it failed with; its share of the time.

    Returns
    -------
    list of dict
        A record for each of `runs` that could begin, in plain JSON values: what `fls_teach.vision.sweep.store.save`
        takes.

    Raises
    ------
    ValueError
        In one sentence, if the device or the images cannot be had, or they are other images.
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
    """`work` in one stack; ``load(run, digests=...)`` gives the images of a run."""
    from fls_teach.vision.training.fused import train_stack

    known = {runs[0].seed: digests}  # a stack's runs differ in c, learning rate and seed alone

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
                    build_for(run)  # in the stack an error would end all its members
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
    """The Data of `run` on `device`, its "test" and "train" images those of `digests`, where that has one.

    Raises
    ------
    ValueError
        In one sentence, if they, or the run's own model, cannot be had, or they are others.
    """
    refuse_missing(run)
    with _one_thread():  # a generator's sums in another order may round to other bytes, here and in a process
        data = load_data(run, data_dir, device, generator)
    for part, digest in (digests or {}).items():
        refuse_others(run, part, getattr(data, part).digest, digest)
    return data


def resolve(device):
    """The name of a device that is there: "auto" is a GPU if there is one.

    Raises
    ------
    ValueError
        If `device` is none, or not there.
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
    """`runs` in lists that one set of kernels can train: alike but for c and learning rate, at most STACK of them."""
    alike = [list(group) for _, group in groupby(runs, lambda run: replace(run, c=1.0, lr=1.0))]
    return [group[at : at + STACK] for group in alike for at in range(0, len(group), STACK)]


def can_fuse(run):
    """Whether the fused engine takes `run`; of one's own model its layers tell."""
    takes = run.norm != "batch" and not run.compile and not run.channels_last
    return takes and (not is_own(run.model) or _can_be_stacked(replace(run, c=1.0, lr=1.0)))


@lru_cache(maxsize=64)
def _can_be_stacked(run):
    """Whether one's own model has neither buffers, as batch norm has, nor dropout; one that cannot be built fails."""
    try:
        model = build_for(run)
    except ValueError:  # which the run itself will say
        return True
    has_dropout = any(isinstance(module, nn.modules.dropout._DropoutNd) for module in model.modules())
    return not has_dropout and not any(True for _ in model.buffers())


def seconds_per_network(stack, **settings):
    """Time one short epoch after a warm-up: seconds per network, (fused, one after another)."""
    steps = WARM_UP  # which are too few for a graph to pay
    short = [replace(run, n=steps * run.batch, n_test=steps * run.batch, epochs=1, warmup=0) for run in stack]
    seconds = []
    for fused, some in ((True, short), (False, short[:2])):
        for _ in range(2):  # the first go allocates, and chooses kernels
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
    """What else than its parameters the result of a run depends on."""
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
