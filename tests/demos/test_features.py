"""The features demo: points are what their sweeps say, they do not depend on each other, every claim can fail."""

import numpy as np
import pytest

from fls_teach.demos import features
from fls_teach.demos.features.claims import LEFT, RIGHT, Gains
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.statistics import at, cross_fitted_best

SMALL = {"n_features": (4, 8), "n_features_xor": (4, 6), "snr": (2, 3), "snr_xor": (3, 4), "n_classes": (2, 3)}
SEEDS = {"n_seeds": 4, "n_seeds_linear": 4, "n_seeds_plain": 4}
TINY = features.Params(**SMALL, **SEEDS, log2_alpha=(-8, -4, 0), n_draws=20)


@pytest.fixture(scope="module")
def measured():
    return features.run(TINY, seed=1)


GAINS = {
    ("linear_d", 0): (0.002, 0.001, 0.1),
    ("linear_d", 1): (0.012, 0.001, 0.3),
    ("linear_d_n", 1): (0.004, 0.001, 0.2),
    ("xor_d", 0): (0.002, 0.02, 0.1),
    ("xor_d", 1): (0.001, 0.14, 0.3),
    ("xor_d_n", 0): (0.01, 0.01, 0.1),
    ("xor_d_n", 1): (0.0, 0.13, 0.3),
    ("classes_k", 0): (0.005, 0.004, 0.3),
    ("classes_k", 1): (0.004, 0.04, 0.3),
    ("linear_snr", 0): (0.002, 0.0, 0.3),
    ("linear_snr", 1): (0.03, 0.0, 0.3),
    ("xor_snr", 0): (0.002, 0.01, 0.3),
    ("xor_snr", 1): (0.002, 0.2, 0.3),
}
"""Left gain, right gain of twins, right gain of a plain start; the error at the best alpha is 0.05."""


def forged(**changes):
    """A result in which every claim holds by construction; then the gains of some points are changed."""
    rng, arrays = np.random.default_rng(0), {"log2_alpha": np.array([-12.0, -4.0, 0.0])}
    for (sweep, k), (left, right, plain) in GAINS.items():
        left, right, plain = changes.get(f"{sweep}_{k}", (left, right, plain))
        for start, last in (("twins", right), ("plain", plain)):
            factor = 1 + 0.03 * rng.normal(size=(16, 1))
            values = factor * (0.05 + np.array([[left, 0, last]]))
            for key in ("network", "answered"):
                arrays[f"{sweep}_{k}_{start}_{key}"] = values
            arrays[f"{sweep}_{k}_{start}_status"] = np.full((16, 3), changes.get("status", "reached"))
            arrays[f"{sweep}_{k}_{start}_margin"] = np.full((16, 3), 0.5)
    arrays = {key: value for key, value in arrays.items() if not (key.startswith("linear_d_n_0"))}
    sweeps = {}
    for sweep, values in {"linear_d": (8, 80), "xor_d": (8, 32), "linear_d_n": (8, 80), "xor_d_n": (8, 32),
                          "classes_k": (2, 6), "linear_snr": (1.5, 4), "xor_snr": (2.5, 4)}.items():  # fmt: skip
        sweeps[sweep] = [[value, f"{sweep}_{k}"] for k, value in enumerate(values)]
    sweeps["linear_d_n"][0][1] = "linear_d_0"
    return Result("features", features.Params(), 0, arrays, {"sweeps": sweeps, "bayes": {}})


def failing(result):
    return {claim.id for claim in features.claims(result) if not claim.holds}


