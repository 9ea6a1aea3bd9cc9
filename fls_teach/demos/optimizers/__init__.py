"""Optimizers: the U under SGD, momentum, Adam and AdamW, their rules for c, and what axes are to Adam."""

from .claims import claims
from .figure import plot
from .run import PRESETS, Params, run
from .training import largest_stable_rate

__all__ = ["PRESETS", "Params", "claims", "largest_stable_rate", "plot", "run"]
