"""Where the time of gradient_flow goes, and how it grows, against the floating-point work of its matrix products.

On one core of an AMD EPYC (family 26, 2 cores, busy; medians of 3 to 5 trials) a step of one run takes 25 us, of which
the matrix products are 17% and numpy's cost per call 14%; passes over arrays, element by element, are the rest. The
products run at 3.7 GFLOP/s within the step, at 22 alone, and dgemm at 55: 7% of the BLAS rate. See results/scaling.md.

    python benchmarks/scaling.py --out benchmarks/results

Three questions, each answered in one process on one BLAS thread, in processor time:

1. Which functions take the time (cProfile) of the batch of 16 alphas x 64 seeds, preset *separable*?
2. What does a step cost beside its matrix products alone, repeated on arrays of the same shapes, and beside what this
   machine's dgemm can do, on large matrices and at this size? How much of it is numpy's cost per call, which a larger
   batch shares out?
3. How does the time of a step grow with the number of runs and with h, n and d?
"""

from provenance import arguments, table, write  # isort: skip  (before numpy: one BLAS thread)

import cProfile
import pstats
import time

import flow as flow_benchmark
import numpy as np

from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow
from fls_teach.theory.solver.batch import STAGE_SIZE
from fls_teach.theory.solver.rk23 import RK23

BASE = {"runs": 256, "h": 50, "n": 10, "d": 20}
GRID = {
    "runs": (1, 4, 16, 64, 256, 1024),
    "h": (13, 25, 50, 100, 200, 400),
    "n": (4, 10, 20, 40, 80),
    "d": (5, 10, 20, 40, 80, 160, 320),
}


def step_flops(h, n, d):
    """Floating-point operations of the matrix products in one step of one run.

    Four products K D (n x n x h), two with X (n x d x h), and the thin ones: five matrix-vector products, two of them
    for layers and outputs each, and two combinations of three stages.
    """
    return 8 * n * n * h + 4 * n * d * h + (2 * 7 + 2 * 6) * n * h


def products(b, h, n, d, rng):
    """A function that does the same matrix products as one step of b runs, and nothing else."""
    K, D, X, W = (rng.standard_normal(shape) for shape in ((b, n, n), (b, n, h), (b, n, d), (b, h, d)))
    row, column, pulls, layers = (rng.standard_normal(s) for s in ((b, 1, n), (b, h, 1), (b, n, 3), (b, 3, h)))

    def once():
        for _ in range(4):
            K @ D
        for _ in range(2):
            row @ D
            pulls @ layers
        for _ in range(5):
            D @ column
        D.swapaxes(1, 2) @ X
        X @ W.swapaxes(1, 2)

    return once


def seconds_of(function, at_least=0.3, trials=5):
    """Processor seconds of one call: median of `trials` means, each over enough calls to last."""
    function()
    start, calls = time.process_time(), 0
    while time.process_time() - start < at_least / trials:
        function()
        calls += 1
    means = []
    for _ in range(trials):
        start = time.process_time()
        for _ in range(calls):
            function()
        means.append((time.process_time() - start) / calls)
    return float(np.median(means))


def dgemm_rate(size):
    """GFLOP/s of one large matrix product."""
    A = np.random.default_rng(0).standard_normal((size, size))
    return 2 * size**3 / seconds_of(lambda: A @ A) / 1e9


def flow_at(runs, h, n, d):
    """(X, y, W, signs) of easy data, alpha = 2^-6: no redraws, and about as many steps at every size."""
    rng, mixture = np.random.default_rng(0), GaussianMixture(4.0, n_features=d)
    X, y = (np.array(part) for part in zip(*(mixture.sample(n, rng) for _ in range(runs)), strict=True))
    W, signs = zip(*(balanced_init(h, d, 2.0**-6, rng) for _ in range(runs)), strict=True)
    return X, y, np.array(W), np.array(signs)


def cost(runs, h, n, d, trials=3):
    """What one run and one step of it cost in a batch."""
    data, times = flow_at(runs, h, n, d), []
    for _ in range(trials):
        start = time.process_time()
        done = gradient_flow(*data, target_risk=0.05)
        times.append(time.process_time() - start)
    steps = done.n_evaluations.sum() / RK23.n_stages
    us = 1e6 * float(np.median(times)) / steps
    return {
        "runs": runs, "h": h, "n": n, "d": d, "ms_per_run": us * steps / runs / 1e3, "steps_per_run": steps / runs,
        "us_per_step": us, "gflops": step_flops(h, n, d) / us / 1e3,
    }  # fmt: skip


