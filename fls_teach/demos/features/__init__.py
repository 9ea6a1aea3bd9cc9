"""Features: is the right alpha worth more with more dimensions, less noise, more informative directions?"""

from .claims import claims
from .figure import plot
from .run import PRESETS, Params, run, sweeps

__all__ = ["PRESETS", "Params", "claims", "plot", "run", "sweeps"]
