"""Steps of a small stack replayed as a CUDA graph: one launch for a step, which else launches some hundred kernels.

Tried on a CPU alone, with a stand-in that records a step's kernels and replays them (tests/vision/test_graphs.py).
"""

import warnings
from collections import Counter
from functools import cache

import torch

SMALL = 2**24
"""Numbers in a step's first layer up to which launching may take longer than running: an estimate, not measured."""
WARM_UP = 3
"""Steps that are taken as usual before one is captured: in them libraries allocate, and choose kernels."""


def can_capture(device):
    """Whether kernels on `device` can be captured."""
    return device.type == "cuda" and hasattr(torch.cuda, "CUDAGraph")


class Replayed:
    """Takes steps, by a graph for each combination of shapes of which there were more than `WARM_UP`.

    A step is given to each call: kept here, what it belongs to would refer to itself, and keep its memory for longer.

    Warns
    -----
    RuntimeWarning
        If a step cannot be captured: then all are launched kernel by kernel.
    """

    def __init__(self):
        self.graphs, self.calls, self.can = {}, Counter(), True

    def __call__(self, step, *tensors):
        """What ``step(*tensors)`` gives, a tensor.

        Parameters
        ----------
        step : callable (*tensors)
            The same in each call. What else it reads or changes is tensors that stay where they are in memory; it reads
            no value on the CPU, and changes nothing there.
        tensors : Tensor
            On one GPU.
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
    """The kernels of a step, not yet run: (what runs them, the tensor in which they leave the result)."""
    device = inputs[0].device
    # A capture is of the current device alone; one that fails may leave its stream the current one.
    with torch.cuda.device(device), torch.cuda.stream(torch.cuda.current_stream(device)):
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=_stream(device)):
            output = step(*inputs)
    return graph.replay, output


def beside(step, tensors):
    """A step on another stream, as is to be before a capture."""
    device = tensors[0].device
    stream, usual = _stream(device), torch.cuda.current_stream(device)
    stream.wait_stream(usual)
    with torch.cuda.stream(stream):
        output = step(*tensors)
    usual.wait_stream(stream)
    return output


@cache
def _stream(device):
    """The only other stream: torch keeps memory that was freed for the stream that used it."""
    return torch.cuda.Stream(device)
