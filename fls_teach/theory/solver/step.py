"""One error-controlled step of gradient flow, for many networks at once (SCIENCE section 2).

The flow dw_j/dt = v_j G_j keeps v_j = s_j |w_j|, so W alone is the state. Two ideas make a step cheap and exact enough:

- Every neuron moves in the span of the data, w_j + sum_i D_ij x_i, so a stage needs only the Gram matrix K = X X^T:
  pre-activations become Z + K D.
- The activity 1[<w_j, x_i> > 0] is frozen for the step, which makes the right-hand side smooth; then each (i, j) that
  changed sign is repaired, to first order, from the moment of its crossing on. Kinks cost no evaluation, and where a
  trajectory slides along a kink the repairs average to Filippov's solution instead of making the solver chatter.
"""

from collections import namedtuple

import numpy as np

from ..network import outputs

# Bogacki-Shampine's third-order rule; the midpoint rule, second order on the same stages, measures its error.
REACH, WEIGHTS, ERROR = (1 / 2, 3 / 4), np.array([2, 3, 4]) / 9, np.array([2, -6, 4]) / 9
KINK_TOLERANCE = 15  # in units of rtol: a kink is crossed once, its error does not add up along the run
SMALLEST_MOVE = 2e-3  # relative move of a neuron below which kinks do not shorten the step
TINY = np.finfo(float).tiny


class State(namedtuple("State", "X y K signs f0 W v Z f risk", defaults=[None] * 5)):
    """Networks at one moment of their run, and what the next step derives from it.

    Attributes
    ----------
    X, y, K, signs, f0 : ndarray (b, n, d), (b, n), (b, n, n), (b, h), (b, n)
        What stays: the data, their Gram matrix, the signs of the second layer, and what is subtracted from the outputs.
    W, v, Z, f, risk : ndarray (b, h, d), (b, h), (b, n, h), (b, n), (b,)
        What moves: both layers, pre-activations, outputs less f0, and the training risk.
    """

    def at(self, W, loss):
        """The same runs with first layers W."""
        v, Z = self.signs * np.sqrt(np.einsum("bhd,bhd->bh", W, W)), self.X @ W.swapaxes(1, 2)
        f = outputs(Z, v) - self.f0
        return self._replace(W=W, v=v, Z=Z, f=f, risk=loss.risk(self.y, f))

    def take(self, runs):
        """Some of the runs."""
        return State(*(array[runs] for array in self))

    def put(self, runs, other):
        """Overwrite some of the runs by as many others."""
        for array, new in zip(self, other, strict=True):
            array[runs] = new

    def velocity(self, loss):
        """dW/dt (b, h, d)."""
        G = ((self.Z > 0) * loss.pull(self.y, self.f)[..., None]).swapaxes(1, 2) @ self.X
        return self.v[..., None] * G

    def pace(self, loss):
        """Upper bound (b,) on |G_j|, the relative speed of every neuron: sum_i p_i |x_i|."""
        return (np.abs(loss.pull(self.y, self.f)) * np.sqrt(np.einsum("bii->bi", self.K))).sum(axis=1)


