"""Claims of the demo: every provoked failure is diagnosed, and no other; and where seeds disagree most."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import Measured, above, below, count
from fls_teach.diagnosis import FinishedRun, diagnose

from .run import DATA, STARTS, UNTRAINED

SCIENCE = "science.md#failure"
BEGUN = 1.5
"""The transition is provoked at the alpha beyond the best where the mean error is this factor times the best one."""
ADVICE = {"small": "Raise", "large": "Lower", "lazy": "Lower", "transition": "Lower"}
"""The change of alpha that helps, for failures that occur on one side of the best alpha."""


def claims(result):
    """Judge the diagnoses, then the spread over seeds along alpha, with f(0) = 0 as a control."""
    cases = provoked(result)
    return [
        _named(cases, "dead", "dead", "Runs dead by construction (behind the data, or shrunk to 0 by weight decay)"),
        _named(cases, "slow", "slow", "Runs at alpha = 2^-24 and at 2^5 that lack the time to reach their target"),
        _named(cases, "errs-more", "errs more", "Runs that fit from a plain start at alpha = 1 and at the largest"),
        _named(cases, "spread", "spread", f"Runs where the mean error has grown by {BEGUN:g} beyond the best alpha"),
        _named(
            cases,
            "healthy",
            "healthy",
            "Runs at the best alpha's neighbours on the grid and, on separable data, twins (f(0) = 0) at alpha = 1",
        ),
        *_spread_claims(result),
        _reached(result),
    ]


def best(result, name, start="plain"):
    """Return the index of the alpha with the smallest mean error."""
    return int(result.arrays[f"{name}_{start}_network"][:, 0].mean(axis=0).argmin())


def transition(result, name):
    """Return the index of the alpha beyond the best where the mean error is nearest to `BEGUN` times the best."""
    mean, at = result.arrays[f"{name}_plain_network"][:, 0].mean(axis=0), best(result, name)
    return at + int(np.abs(np.log(mean[at:] / mean[at] / BEGUN)).argmin())


def provoked(result):
    """Return every diagnosis as a list of (name of the provoked failure, way of provoking it, data, Diagnosis)."""
    found, a, at = [], result.arrays, result.arrays["log2_alpha"]
    groups = np.split(np.arange(result.params["n_seeds"]), result.params["n_seeds"] // result.params["group"])
    for name in DATA:
        least = best(result, name)
        fitted = {(k, "plain"): ("errs more", "lazy") for k in (int(np.abs(at).argmin()), len(at) - 1)}
        fitted |= {(k, "plain"): ("healthy", "neighbour") for k in (least - 1, least + 1) if 0 <= k < len(at)}
        fitted[transition(result, name), "plain"] = "spread", "transition"
        if name == "separable":
            fitted[int(np.abs(at).argmin()), "twins"] = "healthy", "twins"
        for seeds in groups:
            for how, failure in UNTRAINED.items():
                if f"{name}_{how}_risks" in a:
                    found.append((failure, how, name, diagnose(_untrained_runs(a, name, how, seeds))))
            for (k, start), (failure, how) in fitted.items():
                compared = _fitted_runs(a, name, "plain", least, seeds)
                diagnosis = diagnose(_fitted_runs(a, name, start, k, seeds), compared)
                found.append((failure, how, name, diagnosis))
    return found


def _untrained_runs(a, name, how, seeds):
    """Return runs as observed in training, without the status "dead"."""
    curves, status = a[f"{name}_{how}_risks"], a[f"{name}_{how}_status"]
    known = ("reached", "diverged")
    return [
        FinishedRun(
            curves[s][np.isfinite(curves[s])], status=str(status[s]) if status[s] in known else "max_steps", seed=int(s)
        )
        for s in seeds
    ]


def _fitted_runs(a, name, start, k, seeds):
    target, scale = DATA[name].target_risk, float(2.0 ** a["log2_alpha"][k])
    values, status = (a[f"{name}_{start}_{key}"][:, 0, k] for key in ("network", "status"))
    return [FinishedRun((target,), values[s], str(status[s]), scale=scale, seed=int(s)) for s in seeds]


def _named(cases, id, failure, subject):
    mine = [(how, name, each) for wanted, how, name, each in cases if wanted == failure]
    wrong = [
        f"{how} on {name}: {each.name}"
        for how, name, each in mine
        if each.name != failure or not each.change.startswith(ADVICE.get(how, ""))
    ]
    side = ", and the advice is on the right side of alpha" if failure in ("slow", "errs more", "spread") else ""
    statement = f"{subject}, are called '{failure}' by diagnose{side}"
    detail = "; ".join(sorted(set(wrong))[:3])
    unit = "groups of runs"
    return count(id, statement, f"[M] {SCIENCE}", len(wrong), len(mine), unit, detail=detail)


def spread(result, name, start, within=False):
    """Return a function of training sets (..., s) -> standard deviation (..., m) of the log of the test error.

    The deviation is over sets and starts together or, with `within`, over the starts of the same set.
    """
    errors = np.log(result.arrays[f"{name}_{start}_network"])
    if within:
        squares = np.diff(errors, axis=1)[:, 0] ** 2 / 2
        return lambda seeds: np.sqrt(squares[seeds].mean(axis=-2))
    return lambda seeds: errors[:, 0][seeds].std(axis=-2, ddof=1)


def most(result, name, start="plain", within=False):
    """Return the interval of log2 of the alpha with the largest spread."""
    at, sd = result.arrays["log2_alpha"], spread(result, name, start, within)
    return statistics.bootstrap(lambda seeds: at[sd(seeds).argmax(axis=-1)], result.params["n_seeds"])


def ratio(result, name, start, over, under, within=True):
    """Return the interval of the ratio of the spreads at two alphas, given by index."""
    sd = spread(result, name, start, within)
    return statistics.bootstrap(lambda s: _divided(sd(s)[..., over], sd(s)[..., under]), result.params["n_seeds"])


def _divided(part, whole):
    """Return part / whole; NaN for resamples of few seeds without any spread."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole != 0)


