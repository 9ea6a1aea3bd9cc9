"""The optimizers demo: turning data is exact, stable rates are right where theory knows them, every claim can fail."""

import numpy as np
import pytest

from fls_teach.demos import optimizers
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.demos.optimizers import training
from fls_teach.demos.optimizers.claims import DERIVED
from fls_teach.demos.optimizers.run import DATA, FEW, ON_AXES, OPTIMIZERS, RATES, STARTS, optimizer
from fls_teach.demos.optimizers.training import equivalence, largest_stable_rate, rotations, train_rotated
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.theory import SGD, Adam

TINY = optimizers.Params(n_seeds=4, log2_alpha=(-4, -2, 2), log2_c=(-14, -12, 4, 6), adam_lr=2.0**-6, n_draws=4)


def coarse():
    """The demo on `TINY`, its rates bisected twice instead of nine times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "BISECTIONS", 2)
        return optimizers.run(TINY, seed=1)


@pytest.fixture(scope="module")
def measured():
    return coarse()


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng = np.random.default_rng(0)
    arrays = {"log2_alpha": np.array([-12.0, -4.0, 2.0]), "log2_c": np.array([-24.0, -12.0, 4.0, 8.0])}

    def curve(*means):
        return np.array(means) + 1e-3 * rng.normal(size=(16, len(means)))

    for name in DATA:
        for label in OPTIMIZERS:
            worse = 0.01 if label.startswith("adam") else 0.0
            for start in STARTS:
                last = 0.4 if start == "plain" else 0.031 if name == "separable" else 0.1
                error = curve(0.04, 0.03, last) + worse
                key = f"{name}_{label}_{start}"
                arrays |= {f"{key}_{each}": error for each in ("network", "answered", "positive", "linear", "silent")}
                cosines = (0.97, 0.84) if worse else (0.81, 0.99)
                arrays |= {f"{key}_{k}": curve(c, c, 0) for k, c in zip(("sign", "sum"), cosines, strict=True)}
                arrays[f"{key}_status"] = np.full((16, 3), "reached")
            arrays |= {f"{name}_{label}_differ": np.zeros((4, 3), dtype=int), f"{name}_{label}_apart": np.ones((4, 3))}
        for label, (small, large) in DERIVED.items():
            for loss in ("squared", "logistic"):
                end = large + (1 if loss == "logistic" else 0)
                arrays[f"{name}_{label}_{loss}_rate"] = curve(-12 * small, 0, 4 * end, 8 * end)
        arrays[f"{name}_sgd_axis_twins_network"] = arrays[f"{name}_sgd_twins_network"] + 1e-15
        arrays[f"{name}_adam_axis_twins_network"] = arrays[f"{name}_adam_twins_network"] + 0.2
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    params = optimizers.Params(log2_alpha=(-12, -4, 2), log2_c=(-24, -12, 4, 8))
    return Result("optimizers", params, 0, arrays, {"settings": {name: DATA[name].description for name in DATA}})


def failing(result):
    return {claim.id for claim in optimizers.claims(result) if not claim.holds}


def test_every_claim_holds_where_it_should():
    table = optimizers.claims(forged())
    assert failing(forged()) == set() and len({claim.id for claim in table}) == len(table) == 14


FIRST, BEST, LAST = np.eye(3)


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ({"rules"}, {"xor_adamw_differ": lambda v: v + np.eye(4, 3, dtype=int)}),
        ({"sgd-axes"}, {"xor_sgd_axis_twins_network": lambda v: v + 1e-5 * BEST}),
        ({"adam-axes"}, {"separable_adam_axis_twins_network": lambda v: v - 0.18 * BEST}),
        ({"adam-sign"}, {"separable_adam_twins_sum": lambda v: v + 0.15}),
        ({"adam-worse"}, {"xor_adam_twins_network": lambda v: v - 0.01}),
        ({"left"}, {"separable_momentum_twins_network": lambda v: v - 0.0105 * FIRST}),
        ({"right-separable"}, {"separable_adamw_twins_network": lambda v: v + 0.3 * LAST}),
        ({"right-xor"}, {"xor_adamw_twins_network": lambda v: v - 0.06 * LAST}),
        ({"shift-momentum"}, {"separable_momentum_plain_network": lambda v: v - 0.02 * FIRST}),
        ({"shift-adam"}, {"separable_adam_plain_network": lambda v: v - 0.02 * FIRST}),
        ({"rates-sgd"}, {"xor_sgd_squared_rate": lambda v: v * np.array([2, 1, 1, 1])}),
        ({"rates-adam"}, {"separable_adam_squared_rate": lambda v: v * np.array([1, 1, 1, 1.3])}),
        ({"rates-logistic"}, {"separable_sgd_logistic_rate": lambda v: 2 * v}),
        ({"reached"}, {"xor_adam_plain_status": lambda v: np.where(np.arange(48).reshape(16, 3) == 7, "dead", v)}),
    ],
)  # fmt: skip
def test_every_claim_can_fail(broken, changes):
    """Catches a claim that looks at other data, another optimizer or start, or not at all."""
    assert failing(forged(**changes)) == broken


def drawn(name, alpha, n=3):
    return [SETTINGS[name].draw(np.array(alpha), rng) for rng in np.random.default_rng(0).spawn(n)]


def test_rotations_are_orthogonal_and_have_no_preferred_sign():
    Q = rotations(2000, 3, np.random.default_rng(0))
    assert Q @ np.swapaxes(Q, 1, 2) == pytest.approx(np.broadcast_to(np.eye(3), Q.shape))
    assert np.abs(Q.mean(axis=0)).max() < 0.05


@pytest.mark.parametrize("label", OPTIMIZERS)
def test_turning_the_axes_changes_what_adam_does_and_nothing_else(label):
    """Catches a rotation that is applied to data or weights alone, is not taken back, or turns the wrong way."""
    setting, alpha = SETTINGS["separable"], np.array([2.0**-4, 1.0])
    cases = drawn("separable", alpha)
    Q = rotations(3, 20, np.random.default_rng(1))
    used = optimizer(label, optimizers.Params(), np.tile(alpha, 3))
    turned, toward = train_rotated(setting, cases, "twins", used, Q, 2000)
    still, _ = train_rotated(setting, cases, "twins", used, np.broadcast_to(np.eye(20), Q.shape), 2000)
    same = np.allclose(turned.W, still.W, atol=1e-9)
    assert same == (label in ("sgd", "momentum")) and (turned.status == "reached").all()
    upward = (np.maximum(turned.V, 0).swapaxes(-1, -2) * turned.W).sum(axis=2)
    x_plus = np.array([case.X[case.y > 0].sum(axis=0) for case in cases])[:, None]
    cosine = (upward * x_plus).sum(-1) / np.linalg.norm(upward, axis=-1) / np.linalg.norm(x_plus, axis=-1)
    assert toward["sum"] == pytest.approx(cosine)  # an angle, which no rotation changes


def test_the_rules_are_checked_against_what_breaks_them():
    """Catches a comparison of a run with itself, or of nothing: a rate that is one bit off must show."""
    setting, cases = SETTINGS["xor"], drawn("xor", [1.0], 2)
    differ, apart = equivalence(setting, cases, Adam(0.01), lambda c: Adam(0.01 / c**0.5 * (1 + 1e-15)), (-3, 2), 20)
    assert (differ == 0).all() and (apart > 0).all() and (apart < 1e-9).all()


def test_the_largest_stable_rate_of_a_nearly_linear_problem_is_two_over_the_curvature():
    """At large c and a squared loss the risk of SGD falls as long as lr times the largest curvature is below 2."""
    setting, cases = SETTINGS["separable"], drawn("separable", [1.0], 3)
    found = largest_stable_rate(setting, cases, SGD, (8, 10), "squared", 0.1)
    for case, rates in zip(cases, found, strict=True):
        half = case.W.shape[1] // 2
        W, v = np.concatenate([case.W[0][:half]] * 2), np.tile(case.V[0, 0][:half], 2)
        Z = case.X @ W.T
        kernel = np.maximum(Z, 0) @ np.maximum(Z, 0).T + (case.X @ case.X.T) * (((Z > 0) * v) @ ((Z > 0) * v).T)
        curvature = 2 * np.linalg.eigvalsh(kernel)[-1] / len(case.y)  # of the mean of (f - y)^2
        assert rates == pytest.approx(np.log2(2 / curvature) - 2 * np.array([8, 10]), abs=0.15)


def test_the_same_seed_gives_the_same_bytes_and_the_figure_needs_the_file_alone(measured, tmp_path):
    first = save(measured, tmp_path)["result"]
    data = first.read_bytes()
    assert len(optimizers.plot(load(first)).axes) == 6
    assert save(coarse(), tmp_path)["result"].read_bytes() == data
    assert measured.arrays["separable_adam_differ"].shape == (FEW, 3)
    assert {f"xor_{label}_axis_twins_network" for label in ON_AXES} < set(measured.arrays)
    assert all(f"xor_{label}_squared_rate" in measured.arrays for label in RATES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_seeds": 3}, "n_seeds is 3"),
        ({"log2_alpha": (3, 0, 1)}, "wanted increasing"),
        ({"log2_c": (-24, 0, 4, 8)}, "two values up to -12 and two from 4 on"),
        ({"adam_lr": 0.0}, "adam_lr is 0.0"),
    ],
)
def test_what_cannot_be_run_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        optimizers.Params(**change)
