"""What the fused engine's own devices are worth, for vision_gpu.py: places that are filled again, and CUDA graphs."""

from provenance import table  # isort: skip  (before numpy: one BLAS thread)

import itertools
from dataclasses import replace
from statistics import median
from unittest import mock

import resnet18

from fls_teach.vision.data.load import load_data
from fls_teach.vision.sweep import grid
from fls_teach.vision.training import fused, graphs


def part_stacks(size, options):
    """Seconds of runs of unlike lengths in two stacks and in one that is refilled; of a small stack with a graph."""
    runs = grid.runs(**size["stacks"], target=resnet18.LIKELY_UNREACHED)
    lengths = itertools.cycle(size["lengths"])
    runs = [replace(run, epochs=epochs) for run, epochs in zip(runs, lengths, strict=False)]
    half, small = len(runs) // 2, [replace(run, **size["small"]) for run in runs[:8]]
    data, few = load_data(runs[0], device=options.device), load_data(small[0], device=options.device)

    def kernel_by_kernel():
        with mock.patch.object(graphs, "can_capture", lambda device: False):
            return fused.train_stack(small, few)

    methods = {
        "two stacks": lambda: [fused.train_stack(part, data) for part in (runs[:half], runs[half:])],
        "one stack, refilled": lambda: fused.train_stack(runs, data, places=half),
        "small stack": lambda: fused.train_stack(small, few),
        "small stack, kernel by kernel": kernel_by_kernel,
    }
    for method in methods.values():
        method()
    took = {name: [] for name in methods}
    for _ in range(size["trials"]):
        for name, method in methods.items():
            took[name].append(resnet18.seconds(method)[0])
    settings = {name: value for name, value in size["stacks"].items() if name not in ("c", "lr")}
    return {
        "runs": len(runs),
        "lengths": size["lengths"],
        "small": size["small"],
        "settings": settings,
        "seconds": took,
    }


def text_stacks(part):
    """The table of stacks."""
    rows = []
    for first, second in (("two stacks", "one stack, refilled"), ("small stack, kernel by kernel", "small stack")):
        before, after = (part["seconds"][name] for name in (first, second))
        ratios = [a / b for a, b in zip(before, after, strict=True)]
        spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        rows.append([f"{first}: {median(before):.2f}", f"{second}: {median(after):.2f}", spread])
    small = ", ".join(f"{name} {value}" for name, value in part["small"].items())
    return f"""## Stacks

{table(["seconds", "seconds", "ratio"], rows)}

{part["runs"]} five-layer CNNs, half of them at a time: {resnet18.settings(part)}, of {part["lengths"]} epochs in turn.
The small stack: 8 of them with {small}; its steps are replayed as a CUDA graph where there is a GPU."""
