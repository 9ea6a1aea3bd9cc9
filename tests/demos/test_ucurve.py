"""The U-curve demo: its claims see what they are about, and its run measures what it says."""

from dataclasses import replace

import numpy as np
import pytest

from fls_teach.demos import ucurve
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.theory import (
    GaussianMixture,
    balanced_init,
    class_sum,
    decompose,
    effective_predictor,
    gradient_flow,
    network_error,
)

SMALL = ucurve.Params(n_seeds=4, exponents=(-6, -3, 2), n_draws=100)
BLAMED = ["error-left", "error-right", "excess-left", "excess-right", "oa-falls", "of-rises"]


@pytest.fixture(scope="module")
def measured():
    return ucurve.run(SMALL, seed=1)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng = np.random.default_rng(0)
    seeds, k = 16, np.arange(7)
    params = replace(SMALL, n_seeds=seeds, exponents=tuple(range(-6, 1)))
    arrays = {"log2_alpha": np.array(params.exponents, float)}
    for name in ucurve.DATA:
        # Seeds differ a lot, and alike at every alpha; the noise between alphas is a twentieth of that.
        seed, noise = rng.normal(0, 0.01, (seeds, 1)), rng.normal(0, 0.0005, (seeds, len(k)))
        oa = np.maximum(0.05 - 0.01 * k, 0.0) * np.exp(seed)
        of = (0.01 + 0.002 * k**2) * np.exp(seed + noise)
        arrays |= {
            f"{name}_error": 0.05 + 0.002 * (k - 3) ** 2 + seed + noise,
            f"{name}_excess": oa + of,
            f"{name}_over_alignment": oa,
            f"{name}_over_fitting": of,
            f"{name}_cone_excess": oa,
            f"{name}_alignment": np.tile(1 - 0.1 * k, (seeds, 1)),
            f"{name}_cos_phi": np.full(seeds, 0.55),
            f"{name}_status": np.full((seeds, len(k)), "reached"),
        }
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    data = {name: vars(data) for name, data in ucurve.DATA.items()}
    return Result("ucurve", params, 0, arrays, {"data": data, "bayes": dict.fromkeys(data, 0.01)})


def failing(result):
    return {claim.id for claim in ucurve.claims(result) if not claim.holds}


def put(value, *index):
    def change(array):
        array[index] = value
        return array

    return change


def test_a_perfect_u_passes_every_claim():
    assert failing(forged()) == set()


@pytest.mark.parametrize("name", ucurve.DATA)
@pytest.mark.parametrize(
    ("part", "change", "blamed"),
    [
        # A curve that only rises has its least error at the left end, one that only falls at the right end.
        ("error", lambda e: np.sort(e, axis=1), "error-left"),
        ("error", lambda e: -np.sort(-e, axis=1), "error-right"),
        # Flat but for luck: the least of seven means is always lower, so a test on the seeds that chose it would pass.
        ("error", lambda e: np.random.default_rng(4).normal(0.05, 0.01, e.shape), "error-left"),
        # One seed with a huge gain is not evidence, though the mean is lower.
        ("error", lambda e: put(5.0, 0, 0)(e * 0 + 0.05), "error-left"),
        ("over_fitting", lambda of: -np.sort(-of, axis=1), "of-rises"),
        ("over_fitting", lambda of: np.concatenate([of[:, :5], of[:, :4:-1]], axis=1), "of-rises"),
        ("over_alignment", lambda oa: oa[:, ::-1], "oa-falls"),
        ("over_alignment", lambda oa: oa * 0, "oa-falls"),
        ("excess", lambda e: np.sort(e, axis=1), "excess-left"),
        ("excess", lambda e: -np.sort(-e, axis=1), "excess-right"),
    ],
)  # fmt: skip
def test_a_wrong_shape_fails_the_claim_about_it(name, part, change, blamed):
    failed = failing(forged(**{f"{name}_{part}": change}))
    assert f"{name}-{blamed}" in failed
    other = next(n for n in ucurve.DATA if n != name)
    assert not failed & {f"{other}-{claim}" for claim in BLAMED}, "the other data set is blamed too"


def test_a_rise_of_oa_beyond_the_tolerance_fails_only_where_the_theorem_speaks():
    def bump(part):
        part[:, 2] = part[:, 0] * 1.03
        return part

    assert "separable-oa-falls" in failing(forged(separable_over_alignment=bump))
    assert "hard-oa-falls" not in failing(forged(hard_over_alignment=bump))


def test_many_small_rises_of_oa_add_up():
    climb = lambda oa: oa[:, :1] * np.array([1, 1.01, 1.02, 1.03, 0.5, 0.2, 0])  # noqa: E731
    assert "separable-oa-falls" in failing(forged(separable_over_alignment=climb))


@pytest.mark.parametrize("part", ["over_alignment", "over_fitting", "excess", "cone_excess"])
def test_parts_that_do_not_add_up_fail(part):
    assert "sum" in failing(forged(**{f"hard_{part}": lambda a: a + 3e-12}))
    assert "sum" not in failing(forged(**{f"hard_{part}": lambda a: a + 3e-14}))


def test_a_negative_part_fails_even_if_the_sum_is_right():
    result = forged(hard_over_fitting=put(-1e-3, 0, 0))
    result.arrays["hard_excess"][0, 0] = result.arrays["hard_over_alignment"][0, 0] - 1e-3
    assert "sum" in failing(result)


@pytest.mark.parametrize(("value", "at"), [(1e-300, (0, 6)), (0.0, (0, 2))])
def test_oa_on_the_wrong_side_of_the_break_fails(value, at):
    assert "break" in failing(forged(separable_over_alignment=put(value, *at)))


