"""Reference solution of exercise 17."""

import numpy as np
from scipy.special import stdtrit


def twins(W: np.ndarray, signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([W, W]), np.concatenate([signs, -signs])


def error_rates(X: np.ndarray, y: np.ndarray, W: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    Z = X @ W.T
    f = np.maximum(Z, 0) @ v
    answered = np.where((Z > 0).any(axis=1), f, X @ (v @ W))
    network, answered = (np.mean((1 - np.sign(y * outputs)) / 2) for outputs in (f, answered))
    return float(network), float(answered)


def interval(numbers: np.ndarray) -> tuple[float, float, float]:
    mean = numbers.mean()
    half = stdtrit(len(numbers) - 1, 0.975) * numbers.std(ddof=1) / np.sqrt(len(numbers))
    return float(mean), float(mean - half), float(mean + half)


def rise_removed(plain: np.ndarray, control: np.ndarray) -> tuple[float, float, float]:
    return interval((plain[:, 1] - plain[:, 0]) - (control[:, 1] - control[:, 0]))


def causes(plain: np.ndarray, controls: dict, best: int) -> dict:
    found = {"left": [], "right": []}
    for branch, end in (("left", 0), ("right", -1)):
        rise, low, _ = interval(plain[:, end] - plain[:, best])
        for name, control in controls.items():
            mean, start, _ = rise_removed(plain[:, [best, end]], control[:, [best, end]])
            if low > 0 and start > 0 and mean >= rise / 2:
                found[branch].append(name)
    return found
