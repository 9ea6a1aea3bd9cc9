"""What the stability demo claims about Phase 2, judged from its saved arrays."""

import numpy as np

from fls_teach.demos.framework.claim import Claim
from fls_teach.theory import angle, class_sum

STAY_TOLERANCE = 0.05
FLOOR, FLOOR_FACTOR, FLAT_TOLERANCE = 0.004, 3, 0.1
STRAIGHT = 0.98
RATE_FROM = 0.03
KKT_TOLERANCE = 1e-9


def claims(result):
    """Judge "Phase 2 inherits the direction", and how fast and where to it drifts all the same.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of Claim
    """
    path = _path(result)[:, small_alphas(result)]
    return [
        _stay_claim(result, path),
        _floor_claim(result, path),
        _growth_claim(result, path),
        _direction_claim(result, path),
        _approach_claim(result, path),
        _rate_claim(result, path),
        _kkt_claim(result),
    ]


def _stay_claim(result, path):
    usual, last = result.params["usual_risk"], result.params["target_risks"][-1]
    change = np.abs(_psi(result, path) - _psi(result, path)[:, :, :1])
    to_usual, later = change[:, :, _at(result, usual)], change[:, :, -1].max()
    return Claim(
        "stay",
        f"Phase 2 inherits the direction: Psi(t_eta) is nearly Psi(t_alpha), at eta = {usual:g}, {_scope(result)}",
        "[P]; SCI 4",
        "|difference| ~ 0",
        f"at most {to_usual.max():.4f}, mean {to_usual.mean():.4f} of {to_usual.size}; {later:.3f} at eta = {last:g}",
        f"{STAY_TOLERANCE}: less than one halving of alpha does at the transition of SCI 5; at this eta, not for ever",
        to_usual.max() <= STAY_TOLERANCE,
    )


def _floor_claim(result, path):
    usual = result.params["usual_risk"]
    gap = (1 - _psi(result, path)).mean(axis=0)
    at_exit, at_stop = gap[:, 0], gap[:, _at(result, usual)]
    near = at_stop.min() >= FLOOR / FLOOR_FACTOR and at_stop.max() <= FLOOR * FLOOR_FACTOR
    flat = np.ptp(at_stop) <= FLAT_TOLERANCE * at_stop.mean()
    return Claim(
        "floor",
        f"but a smaller alpha does not close the gap: at eta = {usual:g} mean 1 - Psi is the same, {_scope(result)}",
        "[M] SCI 4",
        f"1 - Psi = {FLOOR} at the stop, → 0 at the exit",
        f"{at_stop.min():.4f} to {at_stop.max():.4f} at the stop; {at_exit[-1]:.0e} → {at_exit[0]:.0e} at the exit",
        f"a factor of {FLOOR_FACTOR}, {FLAT_TOLERANCE:.0%} between alphas; the exit's ends < 1% of the stop's",
        near and flat and at_exit[0] <= 0.01 * at_stop[0],
    )


def _growth_claim(result, path):
    drift = np.degrees(_angle(path[:, :, 1:], path[:, :, :1]))
    step = np.diff(drift)
    mean = drift.mean(axis=(0, 1))
    risks = result.params["target_risks"]
    return Claim(
        "growth",
        f"and it grows: each smaller eta finds the predictor further from where Phase 1 left it, {_scope(result)}",
        "[M] SCI 4",
        "every step > 0",
        f"{(step > 0).sum()} of {step.size} are; on average {mean[0]:.1f}° at eta = {risks[0]:g}, "
        f"{mean[-1]:.1f}° at {risks[-1]:g}",
        "0, in every run",
        (step > 0).all(),
    )


def _direction_claim(result, path):
    there = path[:, :, _at(result, result.params["usual_risk"])]
    start = path[:, :, 0]
    along = _cosine(_across(there, start), _across(result.arrays["margin_direction"][:, None], start))
    chance = 1 / np.sqrt(path.shape[-1] - 1)  # the tangent space at a unit vector has one dimension less
    worst = along.min(axis=1)  # alphas of one data set are not independent: count data sets
    return Claim(
        "direction",
        "the drift heads for the max-margin direction of the positives (hard-margin SVM): cosine of the two, "
        f"at eta = {result.params['usual_risk']:g}, {_scope(result)}",
        "[D] Phuong & Lampert 2021; SCI 4",
        f"> {chance:.2f}, the size chance gives",
        f"smallest {along.min():.2f}, mean {along.mean():.2f}; on {(worst > chance).sum()}/{len(worst)} data sets",
        "none, in every run",
        (along > chance).all(),
    )


