"""An output multiplier is an initialisation scale in disguise: the rules, and runs that must then be the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.theory import (
    SGD,
    Adam,
    AdamW,
    FlowSteps,
    balanced_init_classes,
    descend,
    equivalent_alpha,
    equivalent_lr,
    equivalent_optimizer,
    equivalent_weight_decay,
    gradient_descent,
    gradient_flow,
    train,
)

from .strategies import separable_run

DECAY = 2.0**-10


def gd_pair(k, n_steps, lr, optimizer="sgd", weight_decay=0.0, rule=equivalent_lr, decay_rule=equivalent_weight_decay):
    """The runs with output multiplier c = 4^-k and with initialisation scale c^(1/2), and that scale."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=6)
    v, c = signs * np.linalg.norm(W, axis=1), 4.0**-k
    alpha = equivalent_alpha(c)
    of_alpha = gradient_descent(X, y, alpha * W, alpha * v, lr, n_steps, optimizer=optimizer, weight_decay=weight_decay)
    of_c = gradient_descent(
        X, y, W, v, float(rule(lr, c, optimizer=optimizer)), n_steps, output_multiplier=c, optimizer=optimizer,
        weight_decay=float(decay_rule(weight_decay, c)),
    )  # fmt: skip
    return of_c, of_alpha, alpha


@given(st.integers(-100, 100), st.sampled_from([0.1, 1.0, 7.0]))
def test_rules_of_degree_two_are_exact_for_powers_of_four(k, number):
    """Catches a power with the wrong sign or size; a rounding here would already break the equality of runs."""
    c = 4.0**k
    assert equivalent_alpha(c) == 2.0**k
    assert equivalent_lr(number, c) == equivalent_lr(number, c, optimizer="momentum") == number / c
    assert equivalent_lr(number, c, optimizer="adam") == number * 2.0**-k
    assert equivalent_weight_decay(number, c) == number * c
    assert equivalent_weight_decay(number, c, optimizer="adamw") == number * 2.0**k


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
@pytest.mark.parametrize("c", [0.037, 1.0, 12.0])
def test_rules_of_any_degree(c, degree):
    """Catches lr/c used at every depth: science.md#equivalence asks c^(-2/L), c^(-1/L) for Adam, c^(2/L) for decay."""
    assert equivalent_alpha(c, degree) ** degree == pytest.approx(c, rel=1e-14)
    assert (0.1 / equivalent_lr(0.1, c, degree)) ** degree == pytest.approx(c**2, rel=1e-13)
    assert (0.1 / equivalent_lr(0.1, c, degree, "adam")) ** degree == pytest.approx(c, rel=1e-13)
    assert (equivalent_weight_decay(0.1, c, degree) / 0.1) ** degree == pytest.approx(c**2, rel=1e-13)
    # lr * wd is what a step shrinks the weights by, and must be the same for both runs.
    for name in ("sgd", "momentum", "adamw"):
        product = equivalent_lr(0.1, c, degree, name) * equivalent_weight_decay(0.3, c, degree, name)
        assert product == pytest.approx(0.03, rel=1e-14)


def test_rules_take_arrays():
    """Catches scalars only: a sweep translates its whole grid of c at once. Decay 0 stays 0."""
    c = np.array([0.25, 1.0, 4.0])
    np.testing.assert_array_equal(equivalent_alpha(c), [0.5, 1, 2])
    np.testing.assert_array_equal(equivalent_lr([0.1, 0.2, 0.4], c), [0.4, 0.2, 0.1])
    np.testing.assert_array_equal(equivalent_weight_decay(0.0, c), [0, 0, 0])


@pytest.mark.parametrize("k", [-2, 1, 5])
def test_four_thousand_steps_bit_for_bit(k):
    """Catches anything that rounds differently at another scale: a stray epsilon, a threshold, a clip."""
    of_c, of_alpha, alpha = gd_pair(k, 4_000, 0.02)
    np.testing.assert_array_equal(of_c.risks, of_alpha.risks)
    np.testing.assert_array_equal(alpha * of_c.W, of_alpha.W)
    np.testing.assert_array_equal(alpha * of_c.v, of_alpha.v)
    assert of_alpha.risks[-1] < 0.5 * of_alpha.risks[0], "nothing was learned, so nothing was compared"


