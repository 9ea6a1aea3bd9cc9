"""Layers that all networks share: convolutions without bias, the choice of norm, a mean over pixels and a readout.

If `torch.func.functional_call` passes weights that are those of several networks concatenated along the first axis, the
same modules act as a stack of networks: the channels of its members are concatenated, and a convolution has one group
per member.
"""

import math

from torch import nn
from torch.nn.functional import conv2d, group_norm, linear

GROUP = 16
"""Channels per group of "group" norm (Wu and He 2018, table 3); fewer if it does not divide the channels."""


class Network(nn.Module):
    """Features, their mean over the pixels, and a linear readout (with a bias only if there is a norm).

    Parameters
    ----------
    features : Module
        Maps (n, 3, image_size, image_size) to (n, channels, height, width).
    channels, n_classes, image_size : int
    norm : {"none", "group", "batch"}
        The norm inside `features`.
    degree : int or None
        Degree of homogeneity of the logits in the parameters; None if they are not homogeneous.
    """

    def __init__(self, features, channels, n_classes, image_size, norm, degree):
        super().__init__()
        self.features = features
        self.readout = Readout(channels, n_classes, bias=norm != "none")
        self.image_size = image_size
        self.degree = degree

    def forward(self, images):
        """Return logits (n, n_classes) of normalised images (n, 3, image_size, image_size).

        A stack returns (n, members * n_classes). Its members see the same images, or each sees its own three channels
        of images (n, 3 * members, image_size, image_size).
        """
        members = len(self.readout.weight) // self.readout.out_features
        side = self.image_size
        if tuple(images.shape[1:]) not in ((3, side, side), (3 * members, side, side)):
            raise ValueError(f"images have shape {tuple(images.shape)}; this network wants (n, 3, {side}, {side})")
        return self.readout(mean_over_pixels(self.features(images)))


class Convolution(nn.Conv2d):
    """Convolution without bias, of one network or of a stack."""

    def forward(self, x):
        """Convolve images whose channels belong to one network, to all members of a stack, or are shared by them."""
        groups = x.shape[1] // self.weight.shape[1]
        return conv2d(x, self.weight, None, self.stride, self.padding, groups=groups)


class GroupNorm(nn.GroupNorm):
    """Group norm of one network or of a stack; no group includes channels of two members."""

    def forward(self, x):
        """Return normalised images of the same shape."""
        groups = self.num_groups * (x.shape[1] // self.num_channels)
        return group_norm(x, groups, self.weight, self.bias, self.eps)


class Readout(nn.Linear):
    """Linear layer of one network, or of each member of a stack."""

    def forward(self, x):
        """Map (n, in_features) to (n, out_features); a stack's features and outputs are concatenated."""
        if x.shape[1] == self.in_features:
            return linear(x, self.weight, self.bias)
        weights = self.weight.unflatten(0, (-1, self.out_features))
        outputs = (x.unflatten(1, (-1, self.in_features)).transpose(0, 1) @ weights.mT).transpose(0, 1).flatten(1)
        return outputs if self.bias is None else outputs + self.bias


def mean_over_pixels(x):
    """Return the means (n, channels) of images (n, channels, height, width).

    The gradient of ``x.mean((2, 3))`` is in channels-first memory whatever the layout of x, and operations that mix it
    with a channels-last x are slow.
    """
    if x.stride(1) == 1:
        return x.permute(0, 2, 3, 1).flatten(1, 2).mean(1)
    return x.mean((2, 3))


def convolution(inputs, outputs, norm, stride=1, size=3):
    """Return a list of modules: a convolution without bias that keeps the image size at stride 1, and its norm.

    A strided 1x1 convolution is implemented as the selection of every `stride`-th pixel and a 1x1 convolution at
    stride 1, which gives the same numbers. As a single layer in channels_last memory, with fewer than 8 input channels,
    its gradient overruns a buffer of oneDNN on processors without AVX-512 (oneDNN issue 6035).
    """
    pick = []
    if size == 1 and stride > 1:
        pick, stride = [nn.AvgPool2d(1, stride)], 1  # the mean of one pixel; unlike a slice, it keeps the memory layout
    layers = [*pick, Convolution(inputs, outputs, size, stride=stride, padding=size // 2, bias=False)]
    if norm == "batch":
        return [*layers, nn.BatchNorm2d(outputs)]
    if norm == "group":
        return [*layers, GroupNorm(outputs // math.gcd(outputs, GROUP), outputs)]
    return layers
