"""The stability demo: it holds, it can fail, its SVM and its restarts agree with independent ways, it is redrawn."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from fls_teach.demos import stability
from fls_teach.demos.framework import report
from fls_teach.demos.framework.result import Result
from fls_teach.demos.stability.claims import straightness
from fls_teach.theory import GaussianMixture, angle, balanced_init, effective_predictor, gradient_flow

SMALL = replace(stability.Params(), n_seeds=4, log2_alpha=(-16, -8, -4), target_risks=(0.3, 0.03, 0.01, 1e-3, 1e-4))
CLAIMS = {"stay", "floor", "exit", "growth", "direction", "approach", "rate", "kkt"}


@pytest.fixture(scope="module")
def result():
    return stability.run(SMALL, seed=0)


def failing(result, **arrays):
    changed = Result(result.name, result.params, result.seed, {**result.arrays, **arrays})
    return {claim.id for claim in stability.claims(changed) if not claim.holds}


def test_every_claim_holds(result):
    assert [claim.id for claim in stability.claims(result) if not claim.holds] == []
    assert {claim.id for claim in stability.claims(result)} == CLAIMS


def test_a_predictor_that_stays_for_good_breaks_all_but_that_it_stays(result):
    """Psi(t_eta) = Psi(t_alpha) to the last bit is what the paper says; the measured drift must then be denied."""
    frozen = np.broadcast_to(result.arrays["exit_predictor"][:, :, None], result.arrays["stop_predictor"].shape)
    assert failing(result, stop_predictor=frozen) >= {"floor", "growth", "direction", "approach", "rate"}
    assert "stay" not in failing(result, stop_predictor=frozen)


def test_a_predictor_that_leaves_breaks_stay(result):
    signal = np.eye(SMALL.n_features)[3]
    assert "stay" in failing(result, stop_predictor=result.arrays["stop_predictor"] + signal)


def test_stops_in_another_order_break_growth_approach_and_rate(result):
    swapped = result.arrays["stop_predictor"][:, :, [0, 2, 1, 4, 3]]
    assert failing(result, stop_predictor=swapped) >= {"growth", "approach", "rate"}


def test_a_drift_the_other_way_is_no_drift_to_the_margin(result):
    start = result.arrays["exit_predictor"][:, :, None]
    mirrored = 2 * start - result.arrays["stop_predictor"]
    assert failing(result, stop_predictor=mirrored) >= {"direction", "approach"}


def test_one_wrong_run_is_enough(result):
    """Catches claims about every run that look at the mean."""
    stops = result.arrays["stop_predictor"].copy()
    stops[2, 1, 3] = stops[2, 1, 2]
    assert failing(result, stop_predictor=stops) >= {"growth", "approach"}


def test_a_run_that_did_not_arrive_holds_nothing(result):
    stops = result.arrays["stop_predictor"].copy()
    stops[1, 0] = np.nan
    assert failing(result, stop_predictor=stops) == CLAIMS - {"kkt", "exit"}


def test_large_alphas_are_drawn_but_not_claimed(result):
    stops = result.arrays["stop_predictor"].copy()
    stops[:, 2] = np.nan
    assert failing(result, stop_predictor=stops) == set()


def test_an_svm_slightly_off_is_caught(result):
    w, multipliers = result.arrays["margin_direction"], result.arrays["multipliers"]
    assert failing(result, margin_direction=w + 1e-7) == {"kkt"}
    assert failing(result, multipliers=multipliers + 1e-7) == {"kkt"}


@pytest.mark.parametrize("seed", range(4))
def test_max_margin_agrees_with_a_general_solver(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((7, 5)) + [2.5, 0, 0, 0, 0]
    w, multipliers = stability.max_margin(X)
    constraint = {"type": "ineq", "fun": lambda u: X @ u - 1, "jac": lambda u: X}
    oracle = minimize(lambda u: u @ u / 2, w + 0.1, jac=lambda u: u, constraints=constraint, method="SLSQP", tol=1e-14)
    assert oracle.success and w == pytest.approx(oracle.x, abs=1e-6)
    assert (multipliers >= 0).all() and (X @ w).min() == pytest.approx(1, abs=1e-12)


def test_max_margin_refuses_a_class_without_a_direction():
    with pytest.raises(ValueError, match="no direction"):
        stability.max_margin(np.array([[1.0, 0.0], [-1.0, 0.0]]))


def test_restarting_at_every_stop_is_the_same_run():
    """The demo goes on from one target risk to the next; a run straight to the last must end at the same place."""
    params = replace(SMALL, n_seeds=2, log2_alpha=(-16, -12), log2_small_alpha=-12)
    found = stability.run(params, seed=7).arrays
    rng = np.random.default_rng(7).spawn(1)[0]
    X, y = GaussianMixture(params.kappa, n_features=params.n_features).sample(params.n_samples, rng, separable=True)
    W, signs = balanced_init(params.n_neurons, params.n_features, 2.0**-12, rng)
    straight = gradient_flow(X, y, W, signs, target_risk=1e-4, rtol=1e-6)
    assert found["stop"][0, 1, -1] == pytest.approx(straight.stopping_time, rel=1e-3)
    assert angle(effective_predictor(straight.W, straight.v), found["stop_predictor"][0, 1, -1]) < 1e-3


def test_straightness_is_the_squared_correlation():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(9), rng.standard_normal(9)
    assert straightness(x, 3 - 2 * x) == pytest.approx(1)
    assert straightness(x, y) == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)


def test_figure_is_redrawn_from_the_file_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(stability, "PRESETS", {"quick": replace(SMALL, n_seeds=2, log2_alpha=(-12, -8, -4))})
    files = report.run_demo("stability", seed=3, folder=tmp_path / "first").files
    monkeypatch.setattr(stability, "run", None)
    again = report.redraw(files["result"], tmp_path / "second").files
    assert files["figure"].read_bytes() == again["figure"].read_bytes()
