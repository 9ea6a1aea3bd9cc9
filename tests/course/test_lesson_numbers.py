"""The numbers that lessons state are measured here again, and the lesson must say what comes out.

Not measured: the fits of lesson 15 and the left picture of lesson 10, which `docs/pictures/draw.py` takes a minute for.
"""

import re
import runpy
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from fls_teach.course.registry import find_exercise
from fls_teach.demos.framework.curves import log_interpolate
from fls_teach.theory import (
    GaussianMixture,
    angle,
    balanced_init,
    class_sum,
    forward,
    gradient_flow,
    network_error,
    network_errors,
    phase_one_exit,
    predictor_alignment,
    risk,
    second_layer,
    separability,
    twins,
    velocity,
)

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
MIXTURE = GaussianMixture(2.5, n_features=20)


def expect_lesson(number, *phrases):
    """Every phrase, made from measured numbers, stands in the lesson; line breaks count as spaces."""
    lesson = re.sub(r"\s+", " ", find_exercise(number).lesson.read_text(encoding="utf-8"))
    missing = [phrase for phrase in phrases if phrase not in lesson]
    assert not missing, f"lesson {number} does not say: {missing}"


def separable(seed, n_samples=10):
    return MIXTURE.sample(n_samples, seed, separable=True)


@cache
def picture(number):
    (script,) = PICTURES.glob(f"{number}_*.py")
    return runpy.run_path(str(script))


def test_01_share_of_separable_draws():
    """Catches shares that were read off too few draws."""
    rng, y = np.random.default_rng(5), np.where(np.arange(10) % 2 == 0, 1.0, -1.0)
    shares = []
    for kappa in (2.5, 5.0):
        X = rng.standard_normal((20_000, 10, 20))
        X[:, :, 0] += kappa * y
        shares.append(100 * np.mean(separability(X, np.broadcast_to(y, X.shape[:2])) > 0))
    expect_lesson("01", f"{shares[0]:.1f}% of the draws", f"and {shares[1]:.0f}% at kappa/sigma = 5")
    X, y = GaussianMixture(2.5, n_features=2).sample(16, 3)
    expect_lesson("01", f"here it is {np.degrees(angle(class_sum(X, y), [1, 0])):.0f}° off")


def test_02_margins_at_the_end_of_a_small_start_and_at_a_large_start():
    """Catches margins of another size than the lesson warns of."""
    X, y = separable(0)
    flow = gradient_flow(X, y, *balanced_init(50, 20, 2.0**-12, 0), target_risk=0.05)
    margins = y * forward(X, flow.W, flow.v)
    expect_lesson("02", f"margins of {margins.min():.0f} to {margins.max():.0f}; at alpha = 8")
    W, signs = balanced_init(50, 20, 8.0, 0)
    assert 100 < np.median(np.abs(forward(X, W, second_layer(W, signs)))) < 1000


def test_03_the_plain_sigmoid_is_right_and_its_twin_is_not():
    """Catches a warning against a formula that works."""
    with np.errstate(over="ignore", invalid="ignore"):
        for z, right in ((-1000.0, 1.0), (1000.0, 0.0)):
            assert 1 / (1 + np.exp(z)) == right
        assert np.isnan(np.exp(1000.0) / (1 + np.exp(1000.0)))
    expect_lesson("03", "`1 / (1 + exp(z))` warns", "`exp(−z) / (1 + exp(−z))` is the same number on paper")


def test_04_example_by_hand():
    """Catches an end or a time that no solver finds."""
    event = lambda t, w: np.log1p(np.exp(-(w[0] ** 2))) - 0.1  # noqa: E731
    run = solve_ivp(lambda t, w: w / (1 + np.exp(w * w)), (0, 20), [0.1], events=event, rtol=1e-9, atol=1e-12)
    expect_lesson("04", f"`w = {run.y_events[0][0, 0]:.4f}`", f"`t = {run.t_events[0][0]:.3f}`")


