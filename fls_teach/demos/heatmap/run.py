"""Train the grid of multipliers, rates and seeds, for plain and centred networks."""

from dataclasses import dataclass

from fls_teach.demos.framework.result import Result
from fls_teach.demos.images.trained import check_grid, stacked, train_grids

NETS = {"plain": {}, "centred": {"centred": True}}
"""The networks c f, and c (f - f at the start), whose output is 0 at the start (science.md#causes)."""


@dataclass(frozen=True)
class Params:
    """Networks, data, stopping rule and grid."""

    model: str = "cnn5"
    """A name of `fls_teach.vision.run.MODELS`."""
    width: int = 8
    """Channels of the first layer."""
    data: str = "latent"
    """"latent": images of an untrained generator network; "cifar100": real ones."""
    classes: int = 10
    """Use the first `classes` classes."""
    n: int = 512
    """Number of training images; every seed draws its own."""
    n_test: int = 500
    """Number of test images."""
    test_per_seed: bool = True
    """Whether every seed draws its own test images, so that intervals over seeds cover them; not for CIFAR."""
    dimension: int = 32
    """Effective dimension of latent images: free noise coordinates of the generator."""
    image_size: int = 16
    """Pixels per side."""
    batch: int = 32
    """Images per step of plain SGD."""
    target: float = 0.99
    """Training accuracy that ends a run."""
    epochs: int = 95
    """Maximal number of epochs; a run that needs more is marked, and its rate does not count at its c."""
    log2_c: tuple = (-7, -3, 0, 4)
    """log2 of the output multipliers c, increasing."""
    rates: tuple = (0.01, 0.05)
    """Learning rates on cross_entropy(c f) / c, increasing."""
    n_seeds: int = 5
    """Number of seeds, each with its own training set, initial weights and batch order; differences are paired."""

    def __post_init__(self):
        check_grid(self)


QUICK = {
    "n": 128, "n_test": 300, "image_size": 8, "batch": 16,
    "log2_c": (-7, -4, -1, 4), "rates": (0.02, 0.1), "n_seeds": 4, "epochs": 50,
}  # fmt: skip
FULL = {
    "n": 256, "image_size": 8, "batch": 16,
    "log2_c": (-10, -8, -6, -4, -3, -2, -1, 0, 2, 4), "rates": (0.005, 0.015, 0.05, 0.15), "n_seeds": 8, "epochs": 100,
}  # fmt: skip
"""Fields that the presets of the demos on images share. At c = 2^6, plain training misses its target at any rate."""

PRESETS = {"quick": Params(**QUICK), "full": Params(**FULL)}
CIFAR = {"data": "cifar100", "image_size": 32, "n_test": 0, "test_per_seed": False}
CIFAR_PRESETS = {
    "quick": Params(**CIFAR, n=500, epochs=40, log2_c=(-7, -3, 0, 4), rates=(0.01, 0.05), batch=32, n_seeds=5),
    "full": Params(**CIFAR, n=2000, width=24, epochs=120, log2_c=(-7, -3, 0, 4), rates=(0.01, 0.05), n_seeds=5),
}
"""Used instead of `PRESETS` if a folder of real images is given."""


def run(params, seed, progress=None, data_dir=None):
    """Train the grid.

    Returns
    -------
    Result
        ``log2_c`` (m,), ``lr`` (r,), and over `NETS`, seeds, multipliers and rates (2, s, m, r) ``peak`` and ``final``
        test accuracy, ``epochs``, ``status``.
    """
    trained = train_grids(params, seed, NETS, progress, data_dir)
    return Result("heatmap", params, seed, stacked(trained.values(), "peak final epochs status"))
