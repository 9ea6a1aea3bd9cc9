"""Mechanism: what makes the U. Each cause is taken away, and what is left of the U is measured."""

from .claims import claims
from .figure import plot
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "claims", "plot", "run"]
