"""Training of many networks at once: against the flow, against itself in other company, and how runs end."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fls_teach.theory import (
    SGD,
    Adam,
    AdamW,
    FlowSteps,
    GaussianMixture,
    balanced_init,
    balanced_init_classes,
    flow_lr,
    gradient_descent,
    gradient_flow,
    opposite_twins,
    second_layer,
    train,
)
from fls_teach.theory.training.losses import CLASSES, ONE_OUTPUT

from .strategies import relative, separable_run

OPTIMIZERS = {
    "sgd": SGD(0.1),
    "momentum": SGD(0.05, momentum=0.9),
    "decay": SGD(0.1, weight_decay=0.01),
    "adam": Adam(0.01),
    "adamw": AdamW(0.01, weight_decay=0.1),
    "flow": FlowSteps(),
}


def binary_runs(alphas, seed=0, n_neurons=8):
    """X, y, W, V of runs that differ in alpha alone; preset separable."""
    X, y, W, signs = separable_run(seed, np.array(alphas), n_neurons=n_neurons)
    return X, y, W, second_layer(W, signs)


def class_runs(alphas, seed=0, n_classes=3, n_samples=12, n_features=6, n_neurons=8):
    """X, y, W, V of runs with K outputs and classes around orthogonal means."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_samples) % n_classes
    X = 3.0 * np.eye(n_classes, n_features)[y] + rng.standard_normal((n_samples, n_features))
    return X, y, *balanced_init_classes(n_neurons, n_features, n_classes, np.array(alphas), rng)


def same_bits(one, other):
    """Whether two results of `train` agree in every bit."""
    for field in ("W", "V", "steps", "time", "risk", "status", "reason"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "decay", "adam"])
def test_full_batch_training_is_gradient_descent(optimizer):
    """Catches a step, a buffer or a stop that differs from the plain loop; the same arithmetic gives the same bits."""
    X, y, W, V = binary_runs([0.3])
    options = {"momentum": (0.05, "momentum", 0.0), "decay": (0.1, "sgd", 0.01), "adam": (0.01, "adam", 0.0)}
    lr, name, decay = options.get(optimizer, (0.1, "sgd", 0.0))
    plain = gradient_descent(X, y, W[0], V[0], lr, 40, optimizer=name, weight_decay=decay)
    run = train(X, y, W[0], V[0], OPTIMIZERS[optimizer], max_steps=40, record="risk")
    np.testing.assert_array_equal(run.W, plain.W)
    np.testing.assert_array_equal(run.V, plain.v)
    np.testing.assert_array_equal(run.record.risks, plain.risks)
    assert str(run.status) == "max_steps" and run.steps == 40


@pytest.mark.parametrize(
    ("c", "reduction", "t_max", "centred"),
    [(1.0, "mean", 1.0, False), (2.0, "sum", 0.05, False), (1.0, "mean", 1.0, True)],
)
def test_halving_the_rate_halves_the_distance_to_the_flow(c, reduction, t_max, centred):
    """Catches training at another speed than the flow's: the distance must fall at first order in lr."""
    X, y, W, signs = separable_run(3, 0.5)
    options = {"reduction": reduction, "output_multiplier": c, "centred": centred}
    flow = gradient_flow(X, y, W, signs, t_max=t_max, rtol=1e-7, **options)
    gaps = []
    for n in (800, 1_600):
        run = train(X, y, W, second_layer(W, signs), SGD(t_max / n), max_steps=n, **options)
        assert run.time == pytest.approx(t_max, rel=1e-12)
        gaps.append(np.abs(run.W - flow.W).max())
    assert gaps[0] < 4e-4 and 1.7 < gaps[0] / gaps[1] < 2.4, gaps  # kinks add a little noise to the factor 2


