"""What a GPU makes of the CNN experiments: sweeps in one set of kernels, and ResNet-18 on CIFAR-100.

    python benchmarks/vision_gpu.py --part sweep --part stacks --part resnet --data-dir CIFAR     (not timed yet)
    python benchmarks/vision_gpu.py --part heatmap --minutes 9 --data-dir CIFAR                    (again: it goes on)
    python benchmarks/vision_gpu.py --quick --out DIR                                              (does it work?)

Measured on one NVIDIA H200 (results/vision_gpu.md), 3 trials, with the engine of commit fea04ac: a sweep takes one
network after another 5.0 (4.9 to 5.2) times as long as fused, and compiled, which does not pay for so few epochs, 6.8
times. ResNet-18 trains on 11,700 images per second, 14,000 in bf16 and compiled: 8 to 9% of the card's matrix rate.

Not measured on a GPU is what came since: grouped convolutions without vmap, images kept normalised with channels last,
refilled stacks, CUDA graphs, few evaluations, bf16 of a stack, the heatmap. On a CPU all of it runs and is tested.

The goals, and what is timed:

* sweep: 64 five-layer CNNs (width 64, 32x32, n = 10,000) at least 5 times as fast fused as one after another with the
  same code, 15 times with few evaluations in bf16, and at least 2 times as fast as one after another compiled. A few
  epochs with an evaluation after each; the loops do a sample of the runs. Interleaved trials after a warm-up, which has
  the compilation in it.
* stacks: runs of unlike lengths in two stacks and in one that is refilled; a small stack with and without a graph.
* resnet: ResNet-18 on all of CIFAR-100: images per second of one run, and its floating-point work as a share of the
  card's measured bf16 matrix rate (goal: 20%). Evaluations are counted in both.
* heatmap: ResNet-18 without a norm on 5,000 images of CIFAR-100 over 13 c, 4 rates and 2 seeds, as `fls sweep --engine
  fused` runs it, for --minutes. What is finished is kept. `fls plot` on its folder draws the heatmap.

Each part is saved when it is done. --quick tries all of it on little, on any machine.
"""

from provenance import provenance, table, write  # isort: skip  (before numpy: one BLAS thread)

import argparse
import contextlib
import json
from dataclasses import replace
from pathlib import Path
from statistics import median

import resnet18
import stacks
import torch

from fls_teach.vision.data.load import load_data
from fls_teach.vision.sweep import grid
from fls_teach.vision.training import fused
from fls_teach.vision.training.train import train_run

CIFAR = {"data": "cifar100", "n": 0, "n_test": 0, "classes": 100, "image_size": 32}
RESNET = {"model": "resnet18", "norm": "batch", "batch": 128}
FULL = {
    "sweep": {
        "width": 64, "image_size": 32, "n": 10_000, "c": grid.powers_of_two("-13:2"), "lr": (0.01, 0.03, 0.1, 0.3),
        "epochs": 2,
    },
    "resnet": {**CIFAR, **RESNET, "width": 64, "epochs": 3},
    "stacks": {"width": 64, "image_size": 32, "n": 2_000, "c": grid.powers_of_two("-13:2"), "lr": (0.01, 0.02, 0.03)},
    "lengths": (1, 2, 3, 8), "small": {"width": 16, "image_size": 16, "n": 512, "epochs": 20},
    "heatmap": {
        **CIFAR, "model": "resnet18", "norm": "none", "batch": 128, "width": 64, "n": 5_000, "precision": "bf16",
        "evaluate": "near", "test_every": 10, "epochs": 30, "c": grid.powers_of_two("-10:2"),
        "lr": (0.003, 0.01, 0.03, 0.1), "seed": (0, 1),
    },
    "sample": 8, "trials": 3, "matrix": 8192,
}  # fmt: skip
_LITTLE = {"width": 4, "image_size": 8, "n": 48, "n_test": 20, "epochs": 1}
QUICK = {
    "sweep": {**_LITTLE, "c": (0.5, 1.0), "lr": (0.01, 0.1)},
    "resnet": {**_LITTLE, **RESNET, "batch": 16},
    "stacks": {**_LITTLE, "c": (0.5, 1.0), "lr": (0.01, 0.1)},
    "lengths": (1, 2), "small": {"epochs": 2},
    "heatmap": {**_LITTLE, "model": "resnet18", "batch": 16, "c": (0.25, 1.0), "lr": 0.01, "seed": (0, 1)},
    "sample": 2, "trials": 1, "matrix": 64,
}  # fmt: skip


# ------------------------------------------------------------------ sweep: fused against loops


