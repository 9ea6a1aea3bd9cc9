"""Specification of exercise 04: gradient flow to a target risk."""

import functools

import numpy as np
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.special import expit

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.sandbox import protocol
from fls_teach.theory import risk, second_layer, separability

ACCURACY = 0.03
"""Three times the error that the docstring allows, relative to the largest entry; wrong dynamics err far more."""

TARGETS = st.sampled_from([0.1, 0.3])
SCALES = st.sampled_from([1.0, 2.0**-1, 2.0**-4, 2.0**-6])
TINY = st.sampled_from([2.0**-18, 2.0**-14])
MEAN, SUM = st.just("mean"), st.just("sum")

HAND = {"X": np.array([[1]]), "y": np.array([1]), "W": np.array([[0.1]]), "signs": np.array([1]), "target_risk": 0.1}
"""The lesson's example by hand, as it is typed there: it ends at w = 1.5007, t = 7.692."""

SLOW = HAND | {"X": np.array([[0.1]]), "W": np.array([[0.001]])}
"""Less pull and a smaller start: it ends at t = 192."""

DEAD = {
    "X": np.eye(2),
    "y": np.array([1.0, -1.0]),
    "W": -np.ones((1, 2)),
    "signs": np.ones(1),
    "target_risk": np.log(2),
}
"""A network that is silent for ever: its mean risk is log 2, and the target is exactly that."""


@st.composite
def runs(draw, scales=SCALES):
    """A small separable set, a balanced start above its target of the mean risk, and a flow that no solver decides."""
    return dict(first_run(draw(strategies.seeds), draw(scales), draw(TARGETS)))


@functools.lru_cache(maxsize=256)
def first_run(seed, alpha, target):
    """The first decided run of a generator: n, d and h all different, labels and signs in any order."""
    rng = np.random.default_rng(seed)
    while True:
        n = rng.choice([2, 3, 5])
        d, h = rng.permutation([k for k in range(2, 7) if k != n])[:2]
        y = rng.permutation(alternating(n)) if rng.random() < 0.9 else np.ones(n)
        X = rng.standard_normal((n, d)) + 3 * y[:, None] * np.eye(1, d)
        W, signs = alpha / np.sqrt(d) * rng.standard_normal((h, d)), rng.permutation(alternating(h))
        if n <= d and rng.random() < 0.3:  # one of the neurons is silent on all examples
            W[0] = -np.linalg.lstsq(X, alpha * np.ones(n), rcond=None)[0]
        above = float(risk(X, y, W, second_layer(W, signs))) > 1.5 * target
        if above and separability(X, y) > 0.1 and decided(X, y, W, signs):
            return {"X": X, "y": y, "W": W, "signs": signs, "target_risk": target}


def alternating(count):
    """+1, -1, +1 and so on."""
    return np.where(np.arange(count) % 2 == 0, 1.0, -1.0)


def decided(X, y, W, signs):
    """Whether it is certain from the start of a separable run which neurons live, and that the target is reached.

    On separable data a neuron only gains examples of its own class, s_j = y_i, and only loses others. A neuron that is
    active on one of its own never dies; a neuron without any may die or be saved, a matter of 1%, and that is no fault
    of a student. An example that no neuron of its own sees may wait for 10^8 units of time.
    """
    cosines = W @ X.T / np.outer(np.linalg.norm(W, axis=1), np.linalg.norm(X, axis=1))
    own = np.equal.outer(signs, y)
    certain = ((cosines > 0.15) & own).any(axis=1) | (cosines < -0.15).all(axis=1) | ~own.any(axis=1)
    return bool(certain.all() and ((cosines > 0.15) & own).any(axis=0).all())


def ends(student, run, reduction):
    """The student's W, v and stopping time, shapes and sizes checked."""
    you = expect_parts(student.flow(**run, reduction=reduction), ("W", "v", "stopping_time"))
    shapes = {"W": run["W"].shape, "v": run["signs"].shape, "stopping_time": ()}
    W, v, time = (expect_numbers(part, shapes[what], what=what) for what, part in zip(shapes, you, strict=True))
    for what, layer in (("W", W), ("v", v)):
        sane = (np.abs(layer) < 1e6).all()
        expect(sane, you=layer, expected="weights of size 1", because="its risk is not tiny", what=what)
    return W, v, float(time)