def _approach_claim(result, path):
    left = _left(result, path)
    step = np.diff(left[..., 1:])
    mean, risks = left.mean(axis=(0, 1)), result.params["target_risks"]
    usual = result.params["usual_risk"]
    return Claim(
        "approach",
        f"and comes closer to it from each stop to the next, {_scope(result)}",
        "[D] Phuong & Lampert 2021",
        "every step < 0",
        f"{(step < 0).sum()} of {step.size} are; of the angle that x_+ makes with it {mean[_at(result, usual)]:.0%} "
        f"is left at eta = {usual:g}, {mean[-1]:.0%} at {risks[-1]:g}",
        "0, in every run, and less left at the last stop than at t_alpha",
        (step < 0).all() and (left[..., -1] < left[..., 0]).all(),
    )


def _rate_claim(result, path):
    risks = np.array(result.params["target_risks"])
    late, left = risks <= RATE_FROM, _left(result, path)[..., 1:]
    straight, rival = (straightness(-np.log(risks[late]), curve[..., late]) for curve in (1 / left, left))
    return Claim(
        "rate",
        f"slowly: 1 / (angle left) is a straight line in log(1/eta), for eta <= {RATE_FROM:g}, {_scope(result)}",
        "[D] Soudry et al. 2018",
        "R^2 = 1",
        f"smallest R^2 = {straight.min():.4f} of {straight.size}; mean {straight.mean():.4f}, of the angle itself "
        f"{rival.mean():.4f}",
        f"R^2 >= {STRAIGHT}, and half the mean misfit of a straight line in the angle itself",
        straight.min() >= STRAIGHT and 1 - straight.mean() <= (1 - rival.mean()) / 2,
    )


def _kkt_claim(result):
    arrays = result.arrays
    worst = 0.0
    for X, w, multipliers in zip(arrays["X"], arrays["margin_direction"], arrays["multipliers"], strict=True):
        positives = X[arrays["y"] > 0]
        slack = positives @ w - 1
        conditions = (-slack, -multipliers, np.abs(multipliers * slack), np.abs(positives.T @ multipliers - w))
        worst = np.max([worst, *(condition.max() for condition in conditions)])
    return Claim(
        "kkt",
        "the SVM direction is optimal: margins >= 1, multipliers >= 0 on the support only, w their combination",
        "[D] KKT conditions",
        "0",
        f"violated by at most {worst:.0e} over {len(arrays['X'])} data sets",
        f"{KKT_TOLERANCE:.0e}: rounding",
        worst <= KKT_TOLERANCE,
    )


def angle_off(result):
    """Angle to x_+ (S, A, 1 + E) at the exit and at every stop, in radians: arccos Psi."""
    return _off(result, _path(result))


def angle_left(result):
    """Angle to the max-margin direction (S, A, 1 + E) at the exit and at every stop, relative to that of x_+."""
    return _left(result, _path(result))


def small_alphas(result):
    """Of which alphas (A,) the claims speak."""
    return result.arrays["log2_alpha"] <= result.params["log2_small_alpha"]


def straightness(x, y):
    """Share R^2 (...) of the variance of y (..., m) that a straight line in x (m,) explains; NaN for a constant y."""
    x, y = x - x.mean(), y - y.mean(axis=-1, keepdims=True)
    total = (x @ x) * (y**2).sum(axis=-1)
    return (y @ x) ** 2 / np.where(total > 0, total, np.nan)


def _path(result):
    """Unit predictors (S, A, 1 + E, d) at the exit and at every stop."""
    return np.concatenate([result.arrays["exit_predictor"][:, :, None], result.arrays["stop_predictor"]], axis=2)


def _off(result, path):
    return _angle(path, class_sum(result.arrays["X"], result.arrays["y"])[:, None, None])


def _psi(result, path):
    return np.cos(_off(result, path))


def _left(result, path):
    goal, toward = result.arrays["margin_direction"], class_sum(result.arrays["X"], result.arrays["y"])
    return _angle(path, goal[:, None, None]) / angle(toward, goal)[:, None, None]


def _across(vector, unit):
    """The part of `vector` orthogonal to `unit`."""
    return vector - (vector * unit).sum(axis=-1, keepdims=True) * unit


def _angle(u, v):
    """As theory.angle, but NaN where a predictor is: that stop was not reached, and no claim about it holds."""
    missing = np.isnan(u).any(axis=-1) | np.isnan(v).any(axis=-1)
    return np.where(missing, np.nan, angle(np.nan_to_num(u, nan=1.0), np.nan_to_num(v, nan=1.0)))


def _cosine(u, v):
    return np.cos(_angle(u, v))


def _at(result, target_risk):
    """Index along the path of a target risk; 0 is the exit."""
    return 1 + result.params["target_risks"].index(target_risk)


def _scope(result):
    return f"alpha <= 2^{result.params['log2_small_alpha']:g}"
