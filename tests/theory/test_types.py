"""The public API is typed, and says so to type checkers."""

import inspect
from pathlib import Path

import pytest

import fls_teach
from fls_teach import theory

PUBLIC = [getattr(theory, name) for name in theory.__all__]
FUNCTIONS = [item for item in PUBLIC if inspect.isfunction(item)]
METHODS = [
    method
    for item in PUBLIC
    if inspect.isclass(item)
    for name, method in vars(item).items()
    if inspect.isfunction(method) and not name.startswith("_")
]


@pytest.mark.parametrize("function", FUNCTIONS + METHODS, ids=lambda function: function.__qualname__)
def test_every_argument_and_result_has_a_type(function):
    """Catches a public function whose arguments or result a type checker takes for Any."""
    signature = inspect.signature(function)
    untyped = [name for name, p in signature.parameters.items() if p.annotation is p.empty and name != "self"]
    assert not untyped
    assert signature.return_annotation is not signature.empty


def test_all_names_what_is_public():
    """Catches a function that type checkers would call private, as it is imported but not in __all__."""
    public = {name for name, value in vars(theory).items() if callable(value) and not name.startswith("_")}
    assert set(theory.__all__) == public
    assert len(theory.__all__) == len(set(theory.__all__))


def test_the_package_says_that_it_is_typed():
    """Catches py.typed lost from the package: checkers would ignore every annotation."""
    assert (Path(fls_teach.__file__).parent / "py.typed").is_file()
