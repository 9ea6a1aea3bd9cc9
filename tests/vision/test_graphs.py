"""Small stacks ask for their steps as graphs, and a step's kernels, replayed alone, train as the step does.

No GPU is needed: a stand-in records the kernels of a step on the CPU and runs them again, on the same memory, without
the Python around them.
"""

from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from fls_teach.vision.data.dataset import Data
from fls_teach.vision.run import Run
from fls_teach.vision.training import graphs, stack
from fls_teach.vision.training.fused import train_stack

from .made import images

pytestmark = pytest.mark.kernels
N = 70
RUN = Run(width=2, n=N, classes=3, image_size=8, batch=30, epochs=3, target=1.0, lr=0.05)
KINDS = {
    "plain": {},
    "centred, momentum": {"centred": True, "momentum": 0.9, "weight_decay": 0.01},
    "adam": {"optimiser": "adam", "lr": 0.01},
    "adamw, cosine": {"optimiser": "adamw", "lr": 0.01, "weight_decay": 0.1, "schedule": "cosine", "warmup": 1},
    "resnet, group norm, crop-flip": {"model": "resnet18", "norm": "group", "augmentation": "crop-flip"},
    "bf16": {"precision": "bf16"},
}


def data_of(run):
    return Data(images(N, run.seed), images(20, 2))


class Recorder(TorchDispatchMode):
    """Every kernel that runs, with the tensors that it reads and writes."""

    def __init__(self):
        super().__init__()
        self.kernels = []

    def __torch_dispatch__(self, kernel, types, args=(), kwargs=None):
        assert "_local_scalar_dense" not in str(kernel), "a step reads a value on the CPU"
        result = kernel(*args, **(kwargs or {}))
        self.kernels.append((kernel, args, kwargs or {}, result))
        return result

    def replay(self):
        for kernel, args, kwargs, result in self.kernels:
            again = kernel(*args, **kwargs)
            for old, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                if torch.is_tensor(old) and old.untyped_storage().data_ptr() != new.untyped_storage().data_ptr():
                    old.copy_(new)


@pytest.fixture
def captures(monkeypatch):
    """Shapes of the images of each step that was captured; how often it was replayed."""
    found = {}

    def captured(step, inputs):
        recorder, shape = Recorder(), tuple(inputs[0].shape)
        members = step.__self__
        kept = [*members.weights.values(), members.optimiser.steps, *sum(members.optimiser.buffers, [])]
        before = [each.clone() for each in kept]
        with recorder:
            output = step(*inputs)
        with torch.no_grad():
            for each, value in zip(kept, before, strict=True):  # to capture is not to run
                each.copy_(value)
        found[shape] = found.get(shape, 0)

        def replay():
            found[shape] += 1
            with torch.no_grad():
                recorder.replay()

        return replay, output

    monkeypatch.setattr(graphs, "can_capture", lambda device: True)
    monkeypatch.setattr(graphs, "captured", captured)
    monkeypatch.setattr(graphs, "beside", lambda step, tensors: step(*tensors))
    return found


@pytest.mark.parametrize("change", KINDS.values(), ids=KINDS)
def test_replayed_steps_train_as_steps_do(captures, monkeypatch, change):
    """Runs come and go: catches a rate, Adam's count of steps or a member's start that stays in the graph."""
    usual = replace(RUN, **change)
    runs = [replace(usual, c=0.5), replace(usual, seed=1, epochs=4), replace(usual, c=2.0), replace(usual, seed=1)]
    found = train_stack(runs, data_of, places=2)
    assert len(captures) >= 2 and all(captures.values()), "nothing was captured, or it was not used"
    monkeypatch.setattr(graphs, "can_capture", lambda device: False)
    captures.clear()
    assert found == train_stack(runs, data_of, places=2) and not captures


def test_a_step_is_captured_after_a_warm_up_for_each_shape(captures):
    """Six epochs of two whole batches and a short one."""
    runs = [replace(RUN, epochs=6), replace(RUN, epochs=6, c=0.5)]
    train_stack(runs, lambda run: data_of(RUN))
    assert captures == {(30, 3, 8, 8): 12 - graphs.WARM_UP, (10, 3, 8, 8): 6 - graphs.WARM_UP}


def test_a_large_stack_and_a_cpu_ask_for_no_graph(captures, monkeypatch):
    monkeypatch.setattr(graphs, "SMALL", 2 * 30 * 2 * 64 - 1)
    assert train_stack([RUN, replace(RUN, c=0.5)], data_of) and not captures
    monkeypatch.undo()
    assert not graphs.can_capture(torch.device("cpu"))
    members = stack.Stack([RUN], data_of)
    assert members.replayed is None


def test_a_step_that_cannot_be_captured_is_taken_kernel_by_kernel(captures, monkeypatch):
    """On the usual stream: another one keeps memory of its own."""

    def refuse(step, inputs):
        monkeypatch.setattr(graphs, "beside", None)
        raise RuntimeError("operation not permitted when stream is capturing\nand a long story")

    wanted = train_stack([RUN], data_of)
    monkeypatch.setattr(graphs, "captured", refuse)
    with pytest.warns(RuntimeWarning, match="not replayed as a CUDA graph .operation not permitted") as said:
        assert train_stack([RUN], data_of) == wanted
    assert len(said) == 1