def part_sweep(size, options):
    """Seconds of all runs by each method; loops from a sample."""
    runs = grid.runs(**size["sweep"], target=resnet18.LIKELY_UNREACHED)
    data = load_data(runs[0], device=options.device)
    sample = runs[:: max(1, len(runs) // size["sample"])]
    few = [replace(run, evaluate="near", test_every=run.epochs) for run in runs]
    methods = {
        "fused": lambda: fused.train_stack(runs, data),
        "fused, few evaluations": lambda: fused.train_stack(few, data),
        "fused, few evaluations, bf16": lambda: fused.train_stack(
            [replace(run, precision="bf16") for run in few], data
        ),
        "loop": lambda: [train_run(run, data) for run in sample],
        "loop, compiled": lambda: [resnet18.train_model(run, data, resnet18.compiled) for run in sample],
    }
    warm = {name: resnet18.seconds(method)[0] for name, method in methods.items()}
    took, found = {name: [] for name in methods}, {}
    for _ in range(size["trials"]):  # interleaved: whatever slows the machine slows all of them
        for name, method in methods.items():
            spent, found[name] = resnet18.seconds(method)
            took[name].append(spent * len(runs) / len(found[name]))
    in_stack = dict(zip(runs, found["fused"], strict=True))
    differences = [
        abs(in_stack[run].train_risk[1] / alone.train_risk[1] - 1)
        for run, alone in zip(sample, found["loop"], strict=True)
        if min(in_stack[run].epochs, alone.epochs)
    ]
    return {
        "runs": len(runs),
        "sample": len(sample),
        "settings": {name: value for name, value in size["sweep"].items() if name not in ("c", "lr")},
        "warm_up_seconds": warm,
        "seconds": took,
        "diverged": sum(run.status == "diverged" for run in found["fused"]),
        "difference_after_one_epoch": max(differences, default=None),
    }


def text_sweep(part):
    """The table of the sweep."""
    rows, ours = [], part["seconds"]["fused"]
    for name, took in part["seconds"].items():
        ratios = [a / b for a, b in zip(took, ours, strict=True)]
        spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        rows.append([name, f"{median(took):.2f}", spread, f"{part['warm_up_seconds'][name]:.1f}"])
    difference = part["difference_after_one_epoch"]
    risk = "cannot be compared" if difference is None else f"differs by at most {difference:.1e} of itself"
    return f"""## A sweep of {part["runs"]} five-layer CNNs

{table(["method", "seconds", "times the fused engine", "warm-up, seconds"], rows)}

{resnet18.settings(part)}. Loops: {part["sample"]} of the runs, scaled to all. Training risk after one epoch
{risk} between fused and loop; {part["diverged"]} runs diverged. Goals: the loop at least 5, the compiled loop at least
2 times as long."""


# ------------------------------------------------------------------


PARTS = {
    "sweep": (part_sweep, text_sweep),
    "stacks": (stacks.part_stacks, stacks.text_stacks),
    "resnet": (resnet18.part_resnet, resnet18.text_resnet),
    "heatmap": (resnet18.part_heatmap, resnet18.text_heatmap),
}


def machine(device):
    """What `provenance` does not record."""
    return {
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "tf32_convolutions": torch.backends.cudnn.allow_tf32,
    }


def text(numbers):
    """The report, in Markdown."""
    sections = []
    for name, (_, section) in PARTS.items():
        if name in numbers["parts"]:
            part = numbers["parts"][name]
            where = part["measured"]
            taken = f"{where['date']}, {where['device']}, torch {where['torch']}, commit {where['commit']}"
            sections.append(f"{section(part)}\n\n*{taken}.*")
    note = "**A quick run on little: it says that the script works, and no more.**\n\n" if numbers["quick"] else ""
    return f"# The CNN experiments on a GPU\n\n{note}" + "\n\n".join(sections)


def main():
    """Measure the parts that were asked for, and save after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder for the results; default: results/ beside this file")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this one; may be repeated")
    parser.add_argument("--data-dir", type=Path, help="the folder that holds cifar-100-binary")
    parser.add_argument("--minutes", type=float, default=60, help="for the heatmap; default 60")
    parser.add_argument("--quick", action="store_true", help="a small run of everything, into --out, which it needs")
    options = parser.parse_args()
    options.device = "cuda" if torch.cuda.is_available() else "cpu"
    parts, size = options.part or list(PARTS), QUICK if options.quick else FULL
    if options.quick and options.out is None:
        parser.error("--quick measures nothing worth keeping: name an --out for it")
    if not options.quick and options.device == "cpu":
        parser.error("there is no GPU that torch can use; --quick tries the script on a CPU")
    if not options.quick and options.data_dir is None and not set(parts) <= {"sweep", "stacks"}:
        parser.error("resnet and heatmap need --data-dir, the folder that holds cifar-100-binary")
    options.out = options.out or Path(__file__).parent / "results"
    numbers = {"quick": options.quick, "parts": {}}
    with contextlib.suppress(OSError, ValueError):
        before = json.loads((options.out / "vision_gpu.json").read_text(encoding="utf-8"))
        if before["quick"] == options.quick:
            numbers["parts"] = before["parts"]
    for name in parts:
        measured = provenance() | machine(options.device)
        numbers["parts"][name] = PARTS[name][0](size, options) | {"measured": measured}
        write(options.out, "vision_gpu", numbers, text(numbers))


if __name__ == "__main__":
    main()
