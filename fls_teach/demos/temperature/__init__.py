"""Temperature: c as an inverse temperature: margins, confidence and calibration where training stops."""

from .claims import claims
from .figure import plot
from .measures import best_temperature, calibration_error, posterior_logit
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "best_temperature", "calibration_error", "claims", "plot", "posterior_logit", "run"]
