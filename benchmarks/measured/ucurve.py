"""The U-curve, and the controls that say what makes it."""

import functools

import numpy as np

from fls_teach.statistics import at, cross_fitted_best, interval
from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow, separability

from .runs import PRESETS, STARTS, measure
from .words import percent, plus_minus, points, powers, table

LOG2_ALPHA = np.array([-12.0, -8, -6, -4, -3, -2, -1, 0, 3])
N_SEEDS = {"separable": 64, "hard": 48, "xor": 32, "three-classes": 64}
SIDES = {"left: 2^-12 minus best": 0, "right: 2^3 minus best": -1}


@functools.cache
def measured(name):
    """The runs of a preset, made once for both sections."""
    return measure(name, LOG2_ALPHA, N_SEEDS[name])


def u_curve():
    """Errors and the decomposition against alpha, plain start."""
    return (
        "\n\n".join(_u_curve(name) for name in PRESETS)
        + f"\n\nOf the data sets drawn for *separable*, {_acceptance()}."
    )


def _u_curve(name):
    a, preset = measured(name), PRESETS[name]
    bayes = preset.mixture.bayes_error()
    rows = [["network, %", *percent(a["plain", "error"])]]
    if preset.gaussian:
        rows += [
            ["E(w^+) - E*, %", *percent(a["plain", "plus"] - bayes)],
            ["OA, %", *percent(a["plain", "OA"])],
            ["OF, %", *percent(a["plain", "OF"])],
            ["Ψ", *(f"{value:.3f}" for value in a["plain", "Psi"].mean(axis=0))],
        ]
    ends = "; ".join(f"{side}: {_rise(a, 'plain', 'error', column)}" for side, column in SIDES.items())
    words = f"{table([f'*{name}*', *powers(LOG2_ALPHA)], rows)}\n\n"
    words += f"E* = {100 * bayes:.2f}%, {N_SEEDS[name]} seeds. Network error in points, {ends}."
    if preset.gaussian:
        low, middle, high = np.quantile(a["data", "log2_range"], (0, 0.5, 1))
        words += f" ζ > 0 needs α below 2^{middle:.1f} (median; 2^{low:.1f} to 2^{high:.1f})."
    return words


def rise(a, start, quantity, column):
    """Paired differences (s,) of a quantity at one end and at the best alpha of the network with that start."""
    best = cross_fitted_best(a[start, "error"], lowest=True)
    return a[start, quantity][:, column] - at(a[start, quantity], best)


def _rise(a, start, quantity, column):
    return points(rise(a, start, quantity, column), cross_fitted=True)


