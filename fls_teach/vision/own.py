"""A model or a data set of one's own, named as module:function wherever a run names one of ours::

    # mine.py, in the current folder or installed
    def net(run):
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * run.image_size**2, run.n_classes))

    def pictures(run):
        return Data(train=Images(...), test=Images(...))      # fls_teach.vision.data.dataset

``fls sweep --model mine:net`` builds the network with torch's random numbers seeded by the run's seed; what else it
depends on is the function's affair. Dropout has numbers of its own in each epoch, by seed and epoch; ``--centred``
refuses it, for f and f0 would have masks of their own. What is not to be trained must be a buffer, not a parameter.

``--data mine:pictures`` has `classes`, `image_size` and `seed` to go by. Functions are called where the run is trained:
in a new process, or on another machine, which needs the file too. A record holds the digest of the file that defines a
function, and a folder with records of two versions of it says so (no torch).
"""

import hashlib
import importlib
import importlib.util
import os
import re
import sys

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_own(name):
    """Whether `name` has the form module:function."""
    return bool(_NAME.fullmatch(name))


def resolve(name):
    """The function that `name`, module:function, means; the current folder is searched last.

    Raises
    ------
    ValueError
        In one sentence, if there is no such module or function, or importing it fails.
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
    """What the function that `name` means gives for `run`; a ValueError in one sentence if it cannot."""
    function = resolve(name)
    try:
        return function(run)
    except Exception as problem:
        raise ValueError(f"'{name}' failed ({_sentence(problem)})") from problem


def _sentence(problem):
    return f"{type(problem).__name__}: {(str(problem).splitlines() or [''])[0]}"


def source_digest(name):
    """16 hexadecimal digits that name the bytes of the file of `name`'s module; imports nothing but its packages.

    Raises
    ------
    ValueError
        In one sentence, if there is no such module, or it is in no file.
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
    """Raise the ValueError of `resolve` if the run's own model or data is not there."""
    for name in _names(run).values():
        resolve(name)


def sources(run):
    """The digests of a run's own model and data, by field; empty if it has none."""
    return {field: source_digest(name) for field, name in _names(run).items()}


def _names(run):
    names = {field: getattr(run, field) for field in ("model", "data")}
    return {field: name for field, name in names.items() if is_own(name)}


def _add_current_folder():
    if not {"", os.getcwd()} & set(sys.path):  # a console script's path has the folder of the script instead
        sys.path.append(os.getcwd())
