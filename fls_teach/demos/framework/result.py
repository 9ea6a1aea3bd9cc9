"""Measurements of a demo: named arrays and their origin, saved as NAME.npz + NAME.json without pickles."""

import functools
import hashlib
import io
import json
import math
import platform
import re
import zipfile
from dataclasses import asdict, dataclass, field, is_dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from fls_teach import __version__
from fls_teach.files import replacing

FORMAT = "fls-teach result 1"
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Result:
    """The outcome of one run of a demo.

    Parameters
    ----------
    name : str
        The demo's name, and the stem of its files.
    params : dataclass or dict
        Stored as a dict of plain JSON values, so that a new result equals a loaded one.
    seed : int
        Seed of all random numbers.
    arrays : dict of str to array_like
        Numbers, bools or strings, of any shape; names are letters, digits and underscores.
    metadata : dict
        Further information for figures, in plain JSON values. Non-finite numbers become None; store these in an array.

    Raises
    ------
    ValueError
        If `name` is not a valid file name, or an array would need a pickle.
    """

    name: str
    params: dict
    seed: int
    arrays: dict
    metadata: dict = field(default_factory=dict)

    def __post_init__(self):
        for word in (self.name, *self.arrays):
            if not isinstance(word, str) or not _WORD.fullmatch(word):
                raise ValueError(f"name {word!r} is not made of letters, digits and underscores")
        arrays = {name: np.asarray(value, order="C") for name, value in self.arrays.items()}
        for name, value in arrays.items():
            if value.dtype.kind not in "fiubU":
                raise ValueError(f"array {name!r} has dtype {value.dtype}; wanted numbers, bools or strings")
        object.__setattr__(self, "arrays", arrays)
        object.__setattr__(self, "params", plain(self.params))
        object.__setattr__(self, "metadata", plain(self.metadata))
        object.__setattr__(self, "seed", int(self.seed))


def plain(value):
    """Convert `value` to JSON types: dataclasses become dicts, tuples and arrays lists, NaN and infinities None.

    Raises
    ------
    TypeError
        For values of any other type.

    Examples
    --------
    >>> plain({"alphas": (np.float64(0.5), float("inf")), "n": np.int64(3)})
    {'alphas': [0.5, None], 'n': 3}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    raise TypeError(f"{type(value).__name__} {value!r} has no place in JSON")


def save(result, folder):
    """Write `result` to FOLDER/NAME.npz and FOLDER/NAME.json; the same result gives the same bytes.

    The files contain neither the time nor the machine's name. A checksum in the second identifies the first.

    Returns
    -------
    dict
        ``{"result": path of the .npz, "parameters": path of the .json}``
    """
    files = saved_files(folder, result.name)
    data = _npz_bytes(result.arrays)
    description = {
        "format": FORMAT,
        "name": result.name,
        "params": result.params,
        "seed": result.seed,
        "metadata": result.metadata,
        "arrays": {
            name: {"dtype": value.dtype.str, "shape": list(value.shape)} for name, value in result.arrays.items()
        },
        "sha256": hashlib.sha256(data).hexdigest(),
        "versions": _versions(),
    }
    text = json.dumps(description, indent=2, allow_nan=False) + "\n"
    for path, content in zip(files.values(), (data, text.encode()), strict=True):
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    return files


def saved_files(folder, name):
    """Return the paths of the result of the demo `name` in `folder`, whether or not it exists."""
    return {"result": Path(folder) / f"{name}.npz", "parameters": Path(folder) / f"{name}.json"}


def _versions():
    return {
        "fls_teach": __version__,
        "source": _source_digest(),
        "numpy": np.__version__,
        "scipy": version("scipy"),
        "python": platform.python_version(),
    }


@functools.cache
def _source_digest():
    """Return a digest of the code that computes results; in a clone the code changes between releases."""
    package = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for path in sorted(file for room in ("theory", "demos", "vision") for file in (package / room).rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def finished(folder, name, params, seed):
    """Return the result of the demo `name` in `folder`, if the same code computed it from the same parameters and seed.

    Parameters
    ----------
    folder : path-like
    name : str
    params : dataclass or dict
    seed : int

    Returns
    -------
    Result or None
    """
    path = Path(folder) / f"{name}.json"
    try:
        versions = json.loads(path.read_bytes())["versions"]
        result = load(path)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    same = (result.name, result.params, result.seed) == (name, plain(params), seed) and versions == _versions()
    return result if same else None


def load(path):
    """Read a result written by `save`.

    Parameters
    ----------
    path : path-like
        Either of the two files; the other must lie beside it.

    Raises
    ------
    ValueError
        If a file is missing or damaged, has another format, or does not belong to the other file.
    """
    path = Path(path)
    if path.suffix not in (".npz", ".json"):
        raise ValueError(f"'{path}' is not a saved result; wanted a .npz or .json file that 'fls demo' wrote")
    data_path, json_path = path.with_suffix(".npz"), path.with_suffix(".json")
    try:
        text, data = json_path.read_bytes(), data_path.read_bytes()
    except (OSError, ValueError) as problem:
        missing = getattr(problem, "filename", None) or path
        raise ValueError(f"cannot read '{missing}' ({getattr(problem, 'strerror', problem)})") from None
    try:
        description = json.loads(text)
        if description["format"] != FORMAT:
            raise KeyError("format")
        name, params, seed, metadata = (description[key] for key in ("name", "params", "seed", "metadata"))
        digest = description["sha256"]
        if not (isinstance(params, dict) and isinstance(metadata, dict) and type(seed) is int):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"'{json_path}' is damaged or was not written by 'fls demo'; run the demo again") from None
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"'{data_path}' is damaged or not the file that '{json_path}' describes; run the demo again")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return Result(name, params, seed, {key: archive[key] for key in archive.files}, metadata)
    except (ValueError, TypeError, KeyError, EOFError, OSError, zipfile.BadZipFile):
        raise ValueError(f"'{data_path}' holds no arrays that 'fls demo' could have written; run it again") from None


def _npz_bytes(arrays):
    """Do as np.savez_compressed, but without time and operating system, so that equal arrays give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, value, allow_pickle=False)
    return buffer.getvalue()
