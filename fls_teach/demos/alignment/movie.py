"""The animation of the alignment demo: neurons turn to the class sum, in the plane, so that nothing is projected."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import (
    GaussianMixture,
    angle,
    balanced_init,
    bayes_error,
    class_sum,
    effective_predictor,
    gradient_flow,
    linear_error,
    phase_one_exit,
    second_layer,
)

TEST_POINTS = 400
PLACES = ([0.005, 0.01, 0.55, 0.98], [0.635, 0.56, 0.345, 0.40], [0.635, 0.11, 0.345, 0.36])
"""Position of the plane and the two curves: left, bottom, width, height, in fractions of the figure."""
SIGNAL = np.array([1.0, 0.0])
RIM = 4.4
"""Radius of the circle on which neurons show their direction."""
POSITIVE, NEGATIVE, MISSED = plotting.BLUE, plotting.ORANGE, plotting.RED
FRAME_POWER = 1.7
FRAME_MS, LAST_FRAME_MS = 90, 2500
MOST_DRAWS = 2000


def film(params, rng):
    """Train on one data set in the plane and return what the frames show.

    Parameters
    ----------
    params : alignment.Params
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to ndarray
        All named ``movie_...``: the data ``X, y``, fresh examples ``test_X, test_y``, and over F frames ``times``,
        ``W`` (F, h, 2) and ``risk`` per example; ``signs`` (h,); ``exit``, when Phase 1 ends.

    Raises
    ------
    ValueError
        If no data set is found whose angle between class sum and signal lies in ``params.movie_phi``.
    """
    mixture = GaussianMixture(params.movie_kappa, n_features=2)
    low, high = params.movie_phi
    for _ in range(MOST_DRAWS):
        X, y = mixture.sample(params.movie_samples, rng, separable=True)
        if low <= np.degrees(angle(class_sum(X, y), mixture.signal)) <= high:
            break
    else:
        raise ValueError(
            f"movie_phi is {params.movie_phi}; none of {MOST_DRAWS} data sets misses the signal by that much"
        )
    alpha = 2.0**params.movie_log2_alpha
    W, signs = balanced_init(params.movie_neurons, 2, alpha, rng)
    target = params.target_risk * params.movie_samples
    path = gradient_flow(X, y, W, signs, reduction="sum", target_risk=target, record=True).trajectory
    # Frames are dense at first, because neurons turn early.
    times = path.times[-1] * np.linspace(0, 1, params.movie_frames) ** FRAME_POWER
    flat = path.W.reshape(len(path.times), -1).T
    test_X, test_y = mixture.sample(TEST_POINTS, rng)
    return {
        "movie_X": X,
        "movie_y": y,
        "movie_test_X": test_X,
        "movie_test_y": test_y,
        "movie_times": times,
        "movie_W": np.array([np.interp(times, path.times, weight) for weight in flat]).T.reshape(-1, *W.shape),
        "movie_risk": np.interp(times, path.times, path.risk) / params.movie_samples,
        "movie_signs": signs,
        "movie_exit": phase_one_exit(path.times, path.norms, alpha),
    }


@plotting.styled
def animate(result, path):
    """Write the animation as a GIF, using only the saved arrays.

    Parameters
    ----------
    result : Result
    path : path-like
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    scene = _Scene(result)
    canvas = FigureCanvasAgg(scene.figure)
    scene.figure.set_dpi(80)
    canvas.draw()
    # The static background is drawn once, only moving artists in each frame.
    background = canvas.copy_from_bbox(scene.figure.bbox)
    images = []
    for k in range(len(result.arrays["movie_times"])):
        canvas.restore_region(background)
        for artist in scene.show(k):
            artist.axes.draw_artist(artist)
        images.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
    # One palette, computed from some of the frames, serves all: this avoids flicker and keeps frames similar.
    sample = np.vstack([np.asarray(images[int(k)]) for k in np.linspace(0, len(images) - 1, 5)])
    palette = Image.fromarray(sample).quantize(160, method=Image.Quantize.FASTOCTREE)
    images = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    durations = [FRAME_MS] * (len(images) - 1) + [LAST_FRAME_MS]
    images[0].save(
        path, format="GIF", save_all=True, append_images=images[1:], duration=durations, loop=0, optimize=True
    )


