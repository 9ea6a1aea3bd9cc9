"""A user's own model or data set, given as module:function in place of the name of a built-in one::

    # mine.py, in the current folder or installed
    def net(run):
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * run.image_size**2, run.n_classes))

    def pictures(run):
        return Data(train=Images(...), test=Images(...))      # fls_teach.vision.data.dataset

``fls sweep --model mine:net`` calls the function with torch's random numbers seeded by the run's seed; the function is
responsible for everything else that the network depends on. Dropout is seeded in each epoch by seed and epoch;
``--centred`` refuses it, because f and f0 would have different masks. A tensor that is not to be trained must be a
buffer, not a parameter.

The function of ``--data mine:pictures`` may use `classes`, `image_size` and `seed` of the run. Functions are called
where the run is trained, possibly in a new process or on another machine, which needs the file too. A record contains
the digest of the file that defines the function, and a sweep whose records come from two versions of the file reports
it (no torch).
"""

import hashlib
import importlib
import importlib.util
import os
import re
import sys

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_own(name):
    """Return whether `name` has the form module:function."""
    return bool(_NAME.fullmatch(name))


def resolve(name):
    """Import and return the function `name`, "module:function"; the current folder is searched last.

    Raises
    ------
    ValueError
        If there is no such module or function, or importing it fails.
    """
    module, function = name.split(":")
    _add_current_folder()
    try:
        found = getattr(importlib.import_module(module), function, None)
    except Exception as problem:
        raise ValueError(f"cannot import '{module}' of '{name}' ({_sentence(problem)})") from problem
    if not callable(found):
        raise ValueError(f"'{name}' is no function: the module '{module}' has no function '{function}'")
    return found


def call(name, run):
    """Call the function `name` with `run` and return its result; any failure is raised as a ValueError."""
    function = resolve(name)
    try:
        return function(run)
    except Exception as problem:
        raise ValueError(f"'{name}' failed ({_sentence(problem)})") from problem


def _sentence(problem):
    return f"{type(problem).__name__}: {(str(problem).splitlines() or [''])[0]}"


def source_digest(name):
    """Return 16 hexadecimal digits that identify the file of the module of `name`, of which only parents are imported.

    Raises
    ------
    ValueError
        If there is no such module, or it is not a file.
    """
    module, _ = name.split(":")
    _add_current_folder()
    try:
        path = importlib.util.find_spec(module).origin
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()[:16]
    except (AttributeError, ImportError, OSError, TypeError, ValueError):
        raise ValueError(f"cannot find the file of '{module}' of '{name}'; is it in the current folder?") from None


def refuse_missing(run):
    """Raise the ValueError of `resolve` if a user's model or data that `run` names cannot be imported."""
    for name in _names(run).values():
        resolve(name)


def sources(run):
    """Return the digests of the user's model and data that `run` names, by field; empty if it names none."""
    return {field: source_digest(name) for field, name in _names(run).items()}


def _names(run):
    names = {field: getattr(run, field) for field in ("model", "data")}
    return {field: name for field, name in names.items() if is_own(name)}


def _add_current_folder():
    if not {"", os.getcwd()} & set(sys.path):  # sys.path of a console script has the script's folder instead
        sys.path.append(os.getcwd())