def test_the_break_claim_is_not_vacuous():
    never = {f"{name}_cos_phi": put(-1.0) for name in ucurve.DATA}
    positive = {f"{name}_over_alignment": lambda oa: oa + 0.01 for name in ucurve.DATA}
    assert "break" in failing(forged(**never, **positive))


def test_a_run_that_did_not_reach_its_target_is_named():
    result = forged(hard_status=lambda s: put("stalled", 2, 3)(s))
    claim = next(claim for claim in ucurve.claims(result) if claim.id == "reached")
    assert not claim.holds
    assert "hard at 2^-3, seed 2: stalled" in claim.measured.words


def test_the_best_alpha_is_chosen_by_seeds_that_do_not_test_it():
    error = np.ones((6, 3))
    error[::2, 0] = 0.0  # the even seeds like the first, the odd ones the last
    error[1::2, 2] = 0.0
    assert ucurve.selected(error).tolist() == [2, 0, 2, 0, 2, 0]


def test_pure_noise_is_not_called_a_u():
    """Selecting and testing on the same seeds gives a mean z above 1 here; cross-fitting must not."""
    rng = np.random.default_rng(5)
    z = []
    for _ in range(300):
        error = rng.standard_normal((20, 9))
        z.append(ucurve.paired(error[:, 0] - error[np.arange(20), ucurve.selected(error)])[2])
    assert abs(np.mean(z)) < 0.25  # 4 standard errors of a mean of 300


def test_run_measures_what_a_single_network_gives(measured):
    """Redo one seed by hand: the wrong network in the wrong place of the batch would show."""
    data, rng = ucurve.DATA["separable"], np.random.default_rng([1, 0])
    mixture = GaussianMixture(data.kappa, n_features=data.n_features)
    alpha = 2.0 ** np.array(SMALL.exponents)
    for _ in range(SMALL.n_seeds):
        X, y = mixture.sample(data.n_samples, rng, separable=True)
        W, signs = balanced_init(data.n_neurons, data.n_features, alpha, rng)
    flow = gradient_flow(X, y, W[1], signs, target_risk=data.target_risk)
    parts = decompose(effective_predictor(flow.W, flow.v), class_sum(X, y), mixture.signal, data.kappa)
    error, se = network_error(flow.W, flow.v, mixture.signal, data.kappa, n_draws=4000, rng=9)
    got = {key: measured.arrays[f"separable_{key}"][-1, 1] for key in ("over_alignment", "over_fitting", "error")}
    assert got["over_alignment"] == pytest.approx(float(parts.over_alignment), rel=1e-9)
    assert got["over_fitting"] == pytest.approx(float(parts.over_fitting), rel=1e-9)
    # 100 draws against 4,000 others: 4 standard errors of the former.
    assert abs(got["error"] - error) < 4 * se * np.sqrt(4000 / SMALL.n_draws)


def test_the_identities_hold_on_real_runs(measured):
    # The U needs more seeds than these; what holds run by run must hold here.
    assert not failing(measured) & {"reached", "sum", "break"}
    assert measured.arrays["hard_error"].shape == (SMALL.n_seeds, len(SMALL.exponents))


def test_same_seed_same_bytes_and_another_seed_others(measured, tmp_path):
    tiny = replace(SMALL, exponents=(-1, 1))
    for folder, seed in (("a", 2), ("b", 2), ("c", 3)):
        (tmp_path / folder).mkdir()
        save(ucurve.run(tiny, seed), tmp_path / folder)
    a, b, c = ((tmp_path / folder / "ucurve.npz").read_bytes() for folder in "abc")
    assert a == b != c


def test_test_noise_does_not_repeat_the_training_noise(measured, monkeypatch):
    """It did once: both drawn from the same seed, which put the training set into the test set."""
    drawn = []

    def spy(*args, rng, **kwargs):
        drawn.append(rng.bit_generator.state["state"]["state"])
        return network_error(*args, rng=rng, **kwargs)

    monkeypatch.setattr(ucurve, "network_error", spy)
    ucurve.run(replace(SMALL, exponents=(-1, 1)), 4)
    starts = [np.random.default_rng([4, k]).bit_generator.state["state"]["state"] for k in (0, 1)]
    assert len(set(drawn)) == len(drawn) == 2 * SMALL.n_seeds
    assert not set(drawn) & set(starts)


def test_progress_grows_from_0_to_1():
    seen = []
    ucurve.run(replace(SMALL, exponents=(-1, 1)), 0, lambda fraction, what: seen.append((fraction, what)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < 0.05 and 0.9 < fractions[-1] <= 1
    assert all(isinstance(what, str) and what for _, what in seen)


@pytest.mark.parametrize("make", [forged, lambda: ucurve.run(SMALL, 1)], ids=["forged", "measured"])
def test_the_figure_is_drawn_from_the_saved_file_alone(make, tmp_path):
    figure = ucurve.plot(load(save(make(), tmp_path)["result"]))
    figure.canvas.draw()
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert len(figure.axes) == 4
    assert sum("optimum" in text for text in texts) == 2
    assert any("large FLS" in text for text in texts) and any("small FLS" in text for text in texts)


def test_the_figure_survives_an_optimum_at_an_end():
    ucurve.plot(forged(hard_error=lambda e: np.sort(e, axis=1))).canvas.draw()
    ucurve.plot(forged(hard_error=lambda e: -np.sort(-e, axis=1))).canvas.draw()
