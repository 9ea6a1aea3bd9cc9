"""Discrete training of many two-layer networks at once (science.md#discrete-training)."""

from .descent import Descent, descend, gradient_descent
