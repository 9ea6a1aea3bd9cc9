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
        from measured import cifar_record, longer_budget, real_images

        parts = vars(cifar_record) | vars(longer_budget) | vars(real_images)
        return parts | runpy.run_path(str(BENCHMARKS / "cifar.py"), run_name="cifar")
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
        ((0.5, 0.5, 0.4), 5, "only the fall on the right is shown."),
        ((0.5, 0.5, 0.5), 5, "neither fall is shown."),
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
    controlled = script["real_images"](slow + longer_rows(script, (0.4, 0.5)))
    assert "speed alone" not in controlled and "one of speed? See the longer budget below." in controlled


def longer_rows(script, means, seeds=range(1, 5), noise=0.003, fitted=(0.95, 1.0)):
    """Rows of the network of `finished` with three times the epochs, at c = 2^-2 and 1."""
    rng, rows = np.random.default_rng(1), []
    for seed in seeds:
        for log2_c, mean, right in zip((-2, 0), means, fitted, strict=True):
            peak = mean + noise * rng.standard_normal()
            values = ["cnn5", 16, 2000, 0.9, 16, "cosine", 180, 0, log2_c, 0.03, seed, "budget", 180, peak, peak, right]
            rows.append(dict(zip(script["COLUMNS"], values, strict=True)))
    return rows


@pytest.mark.parametrize(
    ("means", "more", "words"),
    [
        (
            (0.45, 0.5),
            {},
            "a part of the fall is one of speed, and a part is left. At 2^-2 no fewer training images are right than",
        ),
        ((0.5, 0.5), {}, "the fall shrinks, and what is left of it is not told from none"),
        ((0.4, 0.5), {}, "the fall stays, and that any part of it is one of speed is not shown. At 2^-2 no fewer"),
        ((0.3, 0.5), {}, "the fall grows with the budget, so it is not one of speed"),
        ((0.45, 0.5), {"noise": 0.2}, "neither a fall nor a change of it is shown, so these seeds do not tell"),
        (
            (0.4, 0.5),
            {"fitted": (0.6, 1)},
            "Still fewer training images are right at 2^-2: even more epochs may change",
        ),
        ((0.4, 0.5), {"seeds": [1]}, "plain, at the rates chosen above: too few seeds count to judge by."),
    ],
)
def test_what_a_longer_budget_says_of_a_fall(script, means, more, words):
    """Catches a claim about speed that does not follow from the numbers, whichever way they fall."""
    assert words in script["real_images"](finished(script, (0.4, 0.5, 0.4)) + longer_rows(script, means, **more))


def test_a_longer_budget_is_paired_and_no_curve_of_its_own(script):
    """Catches a gap over seeds of one budget, runs at another rate, and a judged text that the control changes."""
    rows = finished(script, (0.4, 0.5, 0.4), noise=0)
    more = longer_rows(script, (0.45, 0.5), noise=0, seeds=range(2, 9))
    other = [row | {"lr": 0.3, "peak": 0.9} for row in longer_rows(script, (0.9, 0.9))]
    said = script["real_images"](rows + more + other)
    assert "| seeds 2, 3, 4 | 2^-2 | 2^0 | difference |" in said
    assert "| 60 epochs | 40.0 ± 0.0 | 50.0 ± 0.0 | +10.0 ± 0.0 | 100 | 100 |" in said
    assert "| 180 epochs | 45.0 ± 0.0 | 50.0 ± 0.0 | +5.0 ± 0.0 | 95 | 100 |" in said
    assert "that is a change of -5.0 ± 0.0, paired" in said and said.count("runs are finished") == 1
    assert said.startswith(script["real_images"](rows))
    failed = [row | {"status": "dead"} if row["seed"] == 3 else row for row in more]
    assert "| seeds 2, 4 |" in script["real_images"](rows + failed)
    alone = script["real_images"](more)
    assert "14 runs are finished" in alone and "a U needs three c" in alone


