"""VGG for small images (Simonyan and Zisserman 2015, table 1): its convolutions, followed by one linear layer."""

from torch import nn

from fls_teach.vision.models.layers import Network, convolution

DEPTHS = {11: (1, 1, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions in each of the five stages."""
CHANNELS = (1, 2, 4, 8, 8)
"""Channels of each stage in multiples of the width; the published width is 64."""


def vgg(depth, n_classes, width, norm, image_size):
    """Return VGG-`depth`; without a norm it has no biases and is homogeneous of degree `depth` - 2.

    The published networks end in three linear layers; these end in one, as is usual for 32x32 images.

    Each stage halves 32x32 images, down to 1x1. Images of 16 or 8 pixels cannot be halved that often, so their first
    stages do not pool, and the later stages see images of the same size as in the published network.
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
