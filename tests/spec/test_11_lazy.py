"""Specification of exercise 11: how far training moves the features and the tangent kernel."""

import hypothesis
import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import GaussianMixture, balanced_init, forward, gradient_flow, second_layer

# Rounding of float32, of which a kernel entry adds up a few dozen; a wrong formula errs by far more.
SINGLE = 1e-5
PARTS = ("features", "kernel")
BY_HAND = {
    "X": np.array([[1, 0], [0, 1]]),
    "W0": np.array([[1, 0]]),
    "v0": np.array([1]),
    "W1": np.array([[1, 1]]),
    "v1": np.array([1]),
}
"""The lesson's example, without a decimal point."""
BEFORE, AFTER = ({name: BY_HAND[key] for name, key in (("X", "X"), ("W", f"W{k}"), ("v", f"v{k}"))} for k in "01")
# An array made like one of integers would cut off the fractions; 2^-45 is small, but not a kink.
MIXED = {"X": np.array([[1, 0], [0, 1], [2, -1]]), "W": np.array([[1, 0], [-1, 3]]), "v": np.array([0.5, -1.5])}
TINY = {
    "X": np.eye(2),
    "W": 2.0**-45 * np.array([[1.0, 1.0], [0.0, 2.0], [-1.0, 0.0]]),
    "v": np.array([1.0, -1.0, 2.0]),
}


@st.composite
def smooth_networks(draw):
    """A small set and a network of which no weight moved by 1e-5 switches a neuron."""
    case = draw(strategies.training_problems())
    rng = np.random.default_rng(draw(strategies.seeds))
    X, W = case["X"], case["W"] + rng.uniform(-0.1, 0.1, case["W"].shape).round(4)
    hypothesis.assume(np.abs(X @ W.T)[X.any(axis=1)].min(initial=1.0) > 1e-3 and (X @ W.T > 0).any())
    return {"X": X, "W": W, "v": case["v"]}


powers = st.sampled_from([(0, 0), (0, 0), (-30, 0), (-45, 0), (-20, -20), (20, 20)])


@st.composite
def networks(draw):
    """A small set and a network of any size, with neurons at a kink, silent ones and some with v_j = 0."""
    case = draw(strategies.training_problems())
    hypothesis.assume((case["X"] @ case["W"].T > 0).any())
    first, second = 2.0 ** np.array(draw(powers))
    return {"X": case["X"], "W": first * case["W"], "v": second * case["v"]}


@st.composite
def two_networks(draw, sizes=(-20, 0, 20)):
    """Data, a network active on some of them, and another one of its size: the arguments of `movement`."""
    before = draw(strategies.training_problems())
    rng, size = np.random.default_rng(draw(strategies.seeds)), 2.0 ** draw(strategies.any_of(*sizes))
    hypothesis.assume((before["X"] @ before["W"].T > 0).any())
    step = lambda a: a + rng.integers(-4, 5, a.shape) / 4  # noqa: E731
    X, W, v = before["X"], before["W"], before["v"]
    return {"X": X} | {
        name: size * a for name, a in zip(("W0", "v0", "W1", "v1"), (W, v, step(W), step(v)), strict=True)
    }


@st.composite
def moved_networks(draw):
    """The same, of which the first layer moved by a known multiple of its size: `moved`."""
    case, rng = draw(two_networks(sizes=(-40, 0, 40))), np.random.default_rng(draw(strategies.seeds))
    moved, direction = (
        draw(strategies.any_of(0.0, 1e-5, 0.02, 0.5, 1.0, 3.0, 790.0)),
        rng.standard_normal(case["W0"].shape),
    )
    change = moved * np.linalg.norm(case["W0"]) / np.linalg.norm(direction) * direction
    return case | {"W1": case["W0"] + change, "moved": moved}


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


def ask(student, case):
    """Both parts of `movement` as numbers."""
    parts = expect_parts(student.movement(*(case[name] for name in BY_HAND)), PARTS, what="movement")
    return [float(expect_numbers(part, (), what=name)) for part, name in zip(parts, PARTS, strict=True)]


def expect_kernel(you, expected, because):
    """Compare kernels, which are small for small weights."""
    expect_close(you, expected, rtol=SINGLE, atol=SINGLE * np.abs(expected).max(), because=because)


@graded(1, "K = J Jᵀ, J_i = df(x_i)/d(W, v)", examples=20, case=smooth_networks())
def test_kernel_of_gradients(student, case):
    """The tangent kernel holds the inner products of the gradients"""
    X, W, v = case["X"], case["W"], case["v"]
    weights, step = np.append(W, v), 1e-5
    outputs = lambda weights: forward(X, weights[: W.size].reshape(W.shape), weights[W.size :])  # noqa: E731
    nudges = step * np.eye(weights.size)
    J = np.stack([(outputs(weights + e) - outputs(weights - e)) / (2 * step) for e in nudges], axis=1)
    because = (
        f"nudging each of the {W.size} + {v.size} weights by 1e-5 shows the gradients, and these are their products"
    )
    expect_kernel(student.tangent_kernel(X, W, v), J @ J.T, because)


