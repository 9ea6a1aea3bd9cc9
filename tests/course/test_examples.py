"""The examples of a property come from the seed alone."""

import importlib.util
import sys
from types import SimpleNamespace

from hypothesis import strategies as st

from fls_teach.course.checking.search import each_example


def examples():
    found = []
    property_of_one_number = SimpleNamespace(strategies={"x": st.integers()})
    each_example(property_of_one_number, lambda x: found.append(x), seed=0, max_examples=200)
    return found


def test_examples_do_not_depend_on_the_modules_that_are_loaded(tmp_path, monkeypatch):
    """Catches a Hypothesis that draws constants from local source: marks would differ from one machine to the next."""
    before = examples()
    (tmp_path / "with_constants.py").write_text("numbers = 918273, 645362, 918274, 645363, 123454321, 8675309")
    specification = importlib.util.spec_from_file_location("with_constants", tmp_path / "with_constants.py")
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "with_constants", module)
    specification.loader.exec_module(module)
    assert examples() == before
