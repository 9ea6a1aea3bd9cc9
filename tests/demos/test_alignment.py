"""The alignment demo: it holds, it can fail, it agrees with an independent solver, and it is redrawn from its file."""

import io
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from fls_teach import plotting
from fls_teach.demos import alignment
from fls_teach.demos.alignment.claims import best_exit_angles
from fls_teach.demos.alignment.movie import film
from fls_teach.demos.alignment.run import _phase_one
from fls_teach.demos.framework import report
from fls_teach.demos.framework.curves import log_interpolate
from fls_teach.demos.framework.result import Result
from fls_teach.theory import Trajectory, angle, class_sum, second_layer, velocity

SMALL = replace(alignment.Params(), n_seeds=5, log2_alpha=(-20, -16, -12), movie_frames=5)
CLAIMS = {"bound", "course", "half", "classes", "mean", "outputs", "risk", "norms"}


@pytest.fixture(scope="module")
def result():
    return alignment.run(SMALL, seed=0)


def failing(result, **arrays):
    changed = Result(result.name, result.params, result.seed, {**result.arrays, **arrays})
    return {claim.id for claim in alignment.claims(changed) if not claim.holds}


def test_every_claim_holds(result):
    assert [claim.id for claim in alignment.claims(result) if not claim.holds] == []
    assert {claim.id for claim in alignment.claims(result)} == CLAIMS


def test_scrambled_alignments_break_the_bound_and_the_course(result):
    rng = np.random.default_rng(0)
    assert failing(result, angles=rng.permuted(result.arrays["angles"], axis=3)) >= {"bound", "course"}


def test_a_single_pair_above_its_bound_is_enough(result):
    """Catches a bound that is checked on average or at the exit only."""
    angles = result.arrays["angles"].copy()
    there = np.isfinite(result.arrays["start"][2, 1])
    angles[
        2, 1, np.nanargmin(np.abs(result.arrays["times"][2, 1] - result.arrays["exit"][2, 1])) - 2, there.argmax()
    ] = 0.5
    assert failing(result, angles=angles) == {"bound", "course"}


def test_a_wrong_rate_within_the_loose_bound_is_caught(result):
    """Neurons turning 5% too fast satisfy the paper's inequality; the tight claim must not let them pass."""
    course = np.log(np.tan(result.arrays["angles"] / 2))
    assert "course" in failing(result, angles=2 * np.arctan(np.exp(1.05 * course)))
    assert "bound" not in failing(result, angles=2 * np.arctan(np.exp(1.05 * course)))


def test_without_a_single_pair_nothing_is_claimed(result):
    """No neuron of the theorem's kind, or zeta <= 0 everywhere: true of nothing is not true."""
    nobody = np.full_like(result.arrays["start"], np.nan)
    assert failing(result, start=nobody) == {"bound", "course"}
    assert failing(result, W0=1e4 * result.arrays["W0"]) >= {"bound", "course"}


def test_another_power_of_alpha_breaks_the_law(result):
    alphas = 2.0 ** result.arrays["log2_alpha"]
    scaled = result.arrays["angles"] * alphas[:, None, None] ** 0.1
    assert failing(result, angles=scaled) >= {"half", "classes", "mean"}
    heavier = np.where(result.arrays["y"][:, None] > 0, 1.0, 1.3) * result.arrays["X"]
    assert "classes" in failing(result, X=heavier)


def test_one_data_set_has_no_interval(result):
    arrays = {
        name: result.arrays[name][:1] for name in ("X", "W0", "times", "angles", "start", "norm", "output", "risk")
    }
    arrays |= {name: result.arrays[name][:1] for name in ("exit", "exit_sign", "fitted_norm")}
    assert failing(result, **arrays) >= {"half", "mean", "norms"}


def test_noise_and_movement_break_the_silence(result):
    arrays = result.arrays
    assert failing(result, output=30 * arrays["output"]) == {"outputs"}
    assert failing(result, risk=0.9 * arrays["risk"]) == {"risk"}
    drifting = 2.0 ** (0.05 * result.arrays["log2_alpha"])
    assert failing(result, fitted_norm=arrays["fitted_norm"] * drifting) == {"norms"}


