"""Images of known dimension: a generator network whose noise has only k free coordinates (science.md#images).

The effective dimension is that of Pope et al. (arXiv 2104.08894): the images of one class lie on a k-dimensional
surface. The embedded generator is an untrained network, so there is nothing to download.
"""

import inspect

import numpy as np
import torch
from torch import nn
from torch.nn.functional import interpolate

from fls_teach.vision.data.dataset import Images
from fls_teach.vision.models.weights import load_weights

SIZES = 8, 16, 32, 64
N_LATENT = 128
_CENTRES, _WEIGHTS = 2**40 + 1, 2**40 + 6  # seeds of what all runs share; no run's seed has these values
_BATCH = 500


class LatentGenerator(nn.Module):
    """The built-in generator, which maps z (n, n_latent) to images (n, 3, image_size, image_size) in [-1, 1].

    It consists of a linear map to 16 channels of 4x4 pixels, then upsamplings by 2 with a 3x3 convolution each, with
    ReLU between and tanh at the end, without biases. The weights are random and fixed, and shared by all image sizes.
    Computations are in float64, so that machines that sum in another order agree after rounding to bytes, except for
    rare ties. k free coordinates move the images in k directions up to k = 64, and in 117 to 128 directions at
    k = 128, where about half of the 256 first ReLUs are off.
    """

    def __init__(self, image_size=16, n_latent=N_LATENT, channels=16):
        super().__init__()
        if image_size not in SIZES:
            raise ValueError(f"image_size is {image_size!r}; the embedded generator draws {', '.join(map(str, SIZES))}")
        self.first = nn.Linear(n_latent, channels * 16, bias=False)
        self.last = nn.Conv2d(channels, 3, 3, padding=1, bias=False)
        self.doublings = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(SIZES.index(image_size) + 1)
        )
        self.double()
        for stream, weight in enumerate(self.parameters()):
            normal = np.random.default_rng([_WEIGHTS, stream]).standard_normal(weight.shape)
            weight.data = torch.from_numpy(normal * (2 / weight[0].numel()) ** 0.5)
        self.last.weight.data -= self.last.weight.data.mean((1, 2, 3), keepdim=True)  # otherwise one colour saturates

    def forward(self, z):
        h = self.first(z.to(self.first.weight.dtype)).reshape(len(z), -1, 4, 4).relu()
        for convolution in self.doublings:
            h = convolution(interpolate(h, scale_factor=2)).relu()
        return self.last(h).tanh()


def latent_images(
    n, effective_dim, *, n_classes=10, image_size=16, n_latent=N_LATENT, centre=0.5, noise=1.0, seed=0, generator=None
):
    """Draw class-conditional images whose noise has `effective_dim` free coordinates.

    An image of class y is generator(centre_y + noise). The noise is `noise` N(0, 1) in the first `effective_dim` latent
    coordinates and 0 in the others. The centres are `centre` N(0, I), the same for every seed.

    Parameters
    ----------
    n : int
        Number of images; their classes are 0, 1, 2, … in turn. A larger n begins with the images of a smaller n.
    effective_dim : int
        1 to `n_latent`. Draws of different dimension have the same noise in the coordinates that they share.
    n_classes : int
        At least 2. The centres of the first classes do not depend on it.
    image_size : int
        Pixels per side; 8, 16, 32 or 64 for the built-in generator.
    n_latent : int
        Length of z.
    centre : float
        Standard deviation of a centre's coordinates, 0 or more: the larger, the easier the classes.
    noise : float
        Standard deviation of each free coordinate's noise, above 0. With 1/√`effective_dim` the noise has the same
        energy at every dimension.
    seed : int or sequence of int
        Seed of the noise; nothing else depends on it.
    generator : callable or path-like, optional
        Used instead of the built-in generator. A path names a file of weights for `LatentGenerator` (see
        `load_weights`). A callable maps z, a float32 Tensor (m, n_latent), to a Tensor of images
        (m, 3, image_size, image_size) in [-1, 1]. A callable of two arguments gets z without centres, and the labels:
        it has to distinguish the classes itself.

    Returns
    -------
    Images
        (n, 3, image_size, image_size), on the CPU.

    Raises
    ------
    ValueError
        If a parameter is out of range, a file of weights does not fit, or a generator returns anything but images in
        [-1, 1].

    Examples
    --------
    >>> latent_images(6, effective_dim=8, n_classes=3).labels
    tensor([0, 1, 2, 0, 1, 2])
    """
    counts = {"n": n, "effective_dim": effective_dim, "n_classes": n_classes, "n_latent": n_latent}
    for name, value in (*counts.items(), ("image_size", image_size)):
        if not (isinstance(value, (int, np.integer)) and value >= 1 + (name == "n_classes")):
            raise ValueError(f"{name} is {value!r}; wanted a whole number, at least {1 + (name == 'n_classes')}")
    if effective_dim > n_latent:
        raise ValueError(f"effective_dim is {effective_dim}; wanted at most {n_latent}, the length of z")
    if not (isinstance(centre, (int, float)) and np.isfinite(centre) and centre >= 0):
        raise ValueError(f"centre is {centre!r}; wanted a number, 0 or more")
    if not (isinstance(noise, (int, float)) and np.isfinite(noise) and noise > 0):
        raise ValueError(f"noise is {noise!r}; wanted a positive number")
    try:
        rng = np.random.default_rng(seed)
    except (ValueError, TypeError):
        raise ValueError(f"seed is {seed!r}; wanted a whole number, 0 or more, or several") from None
    if not callable(generator):
        weights, generator = generator, LatentGenerator(image_size, n_latent)
        if weights is not None:
            load_weights(generator, weights)
    conditional = _takes_labels(generator)

    free = rng.standard_normal((n, n_latent))  # first: for want of memory torch raises RuntimeError
    labels = torch.arange(n) % n_classes
    free *= noise
    free[:, effective_dim:] = 0
    centres = np.stack([np.random.default_rng([_CENTRES, y]).standard_normal(n_latent) for y in range(n_classes)])
    z = torch.from_numpy(free if conditional else free + centre * centres[labels.numpy()]).to(torch.float32)

    pixels = torch.empty(n, 3, image_size, image_size, dtype=torch.uint8)
    with torch.no_grad():
        for part in torch.arange(n).split(_BATCH):
            images = generator(z[part], labels[part]) if conditional else generator(z[part])
            pixels[part] = _to_bytes(images, (len(part), *pixels.shape[1:]))
    return Images(pixels, labels, n_classes)


def _takes_labels(generator):
    """Return whether a callable takes two positional arguments."""
    target = generator.forward if isinstance(generator, nn.Module) else generator
    try:
        inspect.signature(target).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # a C function without a signature
        return False
    return True


def _to_bytes(images, shape):
    if not isinstance(images, torch.Tensor) or tuple(images.shape) != shape:
        got = tuple(images.shape) if isinstance(images, torch.Tensor) else type(images).__name__
        raise ValueError(f"the generator gave {got}; wanted a Tensor of images {shape}")
    low, high = float(images.min()), float(images.max())
    if not (low >= -1.001 and high <= 1.001):  # also true for NaN, which min and max propagate
        raise ValueError(f"the generator gave pixels from {low:.3g} to {high:.3g}; wanted -1 to 1")
    return ((images.cpu() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
