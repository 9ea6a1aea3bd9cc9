"""What a CPU makes of the CNN experiments: a sweep in two processes, and train_one beside a plain DataLoader loop.

    python benchmarks/vision_cpu.py --out benchmarks/results           (5 minutes or so on two idle cores)
    python benchmarks/vision_cpu.py --runs 4 --epochs 2 --trials 1     (does it work?)

Measured on 2 cores of an AMD EPYC, one trial, before training images were kept normalised (results/vision_cpu.md): two
jobs are 1.79 times as fast as one (goal: 1.7), train_one 1.17 times as fast as the loop. That loop since, 15 trials
of 12 epochs on a busy machine (load 13): train_one 1.30 (1.26 to 1.46; goal: 1.3) times as fast, with few evaluations
1.89 (1.66 to 2.20). Four fifths of train_one's time are oneDNN's convolutions.

* sweep: `fls sweep --engine processes` on `--runs` five-layer CNNs (width 16, 512 images of 16x16, evaluations on 512 +
  1,000) of `--epochs` epochs each, wall time of the whole command: imports and the start of processes are in it.
* loop: one such run of `--epochs` epochs on one core, in processor time, against the loop that everyone writes:
  normalised float images in a TensorDataset, a shuffling DataLoader, torch.optim.SGD, an evaluation after each epoch
  in batches of the same size as train_one's, under no_grad. The same network, batch, steps and number of evaluations.

Trials are interleaved; medians are reported, and the range of the ratios.
"""

from provenance import arguments, table, write  # isort: skip  (before numpy: one BLAS thread)

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from statistics import median

import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from fls_teach.vision.data.load import load_data
from fls_teach.vision.models.build import build_for
from fls_teach.vision.run import Run
from fls_teach.vision.training.train import EVALUATION_BATCH, train_run

ALL_EPOCHS = 1e-9
"""A training risk that nothing reaches: every run takes all its epochs."""


def sweep_seconds(jobs, runs, epochs):
    """Wall time of `fls sweep` with so many processes."""
    rates = ",".join(f"{0.01 + 0.001 * i:.3f}" for i in range(runs))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        grid = f"--c 1 --lr {rates} --seeds 1 --stop train-risk --target {ALL_EPOCHS} --epochs {epochs}"
        where = f"--device cpu --engine processes --jobs {jobs} --out {folder}"
        command = [sys.executable, "-m", "fls_teach", "sweep", *grid.split(), *where.split()]
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - start


def ours(run, data):
    """The run by train_one."""
    train_run(run, data)


def few_evaluations(run, data):
    """The same steps; training images are evaluated near the target alone, test images after every fourth epoch."""
    train_run(replace(run, evaluate="near", test_every=4), data)


def plain_loop(run, data):
    """The same by the loop that everyone writes."""
    model, normalise = build_for(run), data.normaliser()
    train, test = (TensorDataset(normalise(part.pixels), part.labels) for part in (data.train, data.test))
    batches = DataLoader(train, run.batch, shuffle=True)
    checks = [DataLoader(part, EVALUATION_BATCH["cpu"]) for part in (train, test)]
    optimiser = torch.optim.SGD(model.parameters(), lr=run.lr)

    def evaluate():
        model.eval()
        with torch.no_grad():
            for images, labels in (batch for check in checks for batch in check):
                outputs = model(images)
                cross_entropy(outputs, labels, reduction="sum").item(), (outputs.argmax(1) == labels).sum().item()

    evaluate()
    for _ in range(run.epochs):
        model.train()
        for images, labels in batches:
            optimiser.zero_grad()
            cross_entropy(model(images), labels).backward()
            optimiser.step()
        evaluate()


def processor_seconds(function, *args):
    """Of this process."""
    start = time.process_time()
    function(*args)
    return time.process_time() - start


def interleaved(trials, **candidates):
    """Name -> seconds of each trial; every trial asks each candidate once."""
    seconds = {name: [] for name in candidates}
    for _ in range(trials):
        for name, candidate in candidates.items():
            seconds[name].append(candidate())
    return seconds


def measure(runs, epochs, trials):
    """All numbers of the report."""
    torch.set_num_threads(1)
    run = Run(epochs=epochs, lr=0.01, stop="train-risk", target=ALL_EPOCHS)
    data = load_data(run)
    for warm_up in (ours, plain_loop):
        warm_up(Run(epochs=1, lr=0.01), data)
    return {
        "torch": torch.__version__, "runs": runs, "epochs": epochs, "trials": trials,
        "sweep": interleaved(
            trials, **{f"{jobs} jobs": lambda jobs=jobs: sweep_seconds(jobs, runs, epochs) for jobs in (1, 2)}
        ),
        "loop": interleaved(
            trials, plain=lambda: processor_seconds(plain_loop, run, data),
            train_one=lambda: processor_seconds(ours, run, data),
            few=lambda: processor_seconds(few_evaluations, run, data),
        ),
    }  # fmt: skip


def text(numbers):
    """The report, in Markdown."""
    rows = []
    sweep, loop = numbers["sweep"], numbers["loop"]
    pairs = (
        ("sweep", sweep, "1 jobs", "2 jobs", 1.7),
        ("loop", loop, "plain", "train_one", 1.3),
        ("loop", loop, "plain", "few", 1.3),
    )
    for part, seconds, slow, fast, goal in pairs:
        before, after = seconds[slow], seconds[fast]
        ratios = [a / b for a, b in zip(before, after, strict=True)]
        rows.append(
            [
                part, f"{slow}: {median(before):.2f}", f"{fast}: {median(after):.2f}", f"{median(ratios):.2f}",
                f"{min(ratios):.2f} to {max(ratios):.2f}", f"{goal:g}",
            ]
        )  # fmt: skip
    heads = ["", "seconds", "seconds", "ratio", "range", "goal"]
    trials, epochs, runs = (numbers[name] for name in ("trials", "epochs", "runs"))
    return f"""# CNN experiments on a CPU

{trials} interleaved trials, torch {numbers["torch"]}; five-layer CNNs of width 16 on 512 images of 16x16, evaluated on
those and 1,000 more after each of {epochs} epochs. sweep: {runs} runs by `fls sweep`, wall time of the whole command.
loop: one run by train_one and by a plain DataLoader loop, processor time on one core; few: by train_one with training
images evaluated near the target alone, which no epoch is, and test images after every fourth epoch.

{table(heads, rows)}"""


if __name__ == "__main__":
    options = arguments(__doc__, runs=24, epochs=60, trials=3)
    numbers = measure(options.runs, options.epochs, options.trials)
    write(options.out, "vision_cpu", numbers, text(numbers))
