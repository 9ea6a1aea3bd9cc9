"""U-curve: too large and too small a feature learning strength both generalise worse, and what makes either side."""

from .claims import claims
from .figure import plot
from .run import DATA, PRESETS, Params, run

__all__ = ["DATA", "PRESETS", "Params", "claims", "plot", "run"]
