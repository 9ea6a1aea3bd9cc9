"""Specification of exercise 11: how far training moves the features and the tangent kernel."""

import hypothesis
import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_parts, graded
from fls_teach.theory import GaussianMixture, balanced_init, forward, gradient_flow, second_layer

# Rounding of float32, of which a kernel entry adds up a few dozen; a wrong formula errs by far more.
SINGLE = {"rtol": 1e-5, "atol": 1e-5}
PARTS = ("features", "kernel")


@st.composite
def two_networks(draw):
    """Data, a network active on some of them, and another one of its size: the arguments of `movement`."""
    before = draw(strategies.training_problems())
    rng = np.random.default_rng(draw(strategies.seeds))
    hypothesis.assume(by_loops(before["X"], before["W"], before["v"]).any())
    step = lambda a: a + rng.integers(-4, 5, a.shape) / 4  # noqa: E731
    X, W, v = before["X"], before["W"], before["v"]
    return {"X": X, "W0": W, "v0": v, "W1": step(W), "v1": step(v)}


@st.composite
def trained_networks(draw):
    """Gradient flow to risk 0.1 from one start W0 at growing scales: dict of alphas and runs (their arguments).

    Every neuron has a twin of the opposite sign, so that f(0) = 0 and nothing has to be unlearned at large alpha.
    """
    rng = np.random.default_rng(draw(strategies.seeds))
    X, y = GaussianMixture(3.0, n_features=8).sample(6, rng, separable=True)
    alphas = 2.0 ** np.array([-6, -2, 6, 8])
    half = balanced_init(10, 8, 1.0, rng)[0]
    W0, signs = alphas[:, None, None] * np.vstack([half, half]), np.repeat([1.0, -1.0], 10)
    flow = gradient_flow(X, y, W0, signs, target_risk=0.1)
    hypothesis.assume((flow.status == "reached").all())
    # The law at large alpha is that of a fixed kernel: no neuron there may pass a kink, however near to one it starts.
    active = [[X @ network[k].T > 0 for k in (2, 3)] for network in (W0, flow.W)]
    hypothesis.assume(np.array_equal(*active))
    v0 = second_layer(W0, signs)
    runs = [{"X": X, "W0": W0[k], "v0": v0[k], "W1": flow.W[k], "v1": flow.v[k]} for k in range(len(alphas))]
    return {"alphas": alphas, "runs": runs}


def by_loops(X, W, v):
    """The kernel entry by entry, as it is defined."""
    K = np.zeros((len(X), len(X)))
    for i, x in enumerate(X):
        for k, other in enumerate(X):
            for w, weight in zip(W, v, strict=True):
                if w @ x > 0 and w @ other > 0:
                    K[i, k] += (w @ x) * (w @ other) + weight**2 * (x @ other)
    return K


def by_definition(X, W0, v0, W1, v1):
    """Both relative movements."""
    pairs = (W0, W1), (by_loops(X, W0, v0), by_loops(X, W1, v1))
    return [float(np.sqrt(((b - a) ** 2).sum() / (a**2).sum())) for a, b in pairs]


def expect_movement(student, case, expected, because):
    """Ask for `movement` and compare both parts; returns them."""
    parts = expect_parts(student.movement(**case), PARTS, what="movement")
    return [
        float(expect_close(part, wanted, **SINGLE, because=because, what=name))
        for part, wanted, name in zip(parts, expected, PARTS, strict=True)
    ]


@graded(1, "K = J Jᵀ, J_i = df(x_i)/d(W, v)", case=strategies.training_problems(), seed=strategies.seeds)
def test_kernel_of_gradients(student, case, seed):
    """The tangent kernel holds the inner products of the gradients"""
    X, shape = case["X"], case["W"].shape
    rng, step = np.random.default_rng(seed), 1e-5
    # Away from kinks, where moving a weight by 1e-5 switches no neuron.
    W, v = case["W"] + rng.uniform(-0.1, 0.1, shape), case["v"]
    hypothesis.assume(np.abs(X @ W.T)[X.any(axis=1)].min(initial=1.0) > 1e-3 and (X @ W.T > 0).any())
    weights = np.append(W, v)
    outputs = lambda weights: forward(X, weights[: W.size].reshape(shape), weights[W.size :])  # noqa: E731
    nudges = step * np.eye(weights.size)
    J = np.stack([(outputs(weights + e) - outputs(weights - e)) / (2 * step) for e in nudges], axis=1)
    you = student.tangent_kernel(X, W, v)
    because = "finite differences of f in all weights, first and second layer, give these inner products"
    expect_close(you, J @ J.T, **SINGLE, because=because)


