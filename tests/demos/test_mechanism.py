"""The demo of causes: every claim can fail, and the run measures what the theory's functions give."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from fls_teach.demos import mechanism
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.demos.shared.kernel import kernel_machine, mean_risk, residual, tangent_kernel
from fls_teach.demos.shared.measures import correlation, errors, linear_classifier_error, movement
from fls_teach.demos.shared.settings import SETTINGS, STARTS
from fls_teach.theory import (
    GaussianMixture,
    difference_network,
    effective_predictor,
    forward,
    linear_error,
    linear_part,
    network_error,
    silent_mass,
    twins,
)

FEW = {"n_seeds": 4, "n_seeds_subtle": 4, "n_seeds_plain": 4, "n_seeds_kernel": 4, "n_draws": 30, "n_points": 30}
TINY = mechanism.Params(data=("separable", "three_classes"), log2_alpha=(-6, -2, 2), **FEW)


@pytest.fixture(scope="module")
def measured():
    return mechanism.run(TINY, seed=1)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    params = replace(TINY, data=tuple(SETTINGS), log2_alpha=(-12, -8, -4, 0, 3))
    rng = np.random.default_rng(0)
    arrays = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}
    gaussian = ("separable", "hard")

    def curve(left, right):
        """Errors of 16 seeds, least in the middle; seeds differ, and nearly alike at every alpha."""
        values = 0.1 + np.array([left, left / 2, 0, right / 2, right]) + rng.normal(0, 0.02, (16, 1))
        return values + rng.normal(0, 1e-4, values.shape)

    for name in SETTINGS:
        for start in STARTS:
            right = 0.3 if start == "plain" else 0.002 if name in gaussian else 0.05
            key, left = f"{name}_{start}", 0.02
            arrays[f"{key}_network"] = curve(left, right)
            if start != "centred":
                arrays[f"{key}_answered"] = curve(0.004 if name in gaussian else left, right)
            if name != "xor":
                arrays[f"{key}_linear"] = curve(0, right)
                arrays[f"{key}_positive"] = curve(0.002 if name == "separable" else 0.01, 0.5)
            arrays[f"{key}_silent"] = np.full((16, 5), 1e-5)
            arrays[f"{key}_movement"] = np.full((16, 5), 0.001)
            arrays[f"{key}_correlation"] = np.full((16, 5), 0.9999)
            arrays[f"{key}_status"] = np.full((16, 5), "reached")
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    metadata = {
        "settings": {name: setting.description for name, setting in SETTINGS.items()},
        "bayes": dict.fromkeys(SETTINGS, 0.01),
    }
    return Result("mechanism", params, 0, arrays, metadata)


def failing(result):
    return {claim.id for claim in mechanism.claims(result) if not claim.holds}


def test_every_claim_holds_where_every_cause_acts():
    assert failing(forged()) == set()
    table = mechanism.claims(forged())
    assert len({claim.id for claim in table}) == len(table)


def end(column, value):
    """Set one end of a curve in all seeds, relative to its middle."""

    def change(array):
        array[:, column] = array[:, 2] + value + np.linspace(-1e-4, 1e-4, len(array))
        return array

    return change


@pytest.mark.parametrize(
    ("array", "change", "blamed"),
    [
        ("separable_twins_network", end(-1, 0.1), "separable-right-twins"),
        ("hard_centred_network", end(-1, 0.1), "hard-right-centred"),
        ("separable_twins_network", end(-1, 0.1), "separable-lazy-cost"),
        ("hard_plain_answered", end(0, 0.02), "hard-wedge"),
        ("separable_plain_answered", end(0, 0.019), "separable-wedge-rest"),
        ("separable_plain_positive", end(0, 0.018), "separable-explained"),
        ("hard_plain_positive", end(0, 0.001), "hard-explained"),
        ("hard_plain_linear", end(0, 0.018), "hard-both-classes"),
        ("separable_twins_positive", end(-1, 0.0), "separable-stand-in"),
        ("xor_twins_answered", end(0, -0.05), "xor-left"),
        ("xor_centred_network", end(-1, 0.0), "xor-right-centred"),
        ("three_classes_centred_network", end(-1, 0.0), "three_classes-right-centred"),
        ("three_classes_twins_network", end(-1, 0.0), "three_classes-right-twins"),
        ("xor_twins_movement", lambda m: m + 0.1, "lazy-movement"),
        ("hard_twins_correlation", lambda c: c - 0.01, "lazy-correlation"),
        ("hard_centred_status", lambda s: np.where(np.eye(*s.shape) > 0, "stalled", s), "reached"),
    ],
)
def test_a_cause_that_does_not_act_fails_its_claim(array, change, blamed):
    """Catches a claim that holds whatever is measured, or that looks at another array than it says."""
    assert blamed in failing(forged(**{array: change}))


def test_a_rise_that_is_noise_is_not_claimed():
    """Catches a best alpha that is chosen and judged on the same seeds: pure noise would then rise to both ends."""
    noise = lambda a: np.random.default_rng(3).normal(0.1, 0.02, a.shape)  # noqa: E731
    flat = {
        f"xor_{start}_{key}": noise
        for start, key in (("twins", "network"), ("twins", "answered"), ("centred", "network"))
    }
    assert {"xor-left", "xor-right-twins", "xor-right-centred"} <= failing(forged(**flat))


def test_errors_are_those_of_the_theory():
    """Catches a start, a control or a sign that is confused with another."""
    setting, alpha = SETTINGS["separable"], 2.0 ** np.array([-5, 1])
    mixture, case = setting.mixture, setting.draw(alpha, np.random.default_rng(5))
    place = mixture.signal, mixture.kappa
    for start in STARTS:
        trained = setting.train([case], start, rtol=1e-3)
        W, v, W0, v0 = trained.W[0], trained.V[0, :, 0], trained.W0[0], trained.V0[0, :, 0]
        found = errors(setting, trained, 0, case.test_seed, n_draws=50)
        options = {"n_draws": 50, "rng": case.test_seed}
        np.testing.assert_array_equal(found["silent"], silent_mass(W, v, *place, **options).value)
        positive, linear, f = effective_predictor(W, v), linear_part(W, v), (W, v)
        if start == "centred":
            f = difference_network(W, v, W0, v0)
            positive, linear = positive - effective_predictor(W0, v0), linear - linear_part(W0, v0)
        np.testing.assert_array_equal(found["network"], network_error(*f, *place, **options).value)
        np.testing.assert_allclose(found["positive"], linear_error(positive, *place), rtol=1e-9)
        np.testing.assert_allclose(found["linear"], linear_error(linear, *place), rtol=1e-9)
        assert ("answered" in found) == (start != "centred")
        if start != "centred":
            np.testing.assert_array_equal(
                found["answered"], network_error(*f, *place, **options, silent="linear").value
            )


@pytest.mark.parametrize("name", SETTINGS)
def test_twins_are_half_of_the_plain_start_and_begin_at_zero(name):
    """Catches twins of another start, which would not be paired with the plain one, or of another width."""
    setting = SETTINGS[name]
    case = setting.draw(2.0 ** np.array([-1, 2]), np.random.default_rng(2))
    trained = setting.train([case], "twins", rtol=1e-2)
    W0, V0, half = trained.W0[0], trained.V0[0], setting.n_neurons // 2
    assert W0.shape == case.W.shape and V0.shape == case.V.shape
    np.testing.assert_array_equal(W0[:, half:], case.W[:, :half])
    if V0.shape[1] == 1:
        signs = np.sign(case.V[:, 0, :half])
        np.testing.assert_array_equal(W0, twins(case.W[:, :half], signs)[0])
        np.testing.assert_array_equal(np.sign(V0[:, 0]), twins(case.W[:, :half], signs)[1])
    scale = np.abs(np.maximum(case.X @ case.W.swapaxes(1, 2), 0) @ case.V.swapaxes(1, 2)).max()
    assert np.abs(np.maximum(case.X @ W0.swapaxes(1, 2), 0) @ V0.swapaxes(1, 2)).max() < 1e-12 * scale


def test_a_linear_classifier_of_three_classes_errs_as_drawn_examples_say():
    mixture = SETTINGS["three_classes"].mixture
    M = np.random.default_rng(1).normal(size=(2, 3, 20)) + 3 * np.eye(3, 20)
    X, y = mixture.sample(60_000, 3)
    drawn = ((X @ M.swapaxes(1, 2)).argmax(axis=2) != y).mean(axis=1)
    np.testing.assert_allclose(linear_classifier_error(mixture, M, 2_000, 4), drawn, atol=0.01)  # 4 standard errors


def test_the_tangent_kernel_is_the_product_of_the_gradients():
    """Against differences of the outputs, for three outputs: catches a swapped axis or a missing layer."""
    rng = np.random.default_rng(0)
    W, V, A, B = rng.normal(size=(4, 3)), rng.normal(size=(2, 4)), rng.normal(size=(3, 3)), rng.normal(size=(2, 3))

    def gradients(X):
        theta, step = np.concatenate([W.ravel(), V.ravel()]), 1e-6

        def f(theta):
            return (np.maximum(X @ theta[:12].reshape(4, 3).T, 0) @ theta[12:].reshape(2, 4).T).ravel()

        return np.array([(f(theta + step * e) - f(theta - step * e)) / (2 * step) for e in np.eye(len(theta))])

    expected = (gradients(A).T @ gradients(B)).reshape(3, 2, 2, 2)
    np.testing.assert_allclose(tangent_kernel(A, B, W, V), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_kernel_machine_follows_the_flow_of_its_outputs(n_outputs):
    """Against solve_ivp on df/dt = K p, to the target; and a kernel of another scale changes time alone."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(6, 4))
    y = np.array([1.0, -1, 1, -1, 1, -1]) if n_outputs == 1 else np.arange(6) % 3
    K = tangent_kernel(X, X, rng.normal(size=(9, 4)), rng.normal(size=(n_outputs, 9)))
    start = 2 * rng.normal(size=(6, n_outputs))
    flat = K.reshape(6 * n_outputs, -1)

    def risk(f):
        return mean_risk(f.reshape(1, 6, n_outputs), y[None])[0]

    event = lambda t, f: risk(f) - 0.2  # noqa: E731
    event.terminal = True
    velocity = lambda t, f: flat @ residual(f.reshape(1, 6, n_outputs), y[None]).ravel()  # noqa: E731
    exact = solve_ivp(velocity, (0, 1e4), start.ravel(), rtol=1e-9, atol=1e-10, events=event).y[:, -1]
    for scale in (1.0, 1e-4):
        g = kernel_machine(scale * K[None], start[None], y[None], 0.2)
        f = start.ravel() + scale * flat @ g.ravel()
        assert risk(f) == pytest.approx(0.2, rel=1e-9)
        np.testing.assert_allclose(f, exact, atol=0.02)


