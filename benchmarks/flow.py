"""One batch of gradient flows against a loop of solve_ivp, at equal or smaller error.

On one core of an AMD EPYC (2 cores, busy with other work: load 8; medians of 3 interleaved trials, one BLAS thread) a
run takes 2.7 ms of processor time in the batch. ``solve_ivp(RK45, rtol=1e-5)`` with a relative error control takes 26
times as long at a larger error, with its default atol 2.7 times as long at an error 39 times as large. A batch in JAX,
with diffrax's Bosh3, takes 25 times as long at about the same error. The whole table: results/flow.md.

    python benchmarks/flow.py --out benchmarks/results

Runs: preset *separable* (science.md#u-curve) at 16 alphas, 2^-12 to 2^3, times 64 seeds, to risk 0.05. Of these a
random sample of 32, two for each alpha, also goes through ``solve_ivp`` with a terminal event at the target: RK45 and
RK23 at several tolerances, and DOP853 at rtol 1e-9, against which all are measured. A trial times the whole batch and
then every loop, so that all see the same machine; times are processor time.

With diffrax (``pip install -e ".[bench]"``) the same sample also goes, in one batch under vmap and jit, through its
Bosh3 and Tsit5, in float64 and on one thread, at tolerances at which their errors are about the batch's. Under vmap all
runs step until the slowest is done. Compilation is not counted.
"""

from provenance import arguments, table, write  # isort: skip  (before numpy: one BLAS thread)

import importlib.metadata
import importlib.util
import os
import time

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import expit

from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow

EXPONENTS = np.arange(-12, 4)
TIPPED = 0.01  # relative error of W beyond which a neuron must have gone another way
KAPPA, N_FEATURES, N_SAMPLES, N_NEURONS, TARGET = 2.5, 20, 10, 50, 0.05


def problems(n_seeds):
    """X (B, n, d), y (B, n), W (B, h, d), signs (B, h), B = 16 n_seeds, alpha changing fastest."""
    rng, mixture = np.random.default_rng(0), GaussianMixture(KAPPA, n_features=N_FEATURES)
    X, y, W, signs = [], [], [], []
    for _ in range(n_seeds):
        data = mixture.sample(N_SAMPLES, rng, separable=True)
        start = balanced_init(N_NEURONS, N_FEATURES, 2.0**EXPONENTS, rng)
        for column, entry in zip((X, y, W, signs), (*data, *start), strict=True):
            column.append(entry)
    shared = (np.repeat(column, len(EXPONENTS), axis=0) for column in (X, y, signs))
    X, y, signs = shared
    return X, y, np.concatenate(W), signs


def scipy_run(X, y, W, signs, **options):
    """One run by solve_ivp, the state W alone: (W, stopping time, number of velocity evaluations).

    The right-hand side is as lean as numpy allows at this size: three products and no checks.
    """
    shape, XT, pull = W.shape, np.ascontiguousarray(X.T), y / len(y)

    def velocity(_, w):
        W = w.reshape(shape)
        v = signs * np.sqrt(np.einsum("hd,hd->h", W, W))
        Z = W @ XT
        active = Z > 0
        p = pull * expit(-y * (v @ (Z * active)))
        return (((v[:, None] * active) * p) @ X).ravel()

    def event(_, w):
        W = w.reshape(shape)
        f = (signs * np.sqrt(np.einsum("hd,hd->h", W, W))) @ np.maximum(W @ XT, 0)
        return np.logaddexp(0, -y * f).mean() - TARGET

    event.terminal = True
    done = solve_ivp(velocity, (0, 1e6), W.ravel(), events=event, **options)
    return done.y_events[0][0].reshape(shape), done.t_events[0][0], done.nfev


# Of diffrax, by name: the rtol at which its errors are about the batch's.
DIFFRAX = {"Bosh3": 1.5e-5, "Tsit5": 2e-6}


