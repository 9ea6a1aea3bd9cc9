"""What the equivalence demo claims of its pairs of runs, judged from its saved arrays."""

import numpy as np

from fls_teach.demos.framework.claim import Claim


def claims(result):
    """Right rules agree to the last bit or to rounding, wrong ones do not."""
    a, steps = result.arrays, result.params["n_steps"]
    exact = len(result.params["powers"])
    # Ten roundings of 2^-52 a step, all in the same direction; a wrong rule is off by ten thousand million times that.
    rounding = 10 * steps * 2.0**-52
    small = f"< {rounding:.0e}: 10 roundings a step"
    none = "none: scaling by 2^-k is exact"

    def bitwise(id, statement, source, kind, which):
        losses = a[f"{kind}_multiplied"][which] != a[f"{kind}_scaled"][which]
        weights, n_weights = a[f"{kind}_weights_differ"][which].sum(), a[f"{kind}_n_weights"][which].sum()
        fall = a[f"{kind}_scaled"][which]
        measured = f"{losses.sum()} of {losses.size:,} risks and {weights} of {n_weights:,} weights differ"
        learnt = (fall[:, -1] < fall[:, 0] / 2).all()  # two runs that stand still would agree too
        return Claim(id, statement, source, "0 differ", measured, none, not losses.any() and weights == 0 and learnt)

    def rounded(id, statement, source, kind, which):
        gap, weights = relative_gap(a, kind)[which].max(), a[f"{kind}_weight_error"][which].max()
        measured = f"risk off by {gap:.1e}, weights by {weights:.1e}"
        return Claim(id, statement, source, "0", measured, small, max(gap, weights) < rounding)

    def wrong(id, statement, source, kind):
        gap = relative_gap(a, kind, "wrong").max(axis=1).min()
        measured = f"risk off by {gap:.0%} or more" if np.isfinite(gap) else "overflow"
        return Claim(id, statement, source, "> 10%", measured, "10%: far above rounding", gap > 0.1)

    powers = result.params["powers"]
    ks = f"{len(powers)} k from {min(powers)} to {max(powers)}"
    paper, notes = "[P] Prop. B.1", "[D] SCI 6"
    return [
        bitwise("sgd-exact", f"c = 4^-k at lr/c is alpha = 2^-k at lr, bit for bit ({ks})", paper, "sgd", slice(exact)),
        rounded("sgd-other", "any other c agrees to rounding", paper, "sgd", slice(exact, None)),
        wrong("sgd-wrong", "without translating lr, c is not alpha", notes, "sgd"),
        bitwise("momentum-exact", "momentum keeps the rule lr/c", notes, "momentum", slice(1)),
        rounded("momentum-other", "momentum, other c: to rounding", notes, "momentum", slice(1, None)),
        bitwise("decay-exact", "weight decay wd becomes c wd", notes, "decay", slice(1)),
        rounded("decay-other", "weight decay, other c: to rounding", notes, "decay", slice(1, None)),
        bitwise("adam-exact", "Adam needs lr c^(-1/2)", notes, "adam", slice(1)),
        rounded("adam-other", "Adam, other c: to rounding", notes, "adam", slice(1, None)),
        wrong("adam-wrong", "Adam goes wrong with lr/c", notes, "adam"),
        rounded("deep", "three layers need lr c^(-2/3), alpha = c^(1/3)", paper, "deep", slice(None)),
        wrong("deep-wrong", "three layers go wrong with lr/c", notes, "deep"),
    ]


def relative_gap(arrays, kind, run="multiplied"):
    """|risk of the c-run / risk of the alpha-run - 1| (m, T + 1); a run that overflowed is infinitely far."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(arrays[f"{kind}_{run}"] - arrays[f"{kind}_scaled"]) / arrays[f"{kind}_scaled"]
    return np.where(np.isnan(gap), np.inf, gap)
