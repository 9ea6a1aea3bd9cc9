"""The fast solver of gradient flow: many runs in one batch, in the vocabulary of `scipy.integrate`.

`theory/reference.py` solves the same equations in 40 lines; a property test compares the two. In reading order:

- state.py: a problem, and the state of a network (the y of scipy's solvers; here y are the labels).
- rk23.py: one step with its error estimate, as in scipy's rk.py; kinks.py corrects it for the ReLU's kinks.
- dense_output.py: the moment inside a step at which the risk crosses its target.
- termination.py: why a run ends. recorder.py: the recorded trajectory.
- batch.py: the loop, in which active runs advance in lockstep and a queued run takes a finished run's slot.
- flow.py: the public function.
"""

from .flow import Flow, Trajectory, gradient_flow

__all__ = ["Flow", "Trajectory", "gradient_flow"]