def test_04_times_and_sizes():
    """Catches numbers of the picture that are those of another run."""
    X, y = separable(0)
    W, signs = balanced_init(50, 20, 2.0 ** np.array([0, -4, -8, -12]), 0)
    flow = gradient_flow(X, y, W, signs, target_risk=0.05)
    t, size = flow.stopping_time, np.linalg.norm(flow.W, axis=(1, 2))
    expect_lesson("04", f"{t[0]:.2f}, {t[1]:.1f}, {t[2]:.1f} and {t[3]:.1f} units of time")
    expect_lesson("04", f"{size[1:].min():.2f} to {size[1:].max():.2f}", f"stays at {size[0]:.2f}")
    expect_lesson("04", f"moves by {100 * np.linalg.norm(flow.W[0] - W[0]) / np.linalg.norm(W[0]):.1f}% of it")
    sums = [np.linalg.norm(class_sum(X, y, label)) for label in (1, -1)]
    expect_lesson("04", f"`‖x_+‖ = {sums[0]:.1f}`, `‖x_−‖ = {sums[1]:.1f}`")


def crossing_error(seed, alpha):
    """Relative error of the time of crossing by a straight line over RK45's last step; None without a crossing."""
    X, y = separable(seed)
    W, signs = balanced_init(50, 20, alpha, seed)
    start = np.concatenate([W.ravel(), second_layer(W, signs)])
    risk_of = lambda state: float(risk(X, y, state[:1000].reshape(50, 20), state[1000:]))  # noqa: E731

    def rate(_, state):
        return np.concatenate([each.ravel() for each in velocity(X, y, state[:1000].reshape(50, 20), state[1000:])])

    if risk_of(start) <= 0.05:
        return None
    event = lambda t, state: np.log(risk_of(state) / 0.05)  # noqa: E731
    event.terminal = True
    run = solve_ivp(rate, (0, 1e4), start, events=event, dense_output=True)
    before, last = run.t[-2], run.sol.interpolants[-1]
    after = last.t  # the step that crosses goes on to here
    ends = risk_of(run.y[:, -2]), risk_of(last(after))
    guess = before + (after - before) * (ends[0] - 0.05) / (ends[0] - ends[1])
    return abs(guess - run.t[-1]) / run.t[-1]


def test_04_a_straight_line_over_the_last_step():
    """Catches a warning against linear interpolation that is larger or smaller than the error."""
    middle, worst = [], []
    for alpha in (1.0, 16.0):
        found = [crossing_error(seed, alpha) for seed in range(20)]
        errors = 100 * np.array([each for each in found if each is not None])
        middle.append(np.median(errors))
        worst.append(errors.max())
    expect_lesson("04", f"{middle[0]:.0f}% wrong in the middle case and {worst[0]:.0f}% in the worst")
    expect_lesson("04", f"{middle[1]:.0f}% wrong in the middle case [M")


def test_05_neurons_that_die():
    """Catches "every neuron ends up active on all positives"."""
    died = kept = 0
    for seed in range(10):
        rng = np.random.default_rng(100 + seed)
        X, y = MIXTURE.sample(10, rng, separable=True)
        W, signs = balanced_init(50, 20, 2.0**-12, rng)
        active = gradient_flow(X, y, W, signs, target_risk=0.05).W[signs > 0] @ X.T > 0
        died += (~active.any(axis=1)).sum()
        kept += (active == (y > 0)).all(axis=1).sum()
    assert died + kept == 250
    expect_lesson("05", f"{died} of 250 [M")


def test_05_the_picture():
    """Catches a Psi, a risk or a cosine that the picture does not show."""
    X, y = separable(1)
    W, signs = balanced_init(16, 20, [2.0**-10, 1.0], 1)
    small, large = gradient_flow(X, y, W, signs, target_risk=0.05, record=True).trajectory
    together = [predictor_alignment(p.W, second_layer(p.W, signs), class_sum(X, y)) for p in (small, large)]
    k = np.searchsorted(small.times / small.times[-1], 0.4)
    moved = np.linalg.norm(large.W[-1] - large.W[0]) / np.linalg.norm(large.W[0])
    opposite = np.cos(angle(class_sum(X, y), class_sum(X, y, -1)))
    expect_lesson("05", f"is at {together[0][k]:.4f} when 40%", f"from {small.risk[0]:.3f} to {small.risk[k]:.3f} only")
    expect_lesson("05", f"moves by {moved:.0%} of its size, and `Ψ` ends at {together[1][-1]:.2f}")
    expect_lesson("05", f"The cosine of the two is {opposite:.2f} here".replace("-", "−"))