class _Scene:
    """The figure with its static parts; `show` updates the other parts to a frame."""

    def __init__(self, result):
        arrays = {name[6:]: value for name, value in result.arrays.items() if name.startswith("movie_")}
        self.kappa, self.times, self.exit, self.risk = (
            result.params["movie_kappa"],
            arrays["times"],
            float(arrays["exit"]),
            arrays["risk"],
        )
        self.W, self.v = arrays["W"], second_layer(arrays["W"], arrays["signs"])
        self.predictor = effective_predictor(self.W, self.v)
        self.test_X, self.test_y = arrays["test_X"], arrays["test_y"]
        x_plus = class_sum(arrays["X"], arrays["y"])
        self.off = [np.degrees(angle(self.predictor, direction)) for direction in (x_plus, SIGNAL)]
        # Placed manually: automatic layout would reserve space for the plane's texts, which are wider than the plane.
        self.figure, axes = plotting.subplots(1, 3, size=(10.4, 5.4))
        self.figure.set_layout_engine("none")
        for axis, place in zip(axes, PLACES, strict=True):
            axis.set_position(place)
        plane, *curves = axes
        self._plane(plane, arrays, x_plus)
        self._curves(*curves)
        self.artists = self._moving(plane, curves, arrays["signs"])

    def _plane(self, plane, arrays, x_plus):
        plane.set(xlim=(-5.6, 7.0), ylim=(-6.1, 5.9), aspect="equal")
        plane.axis("off")
        plane.scatter(*self.test_X.T, s=7, color="#D6D6D6", linewidths=0)
        for label, colour, marker in ((1, POSITIVE, "P"), (-1, NEGATIVE, "s")):
            plane.scatter(
                *arrays["X"][arrays["y"] == label].T, s=90, color=colour, marker=marker, edgecolor="white", zorder=4
            )
        plane.add_patch(_circle(RIM))
        plane.plot([0, 0], [-RIM, RIM], ":", color=plotting.INK, linewidth=1.2)
        minus = class_sum(arrays["X"], arrays["y"], label=-1)
        phi = np.degrees(angle(x_plus, SIGNAL))
        arrows = [
            (SIGNAL, plotting.INK, "signal s"),
            (x_plus, POSITIVE, f"class sum $x_+$,\n{phi:.0f}° off"),
            (minus, NEGATIVE, "$x_-$"),
        ]
        clear = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        for direction, colour, text in arrows:
            tip = direction / np.linalg.norm(direction) * RIM
            plane.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2}, zorder=3)
            side = "left" if tip[0] > 0 else "right"
            plane.annotate(text, 1.11 * tip, color=colour, va="center", ha=side, fontsize=10, bbox=clear)

    def _curves(self, above, below):
        from matplotlib.ticker import MultipleLocator

        for values, colour, text in zip(
            self.off, (POSITIVE, plotting.INK), ("the class sum $x_+$", "the signal s"), strict=True
        ):
            above.plot(self.times, values, color=colour, label=f"to {text}")
        above.set(ylabel="angle of $\\hat{w}_+$ (degrees)", ylim=(0, 30 * np.ceil(np.max(self.off) / 30)))
        above.yaxis.set_major_locator(MultipleLocator(30))
        above.legend(loc="upper right")
        below.plot(self.times, self.risk, color=plotting.INK)
        below.set(xlabel="time t", ylabel="training risk (nats)", ylim=(0, 0.8))
        for axis in (above, below):
            axis.set_xlim(0, self.times[-1])
            axis.axvline(self.exit, color=plotting.GREY, linestyle="--", linewidth=1)
        below.text(self.exit, 0.74, r" $t_\alpha$, Phase 1 ends", color=plotting.GREY, va="center")

    def _moving(self, plane, curves, signs):
        self.neurons = [
            plane.scatter([], [], color=colour, alpha=0.75, edgecolor="white", linewidths=0.6, zorder=6)
            for colour in (POSITIVE, NEGATIVE)
        ]
        self.of_sign = [signs > 0, signs < 0]
        self.missed = plane.scatter([], [], s=13, color=MISSED, linewidths=0, zorder=2)
        (self.boundary,) = plane.plot([], [], color=POSITIVE, linewidth=1.6, zorder=3)
        self.title = plane.text(-5.6, 5.8, "", fontsize=12, fontweight="bold", va="top")
        self.note = plane.text(-5.6, -4.75, "", fontsize=10, fontweight="bold", va="top")
        legend = (
            "dots on the rim: neurons, blue $v_j>0$, orange $v_j<0$, area ~ $|w_j|^2$\n"
            "red: what $\\hat{w}_+$ gets wrong and s does not; lines: both boundaries"
        )
        plane.text(-5.6, -5.35, legend, fontsize=9, va="top", color="#555555", linespacing=1.4)
        self.cursors = [
            axis.plot([], [], "o", color=plotting.RED, markersize=6, zorder=5, clip_on=False)[0]
            for axis in (*curves, curves[0])
        ]
        artists = [self.missed, self.boundary, *self.neurons, self.title, self.note, *self.cursors]
        for artist in artists:
            artist.set_animated(True)
        return artists

    def show(self, k):
        """Update the moving artists to frame k and return them in drawing order."""
        norms = np.linalg.norm(self.W[k], axis=-1)
        rim = RIM * self.W[k] / np.where(norms > 0, norms, 1.0)[:, None]
        for neurons, chosen in zip(self.neurons, self.of_sign, strict=True):
            neurons.set_offsets(rim[chosen])
            neurons.set_sizes(36 + 300 * (norms[chosen] / np.linalg.norm(self.W[-1], axis=-1).max()) ** 2)
        predictor = self.predictor[k]
        wrong = self.test_y * (self.test_X @ predictor) < 0
        self.missed.set_offsets(self.test_X[wrong & (self.test_y * self.test_X[:, 0] > 0)])
        across = np.array([-predictor[1], predictor[0]]) / np.linalg.norm(predictor) * RIM
        self.boundary.set_data(*np.array([-across, across]).T)
        phase_one = self.times[k] < self.exit
        self.title.set_text(
            "Phase 1: neurons turn to their class sum, f stays near 0"
            if phase_one
            else "Phase 2: norms grow, the direction is inherited"
        )
        error = float(linear_error(predictor, SIGNAL, self.kappa))
        self.note.set_text(
            f"t = {self.times[k]:.2f}   risk {self.risk[k]:.3f}   "
            rf"test error of $\hat{{w}}_+$ {error:.1%}, of s {bayes_error(self.kappa):.1%}"
        )
        heights = (self.off[0][k], self.risk[k], self.off[1][k])
        for cursor, height in zip(self.cursors, heights, strict=True):
            cursor.set_data([self.times[k]], [height])
        return self.artists


def _circle(radius):
    from matplotlib.patches import Circle

    return Circle((0, 0), radius, fill=False, color=plotting.GREY, linewidth=1)
