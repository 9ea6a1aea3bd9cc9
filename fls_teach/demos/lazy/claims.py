"""Claims of the demo: powers of alpha, the cost of the kernel regime, and that the tangents are its cause."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import above, below, count, within
from fls_teach.demos.shared.measures import NUMBERS

from .run import DATA

SCIENCE = "science.md#lazy"
POWERS = {"weights": (-2, 0.05), "patterns": (-2, 0.15), "kernel": (-2, 0.5), "frozen": (-4, 0.1)}
"""Exponents for small movements, and the tolerances of their fits. The next order is a share of the size of the
movement, 6% at alpha = 1 on XOR, and changes a slope over three octaves by at most 0.03; hence 0.05, and 0.1 for the
fourth power. The share of activities is a count: four in 10,000 change at the largest alpha, those of one neuron
together, for which 0.1 is added. These few dominate the change of the kernel, so there the fit only has to be nearer to
-2 than to any other integer."""
WORDS = {
    "weights": "the relative distance of the weights from the start",
    "patterns": "the share of (neuron, test point) whose activity changed",
    "kernel": "the misalignment of the tangent kernel with that of the start",
    "frozen": "the misalignment of the tangent kernel, with the activities of the start put back,",
}


def claims(result):
    """Judge how lazy networks are at large alpha, the cost in test error, and whether the tangents are its cause."""
    end = f"2^{result.arrays['log2_alpha'][-1]:g}"
    return [
        *(_power_claim(result, key) for key in POWERS),
        _plain_moves(result),
        _machine_claim(result, "twins", "f(0) = 0 (twins)", 0.002, end),
        _machine_claim(result, "plain", "a plain start", 0.01, end),
        below(
            "cost-separable",
            *_cost(result, "separable", f"costs less than 20% of the error at {end}"),
            0.2,
            "of it",
            _four(result, "separable"),
            "a fifth of an error that a plain start multiplies by more than twenty",
        ),
        above(
            "cost-xor",
            *_cost(result, "xor", f"costs more than 40% of the error at {end}"),
            0.4,
            "of it",
            _four(result, "xor"),
            "twice what is allowed on the linear target",
        ),
        *_learned_claims(result),
        _reached(result),
    ]


def exponent(result, name, start, quantity, last=None):
    """Return the interval of the slope of log2 of the mean over seeds against log2 alpha.

    The slope is fitted over the `last` alphas; by default where alpha >= 2^log2_lazy.
    """
    at = result.arrays["log2_alpha"]
    last = int((at >= result.params["log2_lazy"]).sum()) if last is None else last
    values, centred = result.arrays[f"{name}_{start}_{quantity}"][:, -last:], at[-last:] - at[-last:].mean()

    def slope(seeds):
        means = values[seeds].mean(axis=-2)
        heights = np.log2(np.where(means > 0, means, np.nan))  # no slope if nothing moved in a resample
        return heights @ centred / (centred @ centred)

    return statistics.bootstrap(slope, len(values))


def best(result, name, start="twins"):
    """Return the index (s,) of the network's best alpha, chosen for each seed by the other half of the seeds."""
    return statistics.cross_fitted_best(result.arrays[f"{name}_{start}_network"], lowest=True)


def _power_claim(result, key):
    target, tolerance = POWERS[key]
    # Twins move in opposite directions, so the first order of their kernel's smooth change cancels.
    starts = ("centred",) if key == "frozen" else ("twins", "centred")
    where = [(name, start) for name in DATA for start in starts]
    found = [exponent(result, *each, key) for each in where]
    worst = max(range(len(found)), key=lambda k: max(abs(found[k].low - target), abs(found[k].high - target)))
    statement = (
        f"Trained {'as f - f(0)' if key == 'frozen' else 'with f(0) = 0 (twins, f - f(0))'} on separable and XOR data "
        f"at alpha >= 2^{result.params['log2_lazy']:g}, {WORDS[key]} falls like alpha^{target}"
    )
    why = "the next order in alpha^-2" if key in ("weights", "frozen") else "few activities change"
    why = "nearer to it than to any other whole number" if key == "kernel" else why
    detail = f"the farthest of {len(found)}: {', '.join(where[worst])}"
    if key == "frozen":
        every = (exponent(result, name, "twins", key).mean for name in DATA)
        detail += f"; twins, whose first orders cancel: {' and '.join(f'{mean:.1f}' for mean in every)}"
    return within(f"power-{key}", statement, f"[D] {SCIENCE}", found[worst], target, tolerance, why, detail=detail)


