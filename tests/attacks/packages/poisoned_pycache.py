"""Compiled honest work in __pycache__, valid unchecked, beside a source that is wrong: only the source counts.

exercise: 08_bayes_error
verdict: wrong
"""

import importlib.util
import py_compile
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "sources"
HONEST = (SOURCES / "honest.py").read_text(encoding="utf-8")
WRONG = (SOURCES / "wrong.py").read_text(encoding="utf-8")


def build(folder):
    path = folder / "poisoned_pycache"
    path.mkdir()
    source = path / "08_bayes_error.py"
    source.write_text(HONEST)
    for cached in (importlib.util.cache_from_source(str(source)), str(source) + "c"):
        py_compile.compile(str(source), cached, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    source.write_text(WRONG)
    return path