@pytest.mark.parametrize("centred", [False, True])
def test_flow_steps_follow_the_flow_at_every_alpha(centred):
    """Catches a step that is too long somewhere between 2^-12 and 2^3, and a stop that is not on the target."""
    alphas = 2.0 ** np.arange(-12, 4, 3)
    X, y, W, signs = separable_run(1, alphas, n_neurons=50)
    flow = gradient_flow(X, y, W, signs, target_risk=0.05, centred=centred)
    run = train(X, y, W, second_layer(W, signs), FlowSteps(), target_risk=0.05, centred=centred)
    assert (run.status == "reached").all() and run.steps.max() < 2_000
    np.testing.assert_allclose(run.risk, 0.05, rtol=1e-9)
    distance = np.linalg.norm(run.W - flow.W, axis=(1, 2)) / np.linalg.norm(flow.W, axis=(1, 2))
    assert distance.max() < 0.02, distance
    finer = train(X, y, W, second_layer(W, signs), FlowSteps(0.025, 0.25), target_risk=0.05, centred=centred)
    nearer = np.linalg.norm(finer.W - flow.W, axis=(1, 2)) / np.linalg.norm(flow.W, axis=(1, 2))
    assert nearer.max() < 0.5 * distance.max(), (distance, nearer)
    np.testing.assert_allclose(finer.time, flow.stopping_time, rtol=0.01)


@pytest.mark.parametrize(
    ("loss", "classes"), [(loss, False) for loss in ONE_OUTPUT] + [(loss, True) for loss in CLASSES]
)
def test_flow_steps_suit_every_loss(loss, classes):
    """Catches a curvature that is wrong for a loss or its sum: too long a step overshoots, too short never ends.

    At alpha = 8 the exponential loss starts near 1e200, and the squares of its gradients overflow. The squared loss of
    classes is centred: plain, it starts near 1e5 there, and takes 12,000 steps.
    """
    start = (class_runs if classes else binary_runs)([2.0**-12, 2.0**-3, 8.0], n_neurons=20)
    options = {
        "loss": loss,
        "reduction": "sum",
        "target_risk": 0.05 * len(start[0]),
        "centred": loss == "squared" and classes,
    }
    run = train(*start, FlowSteps(), **options)
    assert (run.status == "reached").all() and run.steps.max() < 3_000, run.reason
    finer = train(*start, FlowSteps(0.05, 0.25), **options)
    distance = np.linalg.norm(run.W - finer.W, axis=(1, 2)) / np.linalg.norm(finer.W, axis=(1, 2))
    assert distance.max() < 0.1, distance  # a neuron near a kink may go another way


@pytest.mark.parametrize("classes", [False, True])
def test_the_rate_of_the_flow_suits_every_alpha(classes):
    """Catches a rate that is too long somewhere on the way (the risk rises) or far too short (thousands of steps)."""
    alphas = 2.0 ** np.arange(-12, 4, 3)
    start = (class_runs if classes else binary_runs)(alphas, 1, n_neurons=50)
    options = {"target_risk": 0.05, "loss": "cross_entropy" if classes else "logistic"}
    lr = flow_lr(*start, **options)
    runs = train(*start, SGD(lr), record="risk", **options)
    assert (runs.status == "reached").all() and runs.steps[:-1].max() < 500 and runs.steps[-1] < 5_000, runs.steps
    assert all((np.diff(record.risks) < 1e-12).all() for record in runs.record)
    assert lr[0] == pytest.approx(lr[1], rel=0.1) and lr[-1] < lr[0] / 50
    # An output multiplier divides it: c = 4 is alpha = 2.
    X, y, W, V = start
    assert (flow_lr(X, y, W / 2, V / 2, output_multiplier=4.0, **options) * 4 == lr).all()


def test_two_classes_are_one_output():
    """Catches a K-output gradient, softmax or start that is not the binary network for K = 2, as its notes claim."""
    X, y, W, V = class_runs([0.5], n_classes=2)
    W, V = W[0], V[0]
    signs = np.sign(V[1])
    np.testing.assert_allclose(V, np.outer([-1, 1], signs * np.linalg.norm(W, axis=1)) / np.sqrt(2), rtol=1e-12)
    for optimizer in (SGD(0.05), SGD(0.02, momentum=0.9), FlowSteps()):
        options = {"max_steps": 2_000, "target_risk": 0.1}
        two = train(X, y, W, V, optimizer, loss="cross_entropy", **options)
        one = train(X, 2 * y - 1, W, second_layer(W, signs), optimizer, output_multiplier=np.sqrt(2), **options)
        assert str(two.status) == str(one.status) == "reached" and two.steps == one.steps
        assert relative(two.W, one.W) < 1e-9 and two.risk == pytest.approx(float(one.risk), rel=1e-9)


