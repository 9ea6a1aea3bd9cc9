"""BigGAN-deep as a generator of ImageNet classes, with weights from a local file (extra `biggan`).

Pope et al. (arXiv 2104.08894) set the dimension of its images by zeroing all but k coordinates of its noise. It
wants a GPU: on a busy core the 128-pixel model took 40 s for 16 images.
"""

import math

import torch
from torch.nn.functional import adaptive_avg_pool2d, one_hot

from fls_teach.vision.models.weights import load_weights

_BATCH = 16  # 128x128 pixels in 128 channels: 8 MB an image and layer


class BigGANGenerator:
    """A BigGAN in the shape that `latent_images` wants: (z, labels) to images in [-1, 1].

    Parameters
    ----------
    model : pytorch_pretrained_biggan.BigGAN
    image_size : int
        Pixels per side that images are averaged down to.
    truncation : float
        Noise is a normal cut off at -2 and 2, times this: a multiple of 0.02 up to 1 (in floats not 0.14, 0.28, 0.56,
        0.58 and 0.94, which the package would take for a neighbour).
    device : str or torch.device
        Where images are made.

    Raises
    ------
    ValueError
        If `truncation` is none of these, or `image_size` is more than the model gives.
    """

    def __init__(self, model, image_size=32, truncation=1.0, device="cpu"):
        # The package keeps statistics for so many truncations, and weights two neighbours the wrong way round.
        step = 1.0 / (model.config.n_stats - 1)
        if not (0 < truncation <= 1 and (truncation / step).is_integer()):
            raise ValueError(f"truncation is {truncation!r}; wanted one that {step:g} divides exactly, as 0.5 or 1")
        if not 1 <= image_size <= model.config.output_dim:
            raise ValueError(f"image_size is {image_size!r}; this BigGAN draws {model.config.output_dim} at most")
        self.model = model.eval().to(device)
        self.image_size, self.truncation, self.device = image_size, truncation, device

    def __call__(self, z, labels):
        """Images (n, 3, image_size, image_size) of ImageNet classes `labels` (n,) for noise z (n, 128)."""
        config = self.model.config
        if int(labels.max()) >= config.num_classes:
            raise ValueError(f"class {int(labels.max())} is asked for; this BigGAN has {config.num_classes}")
        if z.shape[1] != config.z_dim:
            raise ValueError(f"z has {z.shape[1]} coordinates; this BigGAN takes {config.z_dim}")
        parts = []
        for noise, y in zip(z.to(self.device).split(_BATCH), labels.to(self.device).split(_BATCH), strict=True):
            classes = one_hot(y, config.num_classes).to(noise)
            images = self.model(truncated(noise, self.truncation), classes, self.truncation)
            parts.append(adaptive_avg_pool2d(images, self.image_size))
        return torch.cat(parts)


def truncated(z, truncation):
    """Standard normal z as a normal cut off at -2 and 2, times `truncation`; 0 stays 0.

    The same quantile of the other distribution: nothing is drawn, so that the seed and k decide as for other
    generators.
    """
    edge = math.erf(2 / math.sqrt(2))
    cut = math.sqrt(2) * torch.erfinv(edge * torch.erf(z.to(torch.float64) / math.sqrt(2)))
    return (truncation * cut).to(z.dtype)


def biggan_generator(weights, image_size=32, truncation=1.0, device="cpu", config=None):
    """BigGAN-deep with weights from a file.

    Parameters
    ----------
    weights : path-like
        What `load_weights` takes: safetensors, or the package's `pytorch_model.bin`.
    image_size, truncation, device
        As for `BigGANGenerator`.
    config : pytorch_pretrained_biggan.BigGANConfig, optional
        Of the 128-pixel model by default.

    Returns
    -------
    BigGANGenerator

    Raises
    ------
    ValueError
        In one sentence, if the package is absent, or the file is not there, not weights, or weights of something else.
    """
    try:
        from pytorch_pretrained_biggan import BigGAN, BigGANConfig
    except ImportError as problem:
        raise ValueError(
            f"BigGAN needs its package: python -m pip install pytorch-pretrained-biggan ({problem})"
        ) from None
    if weights is None:
        raise ValueError("BigGAN needs a local file with its weights; name it as the generator")
    model = load_weights(BigGAN(config or BigGANConfig()), weights)
    return BigGANGenerator(model, image_size, truncation, device)