def diffrax_batch(method, rtol):
    """A compiled function of stacked X, y, W and signs: (W, stopping times, evaluations), one entry per run."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import diffrax
    import jax
    import jax.numpy as jnp
    import optimistix

    jax.config.update("jax_enable_x64", True)
    stages = {"Bosh3": 3, "Tsit5": 6}[method]  # evaluations per step; the last stage is the first of the next step

    def run(X, labels, W, signs):
        def network(W):
            v, Z = signs * jnp.linalg.norm(W, axis=1), W @ X.T
            return v, Z > 0, v @ jnp.maximum(Z, 0)

        def velocity(t, W, args):
            v, active, f = network(W)
            p = labels / len(labels) * jax.nn.sigmoid(-labels * f)
            return (v[:, None] * active * p) @ X

        def gap(t, y, args, **options):
            return jnp.log(jnp.logaddexp(0, -labels * network(y)[2]).mean() / TARGET)

        event = diffrax.Event(gap, optimistix.Bisection(rtol=1e-10, atol=1e-12))
        done = diffrax.diffeqsolve(
            diffrax.ODETerm(velocity), getattr(diffrax, method)(), 0.0, 1e6, None, W, event=event, max_steps=None,
            stepsize_controller=diffrax.PIDController(rtol, atol=1e-12), adjoint=diffrax.ForwardMode(),
        )  # fmt: skip
        return done.ys[0], done.ts[0], stages * done.stats["num_steps"]

    compiled = jax.jit(jax.vmap(run))
    return lambda *data: [np.asarray(part) for part in jax.block_until_ready(compiled(*data))]


def errors(W, stopping_time, truth):
    """Relative errors, one per run: of the first layer in Frobenius norm, and of the stopping time."""
    of_W = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, (b, *_) in zip(W, truth, strict=True)]
    of_time = [abs(a - b) / b for a, (_, b, _) in zip(stopping_time, truth, strict=True)]
    return {"W": _spread(of_W), "stopping_time": _spread(of_time), "tipped": int((np.array(of_W) > TIPPED).sum())}


def _spread(values):
    return {"median": float(np.median(values)), "p90": float(np.quantile(values, 0.9)), "max": float(np.max(values))}


def measure(n_seeds, n_sample, n_trials):
    """All numbers of the report."""
    data = problems(n_seeds)
    rng = np.random.default_rng(1)
    each = max(1, n_sample // len(EXPONENTS))
    seeds = np.stack([rng.choice(n_seeds, each, replace=False) for _ in EXPONENTS], axis=1)  # (each, 16)
    sample = (seeds * len(EXPONENTS) + np.arange(len(EXPONENTS))).ravel()
    runs, alphas = [tuple(part[k] for part in data) for k in sample], 2.0 ** EXPONENTS[sample % len(EXPONENTS)]

    truth = [
        scipy_run(*run, method="DOP853", rtol=1e-9, atol=1e-12 * alpha) for run, alpha in zip(runs, alphas, strict=True)
    ]
    loops = {
        "RK45, rtol=1e-5, atol=1e-12": [{"method": "RK45", "rtol": 1e-5, "atol": 1e-12}] * len(runs),
        "RK45, rtol=1e-5": [{"method": "RK45", "rtol": 1e-5}] * len(runs),
        "RK45, rtol=1e-6, atol=1e-6 alpha": [
            {"method": "RK45", "rtol": 1e-6, "atol": 1e-6 * alpha} for alpha in alphas
        ],
        "RK23, rtol=1e-6, atol=1e-6 alpha": [
            {"method": "RK23", "rtol": 1e-6, "atol": 1e-6 * alpha} for alpha in alphas
        ],
    }
    stacked = [part[sample] for part in data]
    batches = {}
    if importlib.util.find_spec("diffrax"):
        batches = {f"{name}, rtol={rtol:g}, atol=1e-12": diffrax_batch(name, rtol) for name, rtol in DIFFRAX.items()}
        for solve in batches.values():
            solve(*stacked)  # compiles
    seconds = {name: [] for name in ("batch", "one at a time", *loops, *batches)}
    found = {}
    clock = time.process_time  # of one thread: what the wall clock shows on an idle machine
    for _ in range(n_trials):  # interleaved: whatever slows the machine slows all of them
        start = clock()
        flow = gradient_flow(*data, target_risk=TARGET)
        seconds["batch"].append((clock() - start) / len(data[0]))
        for name, options in loops.items():
            start = clock()
            found[name] = [scipy_run(*run, **option) for run, option in zip(runs, options, strict=True)]
            seconds[name].append((clock() - start) / len(runs))
        for name, solve in batches.items():
            start = clock()
            found[name] = list(zip(*solve(*stacked), strict=True))
            seconds[name].append((clock() - start) / len(runs))
        start = clock()
        for run in runs:
            gradient_flow(*run, target_risk=TARGET)
        seconds["one at a time"].append((clock() - start) / len(runs))

    rows = {"batch": (flow.W[sample], flow.stopping_time[sample], flow.n_evaluations[sample])}
    rows |= {name: tuple(zip(*runs, strict=True)) for name, runs in found.items()}
    report = {}
    for name, trials in seconds.items():
        W, stopping_time, evaluations = rows.get(name, rows["batch"])  # a run gives the same bits in any batch
        report[name] = {
            "ms_per_run": 1e3 * float(np.median(trials)),
            "ms_per_run_trials": [1e3 * second for second in trials],
            "times_the_batch": [a / b for a, b in zip(trials, seconds["batch"], strict=True)],
            "evaluations": float(np.mean(evaluations)),
            "error": errors(W, stopping_time, truth),
        }
    finer = gradient_flow(*data, target_risk=TARGET, rtol=1e-6)
    itself = np.linalg.norm(flow.W - finer.W, axis=(1, 2)) / np.linalg.norm(finer.W, axis=(1, 2))
    return {
        "tipped_in_batch": int((itself > TIPPED).sum()),
        "runs": len(data[0]),
        "sample": len(runs),
        "trials": n_trials,
        "versions": {name: importlib.metadata.version(name) for name in ("jax", "diffrax") if batches},
        "not_reached": int((flow.status != "reached").sum()),
        "methods": report,
    }


def text(numbers):
    """The report, in Markdown."""
    methods, rows, verdicts = numbers["methods"], [], []
    ours, sizes = methods["batch"], ("median", "p90", "max")
    labels = {"batch": "`gradient_flow`, one batch", "one at a time": "`gradient_flow`, one run at a time"}
    for name, method in methods.items():
        library = "`diffrax`, vmap" if name.split(",")[0] in DIFFRAX else "`solve_ivp`"
        label = labels.get(name, f"{library}, {name}")
        ratio, error = np.array(method["times_the_batch"]), method["error"]
        of = [" / ".join(f"{error[part][size]:.1e}" for size in sizes) for part in ("W", "stopping_time")]
        ratios = "1" if name == "batch" else f"{np.median(ratio):.1f} ({ratio.min():.1f} to {ratio.max():.1f})"
        counts = f"{method['evaluations']:.0f}", str(error["tipped"])
        rows.append([label, f"{method['ms_per_run']:.2f}", ratios, counts[0], *of, counts[1]])
        if name not in labels:
            smaller = [ours["error"][p][s] <= error[p][s] for p in ("W", "stopping_time") for s in sizes]
            judged = f"{sum(smaller)} of the batch's 6 errors are equal or smaller"
            verdicts.append(f"- {label}: **{np.median(ratio):.1f} times** as long; {judged}.")
    head = ["method", "ms per run", "times the batch", "evaluations", "error of W", "error of t_eta", "tipped"]
    verdict = "\n".join(verdicts)
    versions = ", ".join(f"{name} {version}" for name, version in numbers["versions"].items()) or "not installed"
    return f"""# Gradient flow: one batch against a loop of solve_ivp

