"""Train many runs with one set of kernels: the weights of a stack of networks are tensors with a leading axis, members.

The engine is meant for a GPU, which one small network does not occupy. On an NVIDIA H200, 64 five-layer CNNs of width
64 on 32x32 images took a fifth of the loop's time, with an earlier version (benchmarks/results/vision_gpu.md). On one
core of an AMD EPYC, 8 five-layer CNNs on 16x16 images take 0.4 of the loop's processor time at width 4 and 0.9 at
width 16.

A member takes the same steps as in `train_one`, on the same images in the same order. Only the order of sums within a
product differs. It depends on the stack, so a run gives the same bytes only in the same stack, and training amplifies
the difference. When a member ends, a waiting run takes its place; if there is none, the stack shrinks.
"""

import warnings
from collections import deque
from dataclasses import replace

import torch

from fls_teach.vision.training.course import follow
from fls_teach.vision.training.outcome import check
from fls_teach.vision.training.stack import Stack
from fls_teach.vision.training.train import arithmetic

VARIES = ("c", "lr", "seed", "stop", "target", "epochs")
"""The fields that may differ within a stack."""


def train_stack(runs, data, places=None, more=None, done=None):
    """Train `runs` in one stack; the result is that of ``[train_run(run, data) for run in runs]``.

    Parameters
    ----------
    runs : list of Run
        Runs that differ only in the fields `VARIES`, without batch norm.
    data : Data or callable (run)
        The images of all runs, or a function that returns those of a run: all of the same shape, on the device to train
        on.
    places : int, optional
        Maximal number of runs at a time; all by default.
    more : callable, optional
        Called when a run has ended and no other is waiting; returns another such Run, or None.
    done : callable (run, outcome, seconds), optional
        Called as soon as a run ends, with its Trained, or a message if it could not be started, and its share of the
        time.

    Returns
    -------
    list of Trained
        Those of `runs`, then those of the runs from `more`; None for a run that could not be started.

    Warns
    -----
    RuntimeWarning
        If the stack does not fit into the GPU's memory; half as many runs are then trained at a time.

    Raises
    ------
    ValueError
        If the runs cannot share a stack, `stop` requires validation images and there are none, or c f overflows before
        training and `done` is None.
    MemoryError
        If a single network does not fit into the GPU's memory.
    """
    data_of = data if callable(data) else lambda run: data
    _check(runs, data_of)
    turns, places = _Turns(runs, more, done), places or len(runs)
    while first := turns.begin(places):
        try:
            with arithmetic(runs[0]):
                _train(first, data_of, turns)
            continue
        except torch.cuda.OutOfMemoryError:
            pass  # not continued here, where the exception keeps all tensors of the attempt alive
        torch.cuda.empty_cache()
        places = len(first) // 2
        if not places:
            raise MemoryError(
                f"one {runs[0].model} of width {runs[0].width} with batch {runs[0].batch} does not fit into the GPU's "
                "memory; choose a smaller width or batch"
            )
        warnings.warn(
            f"{len(first)} networks do not fit into the GPU's memory together; trying {places} at a time",
            RuntimeWarning,
            stacklevel=2,
        )
    return turns.outcomes


def _train(runs, data_of, turns):
    follow(runs, Stack(runs, data_of), more=turns.another, done=turns.end)


class _Turns:
    """The order in which runs start. Runs that an attempt with too little memory did not finish restart in the next."""

    def __init__(self, runs, more, done):
        self.runs, self.more, self.done, self._found = list(runs), more, done, {}

    @property
    def outcomes(self):
        """The outcome of every run, in order."""
        return [self._found[number] for number in range(len(self.runs))]

    def begin(self, places):
        """Return the first runs of an attempt, at most `places`; empty if all have ended."""
        left = [number for number in range(len(self.runs)) if number not in self._found]
        self._begun, self._waiting = left[:places], deque(left[places:])
        return [self.runs[number] for number in self._begun]

    def another(self):
        """Return the next run, or None."""
        if self._waiting:
            self._begun.append(self._waiting.popleft())
        elif self.more and (run := self.more()):
            self._begun.append(len(self.runs))
            self.runs.append(run)
        else:
            return None
        return self.runs[self._begun[-1]]

    def end(self, place, outcome, seconds):
        """Enter the outcome of the run that was started as number `place` of this attempt."""
        self._found[self._begun[place]] = None if isinstance(outcome, str) else outcome
        if self.done:
            self.done(self.runs[self._begun[place]], outcome, seconds)
        elif isinstance(outcome, str):
            raise ValueError(outcome)


def _check(runs, data_of):
    if not runs:
        raise ValueError("there are no runs to stack")
    first, data = runs[0], data_of(runs[0])
    for run in runs:
        if replace(run, **{name: getattr(first, name) for name in VARIES}) != first:
            raise ValueError(f"runs in a stack may differ in {', '.join(VARIES)} and in nothing else")
        check(run, data)
    if first.n_classes != data.train.n_classes:
        raise ValueError(f"the runs have {first.n_classes} classes, the images {data.train.n_classes}")
    for option in ("compile", "channels_last"):
        if getattr(first, option):
            raise ValueError(f"{option} is an option of one network at a time; leave it out or take the engine 'loop'")
    if first.norm == "batch":
        raise ValueError(
            'norm is "batch", whose running statistics the fused engine does not keep; take "group" or "none", or the '
            "engine 'loop'"
        )