@pytest.mark.parametrize(
    ("optimizer", "decay"), [("momentum", 0.0), ("sgd", DECAY), ("momentum", DECAY), ("adam", 0.0)]
)
def test_other_optimisers_bit_for_bit(optimizer, decay):
    """Catches a buffer or a decay that does not scale as science.md#equivalence says."""
    of_c, of_alpha, alpha = gd_pair(3, 500, 0.01, optimizer, decay)
    np.testing.assert_array_equal(of_c.risks, of_alpha.risks)
    np.testing.assert_array_equal(alpha * of_c.W, of_alpha.W)
    assert of_alpha.risks[-1] < 0.7 * of_alpha.risks[0]


def test_adam_has_no_absolute_epsilon():
    """Catches an eps of 1e-8, which at alpha = 2^-30 freezes all weights: the equivalence is that of eps -> 0."""
    of_c, of_alpha, alpha = gd_pair(30, 300, 0.01, "adam")
    np.testing.assert_array_equal(of_c.risks, of_alpha.risks)
    assert of_alpha.risks[-1] < 0.7 * of_alpha.risks[0]


@pytest.mark.parametrize(
    ("optimizer", "decay", "wrong"),
    [
        ("sgd", 0.0, {"rule": lambda lr, c, optimizer: lr}),
        ("sgd", 0.0, {"rule": lambda lr, c, optimizer: lr * c**-0.5}),
        ("momentum", 0.0, {"rule": lambda lr, c, optimizer: lr * c**-0.5}),
        ("adam", 0.0, {"rule": lambda lr, c, optimizer: lr / c}),
        ("sgd", 0.02, {"decay_rule": lambda wd, c: wd}),
    ],
    ids=["lr unchanged", "adam's rule for sgd", "adam's rule for momentum", "sgd's rule for adam", "decay unchanged"],
)
def test_the_wrong_rule_differs(optimizer, decay, wrong):
    """Catches an equivalence that holds for any rule, because lr, decay or c is ignored."""
    of_c, of_alpha, _ = gd_pair(3, 300, 0.01, optimizer, decay, **wrong)
    assert np.abs(of_c.risks - of_alpha.risks).max() > 1e-3


def test_c_that_is_no_power_of_four_agrees_to_rounding():
    """Catches an equivalence that only powers of two hide: at c = 0.3 a few thousand roundings stay below 1e-11."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=6)
    v, alpha = signs * np.linalg.norm(W, axis=1), float(equivalent_alpha(0.3))
    of_alpha = gradient_descent(X, y, alpha * W, alpha * v, 0.02, 1_000)
    of_c = gradient_descent(X, y, W, v, float(equivalent_lr(0.02, 0.3)), 1_000, output_multiplier=0.3)
    np.testing.assert_allclose(of_c.risks, of_alpha.risks, rtol=1e-11)


RULES = {
    "sgd": SGD(0.05),
    "momentum": SGD(0.01, momentum=0.8),
    "sgd, decay": SGD(0.05, weight_decay=DECAY),
    "adam": Adam(0.003),
    "adam, decay and eps": Adam(0.003, betas=(0.8, 0.99), eps=2.0**-8, weight_decay=DECAY),
    "adamw": AdamW(0.003, weight_decay=0.125),
}


def engine_pair(name, cs, kind, **options):
    """Runs of `train` with output multipliers c and their optimizers, and the runs from scales alpha; and alpha."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=6)
    V, alpha = signs * np.linalg.norm(W, axis=1), equivalent_alpha(cs)
    if kind == "classes":
        W, V = balanced_init_classes(6, X.shape[1], 3, 0.5, 0)
        y, options = np.arange(len(X)) % 3, {"loss": "cross_entropy"} | options
    scaled = alpha[:, None, None] * W, alpha.reshape(-1, *[1] * V.ndim) * V
    of_alpha = train(X, y, *scaled, RULES[name], max_steps=200, record="risk", **options)
    optimizer = equivalent_optimizer(RULES[name], cs)
    of_c = train(X, y, W, V, optimizer, max_steps=200, record="risk", output_multiplier=cs, **options)
    assert all(record.risks[-1] < 0.95 * record.risks[0] for record in of_alpha.record), "nothing was learned"
    return of_c, of_alpha, alpha


