"""Heatmap: on images, does an output multiplier c between the extremes beat both? One learning rate per c and seed."""

from .claims import claims
from .figure import plot
from .run import CIFAR_PRESETS, PRESETS, Params, run

__all__ = ["CIFAR_PRESETS", "PRESETS", "Params", "claims", "plot", "run"]