# Rates at which runs die, stand still or leave float64, at different steps.
WILD = {"wild": SGD(100.0), "wild momentum": SGD(10.0, momentum=0.9), "wild adam": Adam(3.0)}


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(OPTIMIZERS | WILD)), st.booleans(), st.booleans(), st.integers(0, 2**16))
@example("wild", False, False, 0).via("dead and diverged runs beside others")
@example("wild momentum", True, True, 1).via("the same of mini-batches")
def test_a_run_is_the_same_in_any_company(name, classes, stochastic, seed):
    """Catches streams, buffers, stops or roundings shared between runs: alone, reversed or among others, same bits."""
    rng = np.random.default_rng(seed)
    alphas = 2.0 ** rng.integers(-9, 2, 30)
    X, y, W, V = (class_runs if classes else binary_runs)(alphas, seed % 5, n_neurons=40)
    options = {"loss": "cross_entropy" if classes else "logistic", "target_risk": 0.2, "max_steps": 60}
    if name in WILD:
        options |= {"target_risk": 1e-3, "max_steps": 150} | ({"loss": "squared"} if "momentum" in name else {})
    options |= {"centred": bool(seed % 2), "output_multiplier": 2.0 ** rng.integers(-1, 2, 30), "record": "risk"}
    seeds = rng.integers(0, 100, 30)
    if stochastic and name != "flow":
        options |= {"batch_size": 5, "input_noise": 0.1}
    batch = train(X, y, W, V, (OPTIMIZERS | WILD)[name], seeds=seeds, **options)
    for some in (slice(0, 1), slice(None, None, -1), slice(3, 20, 4)):
        part = options | {"output_multiplier": options["output_multiplier"][some]}
        one = train(X, y, W[some], V[some], (OPTIMIZERS | WILD)[name], seeds=seeds[some], **part)
        for field in ("W", "V", "steps", "time", "risk", "status"):
            np.testing.assert_array_equal(getattr(one, field), getattr(batch, field)[some], err_msg=field)
        for mine, its in zip(one.record, batch.record[some], strict=True):
            np.testing.assert_array_equal(mine.risks, its.risks)


def test_settings_per_run_are_those_of_each_run():
    """Catches a learning rate, decay or momentum that reaches another run of the batch once runs have ended."""
    X, y, W, V = binary_runs([0.3, 0.5, 0.7])
    lr, momentum, decay = np.array([0.3, 0.01, 0.1]), np.array([0.0, 0.9, 0.5]), np.array([0.0, 0.01, 0.1])
    batch = train(X, y, W, V, SGD(lr, momentum, decay), target_risk=0.3, max_steps=400)
    assert len(set(batch.steps)) == 3
    for k in range(3):
        alone = train(X, y, W[k], V[k], SGD(lr[k], momentum[k], decay[k]), target_risk=0.3, max_steps=400)
        np.testing.assert_array_equal(alone.W, batch.W[k])
    same = train(X, y, W, V, SGD(lr[1:2], 0.5), max_steps=20)  # one setting in an array is that of all
    np.testing.assert_array_equal(same.W, train(X, y, W, V, SGD(lr[1], 0.5), max_steps=20).W)
    swept = train(X, y, W[1], V[1], AdamW(lr, weight_decay=decay), max_steps=20)  # settings alone make the batch
    alone = train(X, y, W[1], V[1], AdamW(lr[2], weight_decay=decay[2]), max_steps=20)
    np.testing.assert_array_equal(swept.W[2], alone.W)


