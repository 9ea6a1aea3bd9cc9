"""A two-layer ReLU network along a line, where it is piecewise linear, so that probabilities of answers are exact.

Write x = u s + q with a unit vector s and q orthogonal to it. Given q, the pre-activation of neuron j is the line
slope_j u + offset_j, which changes sign at one breakpoint, and f is linear in u between neighbouring breakpoints. For
a normal u the probability of each answer is then a sum of normal cdfs at the points where the answer changes.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

# A neuron whose slope is smaller than this, relative to its weights, has no breakpoint representable in float64.
FLAT = 1e-100
# Breakpoints per block of draws, such that the arrays of one block fit into the processor's cache.
BLOCK = 2**15


class Steps(NamedTuple):
    """A step function of u for each of m draws of q.

    Attributes
    ----------
    first, last : ndarray (m,)
        Values at u -> -inf and u -> +inf.
    draw, at, jump : ndarray (k,)
        Index of the draw, location and height of each of the k jumps of all draws.
    """

    first: np.ndarray
    last: np.ndarray
    draw: np.ndarray
    at: np.ndarray
    jump: np.ndarray

    def scaled(self, factor: float, shift: float = 0.0) -> "Steps":
        """Return the step function factor * value + shift."""
        first, last = factor * self.first + shift, factor * self.last + shift
        return Steps(first, last, self.draw, self.at, factor * self.jump)

    def mean(self, centre: float) -> np.ndarray:
        """Return the mean over u ~ N(centre, 1), (m,), summed from the side where small probabilities are precise."""
        if centre > 0:
            return self.last - np.bincount(self.draw, self.jump * ndtr(self.at - centre), len(self.last))
        return self.first + np.bincount(self.draw, self.jump * ndtr(centre - self.at), len(self.first))


class Answers(NamedTuple):
    """Answers of the network along the line; every field is a `Steps`.

    Attributes
    ----------
    output : Steps
        Sign of f: -1, 0 or +1.
    answered : Steps
        The same with f = 0 answered by the sign of the linear part sum_j v_j <w_j, x>.
    silent : Steps
        1 where f is exactly 0, else 0.
    """

    output: Steps
    answered: Steps
    silent: Steps


def answers(W: np.ndarray, v: np.ndarray, direction: np.ndarray, noise: np.ndarray) -> Answers:
    """Return the answers of a network, W (h, d) and v (h,), along the unit `direction` for orthogonal noise (m, d)."""
    blocks = [_answers(W, v, direction, part) for part in _blocks(noise, len(W))]
    return Answers(*(_concatenate(parts) for parts in zip(*blocks, strict=True)))


def wrong(answer: Steps, ends: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Return the probability (m,) of a wrong answer, where the answer 0 counts as half wrong.

    `ends` lists equally likely (mean of u, right answer).
    """
    return np.asarray(sum(answer.scaled(-label / 2, 0.5).mean(centre) for centre, label in ends)) / len(ends)


def class_errors(
    W: np.ndarray, V: np.ndarray, direction: np.ndarray, noise: np.ndarray, centre: float, label: int
) -> np.ndarray:
    """Return three probabilities (3, m) for u ~ N(centre, 1) and a network with K outputs, V (K, h).

    They are that of an answer argmax_k f_k(x) other than `label`, with random ties; the same with f = 0 answered by the
    linear parts V W; and that of f = 0.
    """
    blocks = [_class_errors(W, V, direction, part, centre, label) for part in _blocks(noise, V.size)]
    return np.concatenate(blocks, axis=1)


