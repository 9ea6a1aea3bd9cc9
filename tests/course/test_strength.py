"""No property can be met by code that computes nothing.

Each cheat is a file with the reference's function names. It must fail every single property of every exercise.
"""

import pytest

from fls_teach.course.checking.check import load_specification
from fls_teach.course.checking.student import Student
from fls_teach.course.feedback.cards import parameters
from fls_teach.course.registry import exercises
from fls_teach.sandbox import InProcess

from .inputs import drawn, try_inputs

_HEAD = """
import copy, importlib.util, math
import numpy as np

_spec = importlib.util.spec_from_file_location("cheated_reference", {reference!r})
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)
first = {{}}

def keep(name, value):
    first[name] = value
    return value

def filled(value, number):
    if isinstance(value, dict):
        return {{key: filled(item, number) for key, item in value.items()}}
    if isinstance(value, (list, tuple)):
        return type(value)(filled(item, number) for item in value)
    if isinstance(value, (np.ndarray, np.generic)):
        kind = float if number != number and value.dtype.kind != "f" else value.dtype
        return np.full(value.shape, number, dtype=kind)[()]
    return "" if isinstance(value, str) else type(value)(number) if number == number else number

def mutated(value):
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        value *= 2
    elif isinstance(value, dict):
        for item in value.values():
            mutated(item)
    elif isinstance(value, list):
        value.reverse()
    return value

def cheat(name, real, given):
    {body}
"""
_FUNCTION = """
def {name}(*args, **kwargs):
    real = lambda: reference.{name}(*copy.deepcopy(args), **copy.deepcopy(kwargs))
    return cheat({name!r}, real, [*args, *kwargs.values()])
"""
CONSTANTS = {
    **{
        f"returns {text}": f"return {text}"
        for text in "0.0 1.0 0.5 -1.0 0 None True False math.nan '' () [] {}".split()
    },
    "returns nothing of the shape": "return np.zeros(0)",
}
SHAPED = {
    "zeros of the right shape": "return filled(real(), 0)",
    "ones of the right shape": "return filled(real(), 1)",
    "NaN of the right shape": "return filled(real(), math.nan)",
    "its first right answer for ever": "return copy.deepcopy(first[name] if name in first else keep(name, real()))",
}


def cheats(n_arguments):
    """What a cheat does -> the body of its functions."""
    echoes = {
        f"{what} argument {k + 1}": f"return {how}(given[{k}]) if len(given) > {k} else None"
        for k in range(n_arguments)
        for what, how in (("echoes", ""), ("doubles and returns", "mutated"))
    }
    return CONSTANTS | SHAPED | echoes


@pytest.mark.parametrize("exercise", exercises(), ids=lambda exercise: exercise.name)
def test_no_property_is_met_by_a_cheat(exercise, tmp_path):
    for module in exercise.needs:
        pytest.importorskip(module)
    with InProcess(exercise.solution) as session:
        names = session.load().value
    n_arguments = max(map(len, parameters(exercise.solution).values()))
    functions = "".join(_FUNCTION.format(name=name) for name in names)
    module, met = load_specification(exercise), []
    for cheat, body in cheats(n_arguments).items():
        path = tmp_path / "cheat.py"
        path.write_text(_HEAD.format(reference=str(exercise.solution), body=body) + functions, encoding="utf-8")
        with InProcess(path, support=exercise.support) as session:
            for item in exercise.properties:
                session.restart()  # a first answer is the first of this property
                test = getattr(module, item.function)
                if not any(try_inputs(test, Student(session), inputs) for _, inputs in drawn(exercise, item)):
                    met.append((item.id, cheat))
    assert not met
