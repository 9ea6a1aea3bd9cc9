"""Claims of the equivalence demo about its pairs of runs, computed from its saved arrays."""

import numpy as np

from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, count

SCIENCE = "science.md#equivalence"
WRONG_BY = 10.0
"""Per cent by which a wrong rule must be off: 10^10 times the rounding error of a right one. Its rate is wrong by a
factor c or c^(1/3), which at c = 0.1 or 0.05 leads to a different trajectory."""


def claims(result):
    """Judge that right rules agree exactly or up to rounding, and wrong ones do not.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of Claim
    """
    judge = _Judge(result)
    powers, others, deep = (result.params[name] for name in ("powers", "others", "deep"))
    exact, last = slice(len(powers)), f"c = 4^{-powers[-1]}"
    ks = f"k = {', '.join(map(str, powers))}"
    drawn = f"c = {others[-1]:g}"
    paper, derived = f"[P] Proposition B.1, {SCIENCE}", f"[D] {SCIENCE}"
    return [
        judge.bitwise(
            "sgd-exact", f"SGD with c = 4^-k at lr/c is SGD from alpha = 2^-k at lr, bit for bit, {ks}", paper, exact
        ),
        judge.rounded(
            "sgd-other",
            f"SGD at lr/c is SGD from alpha = sqrt(c) at lr up to rounding, c = {_listed(others)}",
            paper,
            slice(len(powers), None),
        ),
        judge.wrong("sgd-wrong", f"SGD with c at the same lr is not SGD from alpha = sqrt(c), {drawn}", derived),
        judge.bitwise("momentum-exact", f"momentum keeps SGD's rule lr/c, bit for bit, {last}", derived),
        judge.rounded("momentum-other", f"momentum keeps SGD's rule lr/c up to rounding, {drawn}", derived),
        judge.bitwise("decay-exact", f"weight decay wd becomes c wd, bit for bit, {last}", derived),
        judge.rounded("decay-other", f"weight decay wd becomes c wd up to rounding, {drawn}", derived),
        judge.bitwise("adam-exact", f"Adam needs the rate lr c^(-1/2), bit for bit, {last}", derived),
        judge.rounded("adam-other", f"Adam needs the rate lr c^(-1/2) up to rounding, {drawn}", derived),
        judge.wrong("adam-wrong", f"Adam with SGD's rule lr/c does not match alpha = sqrt(c), {drawn}", derived),
        judge.rounded(
            "deep",
            f"three layers at lr c^(-2/3) match alpha = c^(1/3) at lr up to rounding, c = {_listed(deep)}",
            paper,
            slice(None),
        ),
        judge.wrong(
            "deep-wrong",
            f"three layers at lr/c, the rule for two, do not match alpha = c^(1/3), c = {_listed(deep)}",
            derived,
        ),
    ]


def _listed(multipliers):
    return ", ".join(f"{c:g}" for c in multipliers)


class _Judge:
    """The three kinds of claim; a claim's id begins with the name of its comparison."""

    def __init__(self, result):
        self.arrays = result.arrays
        # Ten roundings of 2^-52 per step, all in one direction; a wrong rule is off by 10^10 times as much.
        self.rounding = 10 * result.params["n_steps"] * 2.0**-52

    def bitwise(self, id, statement, source, which=slice(1)):
        """Claim that no risk and no weight differs, and that the runs learn: otherwise they would agree trivially."""
        multiplied, scaled, weights, n_weights = (
            self._array(id, name)[which] for name in ("multiplied", "scaled", "weights_differ", "n_weights")
        )
        risks = multiplied != scaled
        still = ~(scaled[:, -1] < scaled[:, 0] / 2)
        return count(
            id,
            statement,
            source,
            int(risks.sum() + weights.sum() + still.sum()),
            risks.size + int(n_weights.sum()),
            "numbers",
            "none: scaling by a power of two is exact; a run that does not halve its risk counts as an exception",
            f"{risks.size:,} risks and {n_weights.sum():,} final weights",
        )

    def rounded(self, id, statement, source, which=slice(1, None)):
        """Claim that risks at every step and final weights agree up to a relative difference of `rounding`."""
        gap = relative_gap(self.arrays, _kind(id))[which].max()
        weights = self._array(id, "weight_error")[which].max()
        worst = max(gap, weights)
        detail = f"relatively; risks {gap:.1e}, weights {weights:.1e}"
        tolerance = Tolerance(self.rounding, f"< {self.rounding:.0e}: 10 roundings per step")
        return Claim(id, statement, source, "0", Measured(worst, detail=detail), tolerance, worst < self.rounding)

    def wrong(self, id, statement, source):
        """Claim that for every multiplier, risks differ by more than `WRONG_BY` at some step."""
        gap = 100 * relative_gap(self.arrays, _kind(id), "wrong").max(axis=1).min()
        detail = "the largest distance of the risks" if np.isfinite(gap) else "the run overflowed"
        tolerance = Tolerance(WRONG_BY, f"more than {WRONG_BY:g}%: far above rounding")
        return Claim(
            id, statement, source, f"> {WRONG_BY:g}%", Measured(gap, unit="%", detail=detail), tolerance, gap > WRONG_BY
        )

    def _array(self, id, name):
        return self.arrays[f"{_kind(id)}_{name}"]


def _kind(id):
    return id.partition("-")[0]


def relative_gap(arrays, kind, run="multiplied"):
    """Return |risk of the c-run / risk of the alpha-run - 1| (m, T + 1); infinite for a run that overflowed."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(arrays[f"{kind}_{run}"] - arrays[f"{kind}_scaled"]) / arrays[f"{kind}_scaled"]
    return np.where(np.isnan(gap), np.inf, gap)