def exit_slope(seed):
    """Fitted exponent of the angle at the exit for alpha from 2^-12 to 2^-24, and what the class sums say of it."""
    rng, alphas = np.random.default_rng(seed), 2.0 ** -np.arange(12, 25, 4)
    X, y = GaussianMixture(4.0, n_features=8).sample(6, rng, separable=True)
    W, signs = balanced_init(12, 8, alphas, rng)
    paths = gradient_flow(X, y, W, signs, target_risk=2.9, reduction="sum", record=True).trajectory
    best = []
    for path, alpha in zip(paths, alphas, strict=True):
        angles = angle(path.W[:, signs > 0], class_sum(X, y)).min(axis=1)
        best.append(log_interpolate(phase_one_exit(path.times, path.norms, alpha), path.times, angles))
    ratio = np.linalg.norm(class_sum(X, y)) / np.linalg.norm(class_sum(X, y, -1))
    return np.polyfit(np.log(alphas), np.log(best), 1)[0], min(1, ratio) / 2


def test_06_exponents():
    """Catches "the fit agrees on every data set": it does not where the class with the shorter sum ends Phase 1.

    The three exceptions among the data sets 100 to 139, and three others.
    """
    off = np.array([np.subtract(*exit_slope(seed)) for seed in (109, 112, 116, 100, 101, 102)])
    expect_lesson("06", f"larger by {off[:3].min():.3f} to {off[:3].max():.3f}")
    assert (np.abs(off[3:]) <= 0.001).all()


def adam(gradient, weights, lr, decay, decoupled, steps=50):
    """Adam with eps = 0 on a list of arrays; decay in the gradient, or AdamW's."""
    mean, square = [0.0 * w for w in weights], [0.0 * w for w in weights]
    for step in range(1, steps + 1):
        slopes = gradient(weights)
        for k, (w, g) in enumerate(zip(weights, slopes, strict=True)):
            g = g if decoupled else g + decay * w
            mean[k], square[k] = 0.9 * mean[k] + 0.1 * g, 0.999 * square[k] + 0.001 * g * g
            move = mean[k] / (1 - 0.9**step) / np.sqrt(square[k] / (1 - 0.999**step))
            weights[k] = w - lr * move - (lr * decay * w if decoupled else 0)
    return weights


@pytest.mark.parametrize(("decoupled", "power"), [(False, 1.0), (True, 0.5)])
def test_07_adam_and_adamw(decoupled, power):
    """Catches a rule of weight decay that belongs to another optimiser."""
    rng, c, lr, decay = np.random.default_rng(0), 1 / 16, 0.01, 0.05
    X, y = separable(0)
    start = [rng.standard_normal((8, 20)), rng.standard_normal(8)]

    def gradient(c):
        return lambda weights: [-each for each in velocity(X, y, *weights, output_multiplier=c)]

    plain = adam(gradient(1.0), [c**0.5 * w for w in start], lr, decay, decoupled)
    multiplied = adam(gradient(c), start, lr * c**-0.5, decay * c**power, decoupled)
    for one, other in zip(plain, multiplied, strict=True):
        np.testing.assert_allclose(one, c**0.5 * other, rtol=1e-9)


def test_08_the_angle_of_a_class_sum():
    """Catches a formula for another vector than the one that was measured."""
    rng, signal, angles = np.random.default_rng(0), MIXTURE.signal, []
    for _ in range(2000):
        X, y = MIXTURE.sample(10, rng)
        angles.append(np.degrees([angle(class_sum(X, y), signal), angle(y @ X, signal)]))
    measured, formula = np.mean(angles, axis=0), np.degrees(np.arctan(np.sqrt([4, 2]) / 2.5))
    expect_lesson("08", f"this is {formula[0]:.1f}°; the mean over 2,000 data sets is {measured[0]:.1f}°")
    expect_lesson("08", f"formula {formula[1]:.1f}°, measured {measured[1]:.1f}°")


def test_10_selection_bias():
    """Catches a bias that leaves out the tables in which the left end is the best."""
    z = picture("10")["_z_without_optimum"](True)
    expect_lesson(
        "10", f"it is {z.mean():.1f} on average, and above 2 in {np.mean(z > 2):.0%}", f"about {np.mean(z == 0):.0%}"
    )