@graded(1, "K = sum_j relu(z_j) relu(z_j') + v_j^2 1[z_j > 0] 1[z_j' > 0] <x, x'>", examples=25, case=two_networks())
def test_kinks_and_dead_neurons(student, case):
    """A neuron counts for a pair if active on both; at a kink it is silent"""
    for number in "01":
        X, W, v = case["X"], case["W" + number], case["v" + number]
        expect_close(
            student.tangent_kernel(X, W, v), by_loops(X, W, v), **SINGLE, what=f"kernel {number}",
            because="summed neuron by neuron over those with <w_j, x> > 0 on both examples",
        )  # fmt: skip


@graded(1, "‖W1 - W0‖/‖W0‖ and ‖K1 - K0‖/‖K0‖, Frobenius", examples=25, case=two_networks())
def test_relative_movement(student, case):
    """Both movements are the size of the change over the size of the start"""
    because = "all entries count, squared, and the size at the start is the unit"
    expect_movement(student, case, by_definition(**case), because)


powers = st.sampled_from([-3, -1, 1, 2, 3])


@graded(1, "(W, v) -> a (W, v): |a - 1| and |a^2 - 1|", examples=25, case=two_networks(), power=powers)
def test_growth_alone(student, case, power):
    """Growing by a moves the features by |a − 1|, the kernel by |a² − 1|"""
    a, X, W, v = 2.0**power, case["X"], case["W0"], case["v0"]
    grown = {"X": X, "W0": W, "v0": v, "W1": a * W, "v1": a * v}
    expect_movement(student, grown, (abs(a - 1), abs(a**2 - 1)), "K is of degree 2 in the weights of this network")
    unit = case | {name: a * case[name] for name in ("W0", "v0", "W1", "v1")}
    because = "both networks were scaled alike, and the movement is relative"
    expect_movement(student, unit, by_definition(**case), because)


@graded(1, "f(0) = 0: ‖W(t_eta) - W(0)‖/‖W(0)‖ ~ 1/alpha^2 at large alpha", examples=6, sweep=trained_networks())
def test_lazier_at_larger_scale(student, sweep):
    """At the same risk, features and kernel moved less from a larger start"""
    answers = [expect_parts(student.movement(**run), PARTS, what="movement") for run in sweep["runs"]]
    moved, expected = [], np.transpose([by_definition(**run) for run in sweep["runs"]])
    for name, part, wanted in zip(PARTS, zip(*answers, strict=True), expected, strict=True):
        # A neuron that slides along a kink may count as silent or active by rounding alone: a few 1e-5 of the kernel.
        tolerances = {"rtol": 1e-6} if name == "features" else {"rtol": 1e-3, "atol": 1e-5}
        moved.append(expect_close(list(part), wanted, **tolerances, what=name, because="these runs moved that far"))
    features, kernel = moved
    because = "alpha grows along the list: a larger start needs a smaller relative change"
    expect((np.diff(features) < 0).all(), you=features, expected="falling", because=because, what="features")
    expect(kernel[-1] < kernel[0] / 100, you=kernel, expected="falling", because=because, what="kernel")
    # From alpha = 2^6 to 2^8; in 150 sets of data the ratio was within 1e-8 of 16.
    ratio = features[2] / features[3]
    expect(15.9 < ratio < 16.1, you=ratio, expected="about 16", because="alpha grew by 4", what="ratio of features")


@graded(1, "movement(X, W0, v0, W1, v1), twice", examples=15, case=two_networks())
def test_leaves_its_arguments(student, case):
    """Measuring moves nothing: the arguments stay as they were"""
    expected = by_definition(**case)
    for time in ("the first time", "the second time"):
        expect_movement(student, case, expected, f"asked {time}")
    start = case["X"], case["W0"], case["v0"]
    because = "this is the kernel at the start, asked last"
    expect_close(student.tangent_kernel(*start), by_loops(*start), **SINGLE, because=because, what="kernel")
    changed = [call.function for call in student.calls if call.outcome.mutated]
    because = "W0 is still needed: what changes it spoils every later comparison"
    you = f"{' and '.join(changed)} changed an argument"
    expect(not changed, you=you, expected="arguments as they were", because=because)
