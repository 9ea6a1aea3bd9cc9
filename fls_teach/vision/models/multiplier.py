"""The output multiplier c in front of a network: small c is rich training, large c lazy (science.md#equivalence)."""

import copy
import math

import torch
from torch import nn


class OutputMultiplier(nn.Module):
    """The network c f, or, centred, c (f - f0) with f0 the network as it was when this was made.

    Parameters
    ----------
    model : Module
        f, trained in place: `parameters()` are its own and no others.
    c : float
        > 0 and finite.
    centred : bool
        Subtract f0, a frozen copy that has buffers in place of parameters and is always in the mode of f. The output
        is then exactly 0 at the start.

    Notes
    -----
    With batch norm f depends on the statistics that it is normalised with: in training mode the batch's, in evaluation
    mode running ones. f0 uses those of its own activations in the same mode, and its running statistics follow the same
    batches as those of f. So f - f0 is exactly 0 in both modes for as long as the weights of f stay where they were,
    and what evaluation sees is what training moved. Against an f0 of fixed statistics it would also see the noise of
    the running ones.

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
        """c times the logits, (n, n_classes)."""
        logits = self.model(images)
        if self.centred:
            with torch.no_grad():
                start = self.start(images)
            logits = logits - start
        return self.c * in_full(logits)


def in_full(logits):
    """`logits` that autocast left in bfloat16, in float32: what follows, c and the loss, is not to round so much."""
    return logits.float() if logits.dtype == torch.bfloat16 else logits


def _frozen(model):
    """A copy whose parameters are buffers: no optimiser finds them, `.to` moves them."""
    model = copy.deepcopy(model)
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            delattr(module, name)
            module.register_buffer(name, parameter.detach())
    return model
