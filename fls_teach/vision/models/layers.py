"""What all networks here share: convolutions without bias, the choice of norm, a mean over pixels and a readout."""

import math

from torch import nn

GROUP = 16
"""Channels a group of "group" norm (Wu and He 2018, table 3); fewer where that does not divide the channels."""


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
        self.readout = nn.Linear(channels, n_classes, bias=norm != "none")
        self.image_size = image_size
        self.degree = degree

    def forward(self, images):
        """Logits (n, n_classes) of normalised images (n, 3, image_size, image_size)."""
        wanted = (3, self.image_size, self.image_size)
        if tuple(images.shape[1:]) != wanted:
            raise ValueError(f"images have shape {tuple(images.shape)}; this network wants (n, {str(wanted)[1:]}")
        return self.readout(self.features(images).mean(dim=(2, 3)))


def convolution(inputs, outputs, norm, stride=1, size=3):
    """A convolution without bias that keeps the image's size at stride 1, and its norm: a list of modules.

    A strided 1x1 convolution is a pick of every `stride`-th pixel and a 1x1 convolution at stride 1: the same numbers.
    As one layer in channels_last memory, with fewer than 8 input channels, its gradient writes past a buffer of oneDNN
    on processors without AVX-512 (oneDNN issue 6035).
    """
    pick = []
    if size == 1 and stride > 1:
        pick, stride = [nn.AvgPool2d(1, stride)], 1  # a mean over one pixel; unlike a slice it keeps the memory layout
    layers = [*pick, nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False)]
    if norm == "batch":
        return [*layers, nn.BatchNorm2d(outputs)]
    if norm == "group":
        return [*layers, nn.GroupNorm(outputs // math.gcd(outputs, GROUP), outputs)]
    return layers
