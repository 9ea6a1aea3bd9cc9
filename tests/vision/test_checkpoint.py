"""A long run that was broken off goes on where it was, and nothing of its record tells."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from fls_teach.vision.run import Run
from fls_teach.vision.sweep import engines, store
from fls_teach.vision.sweep.sweep import sweep
from fls_teach.vision.training import checkpoint
from fls_teach.vision.training.train import _Network

pytestmark = pytest.mark.kernels
SMALL = Run(width=2, n=48, n_test=10, classes=3, dimension=4, image_size=8, batch=16, epochs=12, target=1.0, lr=0.01)
KINDS = {
    "plain": SMALL,
    "all that has a state": replace(
        SMALL, norm="batch", centred=True, momentum=0.9, warmup=2, augmentation="crop-flip"
    ),
    "adam, tests now and then": replace(SMALL, optimiser="adamw", weight_decay=0.1, schedule="cosine", test_every=3),
}


@pytest.fixture
def epochs(monkeypatch):
    """The epochs that were trained in this process, with a checkpoint after each; the sixth ends in Ctrl-C."""
    seen, train = [], _Network.epoch

    def epoch(self, epochs):
        if len(seen) == 6:
            seen.append("broken off")
            raise KeyboardInterrupt
        seen.extend(epochs)
        return train(self, epochs)

    monkeypatch.setattr(checkpoint, "MINUTES", 0.0)
    monkeypatch.setattr(_Network, "epoch", epoch)
    return seen


def record_of(folder, run):
    return (folder / "runs" / f"{run.digest}.json").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_goes_on_where_it_was_with_the_same_bytes(tmp_path, epochs, kind):
    """Catches state that is not kept: momentum, Adam's steps, running statistics, f0, the rate's place, the history."""
    run = KINDS[kind]
    with pytest.raises(KeyboardInterrupt):
        sweep([run], tmp_path / "out", engine="loop", say=print)
    assert [path.name for path in (tmp_path / "out" / "checkpoints").iterdir()] == [f"{run.digest}.pt"]
    sweep([run], tmp_path / "out", engine="loop", say=print)
    assert epochs == [*range(6), "broken off", *range(6, 12)], "epochs were trained twice, or not at all"
    assert not list((tmp_path / "out" / "checkpoints").iterdir())
    sweep([run], tmp_path / "whole", engine="loop", say=print)
    assert record_of(tmp_path / "out", run) == record_of(tmp_path / "whole", run)


@pytest.mark.parametrize("damage", ["half a file", "another run", "another version"])
def test_a_checkpoint_that_does_not_fit_is_not_used(tmp_path, epochs, monkeypatch, damage):
    with pytest.raises(KeyboardInterrupt):
        sweep([SMALL], tmp_path, engine="loop", say=print)
    (path,) = (tmp_path / "checkpoints").iterdir()
    run = replace(SMALL, seed=1) if damage == "another run" else SMALL
    if damage == "half a file":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    if damage == "another run":
        path.rename(path.with_name(f"{run.digest}.pt"))
    if damage == "another version":
        monkeypatch.setattr(engines, "__version__", "0.0.0")
    sweep([run], tmp_path, engine="loop", say=print)
    assert epochs[7:] == list(range(12)) and store.load(tmp_path, run)


def test_a_checkpoint_of_a_gpu_of_another_number_is_used(tmp_path, epochs, monkeypatch):
    """By a stand-in: the file says that its tensors were on cuda:7. What is then read goes where the network is."""
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:7")
    with pytest.raises(KeyboardInterrupt):
        sweep([SMALL], tmp_path, engine="loop", say=print)
    (path,) = (tmp_path / "checkpoints").iterdir()
    with pytest.raises(RuntimeError, match="cuda|CUDA"):
        torch.load(path, weights_only=True)
    sweep([SMALL], tmp_path, engine="loop", say=print)
    assert epochs == [*range(6), "broken off", *range(6, 12)]


def test_a_process_that_is_killed_in_the_middle_of_a_run_loses_a_part_of_it(tmp_path, environment, monkeypatch):
    """kill -9, then the same sweep in another process."""
    run = replace(SMALL, epochs=5000, lr=1e-6)  # which never reaches its target
    code = f"""
from fls_teach.vision.run import Run
from fls_teach.vision.sweep.sweep import sweep
from fls_teach.vision.training import checkpoint

checkpoint.MINUTES = 0.0
sweep([{run!r}], "out", engine="loop")
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    path, end = tmp_path / "out" / "checkpoints" / f"{run.digest}.pt", time.monotonic() + 300
    while not path.exists():
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    begun, train = [], _Network.epoch

    def epoch(self, epochs):
        begun.extend(epochs)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return train(self, epochs)

    monkeypatch.setattr(_Network, "epoch", epoch)
    with pytest.raises(KeyboardInterrupt):
        sweep([run], tmp_path / "out", engine="loop", say=print)
    assert 0 < begun[0] < 5000 and begun == [begun[0] + k for k in range(3)]


def test_a_short_run_writes_no_checkpoint(tmp_path):
    sweep([SMALL], tmp_path, engine="loop", say=print)
    assert not (tmp_path / "checkpoints").exists()
