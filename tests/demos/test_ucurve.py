"""The U-curve demo: its claims see what they are about, and its run measures what it says."""

from dataclasses import replace

import numpy as np
import pytest

from fls_teach.demos import ucurve
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.demos.shared import measures
from fls_teach.theory import class_sum, decompose, effective_predictor, network_error, zeta

SMALL = ucurve.Params(n_seeds=4, log2_alpha=(-6, -3, 2), n_draws=50, rtol=1e-3)


@pytest.fixture(scope="module")
def measured():
    return ucurve.run(SMALL, seed=1)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng = np.random.default_rng(0)
    seeds, k = 16, np.arange(7)
    params = replace(SMALL, n_seeds=seeds, log2_alpha=tuple(range(-6, 1)))
    arrays = {"log2_alpha": np.array(params.log2_alpha, float)}
    for name in ucurve.DATA:
        # Seeds differ a lot, and alike at every alpha; the noise between alphas is a twentieth of that.
        seed, noise = rng.normal(0, 0.01, (seeds, 1)), rng.normal(0, 0.0005, (seeds, len(k)))
        oa = np.maximum(0.05 - 0.012 * k, 0.0) * np.exp(seed)
        of = (0.01 + 0.004 * k**2) * np.exp(seed + noise)
        u = lambda left, right: 0.05 + np.where(k < 3, left, right) * (k - 3) ** 2  # noqa: E731
        arrays |= {
            f"{name}_network": u(0.01, 0.01) + seed + noise,
            f"{name}_answered": u(0.002, 0.01) + seed + noise,
            f"{name}_linear": u(0, 0.01) + seed + noise,
            f"{name}_silent": np.tile(0.1 * np.maximum(1 - k / 3, 0), (seeds, 1)),
            f"{name}_positive": 0.01 + oa + of,
            f"{name}_over_alignment": oa,
            f"{name}_over_fitting": of,
            f"{name}_cone_excess": oa,
            f"{name}_alignment": np.tile(1 - 0.1 * k, (seeds, 1)),
            f"{name}_cos_phi": np.full(seeds, 0.55),
            f"{name}_log2_range": np.full(seeds, -5.0),
            f"{name}_twins_network": u(0.01, 0.0001) + seed + noise,
            f"{name}_twins_positive": u(0.01, 0.05) + seed + noise,
            f"{name}_status": np.full((seeds, len(k)), "reached"),
            f"{name}_twins_status": np.full((seeds, len(k)), "reached"),
        }
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    data = {name: setting.description for name, setting in ucurve.DATA.items()}
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
        ("network", lambda e: np.sort(e, axis=1), "left"),
        ("network", lambda e: -np.sort(-e, axis=1), "right"),
        # Flat but for luck: the least of seven means is always lower, so a test on the seeds that chose it would pass.
        ("network", lambda e: np.random.default_rng(4).normal(0.05, 0.01, e.shape), "left"),
        # One seed with a huge gain is not evidence, though the mean is lower.
        ("network", lambda e: put(5.0, 0, 0)(e * 0 + 0.05), "left"),
        ("twins_network", lambda e: put(0.2, slice(None), -1)(e), "right-f0"),
        ("answered", lambda e: put(0.2, slice(None), 0)(e), "left-wedge"),
        ("positive", lambda e: e + put(0.2, slice(None), 0)(e * 0), "left-explained"),
        ("log2_range", lambda k: put(0.0, 3)(k), "zeta"),
        ("silent", lambda m: m[:, :1] + 0 * m, "optimum"),
        ("over_fitting", lambda of: -np.sort(-of, axis=1), "of-rises"),
        ("over_fitting", lambda of: np.concatenate([of[:, :5], of[:, :4:-1]], axis=1), "of-rises"),
        ("over_alignment", lambda oa: oa[:, ::-1], "oa-falls"),
        ("over_alignment", lambda oa: oa * 0, "oa-falls"),
    ],
)  # fmt: skip
def test_a_wrong_shape_fails_the_claim_about_it(name, part, change, blamed):
    failed = failing(forged(**{f"{name}_{part}": change}))
    assert f"{name}-{blamed}" in failed
    other = next(n for n in ucurve.DATA if n != name)
    assert not any(claim.startswith(f"{other}-") for claim in failed), "the other data set is blamed too"