def test_the_runs_of_the_longer_budget_come_from_the_record(script):
    """Catches a rate or a c that seed 0 did not choose, seed 0 among the judges, and a record that says too little."""
    network = script["PARTS"]["longer"]
    rows = [row | {"budget": 40} for row in finished(script, (0.4, 0.5, 0.4))]
    runs = [run for run in script["longer"](network, rows) if run.epochs == 120]
    assert [(run.seed, run.c, run.lr, run.epochs, run.centred) for run in runs[:3]] == [
        (1, 0.25, 0.03, 120, False), (1, 1, 0.03, 120, False), (2, 0.25, 0.03, 120, False)
    ]  # fmt: skip
    assert len(runs) == 16 and {run.schedule for run in runs} == {"cosine"}
    short = [(run.seed, run.c) for run in script["longer"](network, rows) if run.epochs == 40]
    assert short == [(seed, c) for seed in range(5, 9) for c in (0.25, 1)]
    with pytest.raises(ValueError, match="there are no rates for the part 'longer' yet"):
        script["longer"](network, [row | {"budget": 20} for row in rows])


def test_other_seeds_may_judge_only_where_it_decides(script):
    """Catches other seeds at a c that decides nothing, none where it does, and a report that stumbles over the gaps."""
    search = script["Search"](script["COMMON"], [0, -4, 4, 2])
    peaks = {0: 0.5, -4: 0.4, 4: 0.6, 2: 0.55}
    search.learn({
        run: {"status": "reached", "peak_test_accuracy": peaks[np.log2(run.c)] - 0.1 * run.centred * (run.c == 4)}
        for run in search.runs()
    })  # fmt: skip
    judged = {(run.centred, run.c) for run in search.runs_of(1, decide_only=True)}
    assert judged == {(False, 1 / 16), (False, 4), (False, 16), (True, 1 / 16), (True, 1), (True, 16)}
    assert len(search.runs_of(1)) == 8
    rows = finished(script, (0.4, 0.5, 0.4))
    between = [row | {"log2_c": 1, "peak": 0.45} for row in rows if row["log2_c"] == 0 and row["seed"] == 0]
    said = script["real_images"](rows + between)
    assert "for 4 and 4 other seeds, paired: an inverted U." in said and "no other seed has been trained" in said
    assert "| plain: their training accuracy at the end | 100 | 100 |  | 100 |" in said
    assert "no other seed" not in script["real_images"](rows)


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


def test_a_run_without_a_record_is_a_sentence(script, monkeypatch, tmp_path):
    """Catches a traceback, or a choice among what is left, where a run failed or another process is training it."""
    from fls_teach.vision.sweep import sweep

    monkeypatch.setattr(sweep, "sweep", lambda runs, *_, **__: sweep.Swept([], [], [], runs))
    with pytest.raises(ValueError, match="2 of 2 runs are not finished: they failed, or another process has them"):
        script["trained"]([script["COMMON"], replace(script["COMMON"], seed=1)], tmp_path, None)


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


def test_a_row_outlives_its_folder_and_a_new_run_takes_the_place_of_an_equal_one(script, tmp_path):
    """Catches a record that loses what was measured, and one that counts a run twice."""
    from fls_teach.vision.sweep import store

    run = replace(script["COMMON"], c=0.25)
    ended = {"status": "budget", "epochs": 40, "final_test_accuracy": 0.4, "train_accuracy": [0.1, 0.9]}

    def report(name, runs):
        for each, peak in runs.items():
            trained = ended | {"peak_test_accuracy": peak}
            store.save(tmp_path / name, {"run": each.parameters, "trained": trained})
        script["report"]([tmp_path / name] if runs else [], tmp_path / "out", tmp_path / "cifar.png")
        return {(row["seed"], row["lr"]): row["peak"] for row in script["read"](tmp_path / "out" / "cifar.csv")}

    for name in "ab":
        (tmp_path / name).mkdir()
    first = report("a", {run: 0.5, replace(run, seed=1): 0.6})
    assert first == {(0, 0.1): 0.5, (1, 0.1): 0.6}
    assert report("b", {run: 0.55, replace(run, lr=0.2): 0.7}) == {(0, 0.1): 0.55, (1, 0.1): 0.6, (0, 0.2): 0.7}
    before = (tmp_path / "out" / "cifar.csv").read_bytes()
    assert report("", {}) and (tmp_path / "out" / "cifar.csv").read_bytes() == before


def test_the_record_of_the_repository_stays_as_it_is_written(script, tmp_path):
    """Catches a column that reading and writing changes, so that equal runs would no longer be found equal."""
    (tmp_path / "cifar.csv").write_bytes(script["RECORD"].read_bytes())
    script["report"]([], tmp_path, tmp_path / "cifar.png")
    assert (tmp_path / "cifar.csv").read_bytes() == script["RECORD"].read_bytes()
