"""What the alignment demo claims about Phase 1, judged from its saved arrays."""

import numpy as np
from scipy.special import stdtrit

from fls_teach.demos.framework.claim import Claim
from fls_teach.demos.framework.curves import log_interpolate
from fls_teach.theory import class_sum, phase_one_bound, zeta

COURSE_TOLERANCE = 0.02
SLOPE_TOLERANCE = 0.05
# The largest alphas are not quite in the limit of small alpha; without them both deviations shrink.
CLASSES_TOLERANCE = 0.005
NORM_TOLERANCE = 0.02


def claims(result):
    """Judge the paper's two statements about Phase 1, and the derived ones that make them sharp.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of Claim
    """
    return [_bound_claim(result), _course_claim(result), *_slope_claims(result), *_quiet_claims(result)]


def best_exit_angles(arrays):
    """Angle (S, A) between x_+ and the best positive neuron at the exit, in radians."""
    best = np.full(arrays["exit"].shape, np.nan)
    for k in np.ndindex(best.shape):
        best[k] = log_interpolate(arrays["exit"][k], arrays["times"][k], arrays["angles"][k]).min()
    return best


def slopes(log2_alpha, values):
    """Slope of log2 values (S, A) against log2 alpha, by least squares on every data set (S,)."""
    return np.polyfit(log2_alpha, np.log2(values).T, 1)[0]


def predicted_slopes(arrays):
    """Slope of the exit angle on every data set (S,), and whether one class ends Phase 1 at every alpha (S,).

    The angle to x_+ falls at the rate |x_+|/2, but Phase 1 ends when the neurons of either class have grown enough, and
    these grow at the rate of their own class sum: the slope is |x_+| / (2 |x_k|), k the class that ends it. As alpha
    falls it is the larger sum, in time; where classes change over the range, no one slope is predicted, and the one
    given is that at the smallest alpha.
    """
    plus, minus = (np.linalg.norm(class_sum(arrays["X"], arrays["y"], label), axis=-1) for label in (+1, -1))
    ended_by = arrays["exit_sign"]
    ends = np.where(ended_by[np.arange(len(plus)), arrays["exit"].argmax(axis=1)] > 0, plus, minus)
    return plus / ends / 2, (ended_by == ended_by[:, :1]).all(axis=1)


