"""Separability: which part of the U needs orthogonally separable data, and which is there without."""

from .claims import claims
from .figure import plot
from .run import GROUPS, PRESETS, Params, run

__all__ = ["GROUPS", "PRESETS", "Params", "claims", "plot", "run"]
