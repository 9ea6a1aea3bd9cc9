"""Bound: the over-fitting bound of Theorem 5.6 made concrete; where it holds, how loose it is, what it leaves out."""

from .claims import claims
from .figure import plot
from .geometry import cone_bound, cone_of_data, growth_floor, two_phase_floor
from .run import PRESETS, Params, run

__all__ = [
    "PRESETS",
    "Params",
    "claims",
    "cone_bound",
    "cone_of_data",
    "growth_floor",
    "plot",
    "run",
    "two_phase_floor",
]