def test_10_the_controls():
    """Catches a table whose causes other seeds do not confirm: 16 of them, half as sharp as the lesson's 64."""
    alphas = 2.0 ** np.array([-12, -4, 0])
    plain, answered, twin = [], [], []
    for seed in range(16):
        X, y = separable(rng := np.random.default_rng([7, seed]))
        start = balanced_init(50, 20, alphas, rng)
        for half, linear, (W, signs) in ((plain, answered, start), (twin, [], twins(*start))):
            flow = gradient_flow(X, y, W, signs, target_risk=0.05)
            errors = network_errors(flow.W, flow.v, MIXTURE.signal, 2.5, n_draws=200, rng=rng)
            half.append(errors.half.value)
            linear.append(errors.linear.value)
    # Rises from 2^-4 to the left end and to alpha = 1.
    (left, right), (wedge, _), (_, cured) = (
        (np.mean(each, axis=0) - np.mean(each, axis=0)[1])[[0, 2]] for each in (plain, answered, twin)
    )
    assert 0.001 < left < 0.005, "the lesson says 0.0029"
    assert wedge < 0.5 * left, "the lesson says that 77% go"
    assert 0.2 < right < 0.35, "the lesson says 0.274"
    assert cured < 0.005 * right, "the lesson says 0.0005"


def test_12_draws_along_the_signal():
    """Catches an estimate that the network of the picture does not have."""
    rng = np.random.default_rng(3)
    X, y = MIXTURE.sample(10, rng, separable=True)
    flow = gradient_flow(X, y, *balanced_init(50, 20, 2.0**-4, rng), target_risk=0.05)
    error, spread = network_error(flow.W, flow.v, MIXTURE.signal, 2.5, n_draws=4_000, rng=1)
    expect_lesson("12", f"4,000 such draws give {error:.4f} ± {spread:.4f}")


def test_13_one_step_in_float16():
    """Catches a claim about digits that the formats do not have."""
    torch = pytest.importorskip("torch")
    gradients, error = picture("13")["gradients"], {}
    for divide in (False, True):
        exact, half = (gradients(dtype, 2.0**-10, divide) for dtype in (torch.float64, torch.float16))
        error[divide] = np.abs(half - exact).sum() / np.abs(exact).sum()
    expect_lesson("13", f"it is {error[False]:.1%} one way and {error[True]:.2%} the other")


def test_14_the_run_of_the_picture():
    """Catches an epoch or an accuracy of another run."""
    pytest.importorskip("torch")
    train, case = runpy.run_path(str(picture("14")["SOLUTION"]))["train_to_target"], picture("14")["problem"]()
    run, slow = train(**case, lr=0.1), train(**case, lr=0.01)
    gap = run["peak_test_accuracy"] - run["test_accuracy"][-1]
    expect_lesson("14", f"it takes {run['epochs']} epochs", f"peaks at epoch {np.argmax(run['test_accuracy']) + 1}")
    expect_lesson("14", f"is {gap:.1%} lower at the end")
    expect_lesson(
        "14", f"the peak is {slow['peak_test_accuracy'] + 1e-9:.1%}", f"only {slow['train_accuracy'][-1]:.1%}"
    )


def test_16_the_numbers_of_right_and_wrong_implementations():
    """Catches counts that the specification has outgrown."""
    specification = runpy.run_path(str(find_exercise("16").specification))
    wrong = sum(len(specification[name]) for name in ("WRONG_SIZE", "WRONG_VALUE", "WRONG_NEURON"))
    assert [len(specification[name]) for name in ("RIGHT", "RIGHT_IN_FLOAT32")] == [3, 3]
    expect_lesson("16", "six right implementations (two in float64, three in float32, one in extended precision)")
    expect_lesson("16", f"and {wrong} wrong ones with one bug each, in three families")


def test_17_what_the_controls_remove():
    """Catches shares that were computed from another table than the lesson's picture."""
    script = picture("17")
    rise = script["rises"](script["tables"]([-10, script["BEST"], 2]), best=1)
    shown = []
    for place, digits in ((0, 4), (1, 3)):
        mean, half = script["interval"](rise["plain"][:, place])
        shown.append(f"{mean:.{digits}f} ± {half:.{digits}f}")
        for name in ("silence", "start"):
            gone = (rise["plain"] - rise[name])[:, place] / mean
            share, half = (100 * number for number in script["interval"](gone))
            digits_of_share = 1 if abs(share) < 1 else 0
            shown.append(f"{share:.{digits_of_share}f}% ± {half:.{digits_of_share}f}%".replace("-", "−"))
    expect_lesson("17", *shown)
