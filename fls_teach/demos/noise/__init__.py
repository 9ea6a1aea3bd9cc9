"""Noise: what small batches, weight decay and noisy inputs do to either side of the U, and to f(0) in time."""

from .claims import claims
from .figure import plot
from .run import CONDITIONS, DATA, PRESETS, Params, run

__all__ = ["CONDITIONS", "DATA", "PRESETS", "Params", "claims", "plot", "run"]