@pytest.mark.parametrize("kind", ["one output", "classes"])
@pytest.mark.parametrize("name", RULES)
def test_every_optimizer_of_the_engine_has_its_rule(name, kind):
    """Catches AdamW with SGD's decay, an eps that stays as it is, and rules that hold for one output alone."""
    of_c, of_alpha, alpha = engine_pair(name, 4.0 ** np.array([1.0, -1.0, -3.0]), kind)
    np.testing.assert_array_equal(of_c.risk, of_alpha.risk)
    np.testing.assert_array_equal(alpha[:, None, None] * of_c.W, of_alpha.W)
    of_c, of_alpha, alpha = engine_pair(name, np.array([0.3]), kind)  # no power of four: to rounding
    np.testing.assert_allclose(of_c.record[0].risks, of_alpha.record[0].risks, rtol=1e-10)
    np.testing.assert_allclose(np.sqrt(0.3) * of_c.W, of_alpha.W, atol=1e-10)


@pytest.mark.parametrize(
    "options", [{"batch_size": 3}, {"input_noise": 0.25}, {"centred": True}, {"loss": "exponential"}], ids=str
)
def test_batches_noise_centring_and_losses_leave_the_rules_alone(options):
    """Catches noise or batches that depend on the optimizer's settings, and a centring outside the multiplier."""
    of_c, of_alpha, alpha = engine_pair("momentum", 4.0 ** np.array([0.0, -2.0]), "one output", **options)
    np.testing.assert_array_equal(of_c.risk, of_alpha.risk)
    np.testing.assert_array_equal(alpha[:, None, None] * of_c.W, of_alpha.W)


