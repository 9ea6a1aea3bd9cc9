"""Stopping: training accuracy, training risk or validation risk may end a run; where is the best c then?"""

from .claims import claims
from .figure import plot
from .rules import by_rule, stops
from .run import PRESETS, Params, run

__all__ = ["PRESETS", "Params", "by_rule", "claims", "plot", "run", "stops"]
