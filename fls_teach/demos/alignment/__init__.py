"""Phase 1: while the network is still silent, every neuron turns to its class sum, the closer the smaller alpha."""

from .claims import claims
from .figure import plot
from .movie import animate
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "animate", "claims", "plot", "run"]
