"""A property's inputs, drawn once and tried on many files: Hypothesis costs more than most properties do."""

import contextlib
import copy
import functools
from types import SimpleNamespace

from hypothesis import strategies as st

from fls_teach.course.checking.check import load_specification
from fls_teach.course.checking.search import each_example, replay

SEEDS = range(20)


def drawn(exercise, item):
    """Inputs of a property as pairs (where from, inputs): its explicit ones, then one per seed, made when asked for."""
    test = getattr(load_specification(exercise), item.function)
    yield from ((f"first {k}", inputs) for k, inputs in enumerate(test.first))
    if test.strategies:
        yield from ((seed, one_input(exercise, item, seed)) for seed in SEEDS)
    elif not test.first:
        yield "always", {}


@functools.cache
def one_input(exercise, item, seed):
    """What a seed draws first, not counting the simplest input of all, which is the same for every seed."""
    strategies = getattr(load_specification(exercise), item.function).strategies
    found = []

    def keep(gate, inputs):
        if gate:
            found.append(inputs)
            raise _Found

    # Behind the gate the simplest input is None, and costs nothing: some inputs take a second to draw.
    gated = st.integers(0, 2**30).flatmap(
        lambda gate: st.tuples(st.just(gate), st.fixed_dictionaries(strategies) if gate else st.none())
    )
    with contextlib.suppress(_Found):
        # Hypothesis begins longer runs with nearly simplest inputs, which would be the same for every seed.
        each_example(SimpleNamespace(strategies={"pair": gated}), lambda pair: keep(*pair), seed, max_examples=5)
    return found[0]


class _Found(BaseException):
    """Leaves Hypothesis at once."""


def try_inputs(test, student, inputs):
    """The `Failure` of a property on inputs that stay as they are, or None."""
    return replay(test, student, copy.deepcopy(inputs))
