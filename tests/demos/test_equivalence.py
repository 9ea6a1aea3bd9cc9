"""The equivalence demo: it holds, it repeats, it can fail, and its hand-made gradient is right."""

from dataclasses import replace

import numpy as np
import pytest

from fls_teach.demos import equivalence
from fls_teach.demos.framework.result import Result, save

SMALL = replace(equivalence.Params(), n_steps=300, powers=(-1, 2), others=(0.1,), deep=(0.05,))


@pytest.fixture(scope="module")
def result():
    return equivalence.run(SMALL, seed=1)


def failing(result, **arrays):
    changed = Result(result.name, result.params, result.seed, {**result.arrays, **arrays})
    return {claim.id for claim in equivalence.claims(changed) if not claim.holds}


def test_every_claim_holds(result):
    assert failing(result) == set()
    assert len({claim.id for claim in equivalence.claims(result)}) == len(equivalence.claims(result))


def test_every_claim_can_fail(result):
    """Each claim is falsified by the one array it is about."""
    a, falsified = result.arrays, set()
    for kind in equivalence.LAYERS:
        falsified |= failing(result, **{f"{kind}_multiplied": a[f"{kind}_multiplied"] * (1 + 1e-9)})
        assert failing(result, **{f"{kind}_weight_error": np.full_like(a[f"{kind}_weight_error"], 1e-9)})
        if f"{kind}_wrong" in a:
            falsified |= failing(result, **{f"{kind}_wrong": a[f"{kind}_scaled"]})
    assert falsified == {claim.id for claim in equivalence.claims(result)}


def test_one_last_bit_breaks_bit_for_bit(result):
    """Catches a comparison with a tolerance where the claim says none."""
    nudged = result.arrays["sgd_multiplied"].copy()
    nudged[0, 17] = np.nextafter(nudged[0, 17], 1)
    assert failing(result, sgd_multiplied=nudged) == {"sgd-exact"}
    assert failing(result, momentum_weights_differ=np.array([1, 0])) == {"momentum-exact"}


def test_two_runs_that_stand_still_prove_nothing(result):
    flat = np.full_like(result.arrays["adam_scaled"], np.log(2))
    assert "adam-exact" in failing(result, adam_scaled=flat, adam_multiplied=flat)


def test_a_run_that_overflows_counts_as_wrong(result):
    wrong = np.full_like(result.arrays["deep_wrong"], np.nan)
    assert "deep-wrong" not in failing(result, deep_wrong=wrong)
    assert "deep" in failing(result, deep_multiplied=wrong)


def test_same_seed_same_bytes_and_another_seed_other_numbers(result, tmp_path):
    files = []
    for folder, again in (("a", result), ("b", equivalence.run(SMALL, seed=1))):
        (tmp_path / folder).mkdir()
        files.append({kind: path.read_bytes() for kind, path in save(again, tmp_path / folder).items()})
    assert files[0] == files[1]
    other = equivalence.run(replace(SMALL, n_steps=2), seed=2)
    assert other.arrays["sgd_scaled"][0, 0] != result.arrays["sgd_scaled"][0, 0]


def test_progress_goes_from_start_to_end():
    seen = []
    equivalence.run(replace(SMALL, n_steps=1), 0, lambda fraction, what: seen.append((fraction, what)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[0] == 0 and 0.8 < fractions[-1] <= 1
    assert all(what for _, what in seen)


@pytest.mark.parametrize("c", [1.0, 0.05, 3.0])
def test_three_layer_gradient_is_that_of_autograd(c):
    torch = pytest.importorskip("torch", reason="torch's autograd is the oracle")
    rng = np.random.default_rng(5)
    X, y = rng.standard_normal((7, 4)), np.sign(rng.standard_normal(7))
    theta = [rng.standard_normal(shape) for shape in ((5, 4), (6, 5), (6,))]
    leaves = [torch.tensor(weight, requires_grad=True) for weight in theta]
    hidden = torch.relu(torch.relu(torch.tensor(X) @ leaves[0].T) @ leaves[1].T)
    expected = torch.nn.functional.softplus(-torch.tensor(y) * c * (hidden @ leaves[2])).mean()
    expected.backward()
    risk, gradient = equivalence.three_layer_gradient(X, y, theta, c)
    np.testing.assert_allclose(risk, expected.item(), rtol=1e-13)
    for ours, leaf in zip(gradient, leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=1e-10, atol=1e-13)
