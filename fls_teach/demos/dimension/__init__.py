"""Dimension: is the right output multiplier c worth more where images vary in more directions? With two controls.

The paper says so of BigGAN images. More free directions bring more noise energy too, and at a large c the network has
to unlearn its initial output f(0). So beside plain images stand images whose noise has the same energy at every
dimension (scaled by 1/sqrt(k)), and beside plain networks centred ones, f(0) = 0.
"""

from .claims import claims
from .figure import plot
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "claims", "plot", "run"]
