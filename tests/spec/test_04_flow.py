"""Specification of exercise 04: gradient flow to a target risk."""

import functools

import numpy as np
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.special import expit

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.sandbox import protocol
from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow, risk, second_layer, velocity

ACCURACY = 0.03
"""Three times the error that the docstring allows, relative to the largest entry; wrong dynamics err far more."""

TARGETS = st.sampled_from([0.1, 0.3])
SCALES = st.sampled_from([1.0, 2.0**-1, 2.0**-4, 2.0**-6])
STEPS = np.array([0.03, 0.035, 0.04])
"""Of `coarse_steps`: up to twice what the docstring advises for Runge-Kutta."""


@st.composite
def runs(draw, scales=SCALES):
    """A small separable set, a balanced start above its target (of the mean risk), and a well-behaved flow to it."""
    return dict(first_run(draw(strategies.seeds), draw(scales), draw(TARGETS)))


@functools.lru_cache(maxsize=256)
def first_run(seed, alpha, target):
    """The first well-behaved run of a generator."""
    rng = np.random.default_rng(seed)
    while True:
        X, y = GaussianMixture(3.0, n_features=4).sample(4, rng, separable=True)
        W, signs = balanced_init(4, 4, alpha, rng)
        if risk(X, y, W, second_layer(W, signs)) > 1.2 * target and well_behaved(X, y, W, signs, target, rng):
            return {"X": X, "y": y, "W": W, "signs": signs, "target_risk": target}


def well_behaved(X, y, W, signs, target, rng):
    """Whether the flow soon reaches half the target, and what the docstring advises is within 1% of it there.

    Where all neurons of one class are dead, or all but, a run creeps for up to 10^8 units of time. Where a neuron
    almost misses an example, or in one step leaps from the last that it loses to another, the solver decides what
    becomes of it; and where a kink comes at a bad moment, a step passes it too late. All that is no fault of a student.
    """
    # Starts 3% away, followed by steps as coarse as 0.1%, end within 5%: no fork is near.
    nudges = np.vstack([np.zeros((1, *W.shape)), 0.015 * rng.standard_normal((15, *W.shape))])
    starts = W + nudges * np.linalg.norm(W, axis=1, keepdims=True)
    end = gradient_flow(X, y, starts, signs, target_risk=target / 2, rtol=1e-3)
    if not (end.stopping_time < 30).all() or apart(end.W, end.time, end.W[0], end.time[0]) > 0.05:
        return False  # the stopping time is NaN if the target was not reached
    fine = gradient_flow(X, y, W, signs, target_risk=target / 2)
    if apart(*coarse_steps(X, y, W, signs, target / 2), fine.W, fine.time) > 0.01:
        return False  # before solve_ivp, which may creep along a kink for minutes
    run = {"X": X, "y": y, "W": W, "signs": signs, "target_risk": target}
    both = zip((target, target / 2), integrated(**run), integrated(**run, rtol=1e-5), strict=True)
    for eta, (right_W, _, right_time), (W_end, _, time) in both:
        for each in ((W_end, time), coarse_steps(X, y, W, signs, eta)):
            if apart(*each, right_W, right_time) > 0.01:
                return False
    return apart(fine.W, fine.time, right_W, right_time) <= 0.01


def apart(W, time, right_W, right_time):
    """Largest error of many ends (m, h, d) and times (m,), relative to the largest entry of one and to its time."""
    return max(np.abs(W - right_W).max() / np.abs(right_W).max(), np.abs(time / right_time - 1).max())


def coarse_steps(X, y, W, signs, target):
    """W (3, h, d) and times (3,) at the target of the mean risk: the midpoint rule at all `STEPS` side by side."""

    def state(W):
        Z, v = W @ X.T, signs * np.sqrt((W * W).sum(axis=2))
        margins = y * (v[:, None] @ np.maximum(Z, 0.0))[:, 0]
        G = ((Z > 0) * (y / len(y) * expit(-margins))[:, None]) @ X
        # |dw_j/dt| = |w_j| |G_j|: at this pace a neuron changes.
        return v[..., None] * G, np.sqrt((G * G).sum(axis=2).max(axis=1)), np.logaddexp(0.0, -margins).mean(axis=1)

    def step(W, rate, dt):
        dt = dt[:, None, None]
        W = W + dt * state(W + dt / 2 * rate)[0]
        return W, *state(W)

    W, time = np.repeat(W[None], len(STEPS), axis=0), np.zeros(len(STEPS))
    rate, pace, risks = state(W)
    while (running := risks > target * (1 + 1e-4)).any():
        before, dt = (W, rate, risks), running * STEPS / pace
        W, rate, pace, risks = step(W, rate, dt)
        crossing = running & (risks < target)
        if crossing.any():  # shorten that step to the crossing, the risk taken as exponential within it
            above, below = before[2][crossing], risks[crossing]
            dt[crossing] *= np.log(above / target) / np.log(above / below)
            W, rate, pace, risks = step(*before[:2], dt)
        time += dt
    return W, time


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


def expect_path(run, W):
    """W is where the flow comes to the target, whatever its clock: other weights have that risk and balance too."""
    (right, _, _), _ = integrated(**run)
    because = "many weights have the risk eta; gradient flow leads to these, says solve_ivp"
    expect_close(W, right, atol=ACCURACY * np.abs(right).max(), because=because, what="W")


def expect_risk(run, W, v, reduction, because):
    """The risk at (W, v) is the target of the run, to the accuracy asked for."""
    value = float(risk(run["X"], run["y"], W, v, reduction=reduction))
    expect_close(value, run["target_risk"], rtol=ACCURACY, because=because, what="risk at your W and v")


