"""The failure demo: what is provoked is what it is called, and every claim can fail."""

import numpy as np
import pytest

from fls_teach.demos import failure
from fls_teach.demos.failure.claims import provoked, spread
from fls_teach.demos.failure.run import DATA, UNTRAINED
from fls_teach.demos.framework.result import Result, load, save

TINY = failure.Params(n_seeds=4, group=4, log2_alpha=(-8, -4, -1, 0, 3), n_draws=8)
LN2 = np.log(2)


@pytest.fixture(scope="module")
def measured():
    return failure.run(TINY, seed=1)


def forged(**changes):
    """A result in which every claim holds by construction; then the given functions change the named arrays."""
    rng, at = np.random.default_rng(0), np.array([-12.0, -6, -4, -3, -2, -1, 0, 3])
    arrays, n = {"log2_alpha": at}, 24
    curves = {
        "behind": np.full(9, LN2), "decay": LN2 + 4.0 ** -np.arange(9), "small": LN2 - 1e-12 * 4.0 ** np.arange(9),
        "large": np.linspace(900, 800, 9), "healthy": np.linspace(LN2, 0.05, 9),
    }  # fmt: skip
    for name in DATA:
        sets = 0.2 * rng.normal(size=(n, 1, 1))
        for start in ("plain", "twins"):
            factor = np.array([1.05, 1.02, 1, 1.04, 1.5, 4, 8, 9.0] if start == "plain" else [1.0] * 8)
            width = np.array([1, 1, 1, 1, 10, 20, 18, 18]) * 0.01 if start == "plain" else np.full(8, 0.01)
            data = sets
            if name == "xor":
                width = width * np.array([1, 1, 1, 1, 1, 1, 1, 0.6])
                data = sets * np.array([1, 1, 1, 1, 1, 0.5, 0.1, 0.0])
                width = np.full(8, 0.08) if start == "twins" else width
            arrays[f"{name}_{start}_network"] = 0.01 * factor * np.exp(data + width * rng.normal(size=(n, 2, 8)))
            arrays[f"{name}_{start}_status"] = np.full((n, 2, 8), "reached")
        for way, curve in curves.items():
            if (name, way) != ("xor", "behind"):
                arrays[f"{name}_{way}_risks"] = np.tile(curve, (n, 1))
                arrays[f"{name}_{way}_status"] = np.full(n, "reached" if way == "healthy" else "max_steps")
    for name, change in changes.items():
        arrays[name] = change(arrays[name].copy())
    return Result("failure", failure.Params(n_seeds=n, log2_alpha=tuple(at)), 0, arrays)


def failing(result):
    return {claim.id for claim in failure.claims(result) if not claim.holds}


def test_every_claim_holds_where_it_should():
    table = failure.claims(forged())
    assert failing(forged()) == set() and len({claim.id for claim in table}) == len(table) == 13


def quiet(v):
    """No spread over starts at the last alpha."""
    v[:, 1, -1] = v[:, 0, -1]
    return v


def wide(v):
    """A large spread over data at the last alpha."""
    v[..., -1] *= np.exp(0.4 * np.random.default_rng(1).normal(size=(24, 1)))
    return v


def early(v):
    """A spread over starts at the first alpha alone."""
    other = np.exp(np.array([0.5, *[1e-3] * 7]) * np.random.default_rng(1).normal(size=(24, 8)))
    v[:, 1] = v[:, 0] * other
    return v


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ({"dead"}, {"xor_decay_risks": lambda v: v / 2}),
        ({"dead"}, {"separable_behind_risks": lambda v: v - 1e-9 * 2.0 ** np.arange(9)}),
        ({"slow"}, {"separable_small_risks": lambda v: 0 * v + LN2}),
        ({"slow"}, {"xor_large_risks": lambda v: v / 10_000}),
        ({"errs-more"}, {"xor_plain_network": lambda v: v / np.array([1, 1, 1, 1, 1, 1, 8, 1])}),
        ({"healthy"}, {"separable_twins_network": lambda v: v * 3}),
        ({"separable-most", "separable-stays", "separable-f0", "xor-f0"}, {"separable_plain_network": early}),
        ({"xor-together"}, {"xor_plain_network": wide}),
        ({"xor-stays", "xor-f0"}, {"xor_plain_network": quiet}),
        ({"xor-f0"}, {"xor_twins_network": quiet}),
        ({"reached"}, {"xor_twins_status": lambda v: np.where(np.arange(v.size).reshape(v.shape) == 7, "t_max", v)}),
    ],
)  # fmt: skip
def test_every_claim_can_fail(broken, changes):
    """Catches a claim that looks at other data, another start, or not at all."""
    with np.errstate(divide="ignore", invalid="ignore"):
        assert failing(forged(**changes)) == broken


def test_what_is_provoked_is_what_it_is_called(measured):
    """The trainer's own verdict on those behind the data is the oracle: diagnose is not shown it."""
    for wanted, how, name, found in provoked(measured):
        if how in UNTRAINED:
            assert found.name == wanted, (how, name, found.sentence)
    assert (measured.arrays["separable_behind_status"] == "dead").all() and "xor_behind_status" not in measured.arrays
    for name in DATA:
        for way in ("decay", "small", "large"):
            assert (measured.arrays[f"{name}_{way}_status"] == "max_steps").all()


def test_two_starts_share_their_data_and_nothing_else(measured):
    """Catches starts that are copies, and data that differ: then the spread over starts is not less than over all."""
    for name in DATA:
        errors = measured.arrays[f"{name}_plain_network"]
        assert errors.shape == (4, 2, 5) and (errors[:, 0, -1] != errors[:, 1, -1]).all()
        within, every = (spread(measured, name, "plain", w)(np.arange(4)) for w in (True, False))
        assert within[0] < 0.5 * every[0]


def test_the_same_seed_gives_the_same_bytes_and_the_figure_needs_the_file_alone(measured, tmp_path):
    first = save(measured, tmp_path)["result"]
    data = first.read_bytes()
    assert len(failure.plot(load(first)).axes) == 6
    assert save(failure.run(TINY, seed=1), tmp_path)["result"].read_bytes() == data


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_seeds": 20}, "a multiple of group, 12"),
        ({"log2_alpha": (0, -3, 1, 2, 3)}, "wanted increasing"),
        ({"log2_alpha": (-3, 0, 3)}, "wanted 5"),
    ],
)
def test_what_cannot_be_run_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        failure.Params(**change)