def expect_end(you, expected, because):
    """W, v and time agree to the accuracy asked for."""
    for what, got, wanted in zip(("W", "v", "stopping_time"), you, expected, strict=True):
        expect_close(got, wanted, atol=ACCURACY * np.abs(wanted).max(), because=because, what=what)


def expect_weights(W, run, because="many weights have the risk eta; gradient flow leads to these, says solve_ivp"):
    """W is where the flow comes to the target, whatever its clock: other weights have that risk and balance too."""
    right, _, _ = integrated(**run)
    expect_close(W, right, atol=ACCURACY * np.abs(right).max(), because=because, what="W")


def expect_risk(run, W, v, because):
    """The mean risk at (W, v) is the target of the run, to the accuracy asked for."""
    value = float(risk(run["X"], run["y"], W, v))
    expect_close(value, run["target_risk"], rtol=ACCURACY, because=because, what="mean risk at your W and v")


def remembered(solve):
    """`solve`, called once with the same arguments."""
    known = functools.lru_cache(maxsize=256)(lambda given: solve(**protocol.decode(given)))
    return lambda **given: known(protocol.encode(given))


@remembered
def integrated(X, y, W, signs, target_risk):
    """The oracle: W, v and time at the target of the mean risk.

    scipy's solver at a tight tolerance on both layers, which knows nothing of balance. It ends within 5e-4 of a run
    with rtol = 1e-10, a sixtieth of `ACCURACY`. The rate is written out, since `theory.velocity` looks at its arguments
    each time, which takes longer than the rate.
    """

    def unpack(state):
        return state[: W.size].reshape(W.shape), state[W.size :]

    def rate(_, state):
        W, v = unpack(state)
        Z = X @ W.T
        pull = y * expit(-y * (np.maximum(Z, 0) @ v)) / len(y)
        G = ((Z > 0) * pull[:, None]).T @ X
        return np.concatenate([(v[:, None] * G).ravel(), (W * G).sum(axis=1)])

    def crossing(_, state):
        W, v = unpack(state)
        return np.log(np.logaddexp(0, -y * (np.maximum(X @ W.T, 0) @ v)).mean() / target_risk)

    crossing.terminal = True
    start = np.concatenate([W.ravel(), signs * np.linalg.norm(W, axis=1)])
    run = solve_ivp(rate, (0.0, 1e9), start, events=crossing, rtol=1e-5, atol=1e-7 * np.abs(W).max())
    return *unpack(run.y_events[0][0]), run.t_events[0][0]


@graded(
    1,
    "dw_j/dt = v_j G_j, dv_j/dt = <w_j, G_j> until R = eta",
    examples=8,
    first=[{"run": HAND, "reduction": "mean"}],
    run=runs(),
    reduction=MEAN,
)
def test_solver(student, run, reduction):
    """The flow ends where, and when, scipy's solver ends at a tight tolerance"""
    expect_end(ends(student, run, reduction), integrated(**run), "solve_ivp with rtol = 1e-5 and an event at R = eta")


COARSE = dict(first_run(2329, 2.0**-1, 0.1))
"""A run whose weights are 3.7% off with the default rtol of solve_ivp, 1e-3, and 0.1% with 1e-5; few runs show it."""


@graded(
    1,
    "R(W(t_eta), v(t_eta)) = eta",
    examples=4,
    first=[{"run": SLOW, "reduction": "mean"}, {"run": COARSE, "reduction": "mean"}],
    run=runs(),
    reduction=MEAN,
)
def test_target(student, run, reduction):
    """The run stops when its risk is the target, not a step later, however long it takes"""
    W, v, time = ends(student, run, reduction)
    because = (
        f"t_eta is the first time with R <= eta, {integrated(**run)[2]:.4g} here; look for it inside the last step"
    )
    expect_risk(run, W, v, because)
    expect(time > 0, you=time, expected="> 0", because="the start is above the target", what="stopping_time")
    expect_weights(W, run)


