"""The temperature demo: its measures agree with other ways to get them, every claim can fail."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import multivariate_normal

from fls_teach.demos import temperature
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.demos.temperature.measures import calibration_error, confidence_measures, excess_nll
from fls_teach.demos.temperature.run import DATA, STARTS
from fls_teach.theory import GaussianMixture, XorMixture

TINY = temperature.Params(n_seeds=4, log2_c=(-8, 0, 4), n_points=100, n_draws=8)


@pytest.fixture(scope="module")
def measured():
    return temperature.run(TINY, seed=1)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng, at = np.random.default_rng(0), np.array([-8.0, 0.0, 2.0, 4.0])

    def curve(*means):
        return np.array(means) + 1e-3 * rng.normal(size=(16, 4))

    arrays = {"log2_c": at}
    for name in DATA:
        for start in STARTS:
            for late in ("", "late_"):
                prefix = f"{name}_{start}_{late}"
                over = -0.1 if not late or name == "separable" else 0.1
                T = 2 ** curve(*(np.array([-1.0, -0.9, -0.8, -0.7]) if over < 0 else np.array([0.1, 0.2, 0.3, 0.4])))
                values = {
                    "over": curve(*[over] * 4), "temperature": T, "train_margin": curve(*[2.5] * 4),
                    "margin": curve(1.5, 1.2, 1, 1), "nll": curve(0.2, 0.3, 0.4, 0.4), "confidence": curve(*[0.8] * 4),
                    "cooled": curve(0.1, 0.2, 0.3, 0.3), "train_confidence": 0.95 + 0.01 * curve(0, 0, 0, 0),
                    "normalised": curve(*[0.1] * 4), "status": np.full((16, 4), "reached"),
                }  # fmt: skip
                if start == "plain":
                    values |= {"over": curve(-0.1, 0.2, 0.3, 0.4), "temperature": T * 2 ** np.array([0, 2, 4, 6.0])}
                names = ("network", "answered", "silent")
                values |= {key: curve(*[0.1] * 4) for key in names}
                arrays |= {prefix + key: value for key, value in values.items()}
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    metadata = {"settings": {name: DATA[name].description for name in DATA}}
    return Result("temperature", temperature.Params(log2_c=tuple(at)), 0, arrays, metadata)


def failing(result):
    return {claim.id for claim in temperature.claims(result) if not claim.holds}


def test_every_claim_holds_where_it_should():
    table = temperature.claims(forged())
    assert failing(forged()) == set() and len({claim.id for claim in table}) == len(table) == 10


LAST = np.array([0.0, 0.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ({"same-training"}, {"xor_twins_train_confidence": lambda v: v + 0.01 * LAST}),
        ({"plain-over"}, {"separable_plain_over": lambda v: v - 0.35 * LAST}),
        ({"plain-temperature"}, {"xor_plain_temperature": lambda v: v * 2**LAST}),
        ({"stop-under"}, {"separable_twins_temperature": lambda v: v * 4 ** LAST[::-1]}),
        ({"late-separable"}, {"separable_twins_late_temperature": lambda v: v * 4**LAST}),
        ({"late-xor"}, {"xor_twins_late_over": lambda v: v - 0.2 * LAST}),
        ({"temperature-rises"}, {"xor_twins_late_temperature": lambda v: v / 2**LAST}),
        ({"margins"}, {"xor_twins_margin": lambda v: v + 0.5 * LAST}),
        ({"not-a-temperature"}, {"xor_twins_cooled": lambda v: v - 0.19 * LAST}),
        ({"reached"}, {"xor_plain_status": lambda v: np.where(np.arange(64).reshape(16, 4) == 7, "stalled", v)}),
    ],
)
def test_every_claim_can_fail(broken, changes):
    """Catches a claim that looks at other data, another start or stop, or not at all."""
    assert failing(forged(**changes)) == broken


@pytest.mark.parametrize("mixture", [GaussianMixture(1.5, 0.8, n_features=3), XorMixture(1.5, 0.8, n_features=3)])
def test_the_posterior_is_the_ratio_of_the_densities(mixture):
    """Catches a factor 2, sigma for sigma^2, or swapped classes."""
    X = np.random.default_rng(0).normal(size=(20, 3)) * 2
    axes = mixture.axes if isinstance(mixture, XorMixture) else [mixture.signal]
    ends = (1, -1) if isinstance(mixture, XorMixture) else (1,)
    means = [[mixture.kappa * end * axes[0] for end in ends], [mixture.kappa * end * axes[-1] for end in ends]]
    if not isinstance(mixture, XorMixture):
        means[1] = [-means[0][0]]
    density = [sum(multivariate_normal(mean, mixture.sigma**2).pdf(X) for mean in each) for each in means]
    assert temperature.posterior_logit(mixture, X) == pytest.approx(np.log(density[0] / density[1]))


def test_logits_that_are_the_posterior_are_calibrated_and_k_times_too_sure_at_temperature_k():
    logits = np.random.default_rng(0).normal(size=(1, 3000)) * 2
    P = expit(logits)
    found = confidence_measures(logits * np.array([[0.5], [1.0], [8.0]]), np.broadcast_to(P, (3, 3000)))
    assert found["temperature"] == pytest.approx([0.5, 1, 8])
    assert found["cooled"] == pytest.approx(0, abs=1e-12) and found["calibration"][1] == pytest.approx(0, abs=1e-12)
    assert found["over"][0] < -0.05 and found["over"][2] > 0.05 and found["nll"][1] == pytest.approx(0, abs=1e-12)
    assert (np.abs(found["over"]) <= found["calibration"] + 1e-12).all()


def test_measures_agree_with_labels():
    """Against 400,000 labels drawn from the posterior: catches P for 1 - P, and a loss of the wrong sign."""
    rng = np.random.default_rng(1)
    P, g = rng.uniform(0.05, 0.95, size=40), rng.normal(size=40) * 2
    y = np.where(rng.uniform(size=(10_000, 40)) < P, 1, -1)
    found = confidence_measures(g, P)
    assert found["accuracy"] == pytest.approx((y * g > 0).mean(), abs=0.005)
    assert found["margin"] == pytest.approx((y * g).mean(), abs=0.02)
    entropy = -(P * np.log(P) + (1 - P) * np.log(1 - P)).mean()
    assert excess_nll(g, P) + entropy == pytest.approx(np.logaddexp(0, -y * g).mean(), abs=0.01)


def test_calibration_error_bins_by_confidence():
    """Two bins, 0.9 sure and right in 60%, 0.6 sure and right in 80%; a bin of both would nearly cancel."""
    g = np.log([9.0, 9.0, 1.5, 1.5])
    P = np.array([0.6, 0.6, 0.8, 0.8])
    assert calibration_error(g, P, n_bins=2) == pytest.approx(0.25)
    assert calibration_error(g, P, n_bins=1) == pytest.approx(0.05)


def test_silence_is_a_coin():
    found = confidence_measures(np.zeros(4), np.full(4, 0.9))
    assert found["accuracy"] == found["confidence"] == 0.5


def test_the_same_seed_gives_the_same_bytes_and_the_figure_needs_the_file_alone(measured, tmp_path):
    first = save(measured, tmp_path)["result"]
    data = first.read_bytes()
    assert len(temperature.plot(load(first)).axes) == 6
    assert save(temperature.run(TINY, seed=1), tmp_path)["result"].read_bytes() == data
    assert (measured.arrays["xor_plain_late_over"] > measured.arrays["xor_plain_over"])[:, 0].all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_seeds": 3}, "n_seeds is 3"),
        ({"log2_c": (3, 0)}, "wanted increasing"),
        ({"late": 1.0}, "late is 1.0"),
        ({"n_points": 10}, "n_points is 10"),
    ],
)
def test_what_cannot_be_run_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        temperature.Params(**change)
