"""Runs in a worker, as support code: what would another file of the course have answered?

One worker serves many files; starting one for each would take longer than the answers.
"""

import types

_loaded = {}


def load(key, source, support):
    """Run `source`, and the text of the exercise's own support file (None if it has none) beside it; call it `key`."""
    student, helper = types.ModuleType("student_exercise"), types.ModuleType("exercise_support")
    helper.student = student
    for module, text in ((student, source), (helper, support)):
        if text is not None:
            module.__file__ = key
            exec(compile(text, key, "exec"), module.__dict__)
    getattr(helper, "prepare", str)(source)
    _loaded[key] = student, helper


def answer(key, function, args, kwargs):
    """The value of one call of a function in what was loaded as `key`."""
    student, helper = _loaded[key]
    side, _, name = function.rpartition(":")
    return getattr(helper if side == "support" else student, name)(*args, **kwargs)
