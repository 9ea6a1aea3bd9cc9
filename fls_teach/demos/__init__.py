"""One package per demo. This file contains their names and imports a demo only on request.

A demo is a package ``fls_teach/demos/NAME``, listed in `NAMES`, with

* a docstring whose first line says what it shows (``fls demo --list`` prints it);
* ``Params``: a frozen dataclass with one field per parameter and a docstring (a bare string) below each field; its
  ``__post_init__`` raises a ValueError of one sentence for values from ``--set`` with which `run` would fail;
* ``PRESETS = {"quick": Params(...), "full": Params(...)}``;
* ``run(params, seed, progress=None) -> Result``: computes, but does not plot, print or access files. Unless `progress`
  is None, it calls ``progress(fraction, what)`` from time to time, e.g. ``progress(0.25, "alpha = 2^-8")``;
* ``claims(result) -> list[Claim]``: computed only from the saved arrays, so that a reader can check them later;
* ``plot(result) -> Figure``: decorated with ``@plotting.styled``, created by ``plotting.subplots(...)``, also only from
  the saved arrays;
* optionally ``animate(result, path)``: writes a GIF to `path`;
* optionally ``CIFAR_PRESETS``, used instead of PRESETS with ``--data-dir``; `run` then also takes `data_dir`.

The smallest one that works::

    \"\"\"Halving: a number halved often enough is small.\"\"\"

    from dataclasses import dataclass

    import numpy as np

    from fls_teach import plotting
    from fls_teach.demos.framework.claim import Claim, Measured, Tolerance
    from fls_teach.demos.framework.params import in_range
    from fls_teach.demos.framework.result import Result


    @dataclass(frozen=True)
    class Params:
        steps: int = 10
        \"\"\"How often to halve.\"\"\"

        def __post_init__(self):
            in_range(self, steps=(1, 1000))


    PRESETS = {"quick": Params(), "full": Params(steps=50)}


    def run(params, seed, progress=None):
        return Result("halving", params, seed, {"value": 0.5 ** np.arange(params.steps + 1)})


    def claims(result):
        last = result.arrays["value"][-1]
        tolerance = Tolerance(1e-2, "as small as it gets in ten halvings")
        source = "[D] science.md#notation"
        return [Claim("small", "the last value is small", source, "0", Measured(last), tolerance, last < 1e-2)]


    @plotting.styled
    def plot(result):
        figure, axis = plotting.subplots()
        axis.semilogy(result.arrays["value"], color=plotting.BLUE)
        return figure

`Result` takes params as the dataclass and stores a plain dict; ``Params(**result.params)`` restores the object (with
lists instead of tuples). At module level, import numpy, scipy or fls_teach.theory, but not matplotlib, which `plotting`
imports when needed.
"""

import difflib
import importlib

GROUPS = {
    "mechanism": (
        "ucurve",
        "mechanism",
        "alignment",
        "equivalence",
        "stability",
        "lazy",
        "bound",
        "failure",
        "temperature",
    ),
    "open question": ("transfer", "separability", "losses", "optimizers", "features", "noise"),
    "images": ("heatmap", "dimension", "stopping"),
}
"""Topic -> names of demos, in the order in which a newcomer should see them."""

NAMES = tuple(name for names in GROUPS.values() for name in names)

NEED_TORCH = GROUPS["images"]


def demo_module(name):
    """Return the module of the demo `name`.

    Raises
    ------
    ValueError
        If there is no such demo; the message names the nearest one.
    """
    if name not in NAMES:
        near = difflib.get_close_matches(str(name).lower(), NAMES, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(NAMES)}"
        raise ValueError(f"there is no demo '{name}': {hint}")
    return importlib.import_module(f"{__name__}.{name}")


def summary(name):
    """Return the first line of the demo's docstring."""
    return demo_module(name).__doc__.strip().splitlines()[0]