def test_lazy_twins_are_their_kernel_machine_and_learned_features_are_not(measured):
    """Catches a machine of another start, loss or target: at the largest alpha network and machine must agree."""
    for name in TINY.data:
        for start in ("twins", "centred"):
            found = measured.arrays[f"{name}_{start}_correlation"]
            assert (found[:, -1] > 0.999).all() and (found[:, 0] < found[:, -1]).all()
            moved = measured.arrays[f"{name}_{start}_movement"]
            assert (moved[:, -1] < 0.01).all() and (moved[:, 0] > 0.5).all()


def test_movement_and_correlation_have_their_limits():
    W0 = np.random.default_rng(0).normal(size=(5, 3))
    assert movement(5 * W0, W0) == pytest.approx(0, abs=1e-12) and movement(-W0, W0) == pytest.approx(2)
    dead = np.concatenate([W0, np.zeros((1, 3))])
    assert movement(dead, np.concatenate([W0, np.ones((1, 3))])) == pytest.approx(0, abs=1e-12)
    f = np.random.default_rng(1).normal(size=(4, 2))
    assert correlation(f, 3 * f + np.ones(2)) == pytest.approx(1)
    assert correlation(f, f + np.arange(4)[:, None]) == pytest.approx(1), "what all outputs share does not count"


