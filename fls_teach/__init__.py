"""Feature learning strength, taught by building it: over-alignment versus over-fitting."""

__version__ = "0.1.0"