def test_twins_whose_w_plus_stands_for_the_network_fail_the_claim_that_it_does_not():
    assert "stand-in" in failing(forged(separable_twins_positive=lambda e: 0 * e + 0.06))


def test_a_rise_of_oa_beyond_the_tolerance_fails_only_where_the_theorem_speaks():
    def bump(part):
        part[:, 2] = part[:, 0] * 1.03
        return part

    assert "separable-oa-never-rises" in failing(forged(separable_over_alignment=bump))
    assert not {claim for claim in failing(forged(hard_over_alignment=bump)) if "-oa-" in claim}


def test_many_small_rises_of_oa_add_up():
    climb = lambda oa: oa[:, :1] * np.array([1, 1.01, 1.02, 1.03, 0.5, 0.2, 0])  # noqa: E731
    assert "separable-oa-never-rises" in failing(forged(separable_over_alignment=climb))


@pytest.mark.parametrize("part", ["over_alignment", "over_fitting", "positive", "cone_excess"])
def test_parts_that_do_not_add_up_fail(part):
    assert "sum" in failing(forged(**{f"hard_{part}": lambda a: a + 3e-12}))
    assert "sum" not in failing(forged(**{f"hard_{part}": lambda a: a + 3e-14}))


def test_a_negative_part_fails_even_if_the_sum_is_right():
    result = forged(hard_over_fitting=put(-1e-3, 0, 0))
    result.arrays["hard_positive"][0, 0] = 0.01 + result.arrays["hard_over_alignment"][0, 0] - 1e-3
    assert "sum" in failing(result)


@pytest.mark.parametrize(("value", "at"), [(1e-300, (0, 6)), (0.0, (0, 2))])
def test_oa_on_the_wrong_side_of_the_break_fails(value, at):
    assert "break" in failing(forged(separable_over_alignment=put(value, *at)))


def test_the_break_claim_is_not_vacuous():
    never = {f"{name}_cos_phi": put(-1.0) for name in ucurve.DATA}
    positive = {f"{name}_over_alignment": lambda oa: oa + 0.01 for name in ucurve.DATA}
    assert "break" in failing(forged(**never, **positive))


def test_a_run_that_did_not_reach_its_target_is_named():
    for key, words in (("hard_status", "hard at 2^-3, seed 2: stalled"), ("hard_twins_status", "hard_twins at 2^-3")):
        claim = next(c for c in ucurve.claims(forged(**{key: lambda s: put("stalled", 2, 3)(s)})) if c.id == "reached")
        assert not claim.holds
        assert words in claim.measured.words


def test_run_measures_what_a_single_network_gives(measured):
    """Redo one seed by hand: the wrong network in the wrong place of the batch would show."""
    setting = ucurve.DATA["separable"]
    alpha = 2.0 ** np.array(SMALL.log2_alpha)
    case = setting.draw(alpha, np.random.default_rng([1, 0]).spawn(SMALL.n_seeds)[3])
    trained = setting.train([case], "plain", SMALL.rtol)
    W, v = trained.W[0], trained.V[0, :, 0]
    toward = np.tile(class_sum(case.X, case.y), (len(alpha), 1))
    parts = decompose(effective_predictor(W, v), toward, setting.mixture.signal, setting.mixture.kappa)
    error, se = network_error(W, v, setting.mixture.signal, setting.mixture.kappa, n_draws=4000, rng=9)
    got = {key: measured.arrays[f"separable_{key}"][3] for key in ("over_alignment", "over_fitting", "network")}
    np.testing.assert_allclose(got["over_alignment"], parts.over_alignment, rtol=1e-9)
    np.testing.assert_allclose(got["over_fitting"], parts.over_fitting, rtol=1e-9)
    # 50 draws against 4,000 others: 4 standard errors of the former.
    assert (np.abs(got["network"] - error) < 4 * se * np.sqrt(4000 / SMALL.n_draws)).all()
    limit = 2.0 ** measured.arrays["separable_log2_range"][3]
    assert zeta(limit, case.X, case.y, case.W[0] * limit / alpha[0]) == pytest.approx(0, abs=1e-9)


