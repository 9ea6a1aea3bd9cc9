"""What the table says of its numbers: where the best c lies, and what its intervals cover."""

import re

import numpy as np
import pytest

from fls_teach.statistics import interval
from fls_teach.vision.run import Run
from fls_teach.vision.sweep.selection import INTERVAL, choose, notes
from fls_teach.vision.sweep.table import grids


def test_a_c_that_is_no_power_of_two_is_written_by_its_digits():
    """Catches 2^1.58 for a 3 that was typed."""
    log2_c, lr = np.log2([1.0, 3.0]), np.array([0.1, 0.2])
    accuracy = np.array([[[0.5, 0.5], [0.6, 0.7]]] * 2)
    said = notes(log2_c, lr, accuracy, np.full(accuracy.shape, "reached"), "99%")
    assert said[0].startswith("The best c, 3, is the largest") and said[1].startswith("At the best c, 3, the best")
    trained = {"status": "budget", "peak_test_accuracy": 0.5, "final_test_accuracy": 0.5, "train_risk": [2.0, 1.0]}
    (grid,) = grids([Run(c=3), Run(c=1)], [{"run": Run(c=3).parameters, "trained": trained}])
    assert any("lowest training risk is at c = 3, learning rate" in note for note in grid.run_notes)


@pytest.mark.parametrize("rates", [2, 6])
@pytest.mark.parametrize("seeds", [2, 4, 16])
def test_the_interval_covers_what_the_table_says(seeds, rates):
    """Noise, in which every rate is as good: 4,000 cells, so that a share is known to within 1 in 100."""
    low, high = map(int, re.search(r"covers (\d+) to (\d+)%", INTERVAL).groups())
    accuracy = np.random.default_rng(0).standard_normal((seeds, 4_000, rates))
    found = [interval(column) for column in choose(accuracy, np.full(accuracy.shape, "reached")).curve.T]
    share = 100 * np.mean([each.low <= 0 <= each.high for each in found])
    assert low - 1 < share < high + 1
