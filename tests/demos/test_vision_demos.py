"""The demos on images: they run, their claims can fail, they are drawn again from their files."""

from dataclasses import replace

import numpy as np
import pytest

from fls_teach.demos import dimension, heatmap, stopping
from fls_teach.demos.framework import report
from fls_teach.demos.framework.result import Result
from fls_teach.demos.images import trained

pytest.importorskip("torch")

TINY = {"width": 2, "n": 40, "n_test": 50, "classes": 2, "image_size": 8, "epochs": 3, "target": 0.6, "n_seeds": 2}
SMALL = {"log2_c": (-1, 0, 1), "rates": (0.03, 0.1)}
MORE = {
    "heatmap": {},
    "dimension": {"dimensions": (2, 8), "n_described": 60},
    "stopping": {"n_validation": 20, "patience": 1},
}


@pytest.fixture(scope="module", autouse=True)
def one_process():
    """No processes: their start takes longer than the training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trained, "cores", lambda: 1)
        yield


@pytest.fixture(scope="module")
def results(one_process):
    """One small run of each."""
    modules = {"heatmap": heatmap, "dimension": dimension, "stopping": stopping}
    return {
        name: module.run(replace(module.PRESETS["quick"], **TINY, **SMALL, **MORE[name]), 0)
        for name, module in modules.items()
    }


def test_shapes(results):
    assert results["heatmap"].arrays["peak"].shape == (2, 2, 3, 2)
    assert results["dimension"].arrays["status"].shape == (2, 2, 2, 2, 3, 2)
    assert results["dimension"].arrays["two_nn"].shape == results["dimension"].arrays["within"].shape == (2, 2)
    assert results["stopping"].arrays["validation_risk"].shape[:4] == (2, 2, 3, 2)


def test_same_seed_same_result(results):
    """Catches a clock, a global random state, or the order in which processes finish."""
    params = heatmap.Params(**results["heatmap"].params)
    again, other = heatmap.run(params, 0), heatmap.run(params, 1)
    for name, value in results["heatmap"].arrays.items():
        np.testing.assert_array_equal(again.arrays[name], value)
    assert (other.arrays["peak"] != again.arrays["peak"]).any()


def test_the_controls_are_other_runs(results):
    """Catches a control that trains the plain network, or on plain images, again; the first dimension has one noise."""
    peak = results["dimension"].arrays["peak"]
    np.testing.assert_array_equal(peak[0, 0], peak[0, 1])
    assert (peak[1, 0] != peak[1, 1]).any() and (peak[:, :, 0] != peak[:, :, 1]).any()


def test_what_the_first_seed_failed_is_not_trained_further(monkeypatch):
    """Catches a cell that counts in spite of a missing run, and runs that cost time and can change nothing."""
    asked = []

    def fake(runs, *_):
        asked.append(len(runs))
        curves = {"train_accuracy": [0.1, 1.0], "train_risk": [2.0, 0.1], "test_accuracy": [0.1, 0.5]}
        ended = {"epochs": 1, "peak_test_accuracy": 0.5, "final_test_accuracy": 0.5, "validation_risk": None}
        return {run: curves | ended | {"status": "reached" if run.lr < 0.1 else "dead"} for run in runs}

    monkeypatch.setattr(trained, "_trained", fake)
    params = replace(heatmap.PRESETS["quick"], log2_c=(-1, 0, 1), rates=(0.03, 0.1), n_seeds=3)
    grid = trained.train_grids(params, 0, {"plain": {}})["plain"]
    assert asked == [6, 6]  # all cells of one seed; half of them of two
    assert set(grid["status"][0, :, 1]) == {"dead"} and set(grid["status"][1:, :, 1].ravel()) == {"missing"}
    assert np.isnan(grid["peak"][1:, :, 1]).all() and (grid["status"][:, :, 0] == "reached").all()


@pytest.mark.parametrize("name", ["heatmap", "dimension", "stopping"])
def test_redrawn_from_its_files(results, name, tmp_path):
    from fls_teach.demos.framework.result import save

    files = save(results[name], tmp_path)
    redrawn = report.redraw(files["result"])
    assert redrawn.files["figure"].stat().st_size > 10_000
    assert len({claim.id for claim in redrawn.claims}) == len(redrawn.claims) > 2


@pytest.mark.filterwarnings("ignore:.*not the official file")
def test_heatmap_trains_on_the_images_of_a_folder(tmp_path, monkeypatch):
    """Made ones in CIFAR-100's layout, of two classes: one black, one white."""
    folder = tmp_path / "cifar-100-binary"
    folder.mkdir()
    records = np.zeros((40, 3074), np.uint8)
    records[::2, 1], records[::2, 2:] = 1, 255
    for file in ("train.bin", "test.bin"):
        records.tofile(folder / file)
    tiny = {"n": 30, "batch": 5, "classes": 2, "epochs": 9, "log2_c": (-1, 0, 1), "rates": (0.1,), "n_seeds": 2}
    monkeypatch.setitem(heatmap.CIFAR_PRESETS, "quick", replace(heatmap.CIFAR_PRESETS["quick"], **tiny))
    found = report.run_demo("heatmap", folder=tmp_path / "out", data_dir=tmp_path)
    assert (found.result.arrays["peak"] == 1).all() and found.result.params["data"] == "cifar100"
    with pytest.raises(ValueError, match="the demo 'dimension' makes its own data"):
        report.run_demo("dimension", folder=tmp_path / "out", data_dir=tmp_path)


