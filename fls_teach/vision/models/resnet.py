"""ResNet for small images: the ImageNet networks of He et al. (2016, table 1) with a 3x3 stem and no max pool."""

from torch import nn
from torch.nn.functional import relu

from fls_teach.vision.models.layers import Network, convolution

DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
"""Blocks in each of the four stages; a stage has twice the channels of the one before."""
BOTTLENECK = 4
"""From ResNet-50 on a block's output has so many times the channels of its inside."""


class Block(nn.Module):
    """relu(shortcut + scale * branch); the shortcut is a 1x1 convolution where the shape changes."""

    def __init__(self, branch, shortcut, scale):
        super().__init__()
        self.branch, self.shortcut, self.scale = branch, shortcut, scale

    def forward(self, x):
        """Images (n, inputs, height, width) to (n, outputs, height / stride, width / stride)."""
        return relu(self.shortcut(x) + self.scale * self.branch(x))


def resnet(depth, n_classes, width, norm, image_size):
    """ResNet-`depth`. Never homogeneous: a branch is of higher degree in the parameters than its shortcut.

    Without a norm each block would add its branch at full strength to its input, and the output would grow by a
    constant factor a block. So a branch counts 1/sqrt(number of blocks): with He's start the mean square then grows
    by at most (1 + 2/blocks) a block, e^2 in all, at every depth. With a norm it counts 1, as published.
    """
    stages = DEPTHS[depth]
    scale = sum(stages) ** -0.5 if norm == "none" else 1.0
    features, inputs = [*convolution(3, width, norm), nn.ReLU(inplace=True)], width
    for stage, count in enumerate(stages):
        for block in range(count):
            stride = 2 if stage and not block else 1
            branch, outputs = _branch(depth, inputs, width * 2**stage, norm, stride)
            changes = stride > 1 or inputs != outputs
            shortcut = convolution(inputs, outputs, norm, stride, size=1) if changes else []
            features.append(Block(nn.Sequential(*branch), nn.Sequential(*shortcut), scale))
            inputs = outputs
    return Network(nn.Sequential(*features), inputs, n_classes, image_size, norm, degree=None)


def _branch(depth, inputs, channels, norm, stride):
    if depth < 50:
        first, second = convolution(inputs, channels, norm, stride), convolution(channels, channels, norm)
        return [*first, nn.ReLU(inplace=True), *second], channels
    outputs = BOTTLENECK * channels
    first = convolution(inputs, channels, norm, size=1)
    second = convolution(channels, channels, norm, stride)
    third = convolution(channels, outputs, norm, size=1)
    return [*first, nn.ReLU(inplace=True), *second, nn.ReLU(), *third], outputs
