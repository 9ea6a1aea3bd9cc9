"""The noise demo: what is added is what its name says, f(0) is found again, and every claim can fail."""

import numpy as np
import pytest

from fls_teach.demos import noise
from fls_teach.demos.framework.result import Result, load, save
from fls_teach.demos.noise.run import LONG, STARTS, options, share_kept
from fls_teach.demos.shared.optimum import optimum
from fls_teach.demos.shared.settings import SETTINGS, Trained

TINY = noise.Params(n_seeds=4, log2_alpha=(-4, -3, -2, -1), n_draws=8, long_time=2.0)
GRID = np.array([-12.0, -6, -5, -4, -3, -2, 0])


@pytest.fixture(scope="module")
def measured():
    return noise.run(TINY, seed=1)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng, arrays = np.random.default_rng(0), {"log2_alpha": GRID}

    def noisy(means):
        return np.array(means) * (1 + 0.01 * rng.normal(size=(16, 1)) + 1e-3 * rng.normal(size=(16, len(means))))

    conditions = noise.Params().conditions
    for name in noise.DATA:
        for condition in conditions:
            factor = {"batch": 0.9, "decay": 0.99, "noise": 0.75}.get(condition, 1.0)
            less = 1.0 if condition == "none" else 0.5
            for start in STARTS:
                key, end = f"{name}_{start}_{condition}", 0.12 if start == "twins" else 0.1 + 0.2 * factor
                best = 0.08 if condition == "noise" else 0.1
                means = np.array([0.11, 0.104, 0.101, 0.1, 0.102, 0.1 + 0.02 * less, end]) + best - 0.1
                arrays[f"{key}_network"] = noisy(means)
                for number in ("answered", "positive", "linear"):
                    arrays[f"{key}_{number}"] = arrays[f"{key}_network"].copy()
                arrays[f"{key}_silent"] = noisy([0.01, 0.005, 0, 0, 0, 0, 0])
                arrays[f"{key}_status"] = np.full((16, len(GRID)), "reached")
            arrays[f"{name}_plain_{condition}_kept"] = noisy([0.9])[:, 0]
        for condition, error, kept in zip(LONG, (0.2, 0.1, 0.1), (0.8, 0.1, 0.4), strict=True):
            arrays[f"{name}_long_{condition}_network"] = noisy([error])[:, 0]
            arrays[f"{name}_long_{condition}_kept"] = noisy([kept])[:, 0]
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    metadata = {"settings": {name: setting.description for name, setting in noise.DATA.items()}}
    return Result("noise", noise.Params(log2_alpha=tuple(GRID)), 0, arrays, metadata)


def failing(result):
    return {claim.id for claim in noise.claims(result) if not claim.holds}


def test_every_claim_holds_where_it_should():
    table = noise.claims(forged())
    assert failing(forged()) == set() and len({claim.id for claim in table}) == len(table) == 14


END = GRID == 0


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ("right-decay", {"separable_plain_decay_network": lambda v: v - 0.05 * END}),
        ("right-batch", {"xor_plain_batch_network": lambda v: v - 0.08 * END}),
        ("right-noise", {"separable_plain_noise_network": lambda v: v - 0.1 * END}),
        ("right-noise-less", {"xor_plain_noise_network": lambda v: v + 0.04 * END}),
        ("long-none", {"xor_long_none_network": lambda v: v + 0.1}),
        ("long-decay", {"xor_long_decay_network": lambda v: v + 0.08}),
        ("long-noise", {"separable_long_noise_network": lambda v: v + 0.08}),
        ("kept", {"separable_long_noise_kept": lambda v: v + 0.4}),
        ("left", {"separable_plain_batch_network": lambda v: v - 0.02 * (GRID < -6)}),
        ("wedge", {"separable_plain_noise_silent": lambda v: v * 0}),
        ("optimum", {"separable_plain_decay_network": lambda v: v[:, [0, 3, 4, 5, 1, 2, 6]]}),
        ("edge", {"xor_twins_batch_network": lambda v: v + 0.03 * (GRID == -2)}),
        ("best", {"xor_twins_noise_network": lambda v: v + 0.03}),
        ("reached", {"xor_twins_batch_status": lambda v: np.where(END, "max_steps", v)}),
    ],
)  # fmt: skip
def test_every_claim_can_fail(broken, changes):
    """Catches a claim that looks at other data, another start or condition, or not at all."""
    assert broken in failing(forged(**changes))


def test_a_condition_adds_what_its_name_says_and_nothing_else():
    """Catches a condition that is the plain one, or two at once."""
    params = noise.Params()
    found = {name: options(name, params, 10) for name in noise.CONDITIONS}
    plain = {"input_noise": 0.0, "batch_size": 10}
    assert found["none"] == (0.0, plain) and found["decay"] == (params.weight_decay, plain)
    assert found["batch"] == (0.0, plain | {"batch_size": 1}) and found["half_batch"][1]["batch_size"] == 5
    assert found["noise"] == (0.0, plain | {"input_noise": 1.0}) and found["weak_noise"][1]["input_noise"] == 0.5


@pytest.mark.parametrize("name", ["separable", "xor"])
def test_the_share_of_the_start_is_found_beside_a_large_linear_function(name):
    """Catches a share that counts what was learned: here b f(0) and 50 times a linear function, as neurons +-w."""
    cases = [SETTINGS[name].draw(np.ones(1), np.random.default_rng(k), 300) for k in range(2)]
    W0, V0 = (np.array([getattr(case, key) for case in cases]) for key in "WV")
    line = np.full((2, 1, 1, W0.shape[-1]), 50.0)
    W = np.concatenate([W0, line, -line], axis=-2)
    V = np.concatenate([0.3 * V0, np.ones((2, 1, 1, 1)), -np.ones((2, 1, 1, 1))], axis=-1)
    assert share_kept(cases, Trained(W0, V0, W, V, None, False)) == pytest.approx(np.full((2, 1), 0.3))


def test_an_optimum_at_the_end_of_the_grid_stays_on_it():
    grid = np.array([-3.0, -1, 0, 2])
    assert optimum(grid, np.exp(grid)[None]) == -3 and optimum(grid, np.exp(-grid)[None]) == 2
    assert -3 <= optimum(grid, np.array([[1.0, 2.0, 3.0, 1.5]])) <= 0


def test_training_on_lowers_the_risk_and_what_is_measured_is_there(measured):
    arrays = measured.arrays
    for name, setting in noise.DATA.items():
        assert (arrays[f"{name}_long_none_risk"] < 2 * setting.target_risk).all()
        for start in STARTS:
            for condition in TINY.conditions:
                assert arrays[f"{name}_{start}_{condition}_network"].shape == (4, 4)
                assert (arrays[f"{name}_{start}_{condition}_status"] == "reached").all()
        assert not (arrays[f"{name}_plain_batch_network"] == arrays[f"{name}_plain_none_network"]).all()


def test_the_same_seed_gives_the_same_bytes_and_the_figure_needs_the_file_alone(measured, tmp_path):
    first = save(measured, tmp_path)["result"]
    data = first.read_bytes()
    assert len(noise.plot(load(first)).axes) == 6
    assert save(noise.run(TINY, seed=1), tmp_path)["result"].read_bytes() == data


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_seeds": 3}, "n_seeds is 3"),
        ({"conditions": ("none", "batch")}, "wanted none, batch, decay and noise"),
        ({"weight_decay": 0.0}, "weight_decay is 0"),
        ({"log2_alpha": (0, -1)}, "wanted"),
    ],
)
def test_what_cannot_be_run_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        noise.Params(**change)
