"""Losses: four losses and ten classes, each with and without f(0): is there a U, and where is its optimum?"""

from .claims import claims
from .figure import plot
from .run import DATA, LOSSES, PRESETS, Params, run

__all__ = ["DATA", "LOSSES", "PRESETS", "Params", "claims", "plot", "run"]