def test_mini_batches_visit_every_example_once_an_epoch():
    """Catches sampling with replacement, a dropped last batch, and orders that repeat; equal seeds, equal orders."""
    from fls_teach.theory.training.batches import Batches

    index = np.tile(np.arange(7.0), (3, 1))
    batches = Batches([5, 6, 5], 7, 3, 0.0)
    epochs = [np.concatenate([batches.draw(index[..., None], index)[1] for _ in range(3)], axis=1) for _ in range(4)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch, axis=1), index)
        np.testing.assert_array_equal(epoch[0], epoch[2])
        assert (epoch[0] != epoch[1]).any()
    assert any((epoch != epochs[0]).any() for epoch in epochs[1:])
    noisy = Batches([5, 6, 5], 7, 3, 0.5)
    seen, order = noisy.draw(index[..., None], index)
    np.testing.assert_array_equal(order, epochs[0][:, :3])  # noise leaves the orders as they are
    assert (seen[..., 0] != order).all()
    drawn = seen[..., 0] - order
    np.testing.assert_allclose(drawn[0], drawn[2], rtol=1e-12)
    assert (np.abs(drawn[0] - drawn[1]) > 1e-6).all()


def test_noise_has_the_size_that_was_asked_for_and_is_fresh():
    """Catches a variance taken for a standard deviation, and noise that is drawn once."""
    from fls_teach.theory.training.batches import Batches

    batches = Batches([0], 50, 50, 0.3)
    one, two = (batches.draw(np.zeros((1, 50, 40)))[0] for _ in range(2))
    assert np.std(one) == pytest.approx(0.3, rel=0.05) and abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]) < 0.1


def test_centred_training_starts_from_zero_and_moves_the_difference():
    """Catches centring that is a no-op, or that forgets f0 after the start or under noise."""
    X, y, W, V = class_runs([1.0, 3.0])
    options = {"loss": "cross_entropy", "max_steps": 30, "record": "risk"}
    for extra in ({}, {"batch_size": 4}, {"input_noise": 0.2}):
        run = train(X, y, W, V, SGD(0.01), centred=True, **options, **extra)
        for record in run.record:
            assert record.risks[0] == pytest.approx(np.log(3), rel=1e-12)  # f - f0 = 0: every class equally likely
            assert record.risks[-1] < record.risks[0]
    twins = opposite_twins(W, V)
    centred = train(X, y, *twins, SGD(0.01), centred=True, **options)
    plain = train(X, y, *twins, SGD(0.01), **options)
    assert relative(centred.W, plain.W) < 1e-12  # with f0 = 0 there is nothing to centre


def test_twins_are_silent_and_stay_a_network_of_half_the_width():
    """Catches twins that move alike: f starts at 0, and then they must part."""
    X, y, W, V = binary_runs([0.5])
    W, V = opposite_twins(W, V)
    run = train(X, y, W, V, SGD(0.1), max_steps=50, record="weights")
    assert run.W.shape == (1, 16, 20) and run.record[0].risks[0] == np.log(2)
    assert relative(run.W[0, :8], run.W[0, 8:]) > 0.01
    np.testing.assert_array_equal(run.record[0].W[-1], run.W[0])
    np.testing.assert_array_equal(run.record[0].V[0], V[0])


def test_balanced_starts_of_classes():
    """Catches columns of another norm than their neuron's, a share softmax cannot see, alphas of other W0."""
    W, V = balanced_init_classes(200, 5, 4, [0.25, 1.0], 0)
    np.testing.assert_allclose(np.linalg.norm(V, axis=1), np.linalg.norm(W, axis=2), rtol=1e-12)
    np.testing.assert_allclose(V.sum(axis=1), 0, atol=1e-12)
    np.testing.assert_array_equal(W[0], 0.25 * W[1])
    directions = V[1] / np.linalg.norm(V[1], axis=0)
    # Uniform on the sphere of a 3-dimensional space: second moments are (I - 11^T/4)/3, here to four standard errors.
    assert np.abs(directions @ directions.T / 200 - (np.eye(4) - 0.25) / 3).max() < 4 * 0.35 / np.sqrt(200)


