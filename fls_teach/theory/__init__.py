"""The numpy reference of two-phase dynamics in two-layer ReLU networks; SCIENCE.md numbers its formulas."""

from .alignment import effective_predictor, neuron_alignment, phase_one_bound, phase_one_exit, predictor_alignment, zeta
from .equivalence import equivalent_alpha, equivalent_lr, equivalent_weight_decay
from .error import Decomposition, bayes_error, decompose, linear_error, network_error
from .flow import Flow, Trajectory, gradient_flow
from .geometry import angle
from .mixture import GaussianMixture, class_sum, separability
from .network import balanced_init, forward, risk, second_layer, velocity
from .training import Descent, descend, gradient_descent
