"""Dimension: is the right output multiplier c worth more where images vary in more directions?

The paper says so of BigGAN images. Here more free directions also bring more noise, so dimension and separability grow
together (science.md#images), and no cause is claimed.
"""

from .claims import claims
from .figure import plot
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "claims", "plot", "run"]
