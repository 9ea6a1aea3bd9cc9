"""Heatmap: on images, does a c between the extremes beat both, with f(0) and without? One rate per c and seed."""

from .claims import claims
from .figure import plot
from .run import CIFAR_PRESETS, PRESETS, Params, run

__all__ = ["CIFAR_PRESETS", "PRESETS", "Params", "claims", "plot", "run"]
