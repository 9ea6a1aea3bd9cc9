"""ResNet for small images: the ImageNet networks of He et al. (2016, table 1) with a 3x3 stem and no max pool."""

from torch import nn
from torch.nn.functional import relu

from fls_teach.vision.models.layers import Network, convolution

DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
"""Blocks in each of the four stages; each stage has twice the channels of the previous one."""
BOTTLENECK = 4
"""From ResNet-50 on, a block's output has this many times the channels of its inner layers."""


class Block(nn.Module):
    """relu(shortcut + scale * branch); the shortcut is a 1x1 convolution where the shape changes."""

    def __init__(self, branch, shortcut, scale):
        super().__init__()
        self.branch, self.shortcut, self.scale = branch, shortcut, scale

    def forward(self, x):
        """Map images (n, inputs, height, width) to (n, outputs, height / stride, width / stride)."""
        return relu(self.shortcut(x) + self.scale * self.branch(x))


def resnet(depth, n_classes, width, norm, image_size):
    """Return ResNet-`depth`. It is not homogeneous: a branch has a higher degree in the parameters than its shortcut.

    With a norm, branches have weight 1, as published. Without a norm, the output would then grow by a constant factor
    per block, so branches have weight 1/sqrt(number of blocks): with He's initial weights the mean square grows by at
    most (1 + 2/blocks) per block, hence by at most e^2 in all, at every depth.
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
