"""Load weights from a file without executing code that the file may contain."""

import pickle
from pathlib import Path

import torch

from fls_teach.files import because


def load_weights(module, path):
    """Load the tensors of a file into `module`, and return it.

    Parameters
    ----------
    module : nn.Module
    path : path-like
        NAME.safetensors, or a state dict saved by torch.save, from which only tensors are read.

    Raises
    ------
    ValueError
        If the file cannot be read, has neither format, or its tensors do not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if Path(path).suffix == ".safetensors":
            tensors = load_file(path)
        else:
            tensors = torch.load(path, map_location="cpu", weights_only=True)
        found = {name: tuple(value.shape) for name, value in tensors.items()}
    except OSError as problem:
        raise ValueError(f"cannot read weights '{path}' ({because(problem)})") from None
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError, AttributeError, TypeError):
        raise ValueError(f"'{path}' is damaged, or holds something else than tensors; wanted safetensors") from None
    try:
        module.load_state_dict(tensors)
    except (RuntimeError, KeyError):
        wanted = {name: tuple(value.shape) for name, value in module.state_dict().items()}
        name = next((name for name in (*wanted, *found) if wanted.get(name) != found.get(name)), "a tensor")
        raise ValueError(
            f"weights '{path}' do not fit: {name} is {found.get(name, 'missing')}; "
            f"wanted {wanted.get(name, 'no such tensor')}"
        ) from None
    return module
