"""Equivalence: an output multiplier c acts as an initialisation scale alpha, step by step and bit for bit."""

from .claims import claims
from .figure import plot
from .run import LAYERS, PRESETS, Params, run, three_layer_gradient

__all__ = ["LAYERS", "PRESETS", "Params", "claims", "plot", "run", "three_layer_gradient"]
