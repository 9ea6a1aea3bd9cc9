"""What `--set` may ask for: every field of every demo refuses what its run could not do, in one sentence."""

import dataclasses

import numpy as np
import pytest

from fls_teach import demos
from fls_teach.demos.framework.params import at_most, in_range, increasing, one_of, replaced

HUGE = 10**12
CHECKED = [name for name in demos.NAMES if hasattr(demos.demo_module(name).Params, "__post_init__")]
FIELDS = [(name, field.name) for name in CHECKED for field in dataclasses.fields(demos.demo_module(name).Params)]


def bad_texts(value):
    """Values of the right kind that no demo can use for a field that is `value` now."""
    if isinstance(value, bool):
        return ["maybe"]
    if isinstance(value, int):
        return [str(HUGE), str(-HUGE)]
    if isinstance(value, float):
        return ["1e30", "-1e30", "nan"]
    if isinstance(value, str):
        return ["nonsense"]
    first, words = value[0], isinstance(value[0], str)
    twice = f"{first},{first}"
    return (
        [",", twice, "nonsense"]
        if words
        else [",", twice, "1e30,2e30", "-2e30,-1e30", ",".join(map(str, range(-150, 150))), "nonsense"]
    )


@pytest.mark.parametrize(("demo", "field"), FIELDS)
def test_a_bad_value_is_one_sentence(demo, field):
    """Catches a field without a range, and one whose bad value only a crash or an endless run would find."""
    quick = demos.demo_module(demo).PRESETS["quick"]
    for text in bad_texts(getattr(quick, field)):
        with pytest.raises(ValueError) as raised:
            replaced(quick, [f"{field}={text}"])
        message = str(raised.value)
        assert field in message and "\n" not in message and len(message) < 250, (text, message)


@pytest.mark.parametrize(
    ("demo", "setting", "words"),
    [
        ("alignment", "n_seeds=1", "n_seeds is 1; wanted 2 to 2000"),
        ("alignment", "log2_alpha=-8", "log2_alpha has 1 values; wanted 2 to"),
        ("alignment", "log2_alpha=-8,-12", "log2_alpha is -8,-12; wanted increasing"),
        ("alignment", "log2_alpha=-12,-8", "shown_log2_alpha is -16; wanted one of -12,-8"),
        ("alignment", "log2_alpha=-16,0", "log2_alpha holds 0; wanted less than -1.66"),
        ("alignment", "n_neurons=2000", None),
        ("alignment", "n_features=1000", None),
        ("alignment", "movie_phi=35,22", "movie_phi is 35,22; wanted increasing"),
        ("alignment", "movie_phi=20,30,40", "movie_phi has 3 values; wanted 2"),
        ("stability", "n_samples=0", "n_samples is 0; wanted 4 to"),
        ("stability", "log2_small_alpha=-24", "wanted two of log2_alpha at or below it"),
        ("stability", "target_risks=0.01,0.1", "wanted falling"),
        ("stability", "usual_risk=0.02", "usual_risk is 0.02; wanted one of 0.3,"),
        ("stability", "target_risks=0.3,0.1,0.01", "three or more of at most 0.03"),
        ("equivalence", "powers=0,1", "wanted whole numbers other than 0"),
        ("equivalence", "powers=0.5,1", "wanted whole numbers other than 0"),
        ("equivalence", "n_steps=0", "n_steps is 0; wanted 1 to"),
        ("heatmap", "log2_c=-1,0", "log2_c has 2 values; wanted 3 to"),
        ("heatmap", "rates=0.1,0.05", "rates is 0.1,0.05; wanted increasing"),
        ("heatmap", "n=0", "n is 0, which means all"),
        ("heatmap", "target=1.5", "a training accuracy is at most 1"),
        ("dimension", "dimensions=8", "dimensions has 1 values; wanted 2 to"),
        ("dimension", "data=biggan", "data 'biggan' has no noise to scale"),
        ("stopping", "end_risk=0.06", "wanted at most target_risk, 0.05"),
    ],
)
def test_what_goes_together(demo, setting, words):
    """Catches a check of one field that forgets another; None: allowed, so that the limits are not needlessly low."""
    quick = demos.demo_module(demo).PRESETS["quick"]
    if words is None:
        assert replaced(quick, [setting]) != quick
    else:
        with pytest.raises(ValueError) as raised:
            replaced(quick, [setting])
        assert words in str(raised.value)


@pytest.mark.parametrize("name", CHECKED)
def test_presets_and_saved_parameters_pass(name):
    """Catches limits that refuse a preset, or a list where a saved result has one instead of a tuple."""
    module = demos.demo_module(name)
    for preset in module.PRESETS.values():
        as_lists = {
            key: list(value) if isinstance(value, tuple) else value for key, value in dataclasses.asdict(preset).items()
        }
        module.Params(**as_lists)


def test_the_helpers_accept_their_own_limits():
    """Catches an inequality that is off by its equality."""
    params = dataclasses.make_dataclass("Params", [("n", int, 2), ("grid", tuple, (-1, 0.5)), ("none", tuple, ())])()
    in_range(params, n=(2, 2), grid=(-1, 0.5))
    increasing(params, grid=2)
    at_most(6, a=2, b=3)
    one_of(params, n=(1, 2))
    for refused in (
        lambda: in_range(params, n=(3, 4)),
        lambda: in_range(params, grid=(-0.5, 1)),
        lambda: in_range(params, none=(0, 1)),
        lambda: in_range(dataclasses.replace(params, grid=(np.nan,)), grid=(0, 1)),
        lambda: increasing(params, grid=3),
        lambda: increasing(dataclasses.replace(params, grid=(1, 1)), grid=1),
        lambda: at_most(5, a=2, b=3),
        lambda: one_of(params, n=(1, 3)),
    ):
        with pytest.raises(ValueError):
            refused()