def grid_result(left, best, right, noise=0.001, centred=None, **params):
    """A result of 4 seeds whose accuracies at the three c are as given, at both rates; of f - f(0) `centred`."""
    rng = np.random.default_rng(0)
    means = np.array([[left, best, right], centred or [left, best, right - 0.1]])
    peak = means[:, None, :, None] + noise * rng.standard_normal((2, 4, 3, 2))
    arrays = {"log2_c": np.array([-2.0, 0.0, 2.0]), "lr": np.array([0.03, 0.1]), "peak": peak, "final": peak}
    arrays |= {"epochs": np.full(peak.shape, 5), "status": np.full(peak.shape, "reached")}
    return Result("heatmap", {**vars(heatmap.Params()), "n_seeds": 4, **params}, 0, arrays)


@pytest.mark.parametrize(
    ("plain", "centred", "failing"),
    [
        ((0.5, 0.6, 0.5), (0.5, 0.6, 0.55), set()),
        ((0.6, 0.6, 0.5), (0.5, 0.6, 0.55), {"plain-left"}),
        ((0.5, 0.6, 0.5), (0.5, 0.6, 0.5), {"right-f0"}),
        ((0.5, 0.6, 0.7), (0.5, 0.6, 0.6), {"plain-right", "centred-right", "right-f0"}),
        ((0.7, 0.6, 0.7), (0.7, 0.6, 0.5), {"plain-left", "plain-right", "centred-left", "right-f0"}),
    ],
)
def test_heatmap_claims_can_fail(plain, centred, failing):
    claims = heatmap.claims(grid_result(*plain, centred=centred))
    assert {claim.id for claim in claims if not claim.holds} == failing


def test_a_difference_within_the_noise_is_no_difference():
    claims = heatmap.claims(grid_result(0.599, 0.6, 0.599, noise=0.05, centred=(0.599, 0.6, 0.599)))
    assert {claim.id for claim in claims if claim.holds} == {"plain-reached", "centred-reached"}


def test_shared_test_images_are_told():
    """Catches an interval over seeds that passes for one over test images: real ones are the same for all seeds."""
    for own in (True, False):
        claims = heatmap.claims(grid_result(0.5, 0.6, 0.5, test_per_seed=own))
        told = {claim.id for claim in claims if "the seeds share their test images" in claim.measured.words}
        assert len(told) == (0 if own else 5)


def test_an_end_that_no_rate_reaches_is_not_beaten():
    """Catches counting runs that never fitted their data as evidence against large FLS."""
    result = grid_result(0.1, 0.6, 0.5)
    result.arrays["status"][0, 1, 0] = "budget"
    claims = {claim.id: claim for claim in heatmap.claims(result)}
    assert not claims["plain-reached"].holds and not claims["plain-left"].holds and claims["plain-right"].holds
    assert "no rate" in claims["plain-left"].measured.words


