"""The separability demo: bins hold what they say, strong noise is measured exactly, every claim can fail."""

import numpy as np
import pytest
from scipy.special import ndtr

from fls_teach.demos import separability
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.demos.separability.claims import Rises, slope
from fls_teach.demos.separability.run import GROUPS, draw_within, strong_noise
from fls_teach.theory import separability as lambda_of

TINY = separability.Params(edges=(-0.2,), n_seeds=4, n_seeds_overlap=4, log2_alpha=(-8, -4, 2), n_draws=8)


@pytest.fixture(scope="module")
def measured():
    return separability.run(TINY, seed=1)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng, arrays = np.random.default_rng(0), {"log2_alpha": np.array([-12.0, -4.0, 3.0])}
    bins = {f"bin{k}": centre for k, centre in enumerate((-0.4, -0.2, 0.05))}
    names = {**bins, "strong": -0.5, "tilted": -0.4, "overlap": -0.45, "xor": -0.75}
    for name, centre in names.items():
        lam = centre + 0.02 * rng.normal(size=16)
        arrays[f"{name}_lambda"] = lam
        factor = 1 + 0.02 * rng.normal(size=16)

        def curve(*means, factor=factor):
            return np.stack([mean * factor for mean in means], axis=1)

        lazy = {"strong": 0.016, "tilted": 0.016, "xor": 0.2}.get(name, 0.0201)
        arrays[f"{name}_plain_network"] = curve(0.024, 0.02, 0.4)
        arrays[f"{name}_plain_answered"] = curve(0.022, 0.02, 0.4)
        arrays[f"{name}_twins_network"] = curve(0.024, 0.02, lazy)
        arrays[f"{name}_twins_answered"] = curve(0.022, 0.02, lazy)
        if name != "xor":
            arrays[f"{name}_phi"] = 0.6 - 0.1 * lam + 0.05 * rng.normal(size=16)
            arrays[f"{name}_plain_positive"] = curve(0.03, 0.03, 0.4) - 0.005 * lam[:, None] * np.array([1, 0, 0])
        for start in ("plain", "twins"):
            arrays[f"{name}_{start}_status"] = np.full((16, 3), "reached")
            arrays[f"{name}_{start}_margin"] = np.full((16, 3), 0.5)
    for key, change in changes.items():
        arrays[key] = change(arrays[key].copy())
    params = separability.Params(edges=(-0.3, 0.0), n_seeds=16, log2_alpha=(-12, -4, 3))
    return Result("separability", params, 0, arrays, {"titles": {name: name for name in names}, "bayes": {}})


def failing(result):
    return {claim.id for claim in separability.claims(result) if not claim.holds}


def test_every_claim_holds_where_it_should():
    table = separability.claims(forged())
    assert failing(forged()) == set() and len({claim.id for claim in table}) == len(table) == 11


def by(*factors):
    return lambda values: values * np.array(factors)


STALLED = {"tilted_twins_status": lambda v: np.where(np.arange(48).reshape(16, 3) == 5, "stalled", v)}


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ({"left", "left-wedge"}, {"bin1_plain_network": by(0.83, 1, 1), "bin1_plain_answered": by(0.9, 1, 1)}),
        ({"left-wedge"}, {"bin2_plain_answered": by(1.2, 1, 1)}),
        ({"positive-trend"}, {f"bin{k}_plain_positive": lambda v: 0 * v + 0.03 for k in range(3)}),
        ({"right"}, {"bin0_twins_network": by(1, 1, 3)}),
        ({"right"}, {"overlap_twins_network": by(1, 1, 3)}),
        ({"strong-lazy"}, {"tilted_twins_network": by(2, 1, 1.6)}),
        ({"strong-left"}, {f"{name}_twins_network": by(0.6, 1, 1) for name in ("strong", "tilted")}),
        ({"overlap-left"}, {"overlap_plain_network": by(0.8, 1, 1)}),
        ({"xor-left"}, {"xor_twins_answered": by(0.9, 1, 1)}),
        ({"xor-right"}, {"xor_twins_network": by(1, 1, 0.2)}),
        ({"reached"}, STALLED),
        (set(), STALLED | {"tilted_twins_margin": lambda v: v * 0.01}),
    ],
)
def test_every_claim_can_fail(broken, changes):
    """Catches a claim that looks at other data, another start, or not at all."""
    assert failing(forged(**changes)) == broken