A run takes {ours["ms_per_run"]:.2f} ms in the batch. By

{verdict}

{table(head, rows)}

{numbers["runs"]:,} runs in the batch ({numbers["not_reached"]} did not reach the target), {numbers["sample"]} of them
in the loops and in diffrax's batch, at each alpha from 2^-12 to 2^3. {numbers["trials"]} interleaved trials, medians
(least to most) of processor time. Errors are relative, median / 90% / max over the sample, against DOP853 at rtol 1e-9.

diffrax ({versions}) runs the sample as one batch under vmap and jit, in float64, compiled before the clock starts. All
runs of its batch step until the slowest is done; its evaluations are those that each run needed.

solve_ivp's default atol is 1e-6: not small beside alpha = 2^-12, so it is quick there, and wrong. At 1e-12 its error
control is relative alone, as the batch's is.

Tipped: runs with W off by more than {TIPPED:.0%}. A neuron passes so close to a separatrix (the last example it is
active on leaves just as another might enter) that the tolerance decides whether it dies or grows; no tolerance is safe.
Of the whole batch {numbers["tipped_in_batch"]} runs tip between the default rtol, 2e-5, and 1e-6; neighbouring alphas
often tip together."""


if __name__ == "__main__":
    options = arguments(__doc__, seeds=64, sample=32, trials=5)
    numbers = measure(options.seeds, options.sample, options.trials)
    write(options.out, "flow", numbers, text(numbers))
