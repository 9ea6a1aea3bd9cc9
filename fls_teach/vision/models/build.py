"""Build the networks by name with random weights, which depend on the seed but not on the device."""

from functools import partial

import torch
from torch import nn

from fls_teach.vision.models.cnn5 import cnn5
from fls_teach.vision.models.multiplier import OutputMultiplier
from fls_teach.vision.models.resnet import resnet
from fls_teach.vision.models.vgg import vgg
from fls_teach.vision.own import call, is_own
from fls_teach.vision.run import MODELS, NORMS

_BUILDERS = {
    "cnn5": cnn5,
    "vgg11": partial(vgg, 11),
    "vgg16": partial(vgg, 16),
    "vgg19": partial(vgg, 19),
    "resnet18": partial(resnet, 18),
    "resnet34": partial(resnet, 34),
    "resnet50": partial(resnet, 50),
}


def build(name, *, n_classes, width=64, norm="none", image_size=32, seed=0):
    """Return a network in float32 on the CPU, in training mode, with the random weights of He et al. (2015).

    The weights of every convolution and of the readout are normal with variance 2 / (inputs of a unit). Biases, which
    exist only together with a norm, are 0. The global random state is not changed.

    Parameters
    ----------
    name : {"cnn5", "vgg11", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50"}
    n_classes : int
        At least 2.
    width : int
        Channels of the first layer, at least 1; the published VGG and ResNet have 64.
    norm : {"none", "group", "batch"}
        Normalisation after each convolution. With "none" there are no biases either.
    image_size : int
        Pixels per side, at least 8.
    seed : int

    Returns
    -------
    Module
        Maps normalised images (n, 3, image_size, image_size) to logits (n, n_classes).

    Raises
    ------
    ValueError
        If a value is invalid. The network raises it too, if it is called with images of another shape.

    Examples
    --------
    >>> build("cnn5", n_classes=10, width=16, image_size=16)(torch.zeros(2, 3, 16, 16)).shape
    torch.Size([2, 10])
    """
    for what, value, known in (("model", name, MODELS), ("norm", norm, NORMS)):
        if value not in known:
            raise ValueError(f"{what} is {value!r}; wanted one of {', '.join(known)}")
    for what, value, least in (("n_classes", n_classes, 2), ("width", width, 1), ("image_size", image_size, 8)):
        if value < least:
            raise ValueError(f"{what} is {value}; wanted at least {least}")
    with torch.device("cpu"), torch.random.fork_rng(devices=[]):  # constructors draw weights, which are redrawn below
        model = _BUILDERS[name](n_classes, width, norm, image_size)
        _start(model, torch.Generator().manual_seed(seed))
    return model


def build_for(run):
    """Return the initial network of `run`, on the CPU.

    Raises
    ------
    ValueError
        If the user's model cannot be built.
    """
    if is_own(run.model):
        with torch.device("cpu"), torch.random.fork_rng(devices=[]):
            torch.manual_seed(run.seed)
            model = call(run.model, run)
        if not isinstance(model, nn.Module):
            raise ValueError(f"'{run.model}' gave {type(model).__name__}; wanted a torch.nn.Module")
        if fixed := [name for name, weight in model.named_parameters() if not weight.requires_grad]:
            raise ValueError(f"'{run.model}' has parameters that are not trained ({fixed[0]}); make them buffers")
        if run.centred and any(isinstance(module, nn.modules.dropout._DropoutNd) for module in model.modules()):
            raise ValueError(f"'{run.model}' has dropout, which f and f0 would not share; leave out centred")
        return model
    return build(
        run.model, n_classes=run.n_classes, width=run.width, norm=run.norm, image_size=run.image_size, seed=run.seed
    )


def _start(model, generator):
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def homogeneity(model):
    """Return L such that f(a theta) = a^L f(theta) for all a > 0 and parameters theta; None if there is none.

    For cnn5 and VGG without a norm, L is the number of weight layers. Networks with a norm or shortcuts have none; nor
    has a centred network, whose f0 does not scale with theta. A user's model can declare it as an attribute `degree`.

    Examples
    --------
    >>> homogeneity(build("vgg11", n_classes=10, width=4)), homogeneity(build("resnet18", n_classes=10, width=4))
    (9, None)
    """
    if isinstance(model, OutputMultiplier):
        return None if model.centred else homogeneity(model.model)
    return getattr(model, "degree", None)
