"""The paper's experiment on real images: CIFAR-100 over (c, learning rate), plain and centred, network after network.

    python benchmarks/cifar.py --data-dir DIR --runs FOLDER     (all parts; the first is 125 runs, 3.7 hours in sum)
    python benchmarks/cifar.py --data-dir DIR --runs FOLDER --parts longer               (one of the parts, see `PARTS`)
    python benchmarks/cifar.py --data-dir DIR --runs FOLDER --quick                      (does it work? a minute)
    python benchmarks/cifar.py --report-only FOLDER ...         (the record, with what is finished there)

Resumable: finished runs are kept in FOLDER, the same command does what is missing. Seed 0 chooses: it is trained at
three rates, a factor sqrt(10) apart, around a guess for each c, and at more of them while the best is the outermost.
The other seeds judge: they are trained at the best rate of seed 0, and seed 0 counts for nothing else. DIR holds
`cifar-100-binary`.

Written to --out: cifar.csv, one row per run; cifar.md, what it says (`measured/real_images.py`); and --picture. A row
stays in cifar.csv when the folder of its run is gone; a run that is finished in FOLDER takes the place of an equal one.
"""

from provenance import provenance  # isort: skip  (before numpy: one BLAS thread)

import argparse
import csv
import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from measured.cifar_picture import figure
from measured.cifar_record import COLUMNS, COUNTS, DESIGN, RUN, Curve, read
from measured.real_images import real_images

from fls_teach import plotting
from fls_teach.files import replacing
from fls_teach.processors import cores
from fls_teach.vision.run import Run
from fls_teach.vision.sweep import store

COMMON = Run(
    model="cnn5", width=16, data="cifar100", n=2000, n_test=0, classes=10, image_size=32,
    momentum=0.9, batch=16, schedule="cosine", warmup=1, epochs=40, evaluate="near", test_every=2,
)  # fmt: skip
"""Plain SGD in batches of 64 fits no more than 65% of these training images in 60 epochs, at any c and rate tried."""
LOG2_C = (0, -4, 4, -8, 2, -2, -6, -10)
"""In this order: the middle and the ends first."""
SEEDS = range(5)
LONGER = 3
"""In the part of this name the budget is so many times longer."""
LOWEST, HIGHEST = -10, 4
"""Of the exponents k of a rate 10^(k/2)."""
ROUNDS = 4
"""Most rounds in which seed 0 is given more rates."""


@dataclass(frozen=True)
class Network:
    """What is trained of one network."""

    common: Run
    some_c: tuple = LOG2_C
    seeds: range = SEEDS
    decide_only: bool = False
    """Whether the other seeds judge only where it decides: at both ends, and at the best c inside for seed 0."""


PARTS = {
    "cnn5": Network(COMMON),
    "longer": Network(COMMON, seeds=range(9)),
    "resnet18": Network(replace(COMMON, model="resnet18", width=8, epochs=20), decide_only=True),
}
"""`longer` asks whether cnn5's fall to large FLS is one of speed: judging seeds with both budgets, plain, at the
smallest c and the best, at the rates that the record names. Three seeds did not tell, so there are eight."""


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
        self.chosen = {}
        """Cell -> exponent of the rate and peak accuracy of the best run that counts, as in the report's `Curve`."""

    def runs(self):
        """Runs of seed 0 at all rates so far."""
        return [self._run(cell, k, 0) for cell, tried in self.tried.items() for k in sorted(tried)]

    def runs_of(self, seed, decide_only=False):
        """Runs of another seed: at the best rates of seed 0; `decide_only` as in `Network`."""
        cells = self._deciding() if decide_only else self.chosen
        return [self._run(cell, self.chosen[cell][0], seed) for cell in cells]

    def learn(self, trained):
        """Choose the best rates, given Run -> what became of it; whether some were outermost, and got more."""
        more = False
        for cell, tried in self.tried.items():
            ended = {k: trained.get(self._run(cell, k, 0)) for k in sorted(tried)}
            counting = {k: each["peak_test_accuracy"] for k, each in ended.items() if each["status"] in COUNTS}
            if counting:
                best = max(counting, key=counting.get)
                self.chosen[cell] = best, counting[best]
            towards = self._towards(ended, counting)
            beyond = {k for k in (towards - 1, towards + 1) if LOWEST <= k <= HIGHEST} - tried
            tried |= beyond
            more |= bool(beyond)
        return more

    def _towards(self, ended, counting):
        """The exponent on both sides of which there should be others."""
        learned = {k: peak for k, peak in counting.items() if peak > 1.5 / self.common.n_classes}
        if learned:
            return max(learned, key=learned.get)
        slow = all(each["status"] == "budget" for each in ended.values())
        return max(ended) if slow else min(ended)  # too slow wants larger steps; dead and diverged smaller ones

    def _deciding(self):
        cells = []
        for centred in (False, True):
            each = sorted(cell for cell in self.chosen if cell[0] == centred)
            inside = sorted(each[1:-1], key=lambda cell: -self.chosen[cell][1])[:1]
            cells += dict.fromkeys([*each[:1], *inside, *each[-1:]])
        return cells

    def _run(self, cell, k, seed):
        centred, c = cell
        return replace(self.common, c=2.0**c, centred=centred, lr=rate(k), seed=seed)


def train(network, folder, data_dir):
    """Search with seed 0, then train the other seeds; what is finished in `folder` is not done again."""
    search = Search(network.common, network.some_c)
    for _ in range(ROUNDS):
        if not search.learn(trained(search.runs(), folder, data_dir)):
            break
    for seed in network.seeds[1:]:
        trained(search.runs_of(seed, network.decide_only), folder, data_dir)
        print(f"{network.common.model}: seed {seed} is finished", file=sys.stderr)


