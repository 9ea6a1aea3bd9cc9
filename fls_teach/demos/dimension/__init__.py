"""Dimension: is the right output multiplier c worth more where images vary in more directions? With two controls.

The paper claims this for BigGAN images. But more free directions also mean more noise energy, and at a large c the
network has to unlearn its initial output f(0). The controls are images whose noise has the same energy at every
dimension (scaled by 1/sqrt(k)), and centred networks, with f(0) = 0.
"""

from .claims import claims
from .figure import plot
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "claims", "plot", "run"]
