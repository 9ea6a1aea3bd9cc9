"""What all networks here share: convolutions without bias, the choice of norm, a mean over pixels and a readout.

Given the weights of several networks along their first axis (by `torch.func.functional_call`), the same modules are a
stack of networks: the channels of its members lie side by side, and a convolution has a group for each member.
"""

import math

from torch import nn
from torch.nn.functional import conv2d, group_norm, linear

GROUP = 16
"""Channels per group of "group" norm (Wu and He 2018, table 3); fewer where that does not divide the channels."""


class Network(nn.Module):
    """Features, their mean over the pixels, and a linear readout (with a bias only beside a norm's own biases).

    Parameters
    ----------
    features : Module
        (n, 3, image_size, image_size) to (n, channels, height, width).
    channels, n_classes, image_size : int
    norm : {"none", "group", "batch"}
        The norm inside `features`.
    degree : int or None
        Homogeneity of the logits in the parameters; None where they are not homogeneous.
    """

    def __init__(self, features, channels, n_classes, image_size, norm, degree):
        super().__init__()
        self.features = features
        self.readout = Readout(channels, n_classes, bias=norm != "none")
        self.image_size = image_size
        self.degree = degree

    def forward(self, images):
        """Logits (n, n_classes) of normalised images (n, 3, image_size, image_size).

        Of a stack (n, members n_classes): its members see the same images, or each its own three channels of
        (n, 3 members, image_size, image_size).
        """
        members = len(self.readout.weight) // self.readout.out_features
        side = self.image_size
        if tuple(images.shape[1:]) not in ((3, side, side), (3 * members, side, side)):
            raise ValueError(f"images have shape {tuple(images.shape)}; this network wants (n, 3, {side}, {side})")
        return self.readout(mean_over_pixels(self.features(images)))


class Convolution(nn.Conv2d):
    """A convolution without bias, of one network or of a stack."""

    def forward(self, x):
        """Images whose channels are those of one network, of a whole stack, or shared by a stack."""
        groups = x.shape[1] // self.weight.shape[1]
        return conv2d(x, self.weight, None, self.stride, self.padding, groups=groups)


class GroupNorm(nn.GroupNorm):
    """Group norm of one network or of a stack, no group of which reaches over two members."""

    def forward(self, x):
        """Images of the same shape."""
        groups = self.num_groups * (x.shape[1] // self.num_channels)
        return group_norm(x, groups, self.weight, self.bias, self.eps)


class Readout(nn.Linear):
    """A linear layer of one network, or of each member of a stack."""

    def forward(self, x):
        """(n, in_features) to (n, out_features), the features and the outputs of a stack side by side."""
        if x.shape[1] == self.in_features:
            return linear(x, self.weight, self.bias)
        weights = self.weight.unflatten(0, (-1, self.out_features))
        outputs = (x.unflatten(1, (-1, self.in_features)).transpose(0, 1) @ weights.mT).transpose(0, 1).flatten(1)
        return outputs if self.bias is None else outputs + self.bias


def mean_over_pixels(x):
    """The means (n, channels) of images (n, channels, height, width).

    The gradient of ``x.mean((2, 3))`` has the channels first in memory, whatever x has: what then meets an x with its
    channels last is slow.
    """
    if x.stride(1) == 1:
        return x.permute(0, 2, 3, 1).flatten(1, 2).mean(1)
    return x.mean((2, 3))


def convolution(inputs, outputs, norm, stride=1, size=3):
    """A convolution without bias that keeps the image's size at stride 1, and its norm: a list of modules.

    A strided 1x1 convolution is a pick of every `stride`-th pixel and a 1x1 convolution at stride 1: the same numbers.
    As one layer in channels_last memory, with fewer than 8 input channels, its gradient writes past a buffer of oneDNN
    on processors without AVX-512 (oneDNN issue 6035).
    """
    pick = []
    if size == 1 and stride > 1:
        pick, stride = [nn.AvgPool2d(1, stride)], 1  # a mean over one pixel; unlike a slice it keeps the memory layout
    layers = [*pick, Convolution(inputs, outputs, size, stride=stride, padding=size // 2, bias=False)]
    if norm == "batch":
        return [*layers, nn.BatchNorm2d(outputs)]
    if norm == "group":
        return [*layers, GroupNorm(outputs // math.gcd(outputs, GROUP), outputs)]
    return layers