def trained(runs, folder, data_dir):
    """Run -> what became of it; only what is missing in `folder` is trained.

    Raises
    ------
    ValueError
        In one sentence, if a run failed or is another process's: without it nothing can be chosen.
    """
    from fls_teach.vision.sweep.sweep import sweep

    ways = {"engine": "processes", "jobs": cores(), "device": "cpu", "data_dir": data_dir, "all_cells": True}
    say = lambda sentence: print(sentence, file=sys.stderr)  # noqa: E731
    records = sweep(runs, folder, **ways, say=say).records
    if len(records) < len(runs):
        raise ValueError(
            f"{len(runs) - len(records)} of {len(runs)} runs are not finished: they failed, or another process has them"
        )
    return {Run(**each["run"]): each["trained"] for each in records}


def longer(network, rows):
    """The runs of the part `longer`: for each judging seed the smallest c and the best inside for seed 0, both budgets.

    What `rows` have of the shorter budget is left out.

    Raises
    ------
    ValueError
        In one sentence, if the rows do not say at which rates, or which c is best.
    """
    common = network.common
    known = [row for row in rows if [row[name] for name in DESIGN] == design(common) and not row["centred"]]
    curve = Curve(known, centred=0)
    if len(curve.log2_c) < 3 or set(curve.log2_c) - set(curve.rates):
        raise ValueError(f"there are no rates for the part 'longer' yet; first finish {common.model} with seed 0")
    trained = {(row["log2_c"], row["lr"], row["seed"]) for row in known}
    runs = []
    for seed in network.seeds[1:]:
        for c in (curve.log2_c[0], curve.best_inside()):
            short = replace(common, c=2.0**c, lr=curve.rates[c], seed=seed)
            runs += [] if (c, short.lr, seed) in trained else [short]
            runs.append(replace(short, epochs=LONGER * common.epochs))
    return runs


def design(run):
    """Values of `DESIGN` of a run."""
    return [run.model, run.width, run.n, run.momentum, run.batch, run.schedule, run.epochs]


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
            values = [*design(run), int(run.centred), math.log2(run.c), run.lr, run.seed, ended["status"]]
            values += [ended["epochs"], ended["peak_test_accuracy"], ended["final_test_accuracy"]]
            found.append(dict(zip(COLUMNS, [*values, ended["train_accuracy"][-1]], strict=True)))
    if not found:
        raise ValueError(f"there is no finished run on CIFAR-100 in {', '.join(map(str, folders))}")
    return found


def merged(folders, record):
    """Rows of the CSV `record`, if there is one, and of the finished runs in `folders`, which replace equal ones."""
    known = read(record) if record.exists() else []
    found = {tuple(row[name] for name in RUN): row for row in [*known, *(rows(folders) if folders else [])]}
    return sorted(found.values(), key=lambda row: [row[name] for name in COLUMNS])


def report(folders, out, picture):
    """Add what is finished in `folders` to cifar.csv; write cifar.md and the picture of all that is in it."""
    out.mkdir(parents=True, exist_ok=True)
    found = merged(folders, out / "cifar.csv")
    with replacing(out / "cifar.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        lines.writeheader()
        lines.writerows({**row, "log2_c": f"{row['log2_c']:g}"} for row in found)
    found, where = read(out / "cifar.csv"), provenance()
    text = f"# Real images: c on CIFAR-100\n\n{real_images(found)}\n\nReported {where['date']}, {where['cpu']}, "
    text += f"{where['cores']} cores, Python {where['python']}, commit {where['commit']}.\n"
    (out / "cifar.md").write_text(text, encoding="utf-8")
    plotting.write_png(figure(found), picture)
    print(text)


def main():
    """Train and report, or report alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder that holds cifar-100-binary")
    parser.add_argument("--runs", type=Path, help="folder for finished runs")
    parser.add_argument("--out", type=Path, help="for cifar.csv and cifar.md: benchmarks/results; with --quick --runs")
    parser.add_argument("--picture", type=Path, help="docs/cifar.png; with --quick in --runs")
    parser.add_argument("--epochs", type=int, help="budget of a run of seed 0, in place of the network's own")
    parser.add_argument("--quick", action="store_true", help="one tiny network, one seed, three c")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="all by default, in this order")
    parser.add_argument(
        "--report-only", type=Path, nargs="*", metavar="FOLDER", help="add what is finished there; train nothing"
    )
    asked = parser.parse_args()
    folder, root, training = asked.runs, Path(__file__).parents[1], asked.report_only is None
    if training and None in (folder, asked.data_dir):
        parser.error("name the images with --data-dir and a folder for the runs with --runs; or give --report-only")
    parts = {name: PARTS[name] for name in asked.parts}
    if asked.quick:
        tiny = Network(replace(COMMON, width=2, n=100, epochs=2), (-2, 0, 2), range(1))
        parts = {"quick": tiny}
    out = asked.out or (folder if asked.quick else root / "benchmarks" / "results")
    try:
        for name, network in parts.items() if training else ():
            if asked.epochs:
                network = replace(network, common=replace(network.common, epochs=asked.epochs))
            if name == "longer":
                known = merged([folder] if store.read(folder) else [], out / "cifar.csv")
                trained(longer(network, known), folder, asked.data_dir)
            else:
                train(network, folder, asked.data_dir)
        report(
            [folder] if training else asked.report_only,
            out,
            asked.picture or (folder if asked.quick else root / "docs") / "cifar.png",
        )
    except ValueError as problem:
        parser.error(str(problem))


if __name__ == "__main__":
    main()