def remembered(solve):
    """`solve`, called once with the same arguments: most properties draw the same runs."""
    known = functools.lru_cache(maxsize=256)(lambda given: solve(**protocol.decode(given)))
    return lambda **given: known(protocol.encode(given))


@remembered
def integrated(X, y, W, signs, target_risk, rtol=1e-6):
    """The oracle: W, v and time at the target of the mean risk, and at half of it.

    scipy's solver at a tight tolerance on both layers, which knows nothing of balance.
    """

    def unpack(state):
        return state[: W.size].reshape(W.shape), state[W.size :]

    def rate(_, state):
        dW, dv = velocity(X, y, *unpack(state))
        return np.concatenate([dW.ravel(), dv])

    def crossing(_, state):
        return np.log(risk(X, y, *unpack(state)) / target_risk)

    def halved(_, state):
        return crossing(_, state) + np.log(2)

    halved.terminal = True
    start = np.concatenate([W.ravel(), signs * np.linalg.norm(W, axis=1)])
    run = solve_ivp(rate, (0.0, 1e9), start, events=(crossing, halved), rtol=rtol, atol=1e-8 * np.abs(W).max())
    return [(*unpack(states[0]), times[0]) for states, times in zip(run.y_events, run.t_events, strict=True)]


@graded(
    2,
    "dw_j/dt = v_j G_j, dv_j/dt = <w_j, G_j> until R = eta",
    examples=4,
    run=runs(),
    tiny=runs(st.just(2.0**-18)),
    reduction=st.sampled_from(["mean", "sum"]),
)
def test_solver(student, run, tiny, reduction):
    """The flow ends where, and when, scipy's solver ends at a tight tolerance, from a tiny start too"""
    n = len(run["y"]) if reduction == "sum" else 1
    for start in (run, tiny):
        size = np.abs(start["W"]).max()
        because = (
            f"solve_ivp with rtol = 1e-6 and an event at R = eta says so; the largest weight at time 0 is {size:.2g}"
        )
        (W, v, time), _ = integrated(**start)
        you = ends(student, {**start, "target_risk": n * start["target_risk"]}, reduction)
        expect_end(you, (W, v, time / n), because)


@graded(1, "R(W(t_eta), v(t_eta)) = eta", examples=5, run=runs())
def test_target(student, run):
    """The run stops when its risk is the target, not a step later"""
    W, v, time = ends(student, run, "mean")
    expect_risk(run, W, v, "mean", "t_eta is the first time with R <= eta; look for it inside the last step")
    expect(time > 0, you=time, expected="> 0", because="the start is above the target", what="stopping_time")
    expect_path(run, W)


@graded(1, "v_j(t)² - ‖w_j(t)‖² = 0", examples=5, run=runs())
def test_balance(student, run):
    """Both layers grow, and the balance v_j = s_j |w_j| of the start is kept"""
    W, v, _ = ends(student, run, "mean")
    because = "v_j² - ‖w_j‖² is conserved and 0 at the start, so v_j keeps its sign"
    balanced = run["signs"] * np.linalg.norm(W, axis=1)
    expect_close(v, balanced, atol=ACCURACY * np.abs(balanced).max(), because=because, what="v")
    expect_risk(run, W, v, "mean", "balance alone is not enough, the risk has to fall to eta")
    expect_path(run, W)


@graded(1, "t_eta' = t_eta + t_eta'(from W(t_eta))", examples=5, run=runs())
def test_semigroup(student, run):
    """Stopping on the way and going on from there ends at the same place, and the times add up"""
    half = {**run, "target_risk": run["target_risk"] / 2}
    W, v, first = ends(student, run, "mean")
    expect_risk(run, W, v, "mean", "this is the stop on the way")
    straight = ends(student, half, "mean")
    W, v, second = ends(student, {**half, "W": W}, "mean")
    expect_risk(half, W, v, "mean", "this is the end of the second leg")
    expect_end((W, v, first + second), straight, "gradient flow has no memory: where it goes depends on where it is")
    expect_end(straight, integrated(**run)[1], "and these are the end and the time of gradient flow, says solve_ivp")


@graded(1, "sum: t_{n eta} = t_eta / n", examples=5, run=runs())
def test_clock(student, run):
    """With the sum in place of the mean the same path is run n times as fast"""
    n = len(run["y"])
    W, v, time = ends(student, run, "mean")
    summed = {**run, "target_risk": n * run["target_risk"]}
    expect_end(
        ends(student, summed, "sum"), (W, v, time / n), f"the sum is n = {n} times the mean, and so is its slope"
    )
    expect_risk(run, W, v, "mean", "both ends have to be at the target")
    expect_end((W, v, time), integrated(**run)[0], "this is where, and when, gradient flow ends, says solve_ivp")


@graded(1, "R(0) <= eta  ⟹  t_eta = 0", examples=5, run=runs())
def test_start_below_target(student, run):
    """A start below the target stays as it is, at time 0; one above it moves, and its arguments stay as they were"""
    moved = ends(student, run, "mean")
    mutated = student.calls[-1].outcome.mutated
    expect_risk(run, *moved[:2], "mean", "this start is above the target")
    expect_path(run, moved[0])
    start = run["W"], second_layer(run["W"], run["signs"])
    easy = {**run, "target_risk": 1.01 * float(risk(run["X"], run["y"], *start))}
    you = ends(student, easy, "mean")
    because = "its risk is below the target at time 0"
    # Rounding alone: nothing has to be integrated.
    for what, got, wanted in zip(("W", "v", "stopping_time"), you, (*start, 0.0), strict=True):
        expect_close(got, wanted, rtol=1e-9, because=because, what=what)
    because = "the start is needed again, for another target; W += ... changes the caller's array"
    expect(not mutated, you="W was changed in place", expected="W as it was", because=because, what="the arguments")
