"""Batch norm's running statistics, measured on the network as it is: torch begins with 0 and 1."""

import torch
from torch import nn


@torch.no_grad()
def calibrate(model, batches):
    """Set the running statistics of `model`'s batch norms to their means over `batches`, with the weights as they are.

    Means over batches are what Wu and Johnson (2021, arXiv 2105.07576, section 3) call precise batch norm. A network
    without batch norm stays as it is, and no batch is looked at.

    Parameters
    ----------
    model : Module
        Its modes and weights stay as they are.
    batches : iterable of Tensor (m, channels, size, size)
        Inputs of `model`, as many as a training step has: a batch's variance depends on its size.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    norms = [norm for norm in norms if norm.track_running_stats]
    if not norms:
        return
    modes, momenta = [(module, module.training) for module in model.modules()], [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch: a mean over all batches in place of a moving one
    model.train()
    for images in batches:
        model(images)
    for module, training in modes:
        module.training = training
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.num_batches_tracked.zero_()
