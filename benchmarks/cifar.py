"""The paper's experiment on real images: CIFAR-100 over (c, learning rate), plain and centred, network after network.

    python benchmarks/cifar.py --data-dir DIR --runs FOLDER     (125 runs of a five-layer CNN: 3.7 hours in sum)
    python benchmarks/cifar.py --data-dir DIR --runs FOLDER --quick                      (does it work? a minute)
    python benchmarks/cifar.py --report-only FOLDER ...         (the record of what is finished there)

Resumable: finished runs are kept in FOLDER, the same command does what is missing. Seed 0 chooses: it is trained at
three rates, a factor sqrt(10) apart, around a guess for each c, and at more of them while the best is the outermost.
The other seeds judge: they are trained at the best rate of seed 0, and seed 0 counts for nothing else. DIR holds
`cifar-100-binary`.

Written to --out: cifar.csv, one row per run; cifar.md, what it says (`measured/real_images.py`); and --picture.
"""

from provenance import provenance  # isort: skip  (before numpy: one BLAS thread)

import argparse
import csv
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from measured.real_images import COLUMNS, COUNTS, Curve, networks, read, real_images

from fls_teach import plotting
from fls_teach.processors import cores
from fls_teach.statistics import interval
from fls_teach.vision.run import Run
from fls_teach.vision.sweep import store

COMMON = Run(
    model="cnn5", width=16, data="cifar100", n=2000, n_test=0, classes=10, image_size=32,
    momentum=0.9, batch=16, schedule="cosine", warmup=1, epochs=40, evaluate="near", test_every=2,
)  # fmt: skip
"""Plain SGD in batches of 64 fits no more than 65% of these training images in 60 epochs, at any c and rate tried."""
NETWORKS = (COMMON, replace(COMMON, model="resnet18", width=8, epochs=20))
LOG2_C = (0, -4, 4, -8, 2, -2, -6, -10)
"""In this order: the middle and the ends first."""
SEEDS = range(5)
LOWEST, HIGHEST = -10, 4
"""Of the exponents k of a rate 10^(k/2)."""
ROUNDS = 4
"""Most rounds in which seed 0 is given more rates."""


def rate(k):
    """The learning rate 10^(k/2), to three digits: 0.0316, 0.1, 0.316, ..."""
    return float(f"{10 ** (k / 2):.3g}")


def guess(log2_c):
    """Where seed 0 begins: 0.01 at c = 1; for small c times c^(3/5), the rule of a homogeneous network of five layers
    (science.md#equivalence); for large c divided by c^1.2, as f(0) makes the first steps long there.
    """
    return round(-4 + 0.36 * log2_c) if log2_c < 0 else round(-4 - 0.6 * log2_c)


class Search:
    """The rates at which seed 0 is trained, for each (centred, log2 c)."""

    def __init__(self, common, some_c):
        self.common = common
        self.tried = {
            (centred, c): {guess(c) + step for step in (-1, 0, 1)} for centred in (False, True) for c in some_c
        }
        self.best = {}

    def runs(self):
        """Runs of seed 0 at all rates so far."""
        return [self._run(cell, k, 0) for cell, tried in self.tried.items() for k in sorted(tried)]

    def runs_of(self, seed):
        """Runs of another seed: at the best rates of seed 0."""
        return [self._run(cell, k, seed) for cell, k in self.best.items()]

    def learn(self, trained):
        """Choose the best rates, given Run -> what became of it; whether some were outermost, and got more."""
        more = False
        for cell, tried in self.tried.items():
            best = self.best[cell] = self._best(cell, sorted(tried), trained)
            beyond = {k for k in (best - 1, best + 1) if LOWEST <= k <= HIGHEST} - tried
            tried |= beyond
            more |= bool(beyond)
        return more

    def _best(self, cell, tried, trained):
        ended = {k: trained.get(self._run(cell, k, 0)) for k in tried}
        chance = 1.5 / self.common.n_classes
        learned = [k for k in tried if ended[k]["status"] in COUNTS and ended[k]["peak_test_accuracy"] > chance]
        if learned:
            return max(learned, key=lambda k: ended[k]["peak_test_accuracy"])
        slow = all(each["status"] == "budget" for each in ended.values())
        return tried[-1] if slow else tried[0]  # too slow wants larger steps; dead and diverged smaller ones

    def _run(self, cell, k, seed):
        centred, c = cell
        return replace(self.common, c=2.0**c, centred=centred, lr=rate(k), seed=seed)


def train(common, some_c, seeds, folder, data_dir):
    """Search with seed 0, then train the other seeds; what is finished in `folder` is not done again."""
    from fls_teach.vision.sweep.sweep import sweep

    def trained(runs):
        ways = {"engine": "processes", "jobs": cores(), "device": "cpu", "data_dir": data_dir, "all_cells": True}
        say = lambda sentence: print(sentence, file=sys.stderr)  # noqa: E731
        return {Run(**each["run"]): each["trained"] for each in sweep(runs, folder, **ways, say=say).records}

    search = Search(common, some_c)
    for _ in range(ROUNDS):
        if not search.learn(trained(search.runs())):
            break
    for seed in seeds[1:]:
        trained(search.runs_of(seed))
        print(f"{common.model}: seed {seed} is finished", file=sys.stderr)


