"""Optimisers for one network or a stack, with torch.optim's formulas, and the learning rate at each step.

torch.optim has one rate for a list of weights, but each member of a stack has its own. So an optimiser only computes
directions, which do not depend on the rate, and the engine takes the step.
"""

import itertools
import math

import torch

BETAS = 0.9, 0.999
"""For Adam and AdamW."""


class Optimiser:
    """Compute directions from gradients; the weights then change by minus rate times direction.

    Parameters
    ----------
    run : Run
        Its optimiser, momentum, weight_decay and eps are used.
    weights : list of Tensor
    members : int, optional
        For a stack: the number of members, whose weights lie along the first axis. Each counts its own steps.
    """

    def __init__(self, run, weights, members=None):
        self.run = run
        self.steps = 0 if members is None else torch.zeros(members, dtype=torch.float64, device=weights[0].device)
        count = 2 if run.optimiser != "sgd" else 1 if run.momentum else 0
        self.buffers = [[torch.zeros_like(weight) for weight in weights] for _ in range(count)]

    @property
    def moves_without_gradient(self):
        """Whether weights may change in a step whose gradient is 0."""
        return bool(self.buffers or self.run.weight_decay)

    @property
    def shrinkage(self):
        """AdamW's weight decay: in each step, weights are also multiplied by 1 - rate * shrinkage."""
        return self.run.weight_decay if self.run.optimiser == "adamw" else 0.0

    def directions(self, weights, gradients):
        """Return a direction for each weight from the gradients at `weights`; to be called once per step."""
        self.steps += 1
        if self.run.weight_decay and not self.shrinkage:
            gradients = torch._foreach_add(gradients, weights, alpha=self.run.weight_decay)
        if self.run.optimiser != "sgd":
            return self._adam(gradients)
        if not self.buffers:
            return gradients
        (velocities,) = self.buffers
        torch._foreach_mul_(velocities, self.run.momentum)
        torch._foreach_add_(velocities, gradients)
        return velocities

    def _adam(self, gradients):
        (first, second), (a, b) = self.buffers, BETAS
        torch._foreach_lerp_(first, gradients, 1 - a)
        torch._foreach_mul_(second, b)
        torch._foreach_addcmul_(second, gradients, gradients, value=1 - b)
        spreads = torch._foreach_sqrt(second)
        share = 1 - b**self.steps
        torch._foreach_div_(spreads, self._of_weights(math.sqrt(share) if isinstance(share, float) else share.sqrt()))
        torch._foreach_add_(spreads, self.run.eps)
        found = torch._foreach_div(first, spreads)
        torch._foreach_div_(found, self._of_weights(1 - a**self.steps))
        return found

    def _of_weights(self, factor):
        """Broadcast a factor per member to each of its weights."""
        if isinstance(factor, float):
            return factor
        return [factor.to(each.dtype).reshape(-1, *[1] * (each.dim() - 1)) for each in self.buffers[0]]

    def keep(self, places, stacked):
        """For a stack: keep only the members at `places`; `stacked` joins their tensors into one."""
        self.buffers = [[stacked(each[place] for place in places) for each in buffers] for buffers in self.buffers]
        self.steps = self.steps[places]

    def restart(self, place):
        """For a stack: reset the state of the member at `place`."""
        self.steps[place] = 0
        for buffer in itertools.chain(*self.buffers):
            buffer[place] = 0


def rate(run, step, steps_per_epoch):
    """Return the learning rate of `run` at `step`, counted from 0.

    It rises linearly over `warmup` epochs, to lr at their last step. Then it is constant, or follows half a cosine
    that would be 0 one step after the last epoch of the budget.

    Examples
    --------
    >>> from fls_teach.vision.run import Run
    >>> [rate(Run(lr=1, epochs=3, warmup=1, schedule="cosine"), step, 2) for step in range(6)]
    [0.5, 1.0, 1.0, 0.8535533905932737, 0.5, 0.14644660940672627]
    """
    rising, total = run.warmup * steps_per_epoch, run.epochs * steps_per_epoch
    if step < rising:
        return run.lr * (step + 1) / rising
    if run.schedule == "constant":
        return run.lr
    return run.lr * (1 + math.cos(math.pi * (step - rising) / (total - rising))) / 2