def test_every_claim_holds_where_it_should():
    table = features.claims(forged())
    assert failing(forged()) == set() and len({claim.id for claim in table}) == len(table) == 11


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ({"linear-left", "linear-left-n"}, {"linear_d_1": (0.002, 0.001, 0.3)}),
        ({"linear-left-n"}, {"linear_d_n_1": (0.012, 0.001, 0.2)}),
        ({"linear-right"}, {"linear_d_1": (0.012, 0.02, 0.3)}),
        ({"xor_d-right"}, {"xor_d_1": (0.001, 0.02, 0.3)}),
        ({"xor_d_n-right"}, {"xor_d_n_1": (0.0, 0.01, 0.3)}),
        ({"xor-left"}, {"xor_d_1": (0.012, 0.14, 0.3)}),
        ({"xor-left"}, {"xor_d_n_1": (0.02, 0.13, 0.3)}),
        ({"classes-right"}, {"classes_k_1": (0.0, 0.003, 0.3)}),
        ({"classes-left"}, {"classes_k_1": (0.05, 0.04, 0.3)}),
        ({"linear_snr"}, {"linear_snr_1": (0.002, 0.0, 0.3)}),
        ({"xor_snr"}, {"xor_snr_1": (0.002, 0.01, 0.3)}),
        ({"reached"}, {"status": "stalled"}),
    ],
)
def test_every_claim_can_fail(broken, changes):
    """Catches a claim that looks at another sweep, the other end, or not at all."""
    assert failing(forged(**changes)) == broken


def test_gains_are_those_of_the_curves():
    result = forged()
    curve = result.arrays["xor_d_1_twins_network"]
    for end in (LEFT, RIGHT):
        gain, error = Gains(result).gain("xor_d", 1, end)
        chosen = cross_fitted_best(curve, lowest=True)
        assert gain == pytest.approx(curve[:, end] - at(curve, chosen)) and error == pytest.approx(at(curve, chosen))


def test_points_are_what_their_sweeps_say():
    plan = features.sweeps(features.PRESETS["full"])
    for value, point in plan["linear_d_n"] + plan["xor_d_n"]:
        setting = point.setting()
        assert setting.mixture.n_features == value == point.n_samples * (2 if point.kind == "linear" else 0.5)
    for value, point in plan["classes_k"]:
        X, y = point.setting().mixture.sample(point.n_samples, 0)
        assert X.shape == (4 * value, 20) and (np.bincount(y) == 4).all()
    assert len({point.name for sweep in plan.values() for _, point in sweep}) == len(
        {point for sweep in plan.values() for _, point in sweep}
    )


def test_a_point_does_not_depend_on_the_others(measured):
    """Catches random numbers that are drawn from one stream: the same point in another plan has the same numbers."""
    alone = features.Params(
        **{**SMALL, "n_features": (6, 8), "n_features_xor": (5, 6), "n_classes": (2, 4)},
        **SEEDS, log2_alpha=(-8, -4, 0), n_draws=20,
    )  # fmt: skip
    other = features.run(alone, seed=1).arrays
    shared = [key for key in measured.arrays if key in other and key.endswith("network")]
    assert len(shared) >= 10 and all((measured.arrays[key] == other[key]).all() for key in shared)


def test_what_is_measured_is_there(measured):
    names = {name for sweep in measured.metadata["sweeps"].values() for _, name in sweep}
    for name in names:
        assert measured.arrays[f"{name}_twins_network"].shape == (4, 3)
        assert (measured.arrays[f"{name}_twins_network"].mean(axis=0) > measured.metadata["bayes"][name]).all()
    assert {f"{name}_plain_network" in measured.arrays for name in names} == {True, False}
    assert features.claims(measured)


def test_the_same_seed_gives_the_same_bytes_and_the_figure_needs_the_file_alone(measured, tmp_path):
    first = save(measured, tmp_path)["result"]
    data = first.read_bytes()
    assert len(features.plot(load(first)).axes) == 6
    assert save(features.run(TINY, seed=1), tmp_path)["result"].read_bytes() == data


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_features": (8, 20.5)}, "wanted whole numbers"),
        ({"n_features": (20, 8)}, "wanted increasing"),
        ({"n_seeds_plain": 17}, "n_seeds_plain is 17"),
        ({"n_classes": (2, 11)}, "n_classes holds 11"),
    ],
)
def test_what_cannot_be_run_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        features.Params(**change)