def test_runs_without_an_exit_hold_nothing(result):
    nowhere = np.full_like(result.arrays["exit"], np.nan)
    assert failing(result, exit=nowhere) == CLAIMS


def test_phase_one_agrees_with_an_independent_solver(result):
    """The naive flow of (W, v) by scipy: the same best angle at the exit, and the exit where its definition says."""
    alpha, h, d = 2.0**-16, SMALL.n_neurons, SMALL.n_features
    X, y, W, signs = result.arrays["X"][0], result.arrays["y"], alpha * result.arrays["W0"][0], result.arrays["signs"]

    def flow(_, state):
        dW, dv = velocity(X, y, state[: h * d].reshape(h, d), state[h * d :], reduction="sum")
        return np.concatenate([dW.ravel(), dv])

    start = np.concatenate([W.ravel(), second_layer(W, signs)])
    end = result.arrays["exit"][0, 1]
    final = solve_ivp(flow, (0, end), start, rtol=1e-6, atol=1e-12).y[: h * d, -1].reshape(h, d)
    assert angle(final[signs > 0], class_sum(X, y)).min() == pytest.approx(
        best_exit_angles(result.arrays)[0, 1], rel=5e-3
    )
    largest = np.linalg.norm(W, axis=1).max() / alpha
    assert np.linalg.norm(final, axis=1).max() ** 2 == pytest.approx(2 * alpha * largest**2 / np.sqrt(h), rel=5e-3)


def test_a_neuron_counts_from_the_first_time_it_sees_all_positives_and_no_negative():
    """By hand: neuron 0 turns so at t = 2, neuron 1 always sees the negative example, neuron 2 has v < 0."""
    X, y = np.array([[1.0, 0.0], [1.0, 1.0], [-1.0, 0.2]]), np.array([1.0, 1.0, -1.0])
    W = np.array([[[-1.0, 0.0], [0.1, 2.0], [1.0, 0.0]]] * 4)
    W[2:, 0] = [1.0, 0.1]
    W *= 0.01 * np.array([1.0, 2.0, 3.0, 1000.0])[:, None, None]
    norms = np.linalg.norm(W, axis=-1)
    path = Trajectory(np.arange(4.0), W, np.full(4, 2.0), norms, angle(W, class_sum(X, y)))
    found = _phase_one(X, y, np.array([1.0, 1.0, -1.0]), 0.01, path)
    assert 2 < found["exit"] < 3
    assert found["start"][0] == 2 and np.isnan(found["start"][1])
    assert found["angles"].shape == (4, 2)


def test_film_says_when_no_data_set_fits():
    with pytest.raises(ValueError, match=r"movie_phi is \(179, 180\)"):
        film(replace(SMALL, movie_phi=(179, 180)), np.random.default_rng(0))


def test_figure_and_animation_are_redrawn_from_the_file_alone(tmp_path, monkeypatch):
    image = pytest.importorskip("PIL.Image")
    monkeypatch.setattr(alignment, "PRESETS", {"quick": replace(SMALL, n_seeds=2)})
    files = report.run_demo("alignment", seed=3, folder=tmp_path / "first").files
    monkeypatch.setattr(alignment, "run", None)
    again = report.redraw(files["result"], tmp_path / "second").files
    for kind in ("figure", "animation"):
        assert files[kind].read_bytes() == again[kind].read_bytes()
        assert files[kind].stat().st_size < 1.5e6
    with image.open(again["animation"]) as movie:
        assert movie.n_frames == SMALL.movie_frames and movie.info["loop"] == 0


def test_plot_works_where_the_theorem_is_silent(result):
    """zeta <= 0 for the shown alpha: no bound to draw, no crash."""
    loud = Result("alignment", result.params, 0, {**result.arrays, "W0": 1e4 * result.arrays["W0"]})
    plotting.write_png(alignment.plot(loud), io.BytesIO())


def test_log_interpolation_is_exact_for_an_exponential():
    times = np.array([0.0, 0.3, 1.0, 2.0])
    assert log_interpolate(1.7, times, np.exp(-3 * times)) == pytest.approx(np.exp(-5.1), rel=1e-14)