def _acceptance(n_sets=400_000, chunk=20_000):
    """Share of separable sets."""
    mixture, rng, found = GaussianMixture(2.5, n_features=20), np.random.default_rng(5), []
    for _ in range(n_sets // chunk):
        X, y = (np.stack(part) for part in zip(*(mixture.sample(10, rng) for _ in range(chunk)), strict=True))
        found.append(separability(X, y) > 0)
    share = interval(np.concatenate(found))
    return f"{100 * share.mean:.2f} ± {100 * share.half:.2f}% have λ > 0 ({n_sets:,} draws)"


def causes():
    """Each branch of each U, with and without each supposed cause."""
    return "\n\n".join([_summary(), *map(_causes, PRESETS), _width(), _axes()])


def _summary():
    """What removes how much of each branch of the plain start."""
    rows = []
    for name in PRESETS:
        a = measured(name)
        for side, column in SIDES.items():
            whole = rise(a, "plain", "error", column)
            rows.append(
                [
                    f"*{name}*, {side.partition(':')[0]}",
                    _points(whole),
                    _points(whole - rise(a, "plain", "answered", column)),
                    *(_points(whole - rise(a, start, "error", column)) for start in ("twins", "centred")),
                    _points(rise(a, "twins", "answered", column)),
                ]
            )
    headings = ["branch", "rise", "removed by: wedge answered", "twins", "centring", "left: twins, wedge answered"]
    what = "Rise of the network's error from the best α to the end, in points, and how much of it each control removes."
    return f"{what}\n\n{table(headings, rows)}"


def _causes(name):
    a, preset = measured(name), PRESETS[name]
    rows, differences = [], []
    for start in STARTS:
        named = {"network": "error"}
        named |= {"wedge answered": "answered"} if start != "centred" else {}
        named |= {"E(w^+)": "plus", "E(w^+ - w^-)": "linear"} if preset.gaussian else {}
        rows += [[f"{start}: {what}, %", *percent(a[start, quantity])] for what, quantity in named.items()]
        rows += [
            [f"{start}: silent mass, %", *percent(a[start, "silent"])],
            [f"{start}: W moved by", *(f"{value:.2g}" for value in a[start, "moved"].mean(axis=0))],
        ]
        differences += [
            [f"{start}: {what}", *(_rise(a, start, quantity, column) for column in SIDES.values())]
            for what, quantity in named.items()
        ]
    notes = "\n".join(f"- {note}" for note in _notes(a, preset))
    return f"""**{name}** ({N_SEEDS[name]} seeds)

{table(["", *powers(LOG2_ALPHA)], rows)}

{table(["difference in points", *SIDES], differences)}

{notes}"""


def _notes(a, preset):
    left = rise(a, "plain", "error", 0)
    wedge = left - rise(a, "plain", "answered", 0)
    notes = [f"Plain start, left: {_points(left)}, of which answering the wedge removes {_points(wedge)}."]
    right = rise(a, "plain", "error", -1)
    removed = {start: right - rise(a, start, "error", -1) for start in ("twins", "centred")}
    words = " and ".join(f"{start} remove {_points(gone)}" for start, gone in removed.items())
    notes.append(
        f"Plain start, right: {_points(right)}, of which {words}.".replace("centred remove", "centring removes")
    )
    if not preset.classes:
        likeness = ", ".join(f"{start} {plus_minus(a[start, 'kernel'], 4)}" for start in STARTS)
        notes.append(f"Correlation of the outputs at 2^3 with the start's own tangent-kernel machine: {likeness}.")
    if preset.gaussian:
        bayes = preset.mixture.bayes_error()
        plus, both = (100 * np.mean(a["data", key] - bayes) for key in ("plus", "both"))
        notes.append(f"Class sums themselves: E(x_+) - E* = {plus:.2f}%, E(x_+ - x_-) - E* = {both:.2f}%.")
    return notes


def _points(differences):
    return points(differences, cross_fitted=True)


def _width(n_seeds=24, log2_alpha=(-12, -9)):
    """Silent mass of preset *separable* in networks of three widths: wider ones keep some neurons awake."""
    preset, rows = PRESETS["separable"], []
    for h in (16, 64, 256):
        mass = []
        for rng in np.random.default_rng(47).spawn(n_seeds):
            X, y = preset.sample(rng)
            W, signs = balanced_init(h, preset.mixture.n_features, 2.0 ** np.array(log2_alpha), rng)
            flow = gradient_flow(X, y, W, signs, target_risk=preset.target_risk)
            test = {"n_draws": 400, "rng": int(rng.integers(2**32))}
            mass.append(preset.mixture.silent_mass(flow.W, flow.v, **test).value)
        rows.append([f"h = {h}", *(points(column).lstrip("+") for column in np.transpose(mass))])
    return f"""**Width.** Silent mass in percent, preset *separable*, {n_seeds} seeds.

{table(["", *powers(log2_alpha)], rows)}"""


def _axes(n_seeds=8, log2_alpha=(-8, -4, -1)):
    """Whether the features of *xor* find the two directions that matter."""
    preset, share = PRESETS["xor"], []
    for rng in np.random.default_rng(53).spawn(n_seeds):
        X, y = preset.sample(rng)
        W, signs = balanced_init(preset.n_neurons, preset.mixture.n_features, 2.0 ** np.array(log2_alpha), rng)
        W = np.concatenate([W[:1], gradient_flow(X, y, W, signs, target_risk=preset.target_risk).W])
        along = np.where(signs > 0, *(np.moveaxis(W @ preset.mixture.axes.T, -1, 0) ** 2))
        share.append(along.sum(axis=-1) / (W**2).sum(axis=(-1, -2)))
    rows = [["share, %", *(points(column).lstrip("+") for column in np.transpose(share))]]
    return f"""**Features on *xor*.** Share of ‖W‖² along e_1 (v_j > 0) or e_2 (v_j < 0), {n_seeds} seeds.

{table(["", "at the start", *powers(log2_alpha)], rows)}"""
