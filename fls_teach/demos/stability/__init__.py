"""Phase 2: the predictor keeps the direction of Phase 1, but for a slow drift to the max-margin direction."""

from .claims import claims
from .figure import plot
from .run import PRESETS, Params, max_margin, run

__all__ = ["PRESETS", "Params", "claims", "max_margin", "plot", "run"]