SHALLOW = (0.59, 0.6, 0.58), (0.59, 0.6, 0.58)
DEEP = (0.3, 0.6, 0.4), (0.3, 0.6, 0.3)
HALF = (0.4, 0.6, 0.5), (0.4, 0.6, 0.45)
"""Accuracies of plain and of centred networks at three c."""


def two_dimensions(low, high, scaled=HALF, two_nn=(8.0, 30.0), within=((0.3, 0.3), (0.7, 0.3))):
    """As the demo saves them: `low` and `high` of plain noise, and `scaled` in place of `high`."""
    grids = [[grid_result(*plain, centred=centred) for plain, centred in pair] for pair in ((low, low), (high, scaled))]
    arrays = {
        key: np.array([[each.arrays[key] for each in pair] for pair in grids]) for key in ("peak", "final", "status")
    }
    arrays |= {key: grids[0][0].arrays[key] for key in ("log2_c", "lr")}
    arrays |= {"two_nn": np.array([two_nn] * 2).T, "within": np.array(within), "two_nn_of_noise": np.array([8.0, 32.0])}
    return Result("dimension", {**vars(dimension.Params()), "dimensions": [8, 64]}, 0, arrays)


def failing_dimension(*grids, **others):
    return {claim.id for claim in dimension.claims(two_dimensions(*grids, **others)) if not claim.holds}


def test_dimension_claims_can_fail():
    growths = {"plain-plain", "plain-centred", "scaled-plain", "scaled-centred"}
    assert failing_dimension(SHALLOW, DEEP) == set()
    assert failing_dimension(DEEP, SHALLOW, scaled=SHALLOW) == growths | {"energy"}
    without_f0 = (0.3, 0.6, 0.4), (0.3, 0.6, 0.58)
    assert failing_dimension(SHALLOW, without_f0) == {"plain-centred", "energy"}
    assert failing_dimension(SHALLOW, DEEP, scaled=SHALLOW) == {each for each in growths if each.startswith("scaled")}
    assert failing_dimension(SHALLOW, DEEP, scaled=DEEP) == {"energy"}


def test_images_of_another_dimension_or_spread_are_told():
    """Catches a generator that saturates, and a control that does not control."""
    assert failing_dimension(SHALLOW, DEEP, two_nn=(8.0, 20.0)) == {"two-nn"}
    assert failing_dimension(SHALLOW, DEEP, within=((0.3, 0.3), (0.7, 0.5))) == {"spread"}
    assert failing_dimension(SHALLOW, DEEP, within=((0.3, 0.3), (0.3, 0.3))) == {"spread"}


def test_a_dimension_at_which_nothing_was_reached_is_told_in_words():
    result = two_dimensions(SHALLOW, DEEP)
    result.arrays["status"][1] = "budget"
    claims = {claim.id: claim for claim in dimension.claims(result)}
    assert not claims["plain-plain"].holds and not claims["energy"].holds
    assert claims["plain-plain"].measured.words.endswith("; 64: no rate brought every seed to the target")


def curves(**rows):
    """A result of the demo `stopping` whose runs all have these curves; test accuracy counts the epochs."""
    T = len(rows["train_accuracy"])
    arrays = {name: np.broadcast_to(np.array(row, float), (2, 3, 3, 1, T)).copy() for name, row in rows.items()}
    arrays["test_accuracy"] = np.broadcast_to(np.arange(T) / 100, (2, 3, 3, 1, T)).copy()
    arrays |= {"log2_c": np.array([-2.0, 0.0, 2.0]), "lr": np.array([0.1]), "status": np.full((2, 3, 3, 1), "reached")}
    params = {**vars(stopping.Params()), "target": 0.9, "target_risk": 0.1, "patience": 2}
    return Result("stopping", params, 0, arrays)


