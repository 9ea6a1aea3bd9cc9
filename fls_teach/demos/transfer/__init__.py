"""Transfer: where the best alpha lies as n and h grow, and what it costs to carry it over from small networks."""

from .claims import claims
from .figure import plot
from .optimum import Prediction, Sweep, best_log2_alpha, predict_optimum
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "Prediction", "Sweep", "best_log2_alpha", "claims", "plot", "predict_optimum", "run"]
