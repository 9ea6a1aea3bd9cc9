"""Train the grid of multipliers, rates and seeds."""

from dataclasses import dataclass

from fls_teach.demos.framework.result import Result
from fls_teach.demos.images.trained import check_grid, train_grid


@dataclass(frozen=True)
class Params:
    """What is trained, until when, and over which grid."""

    model: str = "cnn5"
    """A name of `fls_teach.vision.run.MODELS`."""
    width: int = 8
    """Channels of the first layer."""
    data: str = "latent"
    """"latent": images of an untrained generator network; "cifar100": real ones."""
    classes: int = 10
    """The first so many classes."""
    n: int = 512
    """Training images; every seed draws its own."""
    n_test: int = 500
    """Test images, the same for all."""
    dimension: int = 32
    """Effective dimension of latent images: free noise coordinates of the generator."""
    image_size: int = 16
    """Pixels per side."""
    batch: int = 32
    """Images per step of plain SGD."""
    target: float = 0.99
    """Training accuracy that ends a run."""
    epochs: int = 95
    """A run that needs more is marked, and its rate does not count at its c."""
    log2_c: tuple = (-7, -3, 0, 4)
    """log2 of the output multipliers c, increasing."""
    rates: tuple = (0.01, 0.05)
    """Learning rates on cross_entropy(c f) / c, increasing."""
    n_seeds: int = 5
    """Training sets, starts and orders; differences are paired over them."""

    def __post_init__(self):
        check_grid(self)


QUICK = {"n": 256, "n_test": 300, "batch": 16, "log2_c": (-6, -3, 0, 4), "rates": (0.015, 0.05), "n_seeds": 4}
"""What the quick presets of the demos on images share: each is to take less than a minute of processor time."""

PRESETS = {
    "quick": Params(**QUICK, epochs=75),
    "full": Params(width=16, epochs=120, log2_c=tuple(range(-7, 6)), rates=(0.01, 0.03, 0.1, 0.3), n_seeds=8),
}
CIFAR_PRESETS = {
    "quick": Params(data="cifar100", image_size=32, n=500, n_test=0, epochs=40),
    "full": Params(data="cifar100", image_size=32, n=2000, n_test=0, width=24, epochs=120),
}
"""In place of `PRESETS` where the folder of the real images is named."""


def run(params, seed, progress=None, data_dir=None):
    """Train the grid.

    Returns
    -------
    Result
        ``log2_c`` (m,), ``lr`` (r,), and over seeds, multipliers and rates (s, m, r) ``peak`` and ``final`` test
        accuracy, ``epochs``, ``status``.
    """
    trained = train_grid(params, seed, progress, data_dir)
    kept = "log2_c lr peak final epochs status".split()
    return Result("heatmap", params, seed, {key: trained[key] for key in kept})