def _plain_moves(result):
    at, moved = result.arrays["log2_alpha"], [result.arrays[f"{name}_plain_weights"] for name in DATA]
    slopes = [exponent(result, name, "plain", "weights", last=2) for name in DATA]
    worst = max(range(len(slopes)), key=lambda k: max(abs(slopes[k].low), abs(slopes[k].high)))
    twins = [result.arrays[f"{name}_twins_weights"][:, -1].mean() for name in DATA]
    statement = (
        f"A plain start is never lazy: from alpha = 2^{at[-2]:g} to 2^{at[-1]:g} the relative distance of its weights "
        "from the start does not fall on; exponent of alpha, on both sets of data"
    )
    detail = f"{' and '.join(f'{m[:, -1].mean():.1%}' for m in moved)}, twins {', '.join(f'{t:.2%}' for t in twins)}"
    why = "a twentieth of the 2 by which they fall with f(0) = 0"
    return within("plain-moves", statement, f"[D] {SCIENCE}", slopes[worst], 0.0, 0.1, why, detail=detail)


def _machine_claim(result, start, words, tolerance, end):
    arrays = result.arrays
    gaps = [statistics.interval((arrays[f"{d}_{start}_network"] - arrays[f"{d}_{start}_machine"])[:, -1]) for d in DATA]
    worst = max(range(len(gaps)), key=lambda k: max(abs(gaps[k].low), abs(gaps[k].high)))
    errors = " and ".join(f"{arrays[f'{d}_{start}_network'][:, -1].mean():.4f}" for d in DATA)
    statement = (
        f"At alpha = {end} from {words} the network errs as its tangent-kernel machine does, on both sets of data"
    )
    why = f"of errors of {errors}"
    detail = f"the farther of {', '.join(DATA)}"
    return within(f"machine-{start}", statement, f"[M] {SCIENCE}", gaps[worst], 0.0, tolerance, why, detail=detail)


def _cost(result, name, words):
    """Return statement, source and interval of twins' relative excess error at the largest alpha over their best."""
    chosen = best(result, name)
    error = result.arrays[f"{name}_twins_network"]
    excess, least = error[:, -1] - statistics.at(error, chosen), statistics.at(error, chosen)
    found = statistics.bootstrap(lambda seeds: excess[seeds].mean(-1) / least[seeds].mean(-1), len(error))
    target = "a linear target" if name == "separable" else "XOR"
    return f"On {target} the kernel regime (twins) {words}, against the best alpha", f"[M] {SCIENCE}", found


def _four(result, name):
    """Return text with those of the four numbers that the data have, at the best and the largest alpha
    (science.md#causes)."""
    values = {words: result.arrays.get(f"{name}_twins_{key}") for key, words in NUMBERS.items()}
    pairs = {
        k: (statistics.at(v, best(result, name)).mean(), v[:, -1].mean()) for k, v in values.items() if v is not None
    }
    return "; ".join(f"{words} {low:.4f} and {high:.4f}" for words, (low, high) in pairs.items())


def _learned_claims(result):
    arrays, table = result.arrays, {}
    for name in DATA:
        chosen = best(result, name)
        learned, network = (statistics.at(arrays[key], chosen) for key in (f"{name}_learned", f"{name}_twins_network"))
        gain = statistics.interval(arrays[f"{name}_twins_machine"][:, -1] - learned, cross_fitted=True)
        table[name] = gain, statistics.interval(learned - network, cross_fitted=True), learned.mean()
    control = "kernel machine with the tangents of the network trained at the best alpha"
    gain, gap, error = table["xor"]
    return [
        above(
            "learned-gain",
            f"XOR: a {control} errs less, by more than 0.04, than that with the tangents of the start: the tangents "
            "are what training has to learn",
            f"[M] {SCIENCE}",
            gain,
            0.04,
            detail=f"learned {error:.3f}",
            why="nearly half of what the kernel regime costs there, 0.09",
        ),
        within(
            "learned-enough",
            f"XOR: a {control} errs as that network does",
            f"[M] {SCIENCE}",
            gap,
            0.0,
            0.02,
            "a quarter of what the kernel regime costs",
        ),
        below(
            "learned-nothing",
            f"Linear target: a {control} does not err less, by 0.002 or more, than that with the start's tangents",
            f"[M] {SCIENCE}",
            table["separable"][0],
            0.002,
            why="a twentieth of what is asked for on XOR",
            detail=f"learned {table['separable'][2]:.4f}",
        ),
    ]


def _reached(result):
    status = np.concatenate(
        [result.arrays[f"{d}_{s}_status"].ravel() for d in DATA for s in ("plain", "twins", "centred")]
    )
    machine = np.concatenate([v.ravel() for k, v in result.arrays.items() if k.endswith(("_machine", "_learned"))])
    failed = int((status != "reached").sum() + np.isnan(machine).sum())
    statement = "Every network and every kernel machine reaches its target risk"
    return count("reached", statement, "[M] science.md#u-curve", failed, status.size + machine.size, "runs")
