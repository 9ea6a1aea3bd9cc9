"""The fast batch solver of gradient flow."""

from .flow import Flow, Trajectory, gradient_flow
