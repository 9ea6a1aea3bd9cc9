"""docs/science.md shows what was recorded of benchmarks/science.py, and nothing that was not."""

import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from fls_teach.theory import difference_network, forward

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "science.md").read_text(encoding="utf-8")
RECORD = json.loads((ROOT / "benchmarks" / "results" / "science.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    """The benchmark's names, without running it, and its module of runs as `runs`."""
    before = list(sys.path)
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        names = runpy.run_path(str(ROOT / "benchmarks" / "science.py"), run_name="science")
        return names | {"runs": sys.modules["measured.runs"]}
    finally:
        sys.path[:] = before


def test_every_section_is_measured_recorded_and_shown(script):
    """Catches a measured section that the page lost, or one that was never recorded."""
    shown = re.findall(r"<!-- measured: ([\w-]+) -->", PAGE)
    assert sorted(shown) == sorted(script["SECTIONS"]) == sorted(RECORD)


@pytest.mark.parametrize("name", RECORD)
def test_the_page_shows_what_was_recorded(script, name):
    """Catches a number that was edited by hand, on the page or in the record alone."""
    assert script["with_block"](PAGE, name, script["block"](RECORD[name], name)) == PAGE


@pytest.mark.parametrize("name", RECORD)
def test_a_block_stands_in_the_section_of_its_name(name):
    """Catches a table that was moved below another heading."""
    before = PAGE[: PAGE.index(f"<!-- measured: {name} -->")]
    assert re.findall(r'<a id="([\w-]+)"></a>', before)[-1] == name


def test_the_predictors_of_f_less_f0_are_those_of_f_less_those_of_the_start(script):
    """Catches a w^+ of centred training that counts w^- of the start, which no input of the positive class feels.

    Where all positive neurons are active and no negative one, f - f_0 is <w^+, x>; on the whole, (g(x) - g(-x)) / 2
    = <w^+ - w^-, x> / 2 with g = f - f_0. tests/demos/test_mechanism.py asks the same of the demos.
    """
    rng = np.random.default_rng(3)
    signs, x = np.array([1, 1, 1, -1, -1, -1]), np.eye(4)[0] + 0.1 * rng.normal(size=(5, 4))
    start, end = (rng.normal(size=(6, 4)) * [0, 1, 1, 1] + 9 * signs[:, None] * np.eye(4)[0] for _ in range(2))
    layers = end, signs * 2.0, start, signs * 1.0
    g = difference_network(*layers)
    positive, linear = script["runs"].linear_predictors(*layers, centred=True)
    np.testing.assert_allclose(forward(x, *g), x @ positive, rtol=1e-12)
    np.testing.assert_allclose(forward(x, *g) - forward(-x, *g), x @ linear, rtol=1e-12)
    plain = script["runs"].linear_predictors(*layers, centred=False)
    np.testing.assert_allclose(forward(x, end, signs * 2.0), x @ plain[0], rtol=1e-12)
