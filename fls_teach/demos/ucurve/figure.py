"""The picture of the U-curve: the network's error above, what it is made of below."""

import numpy as np

from fls_teach import plotting

BAYES = "#D5D5D5"


@plotting.styled
def plot(result):
    """Test error of the network (top) and of w^+ in its parts (bottom) against alpha; a column for each data set."""
    names = list(result.metadata["data"])
    figure, axes = plotting.subplots(2, len(names), size=(11.5, 8.0), sharex=True, squeeze=False)
    for (top, bottom), name in zip(axes.T, names, strict=True):
        data, at = result.metadata["data"][name], result.arrays["log2_alpha"]
        best = int(result.arrays[f"{name}_error"].mean(axis=0).argmin())
        _network(top, result, name, best)
        _parts(bottom, result, name)
        for axis in (top, bottom):
            # Up to the star above, and right through the areas below.
            reach = result.arrays[f"{name}_error"].mean(axis=0)[best] if axis is top else axis.get_ylim()[1]
            axis.plot([at[best]] * 2, [0, reach], color=plotting.RED, lw=1.2, ls=(0, (4, 3)), zorder=1.5)
        top.set_title(f"{'separable' if data['separable'] else 'not separable'}"
                      f" (d = {data['n_features']}, n = {data['n_samples']}, κ = {data['kappa']:g})")  # fmt: skip
        bottom.set_xlabel("initialisation scale α")
        bottom.set_xlim(at[0], at[-1])
        bottom.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
        for x, text, side in ((0, "← large FLS: over-aligned", "left"), (1, "small FLS: over-fitted →", "right")):
            place = {"xy": (x, 0), "xytext": (0, -38), "xycoords": "axes fraction", "textcoords": "offset points"}
            bottom.annotate(text, **place, ha=side, va="top", fontweight="bold")
    axes[0, 0].legend(loc="upper left", bbox_to_anchor=(0, 0.97))
    axes[0, 0].set_ylabel("test error of the network")
    axes[1, 0].set_ylabel("test error of the predictor $w^+$")
    return figure


def _network(axis, result, name, best):
    at, error, floor = result.arrays["log2_alpha"], result.arrays[f"{name}_error"], result.metadata["bayes"][name]
    mean, (low, high) = error.mean(axis=0), np.quantile(error, (0.25, 0.75), axis=0)
    # The seeds differ a lot, but in the same way at every alpha: what matters is the difference within a seed.
    sure = 2 * (error - error[:, [best]]).std(axis=0, ddof=1) / np.sqrt(len(error))
    axis.fill_between(at, low, high, color=plotting.SKY, alpha=0.25, lw=0, label="middle half of the seeds")
    label = "± 2 s.e. of the difference from the optimum"
    axis.fill_between(at, mean - sure, mean + sure, color=plotting.BLUE, alpha=0.5, lw=0, label=label)
    axis.plot(at, mean, "o-", color=plotting.NETWORK, ms=4, label=f"mean of {len(error)} seeds")
    axis.plot(at[best], mean[best], "*", ms=18, color=plotting.RED, mec="white", mew=0.8, zorder=5)
    words = f"optimum $2^{{{at[best]:g}}}$\n{1 - mean[best] / mean[0]:.0%} less error than at $2^{{{at[0]:g}}}$"
    _say(axis, words, (at[best], (1.2 * floor + low[best]) / 2.2), (-8, 0), ha="right", va="center", color=plotting.RED)
    axis.axhline(floor, color=plotting.GREY, lw=1.5)
    _say(axis, "Bayes error E*", (at[-1], floor), (-4, 4), ha="right", color=plotting.GREY)
    knee = 1.05 * max(mean[: best + 1].max(), high[: best + 1].max())
    _scale(axis, 0.85 * floor, knee, 1.25 * high.max())


def _parts(axis, result, name):
    at, floor = result.arrays["log2_alpha"], result.metadata["bayes"][name]
    parts = [result.arrays[f"{name}_{part}"].mean(axis=0) for part in ("over_alignment", "over_fitting")]
    edges = np.cumsum([np.zeros(len(at)), np.full(len(at), floor), *parts], axis=0)
    for k, colour in enumerate((BAYES, plotting.OVER_ALIGNMENT, plotting.OVER_FITTING)):
        axis.fill_between(at, edges[k], edges[k + 1], color=colour, alpha=0.85, lw=0)
    axis.plot(at, edges[3], color=plotting.INK)
    knee = 1.1 * edges[3, : int(parts[0].argmin()) // 2 + 1].max()
    _scale(axis, 0, knee, 1.25 * edges[3].max())

    left = at[0] + 0.03 * (at[-1] - at[0])
    _say(axis, "Bayes error E*", (left, floor / 2), va="center")
    _say(axis, "over-alignment OA", (left, edges[1:3, 0].mean()), va="center", color="white", fontweight="bold")
    right = at[-1] - 0.03 * (at[-1] - at[0])
    _say(axis, "over-fitting OF", (right, floor + 0.35 * (knee - floor)), ha="right", va="center", fontweight="bold")
    best = int(edges[3].argmin())
    axis.plot(at[best], edges[3, best], "o", ms=8, mfc="white", mec=plotting.INK, mew=1.8, zorder=5)
    _say(axis, f"least at $2^{{{at[best]:g}}}$", (at[best], edges[3, best]), (-4, -10), va="top")


def _say(axis, words, at, offset=(0, 0), **style_of_text):
    axis.annotate(words, at, offset, "data", "offset points", **style_of_text)


def _scale(axis, bottom, knee, top):
    """Linear up to the knee, so that the dip can be seen; logarithmic above it, so that the right end can."""
    axis.set_yscale("symlog", linthresh=knee, linscale=2.0)
    axis.set_ylim(bottom, top)
    step = 0.005 if knee < 0.04 else 0.02
    below, above = np.arange(0, knee, step), np.array([0.02, 0.05, 0.1, 0.2, 0.4])
    axis.set_yticks([tick for tick in (*below, *above[above > 1.15 * knee]) if tick >= bottom], minor=False)
    axis.set_yticks([], minor=True)
    axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
    axis.axhline(knee, color=plotting.GREY, lw=0.9, ls=(0, (1, 3)))
    place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    axis.annotate("logarithmic ↑", (1, knee), (-4, 3), **place, ha="right", fontsize=8.5, color=plotting.GREY)
    axis.annotate("linear ↓", (1, knee), (-4, -3), **place, ha="right", va="top", fontsize=8.5, color=plotting.GREY)
