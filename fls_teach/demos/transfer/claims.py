"""Claims of the demo: exponents compared with the paper's, why optima differ, and the cost of a predicted alpha."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import Measured, above, below, count, within

from .optimum import best_log2_alpha
from .run import DATA, Params, grid, key_of

SCIENCE, CAUSES = "[M] science.md#transfer", "[M] science.md#causes"
PAPER = {"n": -2, "h": -1}
"""Exponents of c* that the paper fits on a 5-layer CNN."""


def claims(result):
    """Judge the exponents, what remains of them in the controls, and the cost of the predicted alpha."""
    at = Scan(result)
    n, h = at.exponent("separable", "n"), at.exponent("separable", "h")
    return [
        above(
            "n",
            f"separable: c*, the square of the network's best alpha, falls less steeply with n than the paper's n^-2; "
            f"exponent over n = {at.words('separable', 'n')}",
            f"[P] contradicted; {SCIENCE}",
            n,
            PAPER["n"],
            why="the paper's exponent",
        ),
        below(
            "h",
            f"separable: c* falls with the width h; the paper has h^-1; exponent over h = {at.words('separable', 'h')}",
            f"[P] sign; {SCIENCE}",
            h,
            0.0,
        ),
        _f0(at),
        _wedge(at),
        above(
            "positive",
            "separable: at the largest h the best alpha of E(w^+) is larger than that of the network's error; log2 of "
            "their ratio",
            SCIENCE,
            at.gap("plain_positive"),
            0.0,
            detail=f"exponents of h {at.all_words('h')}; of n {at.all_words('n')}",
        ),
        _xor(at),
        *_zeta(at),
        *[_carried(at, name) for name in DATA],
        _reached(result),
    ]


class Scan:
    """The sweeps of a result, by what varies."""

    def __init__(self, result):
        self.arrays, self.params = result.arrays, Params(**{**result.params})
        self.n_seeds = self.params.n_seeds

    def sizes(self, name, vary):
        """Return the sizes (n, h) along one arm of the cross, increasing."""
        cross = self.params.sizes(name)
        if name == "xor":
            return cross
        middle = {"n": self.params.h[1], "h": self.params.n[1]}[vary]
        return sorted(size for size in cross[:-1] if size[vary == "n"] == middle)

    def words(self, name, vary):
        """Return the values of the varied size as text."""
        return ", ".join(str(size[vary == "h"]) for size in self.sizes(name, vary))

    def errors(self, name, size, quantity):
        """Return measured values (s, m)."""
        return self.arrays[f"{name}_{key_of(*size)}_{quantity}"]

    def best(self, name, size, quantity):
        """Return a function of seeds (..., s) -> log2 of the best alpha."""
        logs, at = np.log(self.errors(name, size, quantity)), grid(self.params, name)
        return lambda seeds: best_log2_alpha(at, logs[seeds].mean(axis=-2))

    def exponent_of(self, name, vary, quantity):
        """Return a function of seeds (..., s) -> exponent of c* = alpha*^2."""
        sizes = self.sizes(name, vary)
        best = [self.best(name, size, quantity) for size in sizes]
        x = np.log2([size[vary == "h"] for size in sizes])
        x = x - x.mean()
        return lambda seeds: 2 * np.stack([each(seeds) for each in best], axis=-1) @ x / (x @ x)

    def exponent(self, name, vary, quantity="plain_network"):
        """Return the interval of the exponent."""
        return statistics.bootstrap(self.exponent_of(name, vary, quantity), self.n_seeds)

    def all_words(self, vary):
        """Return text with the exponents of all measured quantities but the network's error."""
        names = {"plain_answered": "answered", "plain_positive": "E(w^+)", "plain_linear": "E(w^+ - w^-)"}
        found = {words: self.exponent("separable", vary, quantity) for quantity, words in names.items()}
        return ", ".join(f"{words} {each.mean:.1f} [{each.low:.1f}, {each.high:.1f}]" for words, each in found.items())

    def gap(self, quantity):
        """Return the interval of its best log2 alpha minus the network's, at the largest h of the arm."""
        size = self.sizes("separable", "h")[-1]
        theirs, network = (self.best("separable", size, key) for key in (quantity, "plain_network"))
        return statistics.bootstrap(lambda seeds: theirs(seeds) - network(seeds), self.n_seeds)

    def wedge(self, size):
        """Return a function of seeds (..., s) -> share of the left rise that remains when the wedge is answered."""
        network, answered = (self.errors("separable", size, f"plain_{key}") for key in ("network", "answered"))
        chosen = statistics.cross_fitted_best(network, lowest=True)
        rises = [each[:, 0] - statistics.at(each, chosen) for each in (answered, network)]
        return lambda seeds: rises[0][seeds].mean(axis=-1) / rises[1][seeds].mean(axis=-1)