@graded(
    1,
    "K = sum_j relu(z_j) relu(z_j') + v_j^2 1[z_j > 0] 1[z_j' > 0] <x, x'>",
    first=[{"case": case} for case in (BEFORE, AFTER, MIXED, TINY)],
    examples=25,
    case=networks(),
)
def test_kinks_and_dead_neurons(student, case):
    """A neuron counts for a pair if active on both; at a kink it is silent"""
    X, W, v = case["X"], case["W"], case["v"]
    Z = X @ W.T
    because = f"of {Z.size} pre-activations {(Z > 0).sum()} are > 0, {(Z == 0).sum()} at a kink: only the first count"
    expect_kernel(student.tangent_kernel(X, W, v), by_loops(X, W, v), because)


@graded(
    1,
    "features = ‖W1 − W0‖/‖W0‖, Frobenius",
    examples=20,
    first=[{"case": BY_HAND | {"moved": 1.0}}],
    case=moved_networks(),
)
def test_features(student, case):
    """The features moved by the size of the change over the size of the start, however small both are"""
    features, _ = ask(student, case)
    norms = f"{np.linalg.norm(case['W1'] - case['W0']):.4g} and ‖W0‖ = {np.linalg.norm(case['W0']):.4g}"
    # The change of 1e-5 times the size keeps eleven digits.
    expect_close(features, case["moved"], rtol=1e-6, because=f"‖W1 − W0‖ = {norms}", what="features")


@graded(1, "kernel = ‖K1 − K0‖/‖K0‖, Frobenius", examples=20, first=[{"case": BY_HAND}], case=two_networks())
def test_kernel_movement(student, case):
    """The kernel moved by the size of the change of all its entries over the size at the start"""
    X, n = case["X"], len(case["X"])
    kernels = [student.tangent_kernel(X, case["W" + k], case["v" + k]) for k in "01"]
    K0, K1 = (expect_numbers(K, (n, n), what=f"tangent_kernel for K{k}") for k, K in enumerate(kernels))
    expect(K0.any(), you=K0, expected="not zero", because="a neuron is active on an example", what="K0")
    change, start = np.linalg.norm(K1 - K0), np.linalg.norm(K0)
    _, kernel = ask(student, case)
    because = f"of your own kernels, right or wrong, ‖K1 − K0‖ = {change:.4g} and ‖K0‖ = {start:.4g}"
    expect_close(kernel, change / start, rtol=SINGLE, atol=SINGLE, because=because, what="kernel")


growths = st.sampled_from([1 / 8, 1 / 2, 1 + 2.0**-8, 2.0, 8.0])


@graded(1, "(W, v) -> a (W, v): |a - 1| and |a^2 - 1|", examples=18, case=two_networks(), growth=growths)
def test_growth_alone(student, case, growth):
    """Growing by a moves the features by |a − 1|, the kernel by |a² − 1|, at every scale"""
    features, kernel = ask(student, case | {"W1": growth * case["W0"], "v1": growth * case["v0"]})
    because = f"all weights grew by a = {growth:.4g}, and so did W; K is of degree 2 in the weights: by a²"
    expect_close(features, abs(growth - 1), rtol=SINGLE, because=because, what="features")
    # Of a kernel in float32 a change of 0.8% keeps four digits.
    expect_close(kernel, abs(growth**2 - 1), rtol=1e-3, because=because, what="kernel")


@graded(1, "f(0) = 0: ‖W(t_eta) - W(0)‖/‖W(0)‖ ~ 1/alpha^2 at large alpha", examples=2, sweep=trained_networks())
def test_lazier_at_larger_scale(student, sweep):
    """At the same risk, features and kernel moved less from a larger start"""
    answers = [expect_parts(student.movement(**run), PARTS, what="movement") for run in sweep["runs"]]
    moved, expected = [], np.transpose([by_definition(**run) for run in sweep["runs"]])
    for name, part, wanted in zip(PARTS, zip(*answers, strict=True), expected, strict=True):
        # A neuron that slides along a kink may count as silent or active by rounding alone: a few 1e-5 of the kernel.
        tolerances = {"rtol": 1e-6} if name == "features" else {"rtol": 1e-3, "atol": 1e-5}
        moved.append(
            expect_close(
                list(part),
                wanted,
                **tolerances,
                what=name,
                because="this is how far the runs moved from alpha = 2^-6, 2^-2, 2^6, 2^8",
            )
        )
    features, kernel = moved
    because = "alpha grows along the list: a larger start needs a smaller relative change"
    expect((np.diff(features) < 0).all(), you=features, expected="falling", because=because, what="features")
    expect(kernel[-1] < kernel[0] / 100, you=kernel, expected="falling", because=because, what="kernel")
    # From alpha = 2^6 to 2^8; in 150 sets of data the ratio was within 1e-8 of 16.
    ratio = features[2] / features[3]
    expect(15.9 < ratio < 16.1, you=ratio, expected="about 16", because="alpha grew by 4", what="ratio of features")
