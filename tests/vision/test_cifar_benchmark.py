"""benchmarks/cifar.py searches rates where they are, and its report says no more than the seeds do."""

import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def script():
    """The benchmark's names, without running it; and those of the report."""
    before = list(sys.path)
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import measured.real_images

        return runpy.run_path(str(BENCHMARKS / "cifar.py"), run_name="cifar") | vars(measured.real_images)
    finally:
        sys.path[:] = before


def finished(script, means, seeds=5, centred=0, status="reached", noise=0.003):
    """Rows of a network with these mean accuracies at c = 2^-2, 1, 2^2: seed 0 at three rates, others at its best."""
    rng, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        for log2_c, mean in zip((-2, 0, 2), means, strict=True):
            for lr, less in ((0.01, 0.1), (0.03, 0.0), (0.1, 0.05)) if seed == 0 else ((0.03, 0.0),):
                peak = mean - less + noise * rng.standard_normal()
                values = ["cnn5", 16, 2000, 0.9, 16, "cosine", 60, centred, log2_c, lr, seed, status, 30, peak, peak, 1]
                rows.append(dict(zip(script["COLUMNS"], values, strict=True)))
    return rows


@pytest.mark.parametrize(
    ("means", "seeds", "words"),
    [
        ((0.4, 0.5, 0.4), 5, "2^0, the best c inside the range for seed 0, has +10.3 ± 0.4 and +10.1 ± 0.4 points"),
        ((0.4, 0.5, 0.4), 5, "more than 2^-2 and 2^2, for 4 and 4 other seeds, paired: an inverted U."),
        ((0.5, 0.5, 0.4), 5, "a fall on the right only."),
        ((0.5, 0.5, 0.5), 5, "no U."),
        ((0.4, 0.5, 0.4), 1, "too few other seeds count at these three to judge that."),
        ((0.4, 0.5, 0.4), 2, "too few other seeds count at these three to judge that."),
    ],
)
def test_what_the_report_says_of_a_u(script, means, seeds, words):
    """Catches a U that one seed, or noise, is enough for."""
    assert words in script["real_images"](finished(script, means, seeds))


def test_the_seed_that_chooses_judges_nothing(script):
    """Catches a rate or an accuracy that is flattered by having been chosen, and a rate from too few."""
    rows = finished(script, (0.4, 0.5, 0.4))
    for row in rows:
        if row["seed"] == 0:
            row["peak"] += 0.2
    curve = script["Curve"](rows, 0)
    assert curve.rates == {-2: 0.03, 0: 0.03, 2: 0.03} and curve.best_inside() == 0 and curve.chosen[0] > 0.69
    assert all(sorted(seeds) == [1, 2, 3, 4] for seeds in curve.judged.values())
    assert max(curve.judged[0].values()) < 0.51
    few = [row for row in rows if (row["seed"], row["log2_c"], row["lr"]) != (0, 2, 0.1)]
    assert 2 not in script["Curve"](few, 0).rates
    assert "seed 0 has no rate that counts at 2^2, so no U is judged" in script["real_images"](few)
    one_c = script["real_images"]([row for row in rows if row["log2_c"] == 0])
    assert "a U needs three c, and only 2^0 have been tried" in one_c


def test_what_died_or_diverged_does_not_count_and_is_told(script):
    """Catches a mean over the seeds that survived."""
    rows = finished(script, (0.4, 0.5, 0.4))
    assert "21 runs are finished, 21 reached the target" in script["real_images"](rows)
    dead = [row | {"status": "dead"} if row["log2_c"] == -2 else row for row in rows]
    assert "seed 0 has no rate that counts at 2^-2" in script["real_images"](dead)
    one = [row | {"status": "diverged"} if (row["log2_c"], row["seed"]) == (-2, 3) else row for row in rows]
    said = script["real_images"](one)
    assert "| 1 of 4 failed |" in said and "1 diverged, 6 reached" in said and "too few other seeds count" in said
    slow = script["real_images"](finished(script, (0.4, 0.5, 0.4), status="budget"))
    assert "21 runs are finished, 0 reached the target" in slow and "| 100 | 100 | 100 |" in slow


def test_a_fall_of_runs_that_fitted_less_may_be_one_of_speed(script):
    """Catches a U that is claimed of c where one end has only been trained for too short a time."""
    rows = finished(script, (0.4, 0.5, 0.4))
    assert "speed" not in script["real_images"](rows)
    slow = [row | {"train_accuracy": 0.6 if row["log2_c"] == -2 else 0.95} for row in rows]
    said = "an inverted U. At 2^-2 the runs end with 60% of the training images right, at the best c with 95%"
    assert said in script["real_images"](slow) and script["real_images"](slow).count("speed alone") == 1


def test_plain_and_centred_are_paired(script):
    rows = finished(script, (0.4, 0.5, 0.4)) + finished(script, (0.4, 0.5, 0.45), centred=1)
    assert "2^-2: +0.0 ± 0.0; 2^0: +0.0 ± 0.0; 2^2: +5.0 ± 0.0" in script["real_images"](rows)


def test_the_search_goes_on_beyond_the_outermost_rate(script):
    """Catches a best rate at the edge of those tried, which may be far from the best."""
    search = script["Search"](script["COMMON"], [0])

    def trained(status, peak=lambda lr: 0.5):
        ended = {"status": status, "train_accuracy": [0.1, 0.9]}
        return {run: ended | {"peak_test_accuracy": peak(run.lr)} for run in search.runs()}

    # Of 0.00316, 0.01 and 0.0316 the last is best.
    assert search.learn(trained("reached", peak=lambda lr: 0.2 + lr))
    assert max(run.lr for run in search.runs()) == pytest.approx(0.1)
    assert not search.learn(trained("reached", peak=lambda lr: 0.5 - abs(lr - 0.01)))
    assert {(run.lr, run.seed) for run in search.runs_of(7)} == {(0.01, 7)}
    search = script["Search"](script["COMMON"], [0])
    assert search.learn(trained("dead")) and min(run.lr for run in search.runs()) == pytest.approx(0.001)
    search = script["Search"](script["COMMON"], [0])
    assert search.learn(trained("budget", peak=lambda lr: 0.1))
    assert max(run.lr for run in search.runs()) == pytest.approx(0.1)


def test_a_folder_becomes_rows(script, tmp_path):
    """Catches columns in another order, records of other data, and a folder without any."""
    from fls_teach.vision.sweep import store

    with pytest.raises(ValueError, match="there is no finished run on CIFAR-100"):
        script["rows"]([tmp_path])
    ended = {"status": "budget", "epochs": 60, "peak_test_accuracy": 0.5, "final_test_accuracy": 0.4}
    run = replace(script["COMMON"], c=0.25, centred=True)
    for each in (run, replace(run, seed=1), replace(run, data="cifar10")):
        store.save(tmp_path, {"run": each.parameters, "trained": ended | {"train_accuracy": [0.1, 0.9]}})
    script["report"]([tmp_path], tmp_path / "out", tmp_path / "cifar.png")
    found = script["read"](tmp_path / "out" / "cifar.csv")
    assert [row["seed"] for row in found] == [0, 1] and found[0]["log2_c"] == -2 and found[0]["train_accuracy"] == 0.9
    assert (tmp_path / "cifar.png").stat().st_size > 5_000
    assert "centred: how all runs ended | 2 budget |" in (tmp_path / "out" / "cifar.md").read_text(encoding="utf-8")
