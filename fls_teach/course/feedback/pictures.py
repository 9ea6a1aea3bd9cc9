"""Plot the student's curve and the expected one, for exercises where this says more than two rows of numbers."""

import textwrap

import numpy as np

from fls_teach.course.checking.failures import Mismatch
from fls_teach.course.feedback.misconceptions import reference_value

EXERCISES = "06", "10", "11"
POINTS = 4  # an array with fewer entries is not plotted


def save_picture(exercise, item, failure, folder):
    """Save the student's curve and the expected one as a PNG.

    Returns
    -------
    Path or None
        None if the exercise is not about curves, or the values of this failure are not curves.
    """
    if exercise.number not in EXERCISES:
        return None
    found = curves(exercise, failure)
    if not found:
        return None
    path = folder / f"{item.id}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _draw(found, f"{item.id}  {item.sentence}", path)
    except OSError:  # a full disk must not hide the counterexample itself
        return None
    return path


def curves(exercise, failure):
    """Return the curves to plot, as a list of (name, x name, x, yours, expected).

    These are the compared values if they are curves; otherwise the last answer that holds curves, and the reference's
    answer to the same call.
    """
    error, calls = failure.error, [call for call in failure.calls if call.outcome.ok]
    if isinstance(error, Mismatch):
        pairs = _pairs(error.what, error.you, error.expected)
        if pairs:
            return [_with_x(pair, calls[-1] if calls else None, failure.inputs) for pair in pairs]
    for call in reversed(calls):
        pairs = _pairs(call.function, call.outcome.value, reference_value(exercise, call))
        if pairs:
            return [_with_x(pair, call, failure.inputs) for pair in pairs[:4]]
    return []


def _pairs(name, you, expected):
    """Return all curves that are at the same place in both values, as (name, you, expected)."""
    if isinstance(you, dict) and isinstance(expected, dict):
        return [pair for key in expected if key in you for pair in _pairs(key, you[key], expected[key])]
    if isinstance(you, tuple) and isinstance(expected, tuple):
        parts = enumerate(zip(you, expected, strict=False), 1)
        return [pair for k, (a, b) in parts for pair in _pairs(f"{name}, part {k}", a, b)]
    you, expected = _curve(you), _curve(expected)
    return [(name, you, expected)] if you is not None and expected is not None and len(you) == len(expected) else []


def _curve(value):
    if not isinstance(value, (np.ndarray, list)):
        return None
    try:
        value = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    return value if value.ndim == 1 and value.size >= POINTS else None


def _with_x(pair, call, inputs):
    """Add x: the first argument that is monotonic and as long as the curve, else the indices."""
    given = dict(inputs)
    for value in inputs.values():
        given |= value if isinstance(value, dict) else {}
    if call is not None:
        given |= {f"argument {k}": value for k, value in enumerate(call.args, 1)} | call.kwargs
    for name, value in given.items():
        x = _curve(value)
        if x is not None and len(x) == len(pair[1]) and ((np.diff(x) > 0).all() or (np.diff(x) < 0).all()):
            return pair[0], name, x, *pair[1:]
    return pair[0], "index", np.arange(len(pair[1])), *pair[1:]


def _draw(found, title, path):
    from fls_teach import plotting

    @plotting.styled
    def figure():
        fig, axes = plotting.subplots(1, len(found), size=(1.5 + 4.5 * len(found), 3.6), squeeze=False)
        for axis, (name, x_name, x, you, expected) in zip(axes[0], found, strict=True):
            axis.plot(x, expected, color=plotting.GREY, linewidth=4, alpha=0.6, label="expected")
            axis.plot(x, you, color=plotting.RED, marker="o", label="yours")
            if x.min() > 0 and x.max() / x.min() > 30:
                axis.set_xscale("log", base=2)
            if np.nanmin([you, expected]) > 0 and np.nanmax(expected) / np.nanmin(expected) > 1000:
                axis.set_yscale("log")
            axis.set(xlabel=x_name, ylabel=name)
        axes[0][0].legend()
        lines = textwrap.fill(title.replace("$", r"\$"), 60 * len(found))  # matplotlib reads $...$ as a formula
        fig.suptitle(lines, fontsize=11, x=0.01, ha="left")
        return fig

    plotting.write_png(figure(), path)