def profile(n_seeds):
    """Share of the time by function, most first."""
    data, profiler = flow_benchmark.problems(n_seeds), cProfile.Profile()
    profiler.runcall(gradient_flow, *data, target_risk=flow_benchmark.TARGET)
    stats = pstats.Stats(profiler)
    own = {}
    for (file, _, function), (_, _, seconds, *_) in stats.stats.items():
        place = file.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".py")
        name = function if file == "~" else f"{place}.{function}"
        own[name] = own.get(name, 0.0) + seconds / stats.total_tt
    return dict(sorted(own.items(), key=lambda item: -item[1])[:12])


def measure(n_seeds):
    """All numbers of the report."""
    h, n, d = (BASE[key] for key in "hnd")
    places = STAGE_SIZE // (n * h)
    rng = np.random.default_rng(0)
    growth = {key: [cost(**BASE | {key: value}) for value in values] for key, values in GRID.items()}
    # Time of a pass over b runs = calls + b * work, from the passes that hold 1 run and as many as fit.
    single, full = growth["runs"][0]["us_per_step"], growth["runs"][-1]["us_per_step"]
    work = (full * places - single) / (places - 1)
    alone = 1e6 * seconds_of(products(places, h, n, d, rng)) / places
    return {
        "profile": profile(n_seeds),
        "step": {
            "us": full, "us_products_alone": alone, "share_of_products": alone / full, "flops": step_flops(h, n, d),
            "places": places, "us_calls_per_pass": single - work, "share_of_calls": 1 - work / full,
        },
        "gflops": {
            "dgemm_2000": dgemm_rate(2000), "products_alone": step_flops(h, n, d) / alone / 1e3,
            "whole_step": step_flops(h, n, d) / full / 1e3,
        },
        "growth": growth,
        "exponents": {key: _exponent(key, rows) for key, rows in growth.items() if key != "runs"},
    }  # fmt: skip


def _exponent(key, rows):
    """Slope of log time of a step against log size, between the last two sizes."""
    a, b = rows[-2:]
    return float(np.log(b["us_per_step"] / a["us_per_step"]) / np.log(b[key] / a[key]))


def text(numbers):
    """The report, in Markdown."""
    step, rate = numbers["step"], numbers["gflops"]
    other = 1 - step["share_of_products"] - step["share_of_calls"]
    shares = table(
        ["function (its own time)", "share"], [[f"`{k}`", f"{v:.0%}"] for k, v in numbers["profile"].items()]
    )
    heads = ["", "us per step and run", "steps per run", "ms per run", "GFLOP/s of the products"]
    growth = []
    for key, rows in numbers["growth"].items():
        cells = [
            [
                f"{row[key]:,}",
                *(f"{row[name]:.2f}" for name in ("us_per_step", "steps_per_run", "ms_per_run", "gflops")),
            ]
            for row in rows
        ]
        fixed = ", ".join(f"{name} = {value}" for name, value in BASE.items() if name != key)
        slope = f"; at the end like {key}^{numbers['exponents'][key]:.2f}" if key in numbers["exponents"] else ""
        growth.append(f"**{key}** ({fixed}{slope})\n\n{table([key, *heads[1:]], cells)}")
    joined = "\n\n".join(growth)
    return f"""# Where the time of gradient_flow goes

One step of one run (h = 50, n = 10, d = 20; {step["places"]} runs at a time) takes {step["us"]:.1f} us.

- Its matrix products alone, {step["flops"]:,} floating-point operations, take {step["us_products_alone"]:.1f} us:
  **{step["share_of_products"]:.0%}**.
- numpy's cost per call, {step["us_calls_per_pass"]:.0f} us a pass shared by its runs: {step["share_of_calls"]:.0%}.
- What is left, **{other:.0%}**, are passes over (runs, n, h) arrays that multiply, mask, compare, copy or reduce.

| | GFLOP/s |
| --- | ---: |
| dgemm, 2,000 x 2,000 | {rate["dgemm_2000"]:.1f} |
| the products of a step alone, same shapes | {rate["products_alone"]:.1f} |
| the same products within the whole step | {rate["whole_step"]:.2f} |

So the flow runs at {rate["whole_step"] / rate["dgemm_2000"]:.1%} of the machine's BLAS rate: matrices this small reach
{rate["products_alone"] / rate["dgemm_2000"]:.0%} of it, and most of the time is not spent in products at all.

## By function, 16 alphas x 64 seeds, preset separable (with cProfile's own cost)

{shares}

Matrix products and arithmetic are operators, so they count as the time of the function that writes them.

## Growth (kappa = 4, alpha = 2^-6, target risk 0.05)

{joined}"""


if __name__ == "__main__":
    options = arguments(__doc__, seeds=64)
    numbers = measure(options.seeds)
    write(options.out, "scaling", numbers, text(numbers))
