"""Discrete training of many small networks: one batch against a loop over networks and against torch.

    python benchmarks/training.py --out benchmarks/results

A step is one full-batch step of gradient descent. "one by one" calls `train` for each network; torch trains by autograd
and torch.optim.SGD, each network by itself or all of them in one batched product. All take the same steps from the same
starts, and must end at the same weights. The second table follows gradient flow to a target risk by `FlowSteps`, at
alphas from 2^-12 to 2^3. Times are processor time of one thread.
"""

from provenance import arguments, table, write  # isort: skip  (before numpy: one BLAS thread)

import time

import numpy as np

from fls_teach.theory import (
    SGD,
    FlowSteps,
    GaussianMixture,
    balanced_init,
    balanced_init_classes,
    gradient_flow,
    second_layer,
    train,
)

LOG2_ALPHA = np.arange(-12, 4)
LR, TARGET = 0.05, 0.05
SIZES = {"one output": (10, 20, 50, None), "3 classes": (12, 20, 100, 3)}  # n, d, h, K


def problems(n, d, h, n_classes, n_runs):
    """X, y, W, V of as many runs, at alpha = 1/2."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_runs, n, d))
    starts = [
        balanced_init(h, d, 0.5, rng) if n_classes is None else balanced_init_classes(h, d, n_classes, 0.5, rng)
        for _ in range(n_runs)
    ]
    W, V = (np.array(part) for part in zip(*starts, strict=True))
    if n_classes is None:
        return X, rng.choice([-1.0, 1.0], (n_runs, n)), W, second_layer(W, V)
    return X, rng.integers(0, n_classes, (n_runs, n)), W, V


def torch_training(X, y, W, V, n_steps):
    """The same steps by torch, for networks along a leading axis: final W, or None without torch."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    X, y = torch.tensor(X), torch.tensor(y)
    weights = [torch.tensor(part, requires_grad=True) for part in (W, V)]
    optimizer, classes = torch.optim.SGD(weights, LR), V.ndim == 3
    for _ in range(n_steps):
        optimizer.zero_grad()
        hidden = torch.relu(X @ weights[0].mT)
        if classes:
            f = hidden @ weights[1].mT
            loss = torch.nn.functional.cross_entropy(f.flatten(0, 1), y.flatten(), reduction="sum")
        else:
            loss = -torch.nn.functional.logsigmoid(y * (hidden @ weights[1][..., None])[..., 0]).sum()
        (loss / X.shape[1]).backward()
        optimizer.step()
    return weights[0].detach().numpy()