def _spread_claims(result):
    """Claims that the spread over starts on the same data arises at the transition and persists; its cause is f(0) on
    a linear target."""
    table, end = [], f"2^{result.arrays['log2_alpha'][-1]:g}"
    for name in DATA:
        title, least = DATA[name].title, best(result, name)
        words = f"{title}: over plain starts on the same data the standard deviation of the log error"
        found = most(result, name, within=True)
        statement = f"{words} is largest at a larger alpha than the best one; log2 of that alpha"
        detail = f"over data and starts together it is largest at {Measured.of(most(result, name)).words}"
        bound = result.arrays["log2_alpha"][least]
        table.append(
            above(f"{name}-most", statement, f"[M] {SCIENCE}", found, bound, detail=detail, why="the best alpha")
        )
        stays = ratio(result, name, "plain", -1, least)
        statement = f"{words} is larger at {end} than at the best alpha: spread is no sign of the transition alone"
        table.append(above(f"{name}-stays", statement, f"[M] {SCIENCE}", stays, 1.0, "times", why="no change"))
    statement = (
        f"{DATA['xor'].title}: over data and starts together the log error spreads less at {end} than at the best "
        "alpha: all errors are near one half there, and a small spread is no sign of health"
    )
    together = ratio(result, "xor", "plain", -1, best(result, "xor"), within=False)
    table.append(below("xor-together", statement, f"[M] {SCIENCE}", together, 1.0, "times", why="no change"))
    left = {name: _left_by_twins(result, name) for name in DATA}
    statement = (
        f"{DATA['separable'].title}: with f(0) = 0 (twins) less than half of the spread over starts at {end} is left: "
        "f(0) makes most of it"
    )
    found = statistics.bootstrap(left["separable"], result.params["n_seeds"])
    table.append(below("separable-f0", statement, f"[M] {SCIENCE}", found, 0.5, "of it", why="most of it goes"))
    statement = (
        f"{DATA['xor'].title}: with f(0) = 0 (twins) a larger share of the spread over starts at {end} is left than on "
        "a linear target: there the random features spread the errors too"
    )
    more = statistics.bootstrap(lambda s: left["xor"](s) - left["separable"](s), result.params["n_seeds"])
    share = float(left["xor"](np.arange(result.params["n_seeds"])))
    return [*table, above("xor-f0", statement, f"[M] {SCIENCE}", more, detail=f"XOR: {share:.2f} of it")]


def _left_by_twins(result, name):
    """Return a function of training sets (..., s) -> twins' share of the spread over starts at the largest alpha."""
    twins, plain = (spread(result, name, start, within=True) for start in ("twins", "plain"))
    return lambda seeds: _divided(twins(seeds)[..., -1], plain(seeds)[..., -1])


def _reached(result):
    keys = [f"{name}_{start}_status" for name in DATA for start in STARTS] + [f"{name}_healthy_status" for name in DATA]
    status = np.concatenate([result.arrays[key].ravel() for key in keys])
    statement = "Every run that nothing was done to reaches its target risk"
    return count("reached", statement, f"[M] {SCIENCE}", int((status != "reached").sum()), status.size, "runs")
