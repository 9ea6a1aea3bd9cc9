"""Dimension: the more directions images vary in, the more the right output multiplier c is worth."""

from .claims import claims
from .figure import plot
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "claims", "plot", "run"]
