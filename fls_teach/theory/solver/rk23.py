"""One error-controlled step of gradient flow for many networks at once (science.md#dynamics); compare scipy's rk.py.

Two ideas make a step cheap and accurate:

- Every neuron moves in the span of the data, w_j + sum_i D_ij x_i, so a stage needs only the Gram matrix:
  pre-activations become Z + gram D.
- The activity 1[<w_j, x_i> > 0] is frozen during the step, which makes the right-hand side smooth; kinks.py then
  corrects each (i, j) that changed sign. Kinks cost no evaluations, and if a trajectory slides along a kink, the
  corrections average to Filippov's solution and the solver does not chatter.
"""

import numpy as np

from ..network import Loss
from .kinks import repair_kinks
from .state import TINY, Array, Mask, Stages, State

# As in scipy: multiply steps computed from asymptotic behaviour of errors by this.
SAFETY = 0.9
MIN_FACTOR, MAX_FACTOR = 0.2, 5.0  # limits of the ratio of successive step sizes

FIRST_MOVE = 0.05  # largest relative move of a neuron in the first step
KINK_TOLERANCE = 15  # in units of rtol: each kink is crossed once, so errors do not accumulate
SMALLEST_MOVE = 2e-3  # relative move of a neuron below which kinks do not shorten the step


class RK23:
    """Explicit Runge-Kutta method of order 3(2) by Bogacki and Shampine, without its fourth stage.

    As in scipy, the step is taken with the third-order weights B; E = B - (0, 1, 0) gives the difference from the
    midpoint rule, which is of second order on the same stages. A has one entry per row, because each stage uses only
    the previous one.
    """

    order = 3
    error_estimator_order = 2
    n_stages = 3
    C = np.array([0, 1 / 2, 3 / 4])
    A = np.array([[0, 0, 0], [1 / 2, 0, 0], [0, 3 / 4, 0]])
    B = np.array([2, 3, 4]) / 9
    E = np.array([2, -6, 4]) / 9

    def __init__(self, loss: Loss, rtol: float) -> None:
        self.loss, self.rtol = loss, rtol

    def select_initial_step(self, state: State) -> Array:
        """Return the size (b,) of the first step."""
        return FIRST_MOVE / state.max_growth_rate()

    def step(self, state: State, dt: Array) -> tuple[State, Mask, Array]:
        """Attempt one step of size dt (b,).

        Returns
        -------
        state : State
            State after the step; unchanged for rejected runs.
        accepted : ndarray (b,) of bool
        dt : ndarray (b,)
            Size of the next step to attempt.
        """
        W, error_norm, kink_error_norm = self._rk_step(state, dt)
        # This step divided by the longest step that meets both tolerances: the errors grow like dt^3
        # (error_estimator_order + 1) and like dt^2.
        step_ratio = np.maximum(np.cbrt(error_norm), np.sqrt(kink_error_norm))
        new = state.problem.at(W, self.loss)
        accepted = (step_ratio <= 1) & np.isfinite(new.risk)
        if not accepted.all():
            for array, old in zip(new[1:], state[1:], strict=True):
                array[~accepted] = old[~accepted]
        factor = np.fmin(np.fmax(SAFETY / step_ratio, MIN_FACTOR), MAX_FACTOR)  # MIN_FACTOR if the ratio is NaN
        return new, accepted, dt * factor

    def _rk_step(self, state: State, dt: Array) -> tuple[Array, Array, Array]:
        """Return first layers (b, h, d) after the step, and smooth and kink errors (b,) in units of the tolerance."""
        stages = self._stages(state, dt)
        D, norms = stages.combine(self.B), np.maximum(np.abs(state.v), TINY)
        error_norm = self._estimate_error(state, stages.combine(self.E), stages.active, norms) / self.rtol
        largest_repair = repair_kinks(state, stages, D, norms, self.C[-1])
        # A correction is of first order: its error is its size times the neuron's relative move.
        move = dt * state.max_growth_rate()
        kink_error_norm = np.where(move > SMALLEST_MOVE, largest_repair * move / (KINK_TOLERANCE * self.rtol), 0.0)
        return state.W + D.swapaxes(1, 2) @ state.problem.X, error_norm, kink_error_norm

    def _stages(self, state: State, dt: Array) -> Stages:
        """Evaluate the velocity at every stage."""
        problem, active, relu = state.problem, (state.Z > 0).astype(float), np.maximum(state.Z, 0.0)
        g, v = [state.g], [state.v]
        for stage in range(1, self.n_stages):
            ahead = self.A[stage, stage - 1] * dt[:, None]
            v.append(state.v + ahead * (g[-1][:, None, :] @ relu)[:, 0])  # dv_j/dt = <w_j, G_j>
            relu = (problem.gram * g[-1][:, None, :]) @ active  # gram @ (active g v), without forming the bracket
            relu *= (ahead * v[-2])[:, None, :]
            relu += state.Z
            relu *= active
            f = (relu @ v[-1][:, :, None])[:, :, 0] - problem.f0
            g.append(self.loss.negative_gradient(problem.y, f))
        return Stages(active, np.stack(g, axis=2) * dt[:, None, None], np.stack(v, axis=1))

    def _estimate_error(self, state: State, error: Array, active: Array, norms: Array) -> Array:
        """Return the size (b,) of an error in D, relative to each neuron's norm and, for outputs, to 1 + max |c f|."""
        gram_error = state.problem.gram @ error
        squares = np.maximum(np.einsum("bnh,bnh->bh", error, gram_error), 0.0)
        of_neurons = (np.sqrt(squares) / norms).max(axis=1)
        # |w_j| changes by <w_j, e_j> / |w_j|, and v_j with it.
        stretch = state.problem.signs * np.einsum("bnh,bnh->bh", error, state.Z) / norms
        of_outputs = (active * gram_error) @ state.v[:, :, None] + (active * state.Z) @ stretch[:, :, None]
        c = self.loss.c
        return np.maximum(of_neurons, c * np.abs(of_outputs[:, :, 0]).max(1) / (1 + c * np.abs(state.f).max(1)))
