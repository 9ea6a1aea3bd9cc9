"""Support code that runs in a worker and calls functions of any solution or misconception.

One worker serves many files; starting one worker per file would take longer than the calls.
"""

import types

_loaded = {}


def load(key, source, support):
    """Run `source` and the text of the exercise's support file (None if it has none), and store both as `key`."""
    student, helper = types.ModuleType("student_exercise"), types.ModuleType("exercise_support")
    helper.student = student
    for module, text in ((student, source), (helper, support)):
        if text is not None:
            module.__file__ = key
            exec(compile(text, key, "exec"), module.__dict__)
    getattr(helper, "prepare", str)(source)
    _loaded[key] = student, helper


def answer(key, function, args, kwargs):
    """Call a function of the files that were loaded as `key` and return its value."""
    student, helper = _loaded[key]
    side, _, name = function.rpartition(":")
    return getattr(helper if side == "support" else student, name)(*args, **kwargs)