def test_steps_that_follow_the_flow_need_no_rule():
    """Catches an absolute scale in the choice of the step: it must come out c^(-1) times as long by itself."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=6)
    v, c = signs * np.linalg.norm(W, axis=1), 4.0**-3
    of_c = train(X, y, W, v, FlowSteps(), target_risk=0.1, output_multiplier=c)
    of_alpha = train(X, y, W / 8, v / 8, FlowSteps(), target_risk=0.1)
    assert of_c.steps == of_alpha.steps and of_c.time * c == of_alpha.time
    np.testing.assert_array_equal(of_c.W / 8, of_alpha.W)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("adamw", lambda c: AdamW(equivalent_lr(0.003, c, 2, "adam"), weight_decay=0.125 * c)),  # SGD's decay
        ("adamw", lambda c: AdamW(equivalent_lr(0.003, c, 2, "adam"), weight_decay=0.125)),
        ("adam, decay and eps", lambda c: Adam(0.003 * c**-0.5, (0.8, 0.99), 2.0**-8, DECAY * c)),  # eps unchanged
    ],
)
def test_a_wrong_rule_for_adam_differs(name, wrong):
    """Catches an engine in which decoupled decay or eps has no effect, so that any rule would hold."""
    c = 4.0**-3
    X, y, W, signs = separable_run(0, 0.5, n_neurons=6)
    v = signs * np.linalg.norm(W, axis=1)
    of_alpha = train(X, y, W / 8, v / 8, RULES[name], max_steps=200)
    of_c = train(X, y, W, v, wrong(c), max_steps=200, output_multiplier=c)
    assert abs(of_c.risk - of_alpha.risk) > 1e-3


@pytest.mark.parametrize(
    ("change", "name"),
    [({"optimizer": FlowSteps()}, "optimizer"), ({"optimizer": "sgd"}, "optimizer"), ({"c": 0.0}, "c"),
     ({"c": np.nan}, "c"), ({"degree": 1.5}, "degree"), ({"c": [1.0, 2.0, 3.0]}, "c")],
)  # fmt: skip
def test_an_optimizer_that_cannot_be_translated(change, name):
    """Catches an optimizer handed back untranslated, and numbers that broadcasting or a power turns into nonsense."""
    with pytest.raises(ValueError, match=rf"\b{name}\b.*wanted"):
        equivalent_optimizer(**({"optimizer": SGD([0.1, 0.2]), "c": 0.5} | change))


def three_layers(X, y, c):
    """Loss and gradients of c w3 . relu(W2 relu(W1 x)), which is 3-homogeneous."""

    def loss_and_gradient(parameters):
        first, second, third = parameters
        Z1 = X @ first.T
        A1 = np.maximum(Z1, 0)
        Z2 = A1 @ second.T
        A2 = np.maximum(Z2, 0)
        margins = y * c * (A2 @ third)
        pull = -y * c / (1 + np.exp(margins)) / len(y)
        back2 = np.outer(pull, third) * (Z2 > 0)
        back1 = (back2 @ second) * (Z1 > 0)
        return np.logaddexp(0, -margins).mean(), [back1.T @ X, back2.T @ A1, A2.T @ pull]

    return loss_and_gradient


def test_three_layers_need_c_to_the_minus_two_thirds():
    """Catches lr/c taken for the equivalence at every depth, the mistake that science.md#equivalence warns of."""
    X, y, _, _ = separable_run(0, 1.0)
    rng, c = np.random.default_rng(0), 8.0**-2
    start = [rng.standard_normal(shape) / np.sqrt(shape[-1]) for shape in ((8, 20), (8, 8), (8,))]
    alpha = float(equivalent_alpha(c, 3))
    assert alpha == pytest.approx(0.25, rel=1e-14)
    of_alpha = descend(three_layers(X, y, 1.0), [0.25 * p for p in start], 0.5, 500)
    right, wrong = (
        descend(three_layers(X, y, c), start, float(equivalent_lr(0.5, c, degree)), 500) for degree in (3, 2)
    )
    np.testing.assert_allclose(right[1], of_alpha[1], rtol=0, atol=1e-9)
    assert of_alpha[1][-1] < 0.8 * of_alpha[1][0]
    assert np.abs(wrong[1] - of_alpha[1]).max() > 0.01


@pytest.mark.parametrize("k", [-2, 3])
def test_gradient_flow_bit_for_bit(k):
    """Catches absolute tolerances, floors or guards in the flow: c = 4^-k at speed 1/c is alpha = 2^-k, same clock."""
    X, y, W, signs = separable_run(1, 0.5)
    c = 4.0**-k
    of_alpha = gradient_flow(X, y, equivalent_alpha(c) * W, signs, target_risk=0.1)
    of_c = gradient_flow(
        X, y, W, signs, target_risk=0.1, output_multiplier=c, lr_multiplier=float(equivalent_lr(1.0, c))
    )
    assert of_c.stopping_time == of_alpha.stopping_time
    np.testing.assert_array_equal(equivalent_alpha(c) * of_c.W, of_alpha.W)


def test_gradient_flow_at_any_c():
    """Catches an output multiplier inside the loss but not in the pull, and a speed that is not one."""
    X, y, W, signs = separable_run(1, 0.5)
    of_alpha = gradient_flow(X, y, np.sqrt(0.3) * W, signs, target_risk=0.1)
    of_c = gradient_flow(X, y, W, signs, target_risk=0.1, output_multiplier=0.3, lr_multiplier=1 / 0.3)
    assert of_c.stopping_time == pytest.approx(float(of_alpha.stopping_time), rel=1e-9)
    np.testing.assert_allclose(np.sqrt(0.3) * of_c.W, of_alpha.W, atol=1e-9)
    unequal = gradient_flow(X, y, W, signs, target_risk=0.1, output_multiplier=0.3)
    assert unequal.stopping_time == pytest.approx(float(of_alpha.stopping_time) / 0.3, rel=1e-9)