def rows(folders):
    """One dict of `COLUMNS` for each finished run on CIFAR-100 in `folders`, in a stable order.

    Raises
    ------
    ValueError
        In one sentence, if there is none.
    """
    found = []
    for run, record in {run: record for folder in folders for run, record in store.read(folder).items()}.items():
        ended = record["trained"]
        if run.data == "cifar100":
            values = [run.model, run.width, run.n, run.momentum, run.batch, run.schedule, run.epochs]
            values += [int(run.centred), math.log2(run.c), run.lr, run.seed, ended["status"]]
            values += [ended["epochs"], ended["peak_test_accuracy"], ended["final_test_accuracy"]]
            found.append(dict(zip(COLUMNS, [*values, ended["train_accuracy"][-1]], strict=True)))
    if not found:
        raise ValueError(f"there is no finished run on CIFAR-100 in {', '.join(map(str, folders))}")
    return sorted(found, key=lambda row: [row[name] for name in COLUMNS])


def report(folders, out, picture):
    """Write cifar.csv, cifar.md and the picture of what is finished in `folders`."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "cifar.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        lines.writeheader()
        lines.writerows({**row, "log2_c": f"{row['log2_c']:g}"} for row in rows(folders))
    found, where = read(out / "cifar.csv"), provenance()
    text = f"# Real images: c on CIFAR-100\n\n{real_images(found)}\n\nReported {where['date']}, {where['cpu']}, "
    text += f"{where['cores']} cores, Python {where['python']}, commit {where['commit']}.\n"
    (out / "cifar.md").write_text(text, encoding="utf-8")
    plotting.write_png(figure(found), picture)
    print(text)


@plotting.styled
def figure(found):
    """Accuracy against c, plain and centred, a panel per network."""
    each = networks(found)
    figure, axes = plotting.subplots(1, len(each), size=(6.5 * len(each), 4.8), squeeze=False)
    looks = ((plotting.INK, "o-", "f trained"), (plotting.OVER_FITTING, "s--", "f - f(0) trained"))
    for axis, (key, some) in zip(axes[0], each.items(), strict=True):
        for centred, (colour, style, label) in enumerate(looks):
            curve = Curve(some, centred)
            judged = {c: interval(100 * np.array(list(seeds.values()))) for c, seeds in curve.judged.items() if seeds}
            if judged:
                half = [np.nan_to_num(found.half) for found in judged.values()]
                means = [found.mean for found in judged.values()]
                axis.errorbar(
                    list(judged), means, half, fmt=style, color=colour, capsize=3, label=f"{label}: the other seeds"
                )
            if curve.chosen:
                chosen = [100 * accuracy for accuracy in curve.chosen.values()]
                axis.plot(
                    list(curve.chosen), chosen, "x", color=colour, alpha=0.5, label=f"{label}: seed 0, at its best"
                )
        ticks = sorted({row["log2_c"] for row in some})
        axis.set_xticks(ticks, [f"$2^{{{c:g}}}$" for c in ticks])
        axis.set_xlabel("← large FLS      output multiplier c      small FLS →")
        axis.set_ylabel("peak test accuracy (%)")
        model, width, _, momentum, batch, schedule, budget = key
        axis.set_title(
            f"{model}, width {width}, momentum {momentum:g}, batch {batch},\n{schedule} rate, {budget} epochs"
        )
        if axis.get_legend_handles_labels()[1]:  # none before seed 0 has chosen anywhere
            axis.legend()
    return figure


def main():
    """Train and report, or report alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder that holds cifar-100-binary")
    parser.add_argument("--runs", type=Path, help="folder for finished runs")
    parser.add_argument("--out", type=Path, help="for cifar.csv and cifar.md: benchmarks/results; with --quick --runs")
    parser.add_argument("--picture", type=Path, help="docs/cifar.png; with --quick in --runs")
    parser.add_argument("--epochs", type=int, default=COMMON.epochs, help=f"budget of a run, default {COMMON.epochs}")
    parser.add_argument("--quick", action="store_true", help="one tiny network, one seed, three c")
    parser.add_argument(
        "--report-only", type=Path, nargs="+", metavar="FOLDER", help="what is finished there; train nothing"
    )
    asked = parser.parse_args()
    folder, root = asked.runs, Path(__file__).parents[1]
    if not asked.report_only and None in (folder, asked.data_dir):
        parser.error("name the images with --data-dir and a folder for the runs with --runs; or give --report-only")
    plan = [(replace(each, epochs=asked.epochs), LOG2_C, SEEDS) for each in NETWORKS]
    if asked.quick:
        plan = [(replace(COMMON, width=2, n=100, epochs=2), range(-2, 3, 2), range(1))]
    try:
        for common, some_c, seeds in [] if asked.report_only else plan:
            train(common, some_c, seeds, folder, asked.data_dir)
        out = asked.out or (folder if asked.quick else root / "benchmarks" / "results")
        report(
            asked.report_only or [folder],
            out,
            asked.picture or (folder if asked.quick else root / "docs") / "cifar.png",
        )
    except ValueError as problem:
        parser.error(str(problem))


if __name__ == "__main__":
    main()
