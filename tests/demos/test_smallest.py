"""Demos at the smallest sizes that their parameters allow: few seeds show little, and that is no error."""

from dataclasses import replace

import pytest
from matplotlib import pyplot

from fls_teach.demos import demo_module

SMALLEST = {
    "bound": {"n_seeds": 4, "log2_alpha": (-4, 3), "n_draws": 2},
    "failure": {"n_seeds": 4, "group": 4, "log2_alpha": (-4, -2, 0, 2, 3), "n_draws": 4},
    "lazy": {"n_seeds": 4, "log2_alpha": (-4, 0, 3), "n_draws": 4, "n_points": 10},
    "separability": {"n_seeds": 4, "n_seeds_overlap": 4, "log2_alpha": (-4, 0, 3), "n_draws": 6, "edges": (-0.35, 0)},
    "stability": {
        "n_samples": 4, "n_features": 4, "n_neurons": 2, "n_seeds": 2, "log2_alpha": (-12, -8), "log2_small_alpha": -8,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SMALLEST)
def test_few_seeds_give_claims_and_a_figure_without_a_warning(name):
    """Catches a division by a rise, a spread or a mass that is 0 in all of few seeds, a quantile of nothing, and a
    figure of runs that all missed their target. Warnings are errors here."""
    module = demo_module(name)
    result = module.run(replace(module.PRESETS["quick"], **SMALLEST[name]), 0)
    claims = module.claims(result)
    assert claims and all(claim.measured.value is not None or claim.measured.detail for claim in claims)
    module.plot(result).canvas.draw()
    pyplot.close("all")


def test_one_positive_example_is_refused():
    """Catches a demo about the way from x_+ to the max-margin direction on data where the two are the same."""
    with pytest.raises(ValueError, match=r"n_samples is 2; wanted 4 to 1000"):
        replace(demo_module("stability").PRESETS["quick"], n_samples=2)
