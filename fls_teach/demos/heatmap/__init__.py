"""Heatmap: on images, too, test accuracy is highest at an output multiplier c between the extremes."""

from .claims import claims
from .figure import plot
from .run import CIFAR_PRESETS, PRESETS, Params, run

__all__ = ["CIFAR_PRESETS", "PRESETS", "Params", "claims", "plot", "run"]