def _f0(at):
    plain, *controls = (at.exponent_of("separable", "h", f"{start}_network") for start in ("plain", "twins", "centred"))

    def without(seeds):
        return sum(each(seeds) for each in controls) / len(controls)

    found = statistics.bootstrap(lambda seeds: without(seeds) - plain(seeds), at.n_seeds)
    left = Measured.of(statistics.bootstrap(without, at.n_seeds)).words
    statement = (
        "separable: f(0) is not what makes c* fall with h: with f(0) = 0 (mean of twins and of f - f(0) trained) the "
        "exponent of h is larger by less than half of the paper's 1; difference of exponents"
    )
    why = "half of the paper's exponent: f(0) would have to explain most of it"
    return below("h-f0", statement, CAUSES, found, 0.5, detail=f"exponent with f(0) = 0: {left}", why=why)


def _wedge(at):
    long, wide = at.sizes("separable", "n")[-1], at.sizes("separable", "h")[-1]
    left = [at.wedge(size) for size in (wide, long)]
    found = statistics.bootstrap(lambda seeds: left[0](seeds) - left[1](seeds), at.n_seeds)
    every = np.arange(at.n_seeds)
    statement = (
        "separable: when the silent wedge is answered, a larger share of the rise to the smallest alpha is left in the "
        "widest networks than with most data: different things set the optimum as h grows and as n grows"
    )
    detail = (
        f"{left[0](every):.2f} at n = {wide[0]}, h = {wide[1]}; {left[1](every):.2f} at n = {long[0]}, h = {long[1]}"
    )
    return above("wedge", statement, CAUSES, found, detail=detail)


def _xor(at):
    statement = (
        f"xor: c*, the square of the network's best alpha, does not fall with n as the paper's n^-2; exponent over "
        f"n = {at.words('xor', 'n')}"
    )
    source = f"[P] contradicted; {SCIENCE}"
    return above("xor-n", statement, source, at.exponent("xor", "n"), PAPER["n"], why="the paper's exponent")


def _zeta(at):
    table = {}
    for vary in PAPER:
        sizes = at.sizes("separable", vary)
        limits = np.stack([at.errors("separable", size, "log2_zeta") for size in sizes], axis=-1)
        x = np.log2([size[vary == "h"] for size in sizes])
        x = x - x.mean()
        table[vary] = statistics.bootstrap(lambda s, z=limits, x=x: 2 * z[s].mean(-2) @ x / (x @ x), at.n_seeds)
    source = "[D] science.md#phase-1"
    statement = "separable: the c at which zeta = 0 falls with n less steeply than n^-1, since |x_+| grows with n"
    other = "separable: the c at which zeta = 0 falls with h about like h^-1; exponent"
    why = "the longest of h neurons grows slowly with h"
    return [
        above(
            "zeta-n",
            statement,
            source,
            table["n"],
            -1.0,
            why="the exponent if x_+ were noise alone, of size sqrt(n)",
        ),
        within("zeta-h", other, source, table["h"], -1.0, 0.5, why),
    ]


def lost(at, name):
    """Return the error (s,) at the predicted alpha minus that at the best of the full sweep, and the latter."""
    errors = at.errors(name, at.params.sizes(name)[-1], "plain_network")
    best = statistics.at(errors, statistics.cross_fitted_best(errors, lowest=True))
    return at.arrays[f"{name}_carried"] - best, best


def _carried(at, name):
    difference, best = lost(at, name)
    found = statistics.bootstrap(lambda s: difference[s].mean(-1) / best[s].mean(-1), at.n_seeds)
    n, h = at.params.sizes(name)[-1]
    statement = (
        f"{name}, n = {n}, h = {h}: at the alpha predicted from smaller sizes the network errs less than 10% more than "
        "at the best alpha of a full sweep there"
    )
    at_best = best_log2_alpha(grid(at.params, name), np.log(at.errors(name, (n, h), "plain_network")).mean(0))
    middle, low, high = at.arrays[f"{name}_predicted"]
    detail = f"predicted 2^{middle:.1f} [2^{low:.1f}, 2^{high:.1f}], found 2^{at_best:.1f}; error {best.mean():.4f}"
    why = "on separable data two octaves beyond the best alpha cost a third (science.md#u-curve)"
    return below(f"{name}-carried", statement, SCIENCE, found, 0.1, "of it", detail, why)


def _reached(result):
    status = np.concatenate([value.ravel() for key, value in result.arrays.items() if key.endswith("_status")])
    statement = "Every run reaches its target risk"
    return count("reached", statement, SCIENCE, int((status != "reached").sum()), status.size, "runs")
