"""Claims of the dimension demo about its grids, computed from its saved arrays."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, above
from fls_teach.demos.heatmap.claims import gain
from fls_teach.demos.heatmap.run import NETS

from .run import NOISES

PAPER, MEASURED = "[P] science.md#images", "[M] science.md#images"
ENDS = {"left": 0, "right": -1}
NOISE_WORDS = {"plain": "", "scaled": "noise of one energy, "}
NET_WORDS = {"plain": "", "centred": "f(0) = 0, "}
SAME_SPREAD = 0.1
"""Allowed relative difference between shares of scaled noise; the share of plain noise more than doubles."""
LIKE_NOISE = 0.25
"""Allowed relative difference of TwoNN between images and noise of the same dimension: its error, and curvature."""


def claims(result):
    """Judge whether the gain of the best c over the largest grows with the dimension, with and without both controls.

    The paper's gain is that over a larger c. The gain over the smallest c is only drawn: it is too small to detect a
    growth with these seeds.
    """
    table = [_growth_claim(result, noise, net) for noise in NOISES for net in NETS]
    return [*table, _energy_claim(result), _dimension_claim(result), _spread_claim(result)]


def gains(result, noise, net, side):
    """Return accuracy at the best inner c minus that at one end of the range (d, s), for one noise and one network."""
    a, i, j = result.arrays, NOISES.index(noise), list(NETS).index(net)
    grids = zip(a["peak"][:, i, j], a["status"][:, i, j] == "reached", strict=True)
    return np.array([gain(peak, reached, ENDS[side]) for peak, reached in grids])


def _growth_claim(result, noise, net):
    dimensions, found = result.params["dimensions"], gains(result, noise, net, "right")
    end = f"2^{result.arrays['log2_c'][-1]:g}"
    each = "; ".join(f"{k}: {_in_words(row)}" for k, row in zip(dimensions, found, strict=True))
    statement = (
        f"{NOISE_WORDS[noise]}{NET_WORDS[net]}the gain of the best c over {end} grows from dimension {dimensions[0]} "
        f"to {dimensions[-1]}"
    )
    growth = statistics.interval(100 * (found[-1] - found[0]), cross_fitted=True)
    source = PAPER if (noise, net) == ("plain", "plain") else MEASURED
    return above(f"{noise}-{net}", statement, source, growth, unit="points", detail=each)


def _energy_claim(result):
    """Claim on whether the gain shrinks when noise energy is kept constant while the dimension grows."""
    plain, scaled = (gains(result, noise, "centred", "right")[-1] for noise in NOISES)
    last, end = result.params["dimensions"][-1], f"2^{result.arrays['log2_c'][-1]:g}"
    statement = f"f(0) = 0, at dimension {last} the gain over {end} is smaller with noise of one energy"
    found = statistics.interval(100 * (plain - scaled), cross_fitted=True)
    detail = f"noise of standard deviation 1: {_in_words(plain)}; of one energy: {_in_words(scaled)}"
    return above("energy", statement, MEASURED, found, unit="points", detail=detail)


def _in_words(gain):
    if not np.isfinite(gain).all():
        return "no rate brought every seed to the target"
    return Measured.of(statistics.interval(100 * gain, cross_fitted=True), "points").words


def _dimension_claim(result):
    """Claim that the images have their nominal dimension, as far as TwoNN can tell."""
    a, dimensions = result.arrays, result.params["dimensions"]
    ratio = a["two_nn"][:, 0] / a["two_nn_of_noise"]
    each = "; ".join(
        f"{k}: images {image:.0f}, noise {noise:.0f}"
        for k, image, noise in zip(dimensions, a["two_nn"][:, 0], a["two_nn_of_noise"], strict=True)
    )
    statement = (
        "TwoNN finds in the images of a class the dimension that it finds in as many draws of their noise N(0, I_k)"
    )
    why = f"{LIKE_NOISE:.0%}: its own error and the curvature of the images; it underestimates many dimensions itself"
    worst = float(ratio[np.abs(ratio - 1).argmax()])
    measured = Measured(worst, unit="of the noise's", detail=each)
    return Claim("two-nn", statement, MEASURED, "1", measured, Tolerance(LIKE_NOISE, why), abs(worst - 1) <= LIKE_NOISE)


def _spread_claim(result):
    """Claim that the control works: with scaled noise, the noise's share of the images' variance is constant."""
    plain, scaled = result.arrays["within"].T
    statement = "scaled noise makes up the same share of the images' variance at every dimension"
    spread = float(np.abs(scaled / scaled[0] - 1).max())
    detail = f"share {scaled.min():.2f} to {scaled.max():.2f}; of plain noise {plain.min():.2f} to {plain.max():.2f}"
    test = Tolerance(SAME_SPREAD, f"{SAME_SPREAD:.0%}, where plain noise changes its share by more")
    holds = spread <= SAME_SPREAD < float(np.abs(plain / plain[0] - 1).max())
    return Claim("spread", statement, "[D] science.md#images", "0", Measured(spread, detail=detail), test, holds)
