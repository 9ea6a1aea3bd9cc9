"""Initialise batch norm's running statistics from data; torch starts them at 0 and 1."""

import torch
from torch import nn


@torch.no_grad()
def calibrate(model, batches):
    """Set the running statistics of `model`'s batch norms to their means over `batches` at the current weights.

    Wu and Johnson (2021, arXiv 2105.07576, section 3) call such means precise batch norm. If the network has no batch
    norm, it is not changed and no batch is read.

    Parameters
    ----------
    model : Module
        Its weights and its training or evaluation mode are not changed.
    batches : iterable of Tensor (m, channels, size, size)
        Inputs of `model`, in batches of the training batch size, because the variance of a batch depends on its size.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    norms = [norm for norm in norms if norm.track_running_stats]
    if not norms:
        return
    modes, momenta = [(module, module.training) for module in model.modules()], [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # makes torch take the mean over all batches instead of a moving average
    model.train()
    for images in batches:
        model(images)
    for module, training in modes:
        module.training = training
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.num_batches_tracked.zero_()
