"""Lazy: how little features move at large alpha, and whether the kernel machine that is left errs more."""

from .claims import claims
from .figure import plot
from .machine import machine_error, tangent_network
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "claims", "machine_error", "plot", "run", "tangent_network"]