def mean_interval(values):
    """Mean and half-width of its 95% confidence interval, by Student's t; one value alone has no interval (NaN)."""
    n = len(values)
    return np.mean(values), stdtrit(n - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(n) if n > 1 else np.nan


def _largest(values):
    """NaN for no values: a run that never left Phase 1 has shown nothing."""
    return values.max() if values.size else np.nan


def _runs(result):
    """Every run: its index (s, a), alpha, X, y and W(0)."""
    arrays = result.arrays
    for s, a in np.ndindex(arrays["exit"].shape):
        alpha = 2.0 ** arrays["log2_alpha"][a]
        yield (s, a), alpha, arrays["X"][s], arrays["y"], alpha * arrays["W0"][s]


def _theorem_pairs(result):
    """Runs of which the theorem speaks (zeta > 0): X, y, zeta, and an entry for each (time, neuron), t_1 to the exit.

    Entries: the time, the neuron's t_1, its angle to x_+, its angle at t_1.
    """
    arrays = result.arrays
    for k, alpha, X, y, W in _runs(result):
        constant, times, start = float(zeta(alpha, X, y, W)), arrays["times"][k], arrays["start"][k]
        row, neuron = np.nonzero((times[:, None] >= start) & (times[:, None] <= arrays["exit"][k]))
        if constant > 0 and len(row):
            angles = arrays["angles"][k]
            first = angles[np.searchsorted(times, start[neuron]), neuron]
            yield X, y, constant, times[row], start[neuron], angles[row, neuron], first


def _bound_claim(result):
    pairs, margin, share = 0, np.inf, 0.0
    for X, y, constant, times, start, angles, _ in _theorem_pairs(result):
        bound = phase_one_bound(times, constant, X, y, start=start, reduction="sum")
        pairs += len(times)
        margin = np.minimum(margin, (np.cos(angles) - bound).min())  # np.minimum keeps a NaN, and a NaN holds nothing
        share = np.maximum(share, (2 * np.sin(angles / 2) ** 2 / (1 - bound)).max())
    silent = sum(float(zeta(alpha, X, y, W)) <= 0 for _, alpha, X, y, W in _runs(result))
    return Claim(
        "bound",
        "psi_j(t) >= sqrt(zeta) tanh(|x_+| sqrt(zeta) (t - t_1) / 2): neurons of the theorem's kind, t_1 to t_alpha",
        "[P] two-phase theorem; SCI 3",
        "psi - bound >= 0",
        f"smallest {margin:.1e} over {pairs:,} (neuron, time) pairs; 1 - psi at most {share:.0%} of what is allowed",
        f"0, over at least one pair; of {result.arrays['exit'].size} runs {silent} have zeta <= 0, where it is silent",
        pairs > 0 and margin >= 0,
    )


def _course_claim(result):
    worst, pairs = 0.0, 0
    for X, y, _, times, start, angles, first in _theorem_pairs(result):
        fall = np.linalg.norm(class_sum(X, y)) / 2 * (times - start)
        off = np.log(np.tan(angles / 2)) - np.log(np.tan(first / 2)) + fall
        worst, pairs = np.maximum(worst, np.abs(off).max()), pairs + len(times)
    return Claim(
        "course",
        "and tightly so: with f = 0, tan(theta_j/2) falls as exp(-|x_+| (t - t_1) / 2), for the same pairs",
        "[D] SCI 3",
        "ratio to the formula 1",
        f"off by at most {np.expm1(worst):.1%} over {pairs:,} pairs",
        f"{COURSE_TOLERANCE:.0%}: f is small, not zero",
        pairs > 0 and np.expm1(worst) <= COURSE_TOLERANCE,
    )


def _slope_claims(result):
    log2_alpha = result.arrays["log2_alpha"]
    slope = slopes(log2_alpha, best_exit_angles(result.arrays))
    mean, half = mean_interval(slope)
    predicted, single = predicted_slopes(result.arrays)
    off = np.abs(slope - predicted)[single].max(initial=0)
    reach = f"alpha = 2^{log2_alpha.min():g} to 2^{log2_alpha.max():g}, {len(slope)} data sets"
    return [
        Claim(
            "slope",
            f"the angle of the best positive neuron at the exit falls like alpha^(1/2): log-log slope over {reach}",
            "[P] Corollary 5.3; SCI 3",
            "0.5",
            f"{mean:.4f} ± {half:.4f} (95%, t over data sets)",
            f"{SLOPE_TOLERANCE}: the two classes never weigh the same, see the next line",
            abs(mean - 0.5) <= SLOPE_TOLERANCE and half <= SLOPE_TOLERANCE,
        ),
        Claim(
            "classes",
            "the exponent of a data set is |x_+| / (2 |x_k|), k the class whose neurons end Phase 1",
            "[D] here",
            f"{predicted.min():.4f} to {predicted.max():.4f}",
            f"off by at most {off:.4f} on {single.sum()} of {len(slope)} data sets",
            f"{CLASSES_TOLERANCE}, where k is the same at every alpha, at least half of the data sets",
            2 * single.sum() >= len(slope) and off <= CLASSES_TOLERANCE,
        ),
    ]


def _quiet_claims(result):
    arrays, log2_alpha = result.arrays, result.arrays["log2_alpha"]
    loud, moved, change = [], [], np.zeros(arrays["exit"].shape)
    for k, alpha, X, y, W in _runs(result):
        phase_one = arrays["times"][k] <= arrays["exit"][k]
        w_max = np.linalg.norm(W, axis=-1).max() / alpha
        ceiling = 2 * alpha * np.sqrt(len(W)) * np.linalg.norm(X, axis=-1).max() * w_max**2
        change[k] = _largest(np.abs(arrays["risk"][k][phase_one] / len(y) - np.log(2)))
        loud.append(_largest(arrays["output"][k][phase_one]) / ceiling)
        moved.append(change[k] / (np.logaddexp(0, ceiling) - np.log(2)))
    exit_norm = np.empty(change.shape)
    for k in np.ndindex(exit_norm.shape):
        exit_norm[k] = log_interpolate(arrays["exit"][k], arrays["times"][k], arrays["norm"][k])
    grown = exit_norm**2 / arrays["fitted_norm"] ** 2
    norm_slope, half = mean_interval(slopes(log2_alpha, grown))
    last = int(log2_alpha.argmin())
    return [
        Claim(
            "outputs",
            "until t_alpha the network is silent: max |f(x_i)| <= 2 alpha sqrt(h) X_max W_max^2, in every run",
            "[D] SCI 3",
            "ratio <= 1",
            f"largest ratio {np.max(loud):.3f} over {len(loud)} runs",
            "0",
            np.max(loud) <= 1,
        ),
        Claim(
            "risk",
            "and the risk per example stays within what that allows of log 2, log(1 + exp(max |f|)) - log 2",
            "[D] SCI 3",
            "ratio <= 1",
            f"largest ratio {np.max(moved):.3f}; by <= {change[:, last].max():.0e} nats at 2^{log2_alpha[last]:g}",
            "0",
            np.max(moved) <= 1,
        ),
        Claim(
            "norms",
            "norms stay small, not constant: the largest |w_j|^2 at t_alpha, over that once fitted, falls like alpha",
            "[P] two-phase theorem; SCI 3",
            "log-log slope 1",
            f"{norm_slope:.4f} ± {half:.4f}; at 2^{log2_alpha[last]:g} the share is {grown[:, last].max():.1e},"
            f" grown {(exit_norm / arrays['norm'][..., 0])[:, last].max() ** 2:.1e}-fold from the start",
            f"{NORM_TOLERANCE}",
            abs(norm_slope - 1) <= NORM_TOLERANCE and half <= NORM_TOLERANCE,
        ),
    ]
