"""Failure: networks that never train, that fit and err, or whose seeds disagree, each told from the others."""

from fls_teach.diagnosis import Diagnosis, FinishedRun, diagnose

from .claims import claims
from .figure import plot
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Diagnosis", "FinishedRun", "Params", "claims", "diagnose", "plot", "run"]