def test_a_rise_that_needs_separability_is_noticed():
    """Catches a trend taken the wrong way round: the rise is there at the largest lambda only, and hardly elsewhere."""
    small = {f"bin{k}_plain_network": by(0.841, 1, 1) for k in (0, 1)}
    small |= {f"bin{k}_plain_answered": by(0.9, 1, 1) for k in (0, 1)}
    assert failing(forged(**small)) == {"left-trend"}


def test_slope_is_that_of_lstsq():
    rng = np.random.default_rng(0)
    y, x, z = rng.normal(size=(3, 30))
    for given, columns in ((None, [x]), (z, [x, z])):
        wanted = np.linalg.lstsq(np.stack([*columns, np.ones(30)], axis=1), y, rcond=None)[0][0]
        assert slope(y, x, given) == pytest.approx(wanted)


def test_a_bin_holds_its_lambda_and_the_inputs_keep_their_mixture():
    group, bounds = GROUPS["any"], (-0.1, 0.0)
    for seed in range(5):
        case, found = draw_within(group, bounds, np.ones(1), np.random.default_rng(seed))
        assert found == lambda_of(case.X, case.y) and bounds[0] <= found < bounds[1]


@pytest.mark.parametrize("tilted", [False, True])
def test_errors_in_white_coordinates_are_those_of_the_inputs(tilted):
    """Against 400,000 plain draws with the strong noise: catches a root that is inverted or applied twice."""
    mixture, root = strong_noise(2.5, 6, tilted=tilted)
    rng = np.random.default_rng(0)
    W, v = rng.normal(size=(8, 6)), rng.normal(size=8)
    W, v = np.concatenate([W, -W]), np.concatenate([v, -v])
    error = mixture.network_errors(W @ root, v, n_draws=2_000, rng=1).half
    y = rng.choice([-1.0, 1.0], size=400_000)
    centre = 2.5 * root @ mixture.signal
    noise = rng.multivariate_normal(np.zeros(6), root @ root.T, size=len(y))
    plain = (y * (np.maximum((y[:, None] * centre + noise) @ W.T, 0) @ v) < 0).mean()
    assert error.value == pytest.approx(plain, abs=4 * float(error.standard_error) + 4 * 0.0008)
    assert np.abs(centre[1:]).max() < 1e-12 and mixture.bayes_error() == pytest.approx(ndtr(-2.5))


def test_what_is_measured_is_there(measured):
    rises = Rises(measured)
    assert rises.bins == ["bin0", "bin1"] and (rises.of_bins("lambda")[0] < -0.2).all()
    assert (rises.of_bins("lambda")[1] >= -0.2).all()
    for name in measured.metadata["titles"]:
        assert measured.arrays[f"{name}_plain_network"].shape == (4, 3)
        reached = measured.arrays[f"{name}_plain_status"] == "reached"
        target = GROUPS["any" if name.startswith("bin") else name].setting
        bound = -np.log(np.expm1(target.n_samples * target.target_risk))  # the risk of one example alone
        assert (measured.arrays[f"{name}_plain_margin"][reached] > bound - 1e-6).all()
    assert "xor_plain_positive" not in measured.arrays and separability.claims(measured)


def test_the_same_seed_gives_the_same_bytes_and_the_figure_needs_the_file_alone(measured, tmp_path):
    first = save(measured, tmp_path)["result"]
    data = first.read_bytes()
    assert len(separability.plot(load(first)).axes) == 8
    assert save(separability.run(TINY, seed=1), tmp_path)["result"].read_bytes() == data


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_seeds": 3}, "n_seeds is 3"),
        ({"edges": (0.0, -0.1)}, "wanted increasing"),
        ({"edges": (0.2,)}, "edges holds 0.2"),
        ({"log2_alpha": (3, 0)}, "wanted increasing"),
    ],
)
def test_what_cannot_be_run_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        separability.Params(**change)
