"""Train the same grid on images of every dimension."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos import heatmap
from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.heatmap.run import QUICK
from fls_teach.demos.images.trained import train_grid


@dataclass(frozen=True)
class Params(heatmap.Params):
    """As of the demo `heatmap`, at several effective dimensions."""

    dimensions: tuple = (8, 32, 64)
    """Free noise coordinates of the generator, increasing; `dimension` is not used."""

    def __post_init__(self):
        super().__post_init__()
        in_range(self, dimensions=(1, 128))
        increasing(self, dimensions=2)


PRESETS = {
    "quick": Params(**{**QUICK, "log2_c": (-6, 0, 4)}, dimensions=(8, 32), epochs=75),
    "full": Params(
        dimensions=(8, 32, 64, 128), width=16, epochs=120, log2_c=(-6, -4, -2, 0, 2, 4),
        rates=(0.01, 0.03, 0.1, 0.3), n_seeds=8,
    ),
}  # fmt: skip


def run(params, seed, progress=None):
    """Train the same grid at every dimension.

    Returns
    -------
    Result
        As of the demo `heatmap`, with a first axis of dimensions: ``peak``, ``epochs``, ``status`` (d, s, m, r).
    """
    parts = []
    for i, dimension in enumerate(params.dimensions):
        part = progress and _part(progress, i, len(params.dimensions), dimension)
        parts.append(train_grid(params, seed, part, dimension=dimension))
    arrays = {key: parts[0][key] for key in ("log2_c", "lr")}
    arrays |= {key: np.array([part[key] for part in parts]) for key in ("peak", "epochs", "status")}
    return Result("dimension", params, seed, arrays)


def _part(progress, i, count, dimension):
    return lambda fraction, what="": progress((i + fraction) / count, f"dimension {dimension}: {what}")
