"""VGG for small images (Simonyan and Zisserman 2015, table 1): its convolutions, and one linear layer behind them."""

from torch import nn

from fls_teach.vision.models.layers import Network, convolution

DEPTHS = {11: (1, 1, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions in each of the five stages."""
CHANNELS = (1, 2, 4, 8, 8)
"""Channels of a stage in multiples of the width; 64 is the published one."""


def vgg(depth, n_classes, width, norm, image_size):
    """VGG-`depth`; without a norm bias-free and homogeneous of degree `depth` - 2.

    The published networks end in three linear layers, ours, as usual for 32x32 images, in one.

    Each stage halves 32x32 images, to 1x1 in the end. Images of 16 or 8 pixels cannot be halved so often: there the
    first stages do not pool, so that the later ones see what they see in the published network.
    """
    stages = DEPTHS[depth]
    halvings = min(len(stages), image_size.bit_length() - 1)
    features, inputs = [], 3
    for stage, (count, multiple) in enumerate(zip(stages, CHANNELS, strict=True)):
        for _ in range(count):
            features += [*convolution(inputs, multiple * width, norm), nn.ReLU(inplace=True)]
            inputs = multiple * width
        if stage >= len(stages) - halvings:
            features.append(nn.MaxPool2d(2))
    degree = sum(stages) + 1 if norm == "none" else None
    return Network(nn.Sequential(*features), inputs, n_classes, image_size, norm, degree)