def timed(function):
    """(processor time in seconds, result)."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def step_times(n_runs, n_steps, n_trials):
    """Microseconds per network and step, trial by trial, for every size and method."""
    report = {}
    for size, shape in SIZES.items():
        X, y, W, V = problems(*shape, n_runs)
        options = {"loss": "logistic" if shape[3] is None else "cross_entropy", "max_steps": n_steps}
        methods = {
            "`train`, one batch": lambda: train(X, y, W, V, SGD(LR), **options).W,  # noqa: B023  (called at once)
            "`train`, one by one": lambda: np.array(
                [train(*run, SGD(LR), **options).W for run in zip(X, y, W, V, strict=True)]  # noqa: B023
            ),
            "torch, one batch": lambda: torch_training(X, y, W, V, n_steps),  # noqa: B023
            "torch, one by one": lambda: _each(torch_training, (X, y, W, V), n_steps),  # noqa: B023
        }
        seconds, ends = {name: [] for name in methods}, {}
        for _ in range(n_trials):  # interleaved: whatever slows the machine slows all of them
            for name, method in methods.items():
                spent, ends[name] = timed(method)
                seconds[name].append(spent)
        ends = {name: end for name, end in ends.items() if end is not None}
        apart = max(np.abs(end - ends["`train`, one batch"]).max() for end in ends.values())
        report[size] = {
            "us": {name: [1e6 * s / (n_runs * n_steps) for s in seconds[name]] for name in ends},
            "apart": float(apart),
        }
    return report


def _each(method, data, n_steps):
    ends = [method(*(part[k : k + 1] for part in data), n_steps) for k in range(len(data[0]))]
    return None if ends[0] is None else np.concatenate(ends)


def flow_times(n_seeds, n_trials):
    """`FlowSteps` and `gradient_flow` on preset separable: ms per run, steps, and the distance from a finer flow."""
    data, starts = [], []
    for seed in range(n_seeds):
        data.append(GaussianMixture(2.5, n_features=20).sample(10, seed, separable=True))
        starts.append(balanced_init(50, 20, 2.0**LOG2_ALPHA, seed))
    X, y = (np.repeat(np.array(part), len(LOG2_ALPHA), axis=0) for part in zip(*data, strict=True))
    W, signs = np.concatenate([W for W, _ in starts]), starts[0][1]
    V = second_layer(W, signs)
    methods = {
        "`train`, FlowSteps()": lambda: train(X, y, W, V, FlowSteps(), target_risk=TARGET),
        "`train`, FlowSteps(0.025, 0.25)": lambda: train(X, y, W, V, FlowSteps(0.025, 0.25), target_risk=TARGET),
        "`gradient_flow`": lambda: gradient_flow(X, y, W, signs, target_risk=TARGET),
    }
    truth = gradient_flow(X, y, W, signs, target_risk=TARGET, rtol=1e-6)
    report = {}
    for name, method in methods.items():
        trials = [timed(method) for _ in range(n_trials)]
        run = trials[0][1]
        of_W = np.linalg.norm(run.W - truth.W, axis=(1, 2)) / np.linalg.norm(truth.W, axis=(1, 2))
        of_time = np.abs(run.time / truth.stopping_time - 1)
        report[name] = {
            "ms": [1e3 * seconds / len(X) for seconds, _ in trials],
            "steps": None if name == "`gradient_flow`" else float(run.steps.mean()),
            "not_reached": int((run.status != "reached").sum()),
            "error_W": [float(np.quantile(of_W, q)) for q in (0.5, 0.9, 1.0)],
            "error_time": [float(np.quantile(of_time, q)) for q in (0.5, 0.9, 1.0)],
        }
    return report


def text(numbers):
    """The report, in Markdown."""
    steps, flow = numbers["steps"], numbers["flow"]
    rows, verdicts = [], []
    for size, measured in steps.items():
        batch = np.median(measured["us"]["`train`, one batch"])
        for method, trials in measured["us"].items():
            spread = f"{np.median(trials):.1f} ({min(trials):.1f} to {max(trials):.1f})"
            rows.append([f"{size}: {method}", spread, f"{np.median(trials) / batch:.1f}"])
        verdicts.append(f"{size}, {SIZES[size]}: all weights agree to {measured['apart']:.0e}")
    of_flow = [
        [
            name,
            f"{np.median(method['ms']):.2f}",
            "" if method["steps"] is None else f"{method['steps']:.0f}",
            *(" / ".join(f"{error:.1e}" for error in method[key]) for key in ("error_W", "error_time")),
            str(method["not_reached"]),
        ]
        for name, method in flow.items()
    ]
    head = ["method", "ms per run", "steps", "error of W", "error of t_eta", "not reached"]
    return f"""# Discrete training: one batch against a loop and against torch

Processor time per network and full-batch step of gradient descent, in microseconds: median (least to most) of
{numbers["trials"]} interleaved trials, {numbers["runs"]} networks, {numbers["n_steps"]} steps.

{table(["size: method", "us per network and step", "times the batch"], rows)}

Sizes are (n, d, h, K). {"; ".join(verdicts)}.

To risk {TARGET:g} along gradient flow, {numbers["seeds"]} seeds of preset separable at each alpha from 2^-12 to 2^3:

{table(head, of_flow)}

Errors are relative, median / 90% / max over the runs, against `gradient_flow` with rtol=1e-6. A step of FlowSteps takes
two gradients; `gradient_flow` knows one output only."""


if __name__ == "__main__":
    options = arguments(__doc__, runs=128, steps=200, trials=3, seeds=16)
    numbers = {"runs": options.runs, "n_steps": options.steps, "trials": options.trials, "seeds": options.seeds}
    numbers["steps"] = step_times(options.runs, options.steps, options.trials)
    numbers["flow"] = flow_times(options.seeds, options.trials)
    write(options.out, "training", numbers, text(numbers))
