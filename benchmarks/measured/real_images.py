"""What benchmarks/results/cifar.csv says of c on real images: one row per finished run, one table per network."""

import numpy as np

from fls_teach.statistics import interval

from .cifar_record import DESIGN, Curve, networks, read, with_longer
from .longer_budget import LESS_FITTED, longer_budget
from .words import mean_percent, points, powers, table

MAY_BE = "the fall to that side may be one of speed alone."
"""Said of an end where fewer training images were right, and no longer budget has been tried."""


def real_images(rows=None):
    """The text below docs/science.md#real-images, and of benchmarks/results/cifar.md."""
    rows = read() if rows is None else rows
    parts = []
    for key, (some, longer) in with_longer(rows).items():
        design = dict(zip(DESIGN, key, strict=True))
        parts.append(_network(design, some, longer))
        parts += [longer_budget(design, some, each) for each in networks(longer).values()]
    head = """CIFAR-100, the first 10 fine classes, as many training images of each, and their 1,000 test images; SGD
until 99% training accuracy or the budget. Seed 0 chooses the learning rate at each c, by peak test accuracy, and the
best c; the other seeds judge: a mean of peak test accuracy in percent, with its 95% interval. The test images are the
same for all seeds: an interval says what other seeds would give on these, and one standard error over images is up to
1.6 points."""
    return "\n\n".join([head, *parts])


def _network(design, rows, longer):
    curves = {name: Curve(rows, centred) for centred, name in enumerate(("plain", "centred"))}
    curves = {name: curve for name, curve in curves.items() if curve.rows}
    every_c = sorted({c for curve in curves.values() for c in curve.log2_c})
    lines = []
    for name, curve in curves.items():
        cells = {
            "learning rate of seed 0": lambda c, curve=curve: f"{curve.rates[c]:g}" if c in curve.rates else "none",
            "its accuracy": lambda c, curve=curve: f"{100 * curve.chosen[c]:.1f}" if c in curve.rates else "none",
            "accuracy of the others": lambda c, curve=curve: mean_percent(list(curve.judged.get(c, {}).values())),
            "their training accuracy at the end": lambda c, curve=curve: _fitted(curve.judging(c)),
        }
        for what, cell in cells.items():
            words = [cell(c) if curve.at(c) else "" for c in every_c]
            if set(words) - {"", "none"}:
                lines.append([f"{name}: {what}", *words])
        lines.append([f"{name}: how all runs ended", *(_endings(curve.at(c)) for c in every_c)])
    reached = sum(row["status"] == "reached" for row in rows)
    text = [
        f"**{design['model']}**, width {design['width']}, {design['n']:,} images, momentum {design['momentum']:g}, "
        f"batch {design['batch']}, {design['schedule']} rate, {design['budget']} epochs at most: {len(rows)} runs are "
        f"finished, {reached} reached the target.",
        table([design["model"], *powers(every_c)], lines),
        *(_verdict(name, curve, longer if name == "plain" else []) for name, curve in curves.items()),
    ]
    if len(curves) == 2:
        text.append(_centring(*curves.values()))
    judged = [{c for c, seeds in curve.judged.items() if seeds} for curve in curves.values()]
    if any(judged) and any(some < set(curve.log2_c) for some, curve in zip(judged, curves.values(), strict=True)):
        text.append("- Where the accuracy of the others is empty, no other seed has been trained.")
    return "\n\n".join(text)


def _fitted(rows):
    return f"{100 * np.mean([row['train_accuracy'] for row in rows]):.0f}" if rows else ""


def _endings(rows):
    counts = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


def _verdict(name, curve, longer):
    if len(curve.log2_c) < 3:
        return f"- {name}: a U needs three c, and only {', '.join(powers(curve.log2_c))} have been tried."
    if missing := [c for c in curve.log2_c if c not in curve.rates]:
        return f"- {name}: seed 0 has no rate that counts at {', '.join(powers(missing))}, so no U is judged."
    low, best, high = powers([curve.log2_c[0], curve.best_inside(), curve.log2_c[-1]])
    left, right = (curve.gain(end) for end in (0, -1))
    if min(len(left), len(right)) < 2 or np.isnan([*left, *right]).any():
        apart = [100 * (curve.chosen[curve.best_inside()] - curve.chosen[curve.log2_c[end]]) for end in (0, -1)]
        return (
            f"- {name}: for seed 0 {best}, the best c inside the range, has {apart[0]:+.1f} and {apart[1]:+.1f} points "
            f"more than {low} and {high}; too few other seeds count at these three to judge that."
        )
    falls = [side for side, gained in (("left", left), ("right", right)) if interval(gained).low > 0]
    shape = {2: "an inverted U", 1: f"only the fall on the {''.join(falls)} is shown", 0: "neither fall is shown"}[
        len(falls)
    ]
    return (
        f"- {name}: {best}, the best c inside the range for seed 0, has {points(left, 1)} and {points(right, 1)} "
        f"points more than {low} and {high}, for {len(left)} and {len(right)} other seeds, paired: {shape}."
        f"{_slow(curve, longer)}"
    )


def _slow(curve, longer):
    """A sentence for ends where less was fitted than at the best c: a fall there may be one of speed."""
    ends = curve.log2_c[0], curve.log2_c[-1]
    fitted = {c: np.mean([row["train_accuracy"] for row in curve.judging(c)]) for c in (*ends, curve.best_inside())}
    best = fitted[curve.best_inside()]
    less = [c for c in ends if fitted[c] < best - LESS_FITTED]
    asked = {row["log2_c"] for row in longer}
    return "".join(
        f" At {powers([c])[0]} the runs end with {100 * fitted[c]:.0f}% of the training images right, at the best c "
        f"with {100 * best:.0f}%: "
        f"{'is the fall to that side one of speed? See the longer budget below.' if c in asked else MAY_BE}"
        for c in less
    )


def _centring(plain, centred):
    """Paired difference of centred and plain, where both have judging seeds."""
    found = []
    for c in sorted(set(plain.judged) & set(centred.judged)):
        both = sorted(set(plain.judged[c]) & set(centred.judged[c]))
        gained = np.array([centred.judged[c][seed] - plain.judged[c][seed] for seed in both])
        if len(both) and np.isfinite(gained).all():
            words = points(gained, 1) if len(both) > 1 else f"{100 * gained[0]:+.1f} (one seed)"
            found.append(f"{powers([c])[0]}: {words}")
    return f"- centred minus plain, each at its own rate, paired, in points: {'; '.join(found) or 'not judged yet'}."