def trial_step(state, loss, length, rtol):
    """Try one step of the given length (b,).

    Returns
    -------
    W : ndarray (b, h, d)
        First layers after the step.
    excess : ndarray (b,)
        Factor by which the step is too long for `rtol`; <= 1 is acceptable.
    """
    active, frozen = (state.Z > 0).astype(float), np.maximum(state.Z, 0.0)
    pulls, layers = [loss.pull(state.y, state.f)], [state.v]
    for reach in REACH:
        # Under frozen activity D_ij = 1_ij p_i v_j: a rank-one matrix behind a mask. And dv_j/dt = <w_j, G_j>.
        ahead = reach * length[:, None]
        layer = state.v + ahead * (pulls[-1][:, None, :] @ frozen)[:, 0]
        frozen = (state.K * pulls[-1][:, None, :]) @ active  # K @ D without forming D
        frozen *= (ahead * layers[-1])[:, None, :]
        frozen += state.Z
        frozen *= active
        layers.append(layer)
        pulls.append(loss.pull(state.y, (frozen @ layer[:, :, None])[:, :, 0] - state.f0))
    pulls, layers = np.stack(pulls, axis=2) * length[:, None, None], np.stack(layers, axis=1)
    D, E = (active * ((pulls * weights) @ layers) for weights in (WEIGHTS, ERROR))
    norm = np.maximum(np.abs(state.v), TINY)
    smooth = np.cbrt(_smooth_error(state, loss, E, active, norm) / rtol)
    # A repair is right to first order: it leaves an error of its own size times the neuron's relative move.
    move = length * state.pace(loss)
    kink = np.sqrt(_repair_kinks(state, D, active, pulls, layers, norm) * move / (KINK_TOLERANCE * rtol))
    return state.W + D.swapaxes(1, 2) @ state.X, np.maximum(smooth, np.where(move > SMALLEST_MOVE, kink, 0.0))


def _smooth_error(state, loss, E, active, norm):
    """Error (b,) of the frozen step: relative to each neuron's norm and, as the outputs see it, to 1 + max |c f|."""
    KE = state.K @ E
    of_neurons = (np.sqrt(np.maximum(np.einsum("bnh,bnh->bh", E, KE), 0.0)) / norm).max(axis=1)
    stretch = state.signs * np.einsum("bnh,bnh->bh", E, state.Z) / norm  # |w_j| changes by <w_j, e_j> / |w_j|
    of_outputs = ((active * KE) @ state.v[:, :, None] + (active * state.Z) @ stretch[:, :, None])[:, :, 0]
    return np.maximum(of_neurons, loss.c * np.abs(of_outputs).max(1) / (1 + loss.c * np.abs(state.f).max(1)))


def _repair_kinks(state, D, active, pulls, layers, norm):
    """Add to D what crossings change; return the largest repair (b,), relative to its neuron's norm."""
    Z = state.Z + state.K @ D
    run, i, j = np.unravel_index(np.flatnonzero((Z > 0) != (active > 0)), Z.shape)
    before, after = state.Z[run, i, j], Z[run, i, j]
    crossing = before / (before - after)  # fraction of the step, on the chord
    # The velocity half-way through what remains, on the line through the first and the last stage.
    at = (1 + crossing) / 2 / REACH[-1]
    force = pulls[run, i, 0] * (1 - at) + pulls[run, i, 2] * at
    layer = layers[run, 0, j] * (1 - at) + layers[run, 2, j] * at
    repair = np.where(after > 0, 1.0, -1.0) * force * layer * (1 - crossing)
    D[run, i, j] += repair
    repaired = np.zeros_like(norm)
    np.add.at(repaired, (run, j), np.abs(repair) * np.sqrt(state.K[run, i, i]))
    return (repaired / norm).max(axis=1)


def locate(before, after, loss, length, target):
    """Where inside its last step, of length (b,), each run crosses the target risk.

    Returns
    -------
    fraction : ndarray (b,)
        Of the step: root of the risk on the cubic Hermite interpolant of W.
    state : State
        There.
    """
    from scipy.optimize.elementwise import find_root  # here, because it takes longer to import than to run

    start, end = (length[:, None, None] * state.velocity(loss) for state in (before, after))
    rise = after.W - before.W

    def at(x, run):
        x = x[:, None, None]
        W = before.W[run] + x * x * (3 - 2 * x) * rise[run] + x * (1 - x) * ((1 - x) * start[run] - x * end[run])
        return before.take(run).at(W, loss)

    def gap(x, run):
        return np.log(np.maximum(at(x, run).risk, TINY) / target)

    runs = np.arange(len(length))
    root = find_root(gap, (np.zeros(len(runs)), np.ones(len(runs))), args=(runs,))
    # Where margins are too coarse for the target the risk jumps over it: then take the first moment behind the jump.
    fraction = np.where(root.f_x <= 1e-12, root.x, root.bracket[1])
    return fraction, at(fraction, runs)
