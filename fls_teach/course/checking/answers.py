"""Runs in a worker, as support code: what would another file of the course have answered?

One worker serves all files of an exercise; starting one for each would take longer than the answers.
"""

import types
from pathlib import Path

_loaded = {}


def load(path, support):
    """Run the file `path`, and the exercise's own support file (None if it has none) beside it, unless that is done."""
    if path not in _loaded:
        _loaded[path] = _run(path, support)


def answer(path, support, function, args, kwargs):
    """The value of one call of a function in the file `path`."""
    load(path, support)
    student, helper = _loaded[path]
    side, _, name = function.rpartition(":")
    return getattr(helper if side == "support" else student, name)(*args, **kwargs)


def _run(path, support):
    student, helper = types.ModuleType("student_exercise"), types.ModuleType("exercise_support")
    helper.student = student
    for module, file in ((student, path), (helper, support)):
        if file is not None:
            module.__file__ = file
            exec(compile(Path(file).read_text(encoding="utf-8"), file, "exec"), module.__dict__)
    return student, helper
