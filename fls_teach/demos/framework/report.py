"""Run a demo by name, or load a saved result, and report its files and claims."""

from dataclasses import dataclass
from pathlib import Path

from fls_teach import plotting
from fls_teach.demos import demo_module
from fls_teach.files import replacing, writable_folder

from .params import replaced
from .result import Result, finished, load, save, saved_files


@dataclass(frozen=True)
class Report:
    """Report on a run: the result as loaded from disk, its claims, and its files by kind."""

    result: Result
    claims: list
    files: dict

    @property
    def holds(self):
        """Whether every claim holds."""
        return all(claim.holds for claim in self.claims)


def run_demo(name, preset="quick", seed=0, folder="out", progress=None, data_dir=None, settings=(), resume=False):
    """Run a demo, save its result, and report on what was saved.

    Parameters
    ----------
    name, preset : str
    seed : int
        >= 0.
    folder : path-like
        Folder for NAME.npz, NAME.json, NAME.png and, for some demos, NAME.gif.
    progress : callable, optional
        Called as ``progress(fraction, what)``.
    data_dir : path-like, optional
        Folder of real images, for a demo that can use them.
    settings : iterable of str
        Strings ``FIELD=VALUE``: parameters that differ from the preset's.
    resume : bool
        Use the result in `folder`, if it was computed by the same code from the same parameters and seed.

    Raises
    ------
    ValueError
        If there is no such demo or parameter, `data_dir` is given but the demo uses no real images, a parameter is out
        of range, the folder is not writable (checked before the run), or the images cannot be read.
    OSError
        If writing fails later.
    """
    module = demo_module(name)
    folder = writable_folder(folder)
    if data_dir is not None and not hasattr(module, "CIFAR_PRESETS"):
        raise ValueError(f"the demo '{name}' makes its own data; leave --data-dir out")
    presets = module.PRESETS if data_dir is None else module.CIFAR_PRESETS
    params = replaced(presets[preset], settings)
    result = finished(folder, name, params, seed) if resume else None
    if result is not None:
        return _report(module, result, folder, saved_files(folder, name))
    result = module.run(params, seed, progress, *([] if data_dir is None else [data_dir]))
    files = save(result, folder)
    # Claims and figure are computed from the files, so they use only what a reader of the files has.
    return _report(module, load(files["result"]), folder, files)


def redraw(path, folder=None, name=None):
    """Compute the claims and draw the figure of a saved result, without running the demo again.

    Parameters
    ----------
    path : path-like
        The .npz or .json file.
    folder : path-like, optional
        Folder of the figure; by default that of the result.
    name : str, optional
        Name of the demo that the result must be of.

    Raises
    ------
    ValueError
        If the file is not a valid result of that demo, or the folder is not writable.
    """
    result = load(path)
    if name not in (None, result.name):
        raise ValueError(f"'{path}' is a result of the demo '{result.name}', not of '{name}'")
    module = demo_module(result.name)
    files = saved_files(Path(path).parent, Path(path).stem)
    folder = writable_folder(Path(path).parent if folder is None else folder)
    outdated = f"'{path}' was written by another version of the demo '{result.name}'; run it again"
    try:
        module.Params(**result.params)
    except (TypeError, ValueError):
        raise ValueError(outdated) from None
    try:
        return _report(module, result, folder, files)
    except KeyError as missing:  # an array or a metadata entry that this version needs
        raise ValueError(f"{outdated} ({missing} is not in it)") from None
    except (IndexError, TypeError, ValueError) as problem:  # an array of another shape or kind
        raise ValueError(f"{outdated} ({problem})") from None


def _report(module, result, folder, files):
    claims = module.claims(result)
    figure_path = folder / f"{result.name}.png"
    with replacing(figure_path) as temporary:
        plotting.write_png(module.plot(result), temporary)
    files = {"figure": figure_path, **files}
    if hasattr(module, "animate"):
        files["animation"] = folder / f"{result.name}.gif"
        with replacing(files["animation"]) as temporary:
            module.animate(result, temporary)
    return Report(result, claims, files)
