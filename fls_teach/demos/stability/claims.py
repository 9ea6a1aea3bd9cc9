"""Claims of the stability demo about Phase 2, computed from its saved arrays."""

import numpy as np

from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, below, count, within
from fls_teach.statistics import interval
from fls_teach.theory import angle, class_sum

from .run import RATE_FROM

SCIENCE = "science.md#phase-2"
STAY_TOLERANCE = 0.02
FLAT_TOLERANCE = 0.1
MISFIT = 0.02
"""Share of the variance that a straight line may leave. In the control, a line in the angle itself must leave twice as
much on average."""
KKT_TOLERANCE = 1e-9


def claims(result):
    """Judge "Phase 2 inherits the direction", and the speed and limit of the remaining drift.

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
        *_gap_claims(result, path),
        _growth_claim(result, path),
        _direction_claim(result, path),
        _approach_claim(result, path),
        _rate_claim(result, path),
        _kkt_claim(result),
    ]


def _stay_claim(result, path):
    psi = _psi(result, path)
    change = psi[:, :, 1:] - psi[:, :, :1]
    usual, last = _at(result, result.params["usual_risk"]) - 1, result.params["target_risks"][-1]
    return within(
        "stay",
        f"Phase 2 inherits the direction: Psi at the stop minus Psi at the exit of Phase 1, {_stop(result)}",
        f"[P] two-phase theorem, {SCIENCE}",
        interval(change[:, :, usual].mean(axis=1)),  # alphas of one data set are not independent
        0.0,
        STAY_TOLERANCE,
        "a fiftieth of 1, which a predictor that forgets the direction loses",
        detail=f"at most {np.abs(change[:, :, usual]).max():.3f} in a run; {change[:, :, -1].mean():.3f} at eta = "
        f"{last:g}",
    )


def _gap_claims(result, path):
    log2_alpha = result.arrays["log2_alpha"][small_alphas(result)]
    least, most = log2_alpha.argmin(), log2_alpha.argmax()
    ends = f"alpha = 2^{log2_alpha[least]:g}", f"2^{log2_alpha[most]:g}"
    gap = 1 - _psi(result, path)
    at_exit, at_stop = gap[:, :, 0], gap[:, :, _at(result, result.params["usual_risk"])]
    return [
        within(
            "floor",
            f"a smaller alpha does not bring the stop closer to x_+: 1 - Psi at eta = {result.params['usual_risk']:g} "
            f"and {ends[0]}, over that at {ends[1]}",
            f"[D] {SCIENCE}",
            interval(at_stop[:, least] / at_stop[:, most]),
            1.0,
            FLAT_TOLERANCE,
            "at the exit the same ratio is below 0.01",
            detail=f"mean 1 - Psi {at_stop[:, least].mean():.4f} and {at_stop[:, most].mean():.4f}",
        ),
        below(
            "exit",
            f"a smaller alpha brings the exit of Phase 1 closer to x_+: 1 - Psi at the exit and {ends[0]}, over that at"
            f" {ends[1]}",
            "[D] science.md#phase-1",
            interval(at_exit[:, least] / at_exit[:, most]),
            0.01,
            why="1 - Psi is proportional to alpha^(|x_+| / |x_k|), and the class sums have about the same length: over "
            "2^16 in alpha a ratio of 0.42 would be enough",
            detail=f"mean 1 - Psi {at_exit[:, least].mean():.0e} and {at_exit[:, most].mean():.0e}",
        ),
    ]


def _growth_claim(result, path):
    drift = np.degrees(_angle(path[:, :, 1:], path[:, :, :1]))
    step, mean, risks = np.diff(drift), drift.mean(axis=(0, 1)), result.params["target_risks"]
    return count(
        "growth",
        "the predictor drifts on as the target risk eta falls: from each stop to the next, its angle to where Phase 1 "
        f"left it grows, {_scope(result)}",
        f"[D] {SCIENCE}",
        int((~(step > 0)).sum()),
        step.size,
        "steps",
        detail=f"on average {mean[0]:.1f}° at eta = {risks[0]:g}, {mean[-1]:.1f}° at {risks[-1]:g}",
    )


def _direction_claim(result, path):
    there = path[:, :, _at(result, result.params["usual_risk"])]
    start = path[:, :, 0]
    along = _cosine(_across(there, start), _across(result.arrays["margin_direction"][:, None], start))
    chance = 1 / np.sqrt(path.shape[-1] - 1)  # the tangent space of the sphere has one dimension less
    return count(
        "direction",
        "Phase 2 drifts towards the max-margin direction of the positives (hard-margin SVM): cosine of drift and way "
        f"there above {chance:.2f}, the size that chance gives, {_stop(result)}",
        f"[D] {SCIENCE}, Phuong and Lampert 2021",
        int((~(along > chance)).sum()),
        along.size,
        "runs",
        detail=f"smallest {along.min():.2f}, mean {along.mean():.2f}",
    )


def _approach_claim(result, path):
    left = _left(result, path)
    farther = ~(np.diff(left[..., 1:]) < 0)
    not_closer = ~(left[..., -1] < left[..., 0])
    mean, risks, usual = left.mean(axis=(0, 1)), result.params["target_risks"], result.params["usual_risk"]
    return count(
        "approach",
        "the predictor comes closer to the max-margin direction from each stop to the next, and is closer at the last "
        f"stop than at the exit of Phase 1, {_scope(result)}",
        f"[D] {SCIENCE}, Phuong and Lampert 2021",
        int(farther.sum() + not_closer.sum()),
        farther.size + not_closer.size,
        "comparisons",
        detail=f"of the angle that x_+ makes with it {mean[_at(result, usual)]:.0%} is left at eta = {usual:g}, "
        f"{mean[-1]:.0%} at {risks[-1]:g}",
    )


def _rate_claim(result, path):
    risks = np.array(result.params["target_risks"])
    late, left = risks <= RATE_FROM, _left(result, path)[..., 1:]
    misfit, rival = (1 - straightness(-np.log(risks[late]), curve[..., late]) for curve in (1 / left, left))
    return Claim(
        "rate",
        "the predictor approaches the max-margin direction slowly: 1 / (angle left) is a straight line in log(1/eta) "
        f"for eta <= {RATE_FROM:g}, {_scope(result)}; 1 - R^2",
        f"[D] {SCIENCE}, Soudry et al. 2018",
        "0",
        Measured(
            misfit.max(),
            detail=f"the largest of {misfit.size} runs; mean {misfit.mean():.4f}, for the angle itself "
            f"{rival.mean():.4f}",
        ),
        Tolerance(MISFIT, f"{MISFIT}, and half the mean 1 - R^2 of a straight line in the angle itself"),
        misfit.max() <= MISFIT and misfit.mean() <= rival.mean() / 2,
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
        "the max-margin direction is optimal (KKT conditions): margins >= 1, multipliers >= 0 and > 0 only where the "
        "margin is 1, w their combination",
        f"[D] {SCIENCE}",
        "violated by 0",
        Measured(worst, detail=f"the largest violation over {len(arrays['X'])} data sets"),
        Tolerance(KKT_TOLERANCE, f"{KKT_TOLERANCE:.0e}: rounding"),
        worst <= KKT_TOLERANCE,
    )


def angle_off(result):
    """Return the angle to x_+ (S, A, 1 + E) at the exit and at every stop, in radians: arccos Psi."""
    return _off(result, _path(result))


def angle_left(result):
    """Return the angle to the max-margin direction (S, A, 1 + E) at exit and stops, relative to that of x_+."""
    return _left(result, _path(result))


def small_alphas(result):
    """Return a mask (A,) of the alphas that the claims are about."""
    return result.arrays["log2_alpha"] <= result.params["log2_small_alpha"]


def straightness(x, y):
    """Return R^2 (...) of a straight line in x (m,) fitted to y (..., m); NaN for a constant y."""
    x, y = x - x.mean(), y - y.mean(axis=-1, keepdims=True)
    total = (x @ x) * (y**2).sum(axis=-1)
    return (y @ x) ** 2 / np.where(total > 0, total, np.nan)


def _path(result):
    """Return unit predictors (S, A, 1 + E, d) at the exit and at every stop."""
    return np.concatenate([result.arrays["exit_predictor"][:, :, None], result.arrays["stop_predictor"]], axis=2)


def _off(result, path):
    return _angle(path, class_sum(result.arrays["X"], result.arrays["y"])[:, None, None])


def _psi(result, path):
    return np.cos(_off(result, path))


def _left(result, path):
    goal, x_plus = result.arrays["margin_direction"], class_sum(result.arrays["X"], result.arrays["y"])
    return _angle(path, goal[:, None, None]) / angle(x_plus, goal)[:, None, None]


def _across(vector, unit):
    """Return the part of `vector` orthogonal to `unit`."""
    return vector - (vector * unit).sum(axis=-1, keepdims=True) * unit


def _angle(u, v):
    """Return theory.angle, but NaN where a predictor is NaN: that stop was not reached, and no claim about it holds."""
    missing = np.isnan(u).any(axis=-1) | np.isnan(v).any(axis=-1)
    return np.where(missing, np.nan, angle(np.nan_to_num(u, nan=1.0), np.nan_to_num(v, nan=1.0)))


def _cosine(u, v):
    return np.cos(_angle(u, v))


def _at(result, target_risk):
    """Return the index of a target risk along the path; 0 is the exit."""
    return 1 + result.params["target_risks"].index(target_risk)


def _stop(result):
    return f"at eta = {result.params['usual_risk']:g}, {_scope(result)}"


def _scope(result):
    return f"alpha <= 2^{result.params['log2_small_alpha']:g}"
