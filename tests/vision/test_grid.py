"""Grids: what the user wrote is what runs, each once; anything else is a sentence."""

import subprocess
import sys

import pytest

from fls_teach.vision.run import Run
from fls_teach.vision.sweep.grid import numbers, powers_of_two, runs

NOT_A_RANGE = {
    "1:": "no range",
    ":": "no range",
    "0.5:2": "no range",
    "1:2:3:4": "no range",
    "-2:2:0": "a step of 1 or more",
    "-2:2:-1": "a step of 1 or more",
    "0:2000": "exponents from",
    "2:-2": "empty range.*-2:2",
    "": "no list of numbers",
    "1,,2": "no list of numbers",
    "one": "no list of numbers",
    "2^-2": "with commas between, or A:B for the powers of two",
    "1,inf": "not finite",
    "nan": "not finite",
}


@pytest.mark.parametrize("text", NOT_A_RANGE)
def test_what_is_no_range_is_a_sentence(text):
    with pytest.raises(ValueError, match=NOT_A_RANGE[text]):
        powers_of_two(text)


def test_both_ends_belong_to_a_range():
    assert powers_of_two("-10:2") == tuple(2.0**e for e in range(-10, 3))
    assert powers_of_two("-6:6:2")[-1] == 64 and powers_of_two("-6:5:2")[-1] == 16 and powers_of_two("3:3") == (8,)


def test_whole_numbers_are_no_fractions():
    with pytest.raises(ValueError, match="no list of whole numbers"):
        numbers("1.5", int)


def test_every_combination_comes_once_in_the_documented_order():
    lists = {"lr": (0.1, 0.2), "c": [1, 1.0, 2], "seed": (0, 1), "n": (10, 20)}
    made = [(run.seed, run.n, run.c, run.lr) for run in runs(**lists)]
    assert made == [(s, n, c, lr) for s in (0, 1) for n in (10, 20) for c in (1.0, 2.0) for lr in (0.1, 0.2)]
    assert runs(**dict(reversed(lists.items()))) == runs(**lists)
    assert runs() == [Run()]


@pytest.mark.parametrize(
    "lists, words",
    [({"c": ()}, "grid is empty: there is no c"), ({"rate": 1}, "no 'rate'"), ({"c": (1, -1)}, "c is -1.0")],
)
def test_what_makes_no_grid_is_a_sentence(lists, words):
    with pytest.raises(ValueError, match=words):
        runs(**lists)


@pytest.mark.parametrize("target", [0.99, 2.5])
def test_epochs_without_improvement_are_a_whole_number(target):
    """The default target 0.99 would end such a run before it began."""
    with pytest.raises(ValueError, match="whole number of epochs"):
        Run(stop="validation-risk", n_validation=10, target=target)


def test_grids_need_no_torch(environment):
    code = "import sys, fls_teach.vision.sweep.grid, fls_teach.vision.run; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0