@graded(1, "v_j(t)² - ‖w_j(t)‖² = 0", examples=5, run=runs(), reduction=MEAN)
def test_balance(student, run, reduction):
    """Both layers grow, and the balance v_j = s_j |w_j| of the start is kept, wherever the run is stopped"""
    W, v, _ = ends(student, run, reduction)
    because = "v_j² - ‖w_j‖² is conserved and 0 at the start, so v_j keeps its sign"
    balanced = run["signs"] * np.linalg.norm(W, axis=1)
    expect_close(v, balanced, atol=ACCURACY * np.abs(balanced).max(), because=because, what="v")
    value, start = (float(risk(run["X"], run["y"], *each)) for each in ((W, v), (run["W"], second_layer(**begun(run)))))
    fallen = run["target_risk"] / 10 < value < 0.9 * start
    because = f"balance alone is not enough: the risk has to fall from {start:.3g} to eta"
    expect(fallen, you=value, expected=run["target_risk"], because=because, what="mean risk at your W and v")
    expect_weights(W, {**run, "target_risk": value}, f"the flow comes by here where its risk is {value:.4g}, as yours")


def begun(run):
    """The arguments of `second_layer`, at the start."""
    return {"W": run["W"], "signs": run["signs"]}


SENSITIVE = [dict(first_run(seed, 2.0**-18, 0.1)) for seed in (97, 186)]
"""Tiny starts of which an absolute tolerance of 1e-6 makes an error of 11%, and one of 1e-9 less than 1%."""


@graded(
    1,
    "t_eta' = t_eta + t_eta'(from W(t_eta))",
    examples=3,
    first=[{"run": run, "reduction": "mean"} for run in SENSITIVE],
    run=runs(TINY),
    reduction=MEAN,
)
def test_semigroup(student, run, reduction):
    """From a tiny start: stopping on the way and going on from there ends at the same place, and the times add up"""
    half = {**run, "target_risk": run["target_risk"] / 2}
    W, v, first = ends(student, run, reduction)
    size = np.abs(run["W"]).max()
    expect_weights(
        W, run, f"the largest weight at time 0 is {size:.2g}, and so the absolute error has to be far smaller"
    )
    straight = ends(student, half, reduction)
    W, v, second = ends(student, {**half, "W": W}, reduction)
    expect_risk(half, W, v, "this is the end of the second leg")
    expect_end((W, v, first + second), straight, "gradient flow has no memory: where it goes depends on where it is")
    expect_weights(straight[0], half)


@graded(1, "sum: t_{n eta} = t_eta / n", examples=6, run=runs(), reduction=SUM)
def test_clock(student, run, reduction):
    """With the sum in place of the mean the same path is run n times as fast"""
    n = len(run["y"])
    W, v, time = integrated(**run)
    summed = {**run, "target_risk": n * run["target_risk"]}
    because = (
        f"the sum is n = {n} times the mean, and so is its slope; solve_ivp comes here at 1/{n} of the mean's time"
    )
    expect_end(ends(student, summed, reduction), (W, v, time / n), because)


@graded(1, "R(0) <= eta  ⟹  t_eta = 0", examples=5, run=runs(), reduction=MEAN)
def test_start_below_target(student, run, reduction):
    """A start at or below the target stays as it is, at time 0; one above it moves"""
    moved = ends(student, run, reduction)
    expect_weights(moved[0], run, "this start is above the target, and gradient flow leads it here, says solve_ivp")
    start = run["W"], second_layer(**begun(run))
    easy = {**run, "target_risk": 1.01 * float(risk(run["X"], run["y"], *start))}
    dead = DEAD["W"], second_layer(**begun(DEAD))
    for each, layers, because in (
        (easy, start, "its risk is below the target at time 0"),
        (DEAD, dead, "its risk is log 2 at time 0 and for ever, and so is the target: R <= eta"),
    ):
        you = ends(student, each, reduction)
        # Rounding alone: nothing has to be integrated.
        for what, got, wanted in zip(("W", "v", "stopping_time"), you, (*layers, 0.0), strict=True):
            expect_close(got, wanted, rtol=1e-9, because=because, what=what)
