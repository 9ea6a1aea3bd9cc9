"""Five weight layers, four of them 3x3 convolutions: the smallest network here, and homogeneous of degree 5."""

from torch import nn

from fls_teach.vision.models.layers import Network, convolution

STRIDES = (1, 2, 1, 2)


def cnn5(n_classes, width, norm, image_size):
    """Convolutions of `width`, width, 2 width and 2 width channels with ReLU, mean over pixels, readout."""
    channels = (3, width, width, 2 * width, 2 * width)
    features = []
    for inputs, outputs, stride in zip(channels, channels[1:], STRIDES, strict=False):
        features += [*convolution(inputs, outputs, norm, stride), nn.ReLU(inplace=True)]
    return Network(nn.Sequential(*features), channels[-1], n_classes, image_size, norm, 5 if norm == "none" else None)
