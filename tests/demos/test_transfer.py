"""The transfer demo: its optimum and its law are right where the answer is known, and every claim can fail."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.demos import transfer
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.demos.transfer import Sweep, best_log2_alpha, predict_optimum
from fls_teach.demos.transfer.run import DATA, _cases, key_of

GRID = np.arange(-12.0, 1.0)
SHORT = (-8, -6, -4, -3, -2)
TINY = transfer.Params(
    8, n=(4, 6, 8), h=(8, 12, 16), xor_n=(4, 6, 8), log2_alpha=SHORT, xor_log2_alpha=SHORT, n_draws=8, rtol=0.01
)


@pytest.fixture(scope="module")
def measured():
    return transfer.run(TINY, seed=1)


@given(st.floats(-11, -1), st.floats(0.01, 10), st.floats(-5, 5))
def test_the_minimum_of_a_parabola_is_found_between_grid_points(place, width, height):
    """Catches a fit that is off by a grid point, or depends on the height or width of the curve."""
    assert best_log2_alpha(GRID, width * (GRID - place) ** 2 + height) == pytest.approx(place, abs=1e-6)


def test_a_minimum_stays_on_the_grid():
    """Catches an extrapolation beyond the grid, and a vertex that is a maximum."""
    assert best_log2_alpha(GRID, GRID) == -12 and best_log2_alpha(GRID, -((GRID + 20) ** 2)) == 0
    curves = np.stack([GRID**2, (GRID + 4.5) ** 2])
    assert best_log2_alpha(GRID, curves) == pytest.approx([0, -4.5], abs=1e-9)


def sweep(n, h, log2_alpha, noise=0.0):
    drawn = noise * np.random.default_rng(n * h).normal(size=(8, len(GRID)))
    return Sweep(n, h, GRID, np.exp(0.1 * (GRID - log2_alpha) ** 2 + drawn))


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_a_law_is_carried_to_a_larger_size(p, q):
    """Against c* = n^p h^q by construction. Catches exponents of alpha for those of c, and n for h."""
    sizes = [(2, 8), (4, 8), (2, 16), (8, 8)]
    law = {size: -6 + (p * np.log2(size[0] / 2) + q * np.log2(size[1] / 8)) / 2 for size in [*sizes, (8, 16)]}
    found = predict_optimum([sweep(*size, law[size]) for size in sizes], 8, 16)
    assert found.log2_alpha == pytest.approx(law[8, 16], abs=1e-6)
    assert found.exponents == pytest.approx({"n": p, "h": q}, abs=1e-6)


def test_noise_gives_an_interval_around_the_prediction():
    found = predict_optimum([sweep(n, 8, -4 - np.log2(n) / 2, 0.02) for n in (2, 4, 8)], 16, 8)
    assert found.low < found.log2_alpha < found.high and found.low < -6 < found.high


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([(2, 8), (4, 8)], "h is 16 and did not vary"),
        ([(2, 8), (4, 16)], "2 small runs do not tell the exponents of n and h apart"),
        ([(2, 8), (4, 16), (8, 32)], "3 small runs do not tell"),
        ([], "did not vary"),
    ],
)
def test_what_cannot_be_predicted_is_refused(runs, words):
    with pytest.raises(ValueError, match=words):
        predict_optimum([sweep(*size, -4) for size in runs], 16, 16)


def test_curves_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="wanted 5 or more increasing"):
        best_log2_alpha([-3, -2, -1], [1, 2, 3])
    with pytest.raises(ValueError, match="different numbers of seeds"):
        predict_optimum([sweep(2, 8, -4), Sweep(4, 8, GRID, np.ones((3, len(GRID))))], 8, 8)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng, params = np.random.default_rng(0), transfer.Params(16, log2_alpha=tuple(GRID), xor_log2_alpha=tuple(GRID))
    arrays = {"log2_alpha": GRID, "xor_log2_alpha": GRID}

    def curve(place):
        return 0.01 * np.exp(0.02 * (GRID - place) ** 2 + 0.002 * rng.normal(size=(16, 1)))

    for name in DATA:
        for n, h in params.sizes(name):
            place = -4 + (np.log2(n / 40) if name == "xor" else -0.5 * np.log2(n / 10) - 0.5 * np.log2(h / 32))
            network = curve(place)
            keys = {"network": network, "answered": network, "positive": curve(-3.0), "linear": curve(-8.0)}
            if n == 16:  # with most data the wedge alone makes the left side
                flat = np.minimum(network, network.min(axis=1, keepdims=True) * np.where(place > GRID, 1.0, 9.0))
                keys["answered"] = flat
            for start in ("plain", "twins", "centred"):
                for key, values in keys.items():
                    arrays[f"{name}_{key_of(n, h)}_{start}_{key}"] = values
                arrays[f"{name}_{key_of(n, h)}_{start}_status"] = np.full((16, len(GRID)), "reached")
            arrays[f"{name}_{key_of(n, h)}_log2_zeta"] = -10 - 0.25 * np.log2(n) - 0.55 * np.log2(h) + np.zeros(16)
        arrays[f"{name}_predicted"] = np.array([-5.0, -6.0, -4.0])
        arrays[f"{name}_carried"] = network.min(axis=1) * 1.01
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    return Result("transfer", params, 0, arrays)


def failing(result):
    return {claim.id for claim in transfer.claims(result) if not claim.holds}


def test_every_claim_holds_where_it_should():
    table = transfer.claims(forged())
    assert failing(forged()) == set() and len({claim.id for claim in table}) == len(table) == 11


def moved(by):
    """The curve of another alpha."""
    return lambda v: np.roll(v, by, axis=1) * 1.0


def flat(v):
    """No optimum."""
    return 0 * v + 0.01


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ({"n"}, {"separable_n16h32_plain_network": moved(-3), "separable_n16h32_plain_answered": flat}),
        ({"h"}, {f"separable_n10h{h}_plain_network": moved(k) for h, k in ((16, -2), (64, 2))}),
        ({"h-f0"}, {f"separable_n10h128_{start}_network": moved(4) for start in ("twins", "centred")}),
        ({"wedge"}, {"separable_n10h128_plain_answered": flat}),
        ({"positive"}, {"separable_n10h128_plain_positive": moved(-4)}),
        ({"xor-n"}, {"xor_n80h60_plain_network": moved(-6)}),
        ({"zeta-n"}, {"separable_n16h32_log2_zeta": lambda v: v - 2}),
        ({"zeta-h"}, {"separable_n10h128_log2_zeta": lambda v: v + 2}),
        ({"separable-carried"}, {"separable_carried": lambda v: v * 1.2}),
        ({"xor-carried"}, {"xor_carried": lambda v: v * 1.2}),
        ({"reached"}, {"xor_n80h60_plain_status": lambda v: np.where(np.eye(*v.shape) > 0, "t_max", v)}),
    ],
)  # fmt: skip
def test_every_claim_can_fail(broken, changes):
    """Catches a claim that looks at other sizes, another error, or not at all."""
    assert failing(forged(**changes)) == broken


def test_sizes_that_differ_in_h_alone_share_their_training_sets():
    """Catches data that are drawn anew for each h, and starts that are the same."""
    drawn, cases = {}, []
    for h in (8, 12):
        setting = replace(DATA["separable"], n_samples=6, n_neurons=h)
        cases.append(_cases(setting, np.ones(2), [1, 0, 6, h], 3, drawn))
    for first, other in zip(*cases, strict=True):
        assert (first.X == other.X).all() and (first.y == other.y).all() and first.test_seed == other.test_seed
        assert first.W.shape == (2, 8, 20) and (first.W[:, 0] != other.W[:, 0]).all()
    assert len(TINY.sizes("separable")) == 6 and TINY.sizes("separable")[-1] == (8, 16)


def test_the_prediction_is_that_of_the_small_sizes_alone(measured):
    sizes = TINY.sizes("separable")
    runs = [Sweep(n, h, measured.arrays["log2_alpha"], measured.arrays[f"separable_{key_of(n, h)}_plain_network"])
            for n, h in sizes[:-1]]  # fmt: skip
    found = predict_optimum(runs, *sizes[-1])
    assert measured.arrays["separable_predicted"] == pytest.approx([found.log2_alpha, found.low, found.high])
    assert measured.arrays["separable_carried"].shape == (8,)


def test_the_same_seed_gives_the_same_bytes_and_the_figure_needs_the_file_alone(measured, tmp_path):
    first = save(measured, tmp_path)["result"]
    data = first.read_bytes()
    assert len(transfer.plot(load(first)).axes) == 6
    assert save(transfer.run(TINY, seed=1), tmp_path)["result"].read_bytes() == data


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": (6, 9, 12)}, "wanted multiples of 2"),
        ({"h": (16, 32)}, "wanted 3"),
        ({"n": (6, 10, 40)}, "wanted 2 to 18"),
        ({"log2_alpha": (-3, -2)}, "wanted 5"),
    ],
)
def test_what_cannot_be_run_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        transfer.Params(**change)