def test_run_is_what_single_runs_give(measured):
    """Redo one seed and start by hand: the wrong network in the wrong place of the batch would show."""
    setting, alpha = SETTINGS["separable"], 2.0 ** np.array(TINY.log2_alpha)
    rng = np.random.default_rng([1, 0]).spawn(TINY.n_seeds)[2]
    case = setting.draw(alpha, rng, TINY.n_points)
    trained = setting.train([case], "twins", TINY.rtol)
    again = errors(setting, trained, 0, case.test_seed, TINY.n_draws)
    for key, value in again.items():
        np.testing.assert_array_equal(measured.arrays[f"separable_twins_{key}"][2], value)
    f = forward(case.points, trained.W[0], trained.V[0, :, 0])
    assert f.shape == (3, 30) and GaussianMixture(2.5, n_features=20).kappa == setting.mixture.kappa


def test_same_seed_same_bytes_and_data_sets_do_not_depend_on_each_other(measured, tmp_path):
    alone = mechanism.run(replace(TINY, data=("three_classes",)), seed=1)
    for key, value in alone.arrays.items():
        np.testing.assert_array_equal(value, measured.arrays[key])
    bytes_of = lambda result: save(result, tmp_path)["result"].read_bytes()  # noqa: E731
    assert bytes_of(alone) == bytes_of(mechanism.run(replace(TINY, data=("three_classes",)), seed=1))


def test_claims_and_figure_come_from_the_saved_file(measured, tmp_path):
    """The figure survives every subset of the data sets, and a claims table exists for it."""
    loaded = load(save(measured, tmp_path)["result"])
    assert {claim.id for claim in mechanism.claims(loaded)} >= {"separable-wedge", "three_classes-left", "reached"}
    for result in (loaded, forged()):
        figure = mechanism.plot(result)
        figure.canvas.draw()
        assert len(figure.axes) == 3 * len(result.params["data"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": ("xor", "lines")}, "data is xor, lines; wanted different ones of separable"),
        ({"data": ("xor", "xor")}, "data is xor, xor; wanted different"),
        ({"n_seeds": 3}, "n_seeds is 3"),
        ({"n_seeds_subtle": 3}, "n_seeds_subtle is 3; wanted at least 4"),
        ({"log2_alpha": (0, -1, 2)}, "wanted increasing numbers, each once"),
        ({"log2_alpha": (-40, -1, 2)}, "wanted -20 to 20"),
        ({"n_draws": 5}, "n_draws is 5"),
        ({"n_points": 5}, "n_points is 5"),
    ],
)
def test_bad_parameters_are_one_sentence(change, words):
    with pytest.raises(ValueError, match=words):
        replace(TINY, **change)


def test_progress_grows_from_0_to_1(measured):
    seen = []
    mechanism.run(replace(TINY, data=("separable",)), 0, lambda fraction, what: seen.append((fraction, what)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[0] == 0 and 0.9 < fractions[-1] <= 1
    assert all(what.startswith("separable: ") for _, what in seen)
