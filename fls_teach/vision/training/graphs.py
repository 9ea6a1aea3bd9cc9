"""Steps of a small stack replayed as a CUDA graph: one launch for a step, which else launches some hundred kernels.

Tried on a CPU alone, with a stand-in that records a step's kernels and replays them (tests/vision/test_graphs.py).
"""

import warnings
from collections import Counter

import torch

SMALL = 2**24
"""Numbers in a step's first layer up to which launching may take longer than running: an estimate, not measured."""
WARM_UP = 3
"""Steps that are taken as usual before one is captured: in them libraries allocate, and choose kernels."""


def can_capture(device):
    """Whether kernels on `device` can be captured."""
    return device.type == "cuda" and hasattr(torch.cuda, "CUDAGraph")


class Replayed:
    """What `step` does, by a graph for each combination of shapes that it is called with more than `WARM_UP` times.

    Parameters
    ----------
    step : callable (*tensors)
        Gives a tensor. What else it reads or changes is tensors that stay where they are in memory; it reads no value
        on the CPU, and changes nothing there.

    Warns
    -----
    RuntimeWarning
        If a step cannot be captured: then all are launched kernel by kernel.
    """

    def __init__(self, step):
        self.step, self.graphs, self.calls, self.can = step, {}, Counter(), True

    def __call__(self, *tensors):
        key = tuple((each.shape, each.stride(), each.dtype) for each in tensors)
        self.calls[key] += 1
        if self.can and key not in self.graphs and self.calls[key] > WARM_UP:
            self._capture(key, tensors)
        if key not in self.graphs:
            return beside(self.step, tensors)
        replay, inputs, output = self.graphs[key]
        for mine, given in zip(inputs, tensors, strict=True):
            mine.copy_(given)
        replay()
        return output.clone()

    def _capture(self, key, tensors):
        inputs = [each.clone() for each in tensors]
        try:
            replay, output = captured(self.step, inputs)
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
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = step(*inputs)
    return graph.replay, output


def beside(step, tensors):
    """A step on a stream of its own, as is to be before a capture."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        output = step(*tensors)
    torch.cuda.current_stream().wait_stream(stream)
    return output