def _blocks(noise, size):
    rows = max(256, BLOCK // size)
    return [noise[k : k + rows] for k in range(0, len(noise), rows)]


def _class_errors(W, V, direction, noise, centre, label):
    breaks, tilt, height = _pieces(W, V, direction, noise)
    edge = np.full((1, len(noise)), np.inf)
    starts, ends = np.concatenate([-edge, breaks]), np.concatenate([breaks, edge])
    silent = ((tilt == 0) & (height == 0)).all(axis=0)
    even = _largest(tilt, height, starts, ends, centre, label)
    if not silent.any():
        return np.stack([1 - even, 1 - even, np.zeros_like(even)])
    linear = V @ W
    tilt = np.where(silent, (linear @ direction)[:, None, None], tilt)
    height = np.where(silent, (noise @ linear.T).T[:, None, :], height)
    answered = _largest(tilt, height, starts, ends, centre, label)
    mass = np.where(silent, _between(starts, ends, centre), 0.0).sum(axis=0)
    return np.stack([1 - even, 1 - answered, mass])


def _largest(tilt, height, starts, ends, centre, label):
    """Return the probability (m,) that line `label` of `tilt`, `height` (K, pieces, m) is largest; ties are random."""
    low, high, tied = starts, ends, 1
    for k in range(len(tilt)):
        if k == label:
            continue
        rises, ahead = tilt[label] - tilt[k], height[label] - height[k]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            root = -ahead / rises
        low = np.where(rises > 0, np.maximum(low, root), low)
        high = np.where(rises < 0, np.minimum(high, root), high)
        high = np.where((rises == 0) & (ahead < 0), -np.inf, high)
        tied = tied + ((rises == 0) & (ahead == 0))
    return (_between(low, high, centre) / tied).sum(axis=0)


def _between(low, high, centre):
    """Return the probability of low < u < high; the costly normal cdf is evaluated only where low < high."""
    result = np.zeros_like(low)
    inside = high > low
    low, high = low[inside] - centre, high[inside] - centre
    # In the right tail the difference of two cdfs near 1 would be imprecise.
    result[inside] = np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    return result


def _answers(W, v, direction, noise):
    breaks, (tilt,), (height,) = _pieces(W, v[None], direction, noise)
    silent = (tilt == 0) & (height == 0)
    if silent.any():
        linear = v @ W
        tilt, height = np.where(silent, linear @ direction, tilt), np.where(silent, noise @ linear, height)

    # Within a piece the sign changes at most once, at u = -height / tilt; roots outside the piece have no effect.
    level = tilt == 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        root = np.where(level, -np.inf, -height / tilt)
    left = np.sign(np.where(level, height, tilt)).astype(np.int8)
    right = left.copy()
    left[0][root[0] > -np.inf] *= -1
    left[1:][root[1:] > breaks] *= -1
    right[:-1][root[:-1] >= breaks] *= -1

    answered = _steps(left, right, root, breaks)
    quiet = silent.astype(np.int8)
    output = _steps(left * (1 - quiet), right * (1 - quiet), root, breaks) if silent.any() else answered
    return Answers(output, answered, _steps(quiet, quiet, root, breaks))


def _pieces(W, V, direction, noise):
    """Return sorted breakpoints (breaks, m), and tilt and height (K, pieces, m) of f_k = tilt u + height on pieces."""
    slope, offset = W @ direction, noise @ W.T
    tilted = np.abs(slope) > FLAT * np.abs(W).max(axis=-1)
    breaks = -offset[:, tilted] / slope[tilted]
    order = np.argsort(breaks, axis=1)
    # Transposed, so that sums along the line add whole rows.
    breaks, order = np.ascontiguousarray(np.take_along_axis(breaks, order, axis=1).T), np.ascontiguousarray(order.T)
    step = (V * slope)[:, tilted]
    on, off = np.zeros((2, 2, len(V), len(breaks) + 1, len(noise)))  # tilt and height on each piece
    on[0, :, 1:] = np.where(slope[tilted] > 0, step, 0.0)[:, order]
    off[0, :, :-1] = np.where(slope[tilted] < 0, step, 0.0)[:, order]
    on[1, :, 1:], off[1, :, :-1] = -on[0, :, 1:] * breaks, -off[0, :, :-1] * breaks
    # Neurons that switch on are added from the left, those that switch off from the right. Nothing is subtracted,
    # so large neurons leave no rounding residue where only small neurons, or none, are active.
    for k in range(len(breaks)):
        on[:, :, k + 1] += on[:, :, k]
        off[:, :, -k - 2] += off[:, :, -k - 1]
    tilt, height = on + off
    flat = V[:, ~tilted] @ np.maximum(offset[:, ~tilted], 0.0).T
    return breaks, tilt, height + flat[:, None]


def _steps(left, right, root, breaks):
    """Return the Steps of a function with values `left` and `right` of the root of each piece (pieces, m)."""
    draws, places, jumps = [], [], []
    for jump, place in ((right - left, root), (left[1:] - right[:-1], breaks)):
        where = np.flatnonzero(jump)
        draws.append(where % jump.shape[1])
        places.append(place.ravel()[where])
        jumps.append(jump.ravel()[where])
    first, last = left[0].astype(float), right[-1].astype(float)
    return Steps(first, last, *(np.concatenate(parts) for parts in (draws, places, jumps)))


def _concatenate(blocks):
    start = np.cumsum([0] + [len(block.first) for block in blocks[:-1]])
    draws = [block.draw + k for block, k in zip(blocks, start, strict=True)]
    first, last, _, at, jump = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return Steps(first, last, np.concatenate(draws), at, jump)
