"""Properties of images of a nominal dimension: their estimated dimension, and the noise's share of their variance."""

import numpy as np

from fls_teach.vision.data.two_nn import two_nn


def described(dimension, noise, image_size, n):
    """Measure images of a dimension and a noise.

    Parameters
    ----------
    dimension : int
        Number of free coordinates.
    noise : float
        Standard deviation of the free coordinates.
    image_size : int
    n : int
        Number of images of one class, for the dimension, and of ten classes, for the share.

    Returns
    -------
    estimate : float
        `two_nn` of the images of one class.
    within : float
        Share of the images' variance that lies within classes, 0 to 1.
    """
    from fls_teach.vision.data.latent import latent_images

    drawn = {"image_size": image_size, "noise": noise, "seed": 0}
    one = latent_images(2 * n, dimension, n_classes=2, **drawn).pixels[::2]
    ten = latent_images(n, dimension, **drawn)
    pixels, labels = ten.pixels.flatten(1).double().numpy(), ten.labels.numpy()
    within = np.mean([pixels[labels == label].var(axis=0).sum() for label in range(10)]) / pixels.var(axis=0).sum()
    return two_nn(one.flatten(1).double().numpy()), float(within)


def of_the_noise(dimension, n):
    """Return `two_nn` of n draws of N(0, I), whose dimension is known."""
    return two_nn(np.random.default_rng(0).standard_normal((n, dimension)))