class TestEndings:
    """Every status, with its reason."""

    X, y = GaussianMixture(2.5, n_features=5).sample(8, 0)
    W, SIGNS = balanced_init(6, 5, 0.5, 0)
    V = second_layer(W, SIGNS)

    def ending(self, W=None, V=None, optimizer=None, y=None, **options):
        W, V = (self.W if W is None else W), (self.V if V is None else V)
        run = train(self.X, self.y if y is None else y, W, V, optimizer or SGD(0.1), **options)
        assert np.isfinite(run.W).all() and np.isfinite(run.V).all()
        return str(run.status), str(run.reason), run

    def test_reached(self):
        """Catches a run that goes on behind its target, or stops a step before."""
        status, reason, run = self.ending(target_risk=0.1, record="risk")
        assert status == "reached" and "0.1" in reason and f"step {run.steps}" in reason
        assert run.risk <= 0.1 < run.record.risks[-2]
        assert self.ending(target_risk=10.0)[2].steps == 0

    def test_max_steps(self):
        """Catches an end that depends on when the risk is looked at."""
        for every in (None, 1, 4, 100):
            status, reason, run = self.ending(target_risk=1e-9, max_steps=9, check_every=every)
            assert (status, int(run.steps)) == ("max_steps", 9) and "9" in reason
            np.testing.assert_array_equal(run.W, self.ending(max_steps=9)[2].W)

    @pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
    def test_dead(self, optimizer):
        """Catches a dead network that spends its steps, or that is taken for slow: the risk is log 2 for ever."""
        X = np.abs(self.X)
        run = train(X, self.y, -np.abs(self.W), self.V, OPTIMIZERS[optimizer], max_steps=1_000)
        assert str(run.status) == "dead" and "constant" in str(run.reason) and run.risk == np.log(2)
        assert run.steps <= 100

    def test_dead_from_a_large_rate(self):
        """Catches death that is only seen at the start: one huge step silences every neuron."""
        run = train([[1.0], [2.0]], [1, -1], [[1.0], [2.0]], [1.0, 1.0], SGD(100.0), max_steps=50)
        assert str(run.status) == "dead" and 0 < run.steps < 50

    def test_momentum_may_revive_what_is_silent(self):
        """Catches a verdict of death while the velocity can still carry a neuron back."""
        status = self.ending(optimizer=SGD(0.1, momentum=0.9), max_steps=50)[0]
        assert status == "max_steps"
        X, y = np.array([[1.0, 0.0], [0.0, 1.0]]), [1, -1]
        run = train(X, y, [[-1e-9, -1e-9]], [1.0], SGD(0.1, momentum=0.9), max_steps=50)
        assert str(run.status) == "max_steps" and run.risk == np.log(2)  # not for ever yet: only after 100 steps

    def test_stalled(self):
        """Catches a fixed point that spends its steps: a squared hinge beyond its margin has no slope."""
        X, y = [[1.0, 0.0], [0.0, 1.0]], [1, -1]
        run = train(X, y, [[3.0, 0.0], [0.0, 3.0]], [3.0, -3.0], SGD(0.1), loss="squared_hinge", max_steps=5_000)
        assert str(run.status) == "stalled" and run.steps == 1 and "nothing moves" in str(run.reason)

    def test_flow_stalls_where_the_target_is_out_of_reach(self):
        """Catches a flow that creeps for ever: one point with both labels has a least risk of log 2."""
        X, y = np.ones((2, 3)), [1, -1]
        run = train(X, y, self.W[:, :3], self.V, FlowSteps(), target_risk=0.1)
        assert str(run.status) == "stalled" and run.steps <= 1_000

    @pytest.mark.parametrize("loss", ["exponential", "squared"])
    def test_diverged(self, loss):
        """Catches an overflow that ends as a number: weights given back are those of the last finite check."""
        status, reason, run = self.ending(W=8 * self.W, V=8 * self.V, optimizer=SGD(10.0), loss=loss, max_steps=500)
        assert status == "diverged" and "smaller lr" in reason and np.isfinite(run.risk)

    def test_exponential_that_overflows_at_the_start(self):
        """Catches exp(1000) turned into a large finite risk."""
        run = train([[1.0]], [-1], [[1000.0]], [1.0], SGD(0.1), loss="exponential", max_steps=5)
        assert str(run.status) == "diverged" and run.risk == np.inf and run.W == 1000.0
