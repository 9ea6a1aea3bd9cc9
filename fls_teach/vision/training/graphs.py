"""Replay the steps of a small stack as a CUDA graph: one launch per step instead of some hundred kernel launches.

Tested only on a CPU, with a stand-in that records a step's kernels and replays them (tests/vision/test_graphs.py).
"""

import warnings
from collections import Counter
from functools import cache

import torch

SMALL = 2**24
"""Number of values in a step's first layer up to which launching may take longer than running; estimated only."""
WARM_UP = 3
"""Number of ordinary steps before one is captured, during which libraries allocate memory and choose kernels."""


def can_capture(device):
    """Return whether kernels on `device` can be captured."""
    return device.type == "cuda" and hasattr(torch.cuda, "CUDAGraph")


class Replayed:
    """Take steps; from the one after `WARM_UP` on, replay a graph, one for each combination of shapes.

    The step is passed to each call: if it were stored here, its owner would be part of a reference cycle and keep its
    memory for longer.

    Warns
    -----
    RuntimeWarning
        If a step cannot be captured; all steps are then launched kernel by kernel.
    """

    def __init__(self):
        self.graphs, self.calls, self.can = {}, Counter(), True

    def __call__(self, step, *tensors):
        """Return ``step(*tensors)``, a tensor.

        Parameters
        ----------
        step : callable (*tensors)
            The same in each call. Other tensors that it reads or changes must keep their place in memory; it must not
            read or change values on the CPU.
        tensors : Tensor
            Inputs, all on one GPU.
        """
        key = tuple((each.shape, each.stride(), each.dtype) for each in tensors)
        self.calls[key] += 1
        if self.can and key not in self.graphs and self.calls[key] > WARM_UP:
            self._capture(step, key, tensors)
        if not self.can:
            return step(*tensors)
        if key not in self.graphs:
            return beside(step, tensors)
        replay, inputs, output = self.graphs[key]
        for mine, given in zip(inputs, tensors, strict=True):
            mine.copy_(given)
        replay()
        return output.clone()

    def _capture(self, step, key, tensors):
        inputs = [each.clone() for each in tensors]
        try:
            replay, output = captured(step, inputs)
        except torch.cuda.OutOfMemoryError:
            raise
        except RuntimeError as problem:
            self.can = False
            sentence = f"steps are not replayed as a CUDA graph ({str(problem).splitlines()[0]})"
            warnings.warn(sentence, RuntimeWarning, stacklevel=4)
        else:
            self.graphs[key] = replay, inputs, output


def captured(step, inputs):
    """Capture the kernels of a step without running them: (function that runs them, tensor for their result)."""
    device = inputs[0].device
    # Only the current device is captured. A failed capture may leave its stream as the current one.
    with torch.cuda.device(device), torch.cuda.stream(torch.cuda.current_stream(device)):
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=_stream(device)):
            output = step(*inputs)
    return graph.replay, output


def beside(step, tensors):
    """Take a step on another stream, as is required before a capture."""
    device = tensors[0].device
    stream, usual = _stream(device), torch.cuda.current_stream(device)
    stream.wait_stream(usual)
    with torch.cuda.stream(stream):
        output = step(*tensors)
    usual.wait_stream(stream)
    return output


@cache
def _stream(device):
    """Return the stream for captures; there is one per device, because torch reuses memory only within a stream."""
    return torch.cuda.Stream(device)