def test_the_identities_hold_on_real_runs(measured):
    # The U needs more seeds than these; what holds run by run must hold here.
    assert not failing(measured) & {"reached", "sum", "break"}
    assert measured.arrays["hard_network"].shape == (SMALL.n_seeds, len(SMALL.log2_alpha))


def test_same_seed_same_bytes_and_another_seed_others(tmp_path):
    tiny = replace(SMALL, log2_alpha=(-1, 1))
    a, b, c = (save(ucurve.run(tiny, seed), tmp_path)["result"].read_bytes() for seed in (2, 2, 3))
    assert a == b != c


def test_test_noise_does_not_repeat_the_training_noise(monkeypatch):
    """It did once: both drawn from the same seed, which put the training set into the test set."""
    drawn = []

    def spy(mixture, W, V, n_draws, seed):
        drawn.append(seed)
        return real(mixture, W, V, n_draws, seed)

    real = measures._errors
    monkeypatch.setattr(measures, "_errors", spy)
    ucurve.run(replace(SMALL, log2_alpha=(-1, 1)), 4)
    assert len(set(drawn)) == 2 * SMALL.n_seeds, "one test seed for each training set, shared by its networks"
    for k, setting in enumerate(ucurve.DATA.values()):
        for rng, seed in zip(
            np.random.default_rng([4, k]).spawn(SMALL.n_seeds), drawn[2 * k * SMALL.n_seeds :], strict=False
        ):
            X = setting.draw(np.ones(1), rng).X
            noise = np.random.default_rng(seed).standard_normal((SMALL.n_draws, X.shape[1]))
            assert np.abs(X[:, None, 1:] - noise[:, 1:]).max(axis=-1).min() > 1e-6


def test_progress_grows_from_0_to_1():
    seen = []
    ucurve.run(replace(SMALL, log2_alpha=(-1, 1)), 0, lambda fraction, what: seen.append((fraction, what)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < 0.05 and 0.9 < fractions[-1] <= 1
    assert all(isinstance(what, str) and what for _, what in seen)


@pytest.mark.parametrize("make", [forged, None], ids=["forged", "measured"])
def test_the_figure_is_drawn_from_the_saved_file_alone(make, measured, tmp_path):
    figure = ucurve.plot(load(save(make() if make else measured, tmp_path)["result"]))
    figure.canvas.draw()
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert len(figure.axes) == 6
    assert sum("best α" in text for text in texts) == 2 and any("theorem speaks" in text for text in texts)
    for column in range(3):
        assert len({axis.get_ylim() for axis in figure.axes[column::3]}) == 1, "rows must share their scale"


def test_the_figure_survives_an_optimum_at_an_end():
    ucurve.plot(forged(hard_network=lambda e: np.sort(e, axis=1))).canvas.draw()
    ucurve.plot(forged(hard_network=lambda e: -np.sort(-e, axis=1))).canvas.draw()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_seeds": 3}, "n_seeds is 3; wanted at least 4"),
        ({"log2_alpha": (1, 0)}, "wanted increasing numbers, each once"),
        ({"log2_alpha": (-30, 0)}, "wanted -20 to 20"),
        ({"n_draws": 1}, "n_draws is 1"),
    ],
)
def test_bad_parameters_are_one_sentence(change, words):
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **change)
