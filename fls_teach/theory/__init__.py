"""The numpy reference of two-phase dynamics in two-layer ReLU networks; science.md derives its formulas."""

from .alignment import (
    effective_predictor,
    linear_part,
    neuron_alignment,
    phase_one_bound,
    phase_one_exit,
    predictor_alignment,
    zeta,
)
from .classes import ClassMixture
from .equivalence import equivalent_alpha, equivalent_lr, equivalent_optimizer, equivalent_weight_decay
from .error import Decomposition, bayes_error, decompose, linear_error
from .geometry import angle
from .mixture import GaussianMixture, class_sum, separability
from .network import balanced_init, difference_network, forward, risk, second_layer, twins, velocity
from .population import Estimate, NetworkErrors, network_error, network_errors, silent_mass
from .reference import reference_flow
from .solver import Flow, Trajectory, gradient_flow
from .training import (
    SGD,
    Adam,
    AdamW,
    Descent,
    FlowSteps,
    Record,
    Training,
    balanced_init_classes,
    descend,
    flow_lr,
    gradient_descent,
    opposite_twins,
    train,
)
from .xor import XorMixture

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "ClassMixture",
    "Decomposition",
    "Descent",
    "Estimate",
    "Flow",
    "FlowSteps",
    "GaussianMixture",
    "NetworkErrors",
    "Record",
    "Training",
    "Trajectory",
    "XorMixture",
    "angle",
    "balanced_init",
    "balanced_init_classes",
    "bayes_error",
    "class_sum",
    "decompose",
    "descend",
    "difference_network",
    "effective_predictor",
    "equivalent_alpha",
    "equivalent_lr",
    "equivalent_optimizer",
    "equivalent_weight_decay",
    "flow_lr",
    "forward",
    "gradient_descent",
    "gradient_flow",
    "linear_error",
    "linear_part",
    "network_error",
    "network_errors",
    "neuron_alignment",
    "opposite_twins",
    "phase_one_bound",
    "phase_one_exit",
    "predictor_alignment",
    "reference_flow",
    "risk",
    "second_layer",
    "separability",
    "silent_mass",
    "train",
    "twins",
    "velocity",
    "zeta",
]
