"""ResNet-18 on CIFAR-100 for vision_gpu.py: one run in several arithmetics, and as much of a heatmap as time allows."""

from provenance import table  # isort: skip  (before numpy: one BLAS thread)

import contextlib
import math
import time
from dataclasses import replace
from statistics import median

import torch
from torch.utils.flop_counter import FlopCounterMode

from fls_teach.vision.data.load import load_data
from fls_teach.vision.models.build import build_for
from fls_teach.vision.sweep import grid, store
from fls_teach.vision.sweep.sweep import sweep
from fls_teach.vision.training.train import train_one

LIKELY_UNREACHED = 1.0  # a training accuracy that no run of a few epochs has: all do the same number of steps


def compiled(function):
    """Compiled where a GPU makes it worth the wait; elsewhere only traced."""
    return torch.compile(function, backend="inductor" if torch.cuda.is_available() else "eager")


def train_model(run, data, prepare, epochs=None):
    """`train_run` with `prepare` applied to the network on the device."""
    model = prepare(build_for(run).to(data.train.pixels.device))
    return train_one(model, data, run if epochs is None else replace(run, epochs=epochs))


def seconds(function):
    """Wall time; every run ends with numbers on the CPU, so the GPU is waited for."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def settings(part):
    """What the runs of a part share."""
    return ", ".join(f"{name} {value}" for name, value in part["settings"].items())


# ------------------------------------------------------------------ resnet: one run


def part_resnet(size, options):
    """Images per second, the evaluations in between included, and the share of the card's matrix rate."""
    (run,) = grid.runs(**size["resnet"], target=LIKELY_UNREACHED)
    data = load_data(run, options.data_dir, device=options.device)
    bf16 = replace(run, precision="bf16", channels_last=options.device == "cuda")  # a CPU always has that layout
    few = replace(bf16, evaluate="near", test_every=run.epochs)
    ways = {
        "float32": (run, lambda model: model),
        "bf16, channels_last": (bf16, lambda model: model),
        "float32, compiled": (run, compiled),
        "bf16, channels_last, compiled": (bf16, compiled),
        "bf16, channels_last, compiled, few evaluations": (few, compiled),
    }
    (forwards, step), rate, rows = work_per_image(run), _matrix_rate(size["matrix"], options.device), {}
    for name, (way, prepare) in ways.items():
        train_model(way, data, prepare, epochs=1)
        trials = [seconds(lambda: train_model(way, data, prepare)) for _ in range(size["trials"])]  # noqa: B023
        took, done = median(spent for spent, _ in trials), trials[-1][1]
        on_train = done.epochs + 1 if way.evaluate == "every" else 2  # far from the target: before and after training
        evaluated = on_train * len(data.train) + len(way.tested(done.epochs)) * len(data.test)
        trained = done.epochs * len(data.train)
        rows[name] = {
            "images_per_second": [trained / spent for spent, _ in trials],
            "share": (trained * step + evaluated * forwards) / took / rate,
            "train_risk": done.train_risk,
            "status": done.status,
        }
    return {
        "rows": rows,
        "flop_per_image": {"evaluation": forwards, "training": step},
        "bf16_flop_per_second": rate,
        "train_images": len(data.train),
        "settings": size["resnet"],
    }


def work_per_image(run):
    """Floating-point operations for an image, two for a multiplication and addition: (forwards, a training step)."""
    model, images = build_for(run), torch.zeros(2, 3, run.image_size, run.image_size)
    with FlopCounterMode(display=False) as counter:
        logits = model(images)
        forwards = counter.get_total_flops()
        logits.sum().backward()
    return forwards / len(images), counter.get_total_flops() / len(images)


def _matrix_rate(side, device):
    """The best of ten products of square bf16 matrices, operations per second."""
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))

    def product():
        float((a @ b)[0, 0])  # waits for it

    product()
    return 2 * side**3 / min(seconds(product)[0] for _ in range(10))


def text_resnet(part):
    """The table of one run."""
    rows = [
        [name, f"{median(row['images_per_second']):,.0f}", f"{row['share']:.1%}", f"{row['train_risk'][-1]:.3f}"]
        for name, row in part["rows"].items()
    ]
    work = {name: f"{flop / 1e9:.3g}" for name, flop in part["flop_per_image"].items()}
    return f"""## ResNet-18: one run

{table(["arithmetic", "images per second", "share of the bf16 matrix rate", "training risk in the end"], rows)}

{settings(part)}, {part["train_images"]:,} training images. Images trained on per second. In the time and in the share
are evaluations, of all images before training and after each epoch or, where few, before and after training alone. A
training step is {work["training"]} GFLOP per image, an evaluation {work["evaluation"]}; the card multiplies bf16
matrices at {part["bf16_flop_per_second"] / 1e12:.3g} TFLOP/s."""


# ------------------------------------------------------------------ heatmap: as much as there is time for


class Enough(BaseException):
    """The time is over; not an Exception, which a sweep would take for the failure of a run."""


def part_heatmap(size, options):
    """Trains, in stacks, what `options.minutes` allow of what its folder does not hold yet."""
    folder, deadline = options.out / "vision_gpu_heatmap", time.monotonic() + 60 * options.minutes
    runs, before = grid.runs(**size["heatmap"]), len(store.read(folder))

    def progress(fraction, what):
        if time.monotonic() > deadline:
            raise Enough

    def train():
        with contextlib.suppress(Enough):
            progress(0, "")
            sweep(runs, folder, engine="fused", data_dir=options.data_dir, all_cells=True, progress=progress)

    spent, _ = seconds(train)
    finished = store.read(folder)
    records = [finished[run] for run in runs if run in finished]
    return {
        "runs": len(runs),
        "cells": [{name: record["run"][name] for name in ("c", "lr", "seed")} | _outcome(record) for record in records],
        "done_now": len(finished) - before,
        "seconds": spent,
        "settings": {name: value for name, value in size["heatmap"].items() if name not in ("c", "lr", "seed")},
    }


def _outcome(record):
    return {name: record["trained"][name] for name in ("status", "epochs", "peak_test_accuracy")}


def text_heatmap(part):
    """Peak test accuracies, c down and lr across, means over the seeds that are done."""
    cells = {}
    for cell in part["cells"]:
        cells.setdefault((cell["c"], cell["lr"]), []).append(cell)
    rates = sorted({lr for _, lr in cells})
    rows = [
        [f"2^{math.log2(c):g}", *(_cell(cells.get((c, lr), [])) for lr in rates)] for c in sorted({c for c, _ in cells})
    ]
    left, done, minutes = part["runs"] - len(part["cells"]), part["done_now"], part["seconds"] / 60
    rest = f"; at this pace the {left} that are left take {left * minutes / done:.0f} minutes" if left and done else ""
    return f"""## ResNet-18: c and learning rate

{table(["c", *(f"lr {lr:g}" for lr in rates)], rows)}

Peak test accuracy, mean over seeds (how many); d: some diverged, b: some did not reach the target within the budget.
{settings(part)}. {len(part["cells"])} of {part["runs"]} runs are done, {done} of them this time in {minutes:.1f}
minutes{rest}."""


def _cell(runs):
    if not runs:
        return ""
    mean = sum(run["peak_test_accuracy"] for run in runs) / len(runs)
    marks = "".join(
        mark for mark, status in (("d", "diverged"), ("b", "budget")) if status in [r["status"] for r in runs]
    )
    return f"{mean:.4f} ({len(runs)}) {marks}".strip()
