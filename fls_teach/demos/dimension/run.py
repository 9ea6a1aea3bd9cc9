"""Train the same grid on images of every dimension, with plain and scaled noise, by plain and centred networks."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos import heatmap
from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.heatmap.run import FULL, NETS, QUICK
from fls_teach.demos.images.trained import check_grid, stacked, train_grids

from .images import described, of_the_noise

NOISES = ("plain", "scaled")
"""Standard deviation of free coordinates: 1, or sqrt(k_0/k), so that all k have the energy of the smallest, k_0."""


def noise_of(name, dimension, dimensions):
    """Return the standard deviation of the noise of one of `NOISES` at a dimension."""
    return 1.0 if name == "plain" else (dimensions[0] / dimension) ** 0.5


@dataclass(frozen=True)
class Params(heatmap.Params):
    """Parameters of the demo `heatmap`, at several effective dimensions."""

    dimensions: tuple = (8, 32, 64)
    """Free noise coordinates of the generator, increasing; `dimension` is not used."""
    n_described: int = 500
    """Images of each dimension from which TwoNN estimates it, and draws of N(0, I_k) for comparison."""

    def __post_init__(self):
        super().__post_init__()
        in_range(self, dimensions=(1, 128), n_described=(50, 5000))
        increasing(self, dimensions=2)
        check_grid(self, noise=noise_of("scaled", self.dimensions[-1], self.dimensions))


PRESETS = {
    "quick": Params(**QUICK | {"log2_c": (-4, -1, 4), "rates": (0.05,), "epochs": 80}, dimensions=(8, 64)),
    "full": Params(**FULL, dimensions=(8, 32, 64), n_described=1000),
}


def run(params, seed, progress=None):
    """Train every grid. At the first dimension both noises are the same, so it is trained only once.

    Returns
    -------
    Result
        Over dimensions, `NOISES`, nets, seeds, multipliers and rates (d, 2, 2, s, m, r) ``peak``, ``final``,
        ``epochs`` and ``status``; ``log2_c`` (m,), ``lr`` (r,); ``two_nn`` and ``within`` of the images (d, 2),
        ``two_nn_of_noise`` (d,).
    """
    images = [(k, noise_of(name, k, params.dimensions)) for k in params.dimensions for name in NOISES]
    kinds = {
        (i, net): {"dimension": k, "noise": noise, **fields}
        for i, (k, noise) in enumerate(images)
        for net, fields in NETS.items()
    }
    arrays = stacked(train_grids(params, seed, kinds, progress).values(), "peak final epochs status")
    shape = len(params.dimensions), len(NOISES)
    for key in ("peak", "final", "epochs", "status"):
        arrays[key] = arrays[key].reshape(*shape, len(NETS), *arrays[key].shape[1:])
    found = np.array([described(k, noise, params.image_size, params.n_described) for k, noise in images])
    arrays |= {"two_nn": found[:, 0].reshape(shape), "within": found[:, 1].reshape(shape)}
    arrays["two_nn_of_noise"] = np.array([of_the_noise(k, params.n_described) for k in params.dimensions])
    return Result("dimension", params, seed, arrays)
