"""BigGAN-deep as a generator of ImageNet classes, with weights from a local file (extra `biggan`).

Pope et al. (arXiv 2104.08894) set the dimension of its images by zeroing all but k coordinates of its noise. Use a
GPU: on a busy CPU core the 128-pixel model took 40 s for 16 images.
"""

import math

import torch
from torch.nn.functional import adaptive_avg_pool2d, one_hot

from fls_teach.vision.models.weights import load_weights

_BATCH = 16  # 128x128 pixels in 128 channels: 8 MB per image and layer


class BigGANGenerator:
    """Adapt a BigGAN to the interface of `latent_images`: a function from (z, labels) to images in [-1, 1].

    Parameters
    ----------
    model : pytorch_pretrained_biggan.BigGAN
    image_size : int
        Pixels per side of the images returned, which are averaged down to it.
    truncation : float
        Factor of the noise, which is normal, truncated at -2 and 2. A multiple of 0.02 up to 1, except 0.14, 0.28,
        0.56, 0.58 and 0.94: as floats the package would round these to a neighbouring multiple.
    device : str or torch.device
        Device on which images are generated.

    Raises
    ------
    ValueError
        If `truncation` is not one of these values, or `image_size` exceeds the model's.
    """

    def __init__(self, model, image_size=32, truncation=1.0, device="cpu"):
        # The package stores statistics for n_stats truncations; between two of them it swaps the interpolation weights.
        step = 1.0 / (model.config.n_stats - 1)
        if not (0 < truncation <= 1 and (truncation / step).is_integer()):
            raise ValueError(f"truncation is {truncation!r}; wanted one that {step:g} divides exactly, as 0.5 or 1")
        if not 1 <= image_size <= model.config.output_dim:
            raise ValueError(f"image_size is {image_size!r}; this BigGAN draws {model.config.output_dim} at most")
        self.model = model.eval().to(device)
        self.image_size, self.truncation, self.device = image_size, truncation, device

    def __call__(self, z, labels):
        """Return images (n, 3, image_size, image_size) of ImageNet classes `labels` (n,) for noise z (n, 128)."""
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
    """Map standard normal z to a normal truncated at -2 and 2, times `truncation`; 0 stays 0.

    Each value is mapped to the same quantile of the other distribution. No random number is drawn, so the seed and k
    determine the noise as for other generators.
    """
    edge = math.erf(2 / math.sqrt(2))
    cut = math.sqrt(2) * torch.erfinv(edge * torch.erf(z.to(torch.float64) / math.sqrt(2)))
    return (truncation * cut).to(z.dtype)


def biggan_generator(weights, image_size=32, truncation=1.0, device="cpu", config=None):
    """Return BigGAN-deep with weights from a file.

    Parameters
    ----------
    weights : path-like
        A file that `load_weights` reads: safetensors, or the package's `pytorch_model.bin`.
    image_size, truncation, device
        As for `BigGANGenerator`.
    config : pytorch_pretrained_biggan.BigGANConfig, optional
        Configuration; by default that of the 128-pixel model.

    Returns
    -------
    BigGANGenerator

    Raises
    ------
    ValueError
        If the package is not installed, or the file is missing or does not hold weights of this model.
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
