"""Output multiplier c of a network: small c gives rich training, large c lazy training (science.md#equivalence)."""

import copy
import math

import torch
from torch import nn


class OutputMultiplier(nn.Module):
    """The network c f or, if centred, c (f - f0), where f0 is a copy of f at the time of construction.

    Parameters
    ----------
    model : Module
        The network f, trained in place: `parameters()` are those of f only.
    c : float
        > 0 and finite.
    centred : bool
        Subtract f0, a frozen copy with buffers instead of parameters, which is always in the same mode as f. The output
        is then exactly 0 at the start.

    Notes
    -----
    With batch norm, f depends on the statistics it is normalised with: the batch's in training mode, running ones in
    evaluation mode. f0 uses the statistics of its own activations in the same mode, and its running statistics follow
    the same batches as those of f. So f - f0 is exactly 0 in both modes until the weights of f change, and evaluation
    shows only the effect of training. If the statistics of f0 were fixed, it would also show the noise of the running
    statistics.

    Raises
    ------
    ValueError
        If c is not a positive number.

    Examples
    --------
    >>> net = OutputMultiplier(nn.Linear(3, 2), c=0.25, centred=True)
    >>> net(torch.ones(1, 3)).tolist()
    [[0.0, 0.0]]
    """

    def __init__(self, model, c, centred=False):
        super().__init__()
        if not (math.isfinite(c) and c > 0):
            raise ValueError(f"c is {c!r}; wanted a positive number")
        self.model, self.c, self.centred = model, float(c), centred
        if centred:
            self.start = _frozen(model)

    def forward(self, images):
        """Return c times the logits, (n, n_classes)."""
        logits = self.model(images)
        if self.centred:
            with torch.no_grad():
                start = self.start(images)
            logits = logits - start
        return self.c * in_full(logits)


def in_full(logits):
    """Convert `logits` that autocast left in bfloat16 to float32, so that c and the loss are computed precisely."""
    return logits.float() if logits.dtype == torch.bfloat16 else logits


def _frozen(model):
    """Return a copy whose parameters are buffers: optimisers do not find them, but `.to` moves them."""
    model = copy.deepcopy(model)
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            delattr(module, name)
            module.register_buffer(name, parameter.detach())
    return model
