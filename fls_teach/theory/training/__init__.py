"""Discrete training of many two-layer networks at once (science.md#discrete-training)."""

from .chunk import Record
from .descent import Descent, descend, gradient_descent
from .engine import Training, train
from .flow_steps import FlowSteps
from .optimizers import SGD, Adam, AdamW
from .rates import flow_lr
from .starts import balanced_init_classes, opposite_twins

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Descent",
    "FlowSteps",
    "Record",
    "Training",
    "balanced_init_classes",
    "descend",
    "flow_lr",
    "gradient_descent",
    "opposite_twins",
    "train",
]