def test_when_each_rule_stops():
    nan = np.nan
    result = curves(
        train_accuracy=[0.1, 0.5, 0.9, 0.95, 1.0, nan],
        train_risk=[2.0, 1.0, 0.3, 0.2, 0.1, nan],
        validation_risk=[2.0, 1.5, 1.6, 1.5, 1.7, nan],  # an equal value is no improvement: lowest at 1, patience 2
    )
    assert {name: set(epoch.ravel()) for name, epoch in stopping.stops(result).items()} == {
        "accuracy": {2}, "risk": {4}, "validation": {3},
    }  # fmt: skip
    np.testing.assert_allclose(stopping.by_rule(result, 0)["validation"], 0.03)
    falling = curves(train_accuracy=[0.1, 0.2], train_risk=[2.0, 1.0], validation_risk=[2.0, 1.0])
    assert {name: set(epoch.ravel()) for name, epoch in stopping.stops(falling).items()} == {
        "accuracy": {-1}, "risk": {-1}, "validation": {-1},
    }  # fmt: skip


def test_the_rules_agree_with_the_trainers_own():
    """One rule, written twice: here for curves, there for a run as it goes."""
    from fls_teach.vision.training.outcome import Evaluation, status_after

    rng = np.random.default_rng(2)
    for _ in range(200):
        risk = rng.integers(1, 9, 12) / 10.0
        accuracy, train_risk = np.sort(rng.random(12)), np.sort(rng.random(12))[::-1]
        result = curves(train_accuracy=accuracy, train_risk=train_risk, validation_risk=risk)
        history = [Evaluation(a, t, 0.0, 0.0, v) for a, t, v in zip(accuracy, train_risk, risk, strict=True)]
        rules = {"accuracy": ("train-accuracy", 0.9), "risk": ("train-risk", 0.1), "validation": ("validation-risk", 2)}
        for name, (stop, target) in rules.items():
            said = [status_after(history[: k + 1], stop, target, 99) == "reached" for k in range(12)]
            wanted = said.index(True) if True in said else -1
            assert set(stopping.stops(result)[name].ravel()) == {wanted}


def test_rules_that_share_no_c_have_no_best_c_in_common():
    """Catches taking the first c for the best of none."""
    same = [0.1, 0.9, 1.0, 1.0]
    result = curves(train_accuracy=same, train_risk=[2.0, 0.5, 0.2, 0.05], validation_risk=[4.0, 3.0, 2.0, 1.0])
    claim = {claim.id: claim for claim in stopping.claims(result)}["centred-validation-same-c"]
    assert not claim.holds and claim.measured.words == "at no c do both rules stop all seeds"
    result.arrays["validation_risk"][1, :, 1:] = [2.0, 1.0, 1.0, 1.0]
    claim = {claim.id: claim for claim in stopping.claims(result)}["centred-validation-same-c"]
    assert claim.holds and claim.measured.words == "0.00 ± 0.00 (n = 3), 2^0 to 2^0, among 2 of 3 c"


def test_a_run_that_met_the_risk_and_never_the_accuracy_is_reported():
    result = curves(train_accuracy=[0.1, 0.5, 0.8], train_risk=[2.0, 0.5, 0.05], validation_risk=[2.0, 1.0, 1.0])
    order = stopping.claims(result)[-1]
    assert order.id == "order" and not order.holds and order.measured.words == "18 exceptions among 18 runs"


def test_a_rule_that_moves_the_optimum_is_reported():
    result = curves(
        train_accuracy=[0.1, 0.9, 1.0, 1.0], train_risk=[2.0, 0.5, 0.2, 0.05], validation_risk=[2.0, 1.0, 1.0, 1.0]
    )
    accuracy = result.arrays["test_accuracy"]
    accuracy[0, :, :, 0, 1] = [0.9, 0.5, 0.1]  # of f, at the stop by accuracy, the smallest c is best
    accuracy[0, :, :, 0, 3] = [0.1, 0.5, 0.9]  # at the other two the largest
    failing = {claim.id for claim in stopping.claims(result) if not claim.holds}
    assert failing == {"plain-risk-same-c", "plain-validation-same-c"}
