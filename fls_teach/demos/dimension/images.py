"""What the images of a dimension are like: the dimension that they show, and how much of their spread is noise."""

import numpy as np

from fls_teach.vision.data.two_nn import two_nn


def described(dimension, noise, image_size, n):
    """Measure images of a dimension and a noise.

    Parameters
    ----------
    dimension : int
        Free coordinates.
    noise : float
        Their standard deviation.
    image_size : int
    n : int
        Images of one class, for the dimension; and of ten classes, for the spread.

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
    """`two_nn` of n draws of N(0, I): what it says of a cloud that certainly has this dimension."""
    return two_nn(np.random.default_rng(0).standard_normal((n, dimension)))
