"""The grid of `fls sweep`: one option per field of Run, each a list, and the runs that they give (without torch)."""

import itertools
from dataclasses import fields

import click

from fls_teach.vision.own import is_own
from fls_teach.vision.run import CHOICES, Run
from fls_teach.vision.sweep.grid import flags, listed, numbers, powers_of_two, runs, seeds

BY_DATA = {
    "latent": {"image_size": 16, "n": 512, "n_test": 1000, "n_validation": 256},
    "biggan": {"image_size": 32, "n": 2000, "n_test": 1000, "n_validation": 500},
    "cifar10": {"image_size": 32, "n": 0, "n_test": 0, "n_validation": 5000},
    "cifar100": {"image_size": 32, "n": 0, "n_test": 0, "n_validation": 5000},
}
SMALL = {"width": 16, "norm": "none", "c": "-6:6:2"}
"""Defaults for cnn5 and for user-defined models."""
PUBLISHED = {"width": 64, "norm": "batch", "c": "-10:2"}
"""Defaults for the other models."""
BY_STOP = {"train-accuracy": 0.99, "train-risk": 0.05, "validation-risk": 10}
HELP = {
    "model": "One of the following, or module:function:",
    "data": "One of the following (latent needs no files), or module:function:",
    "c": "Powers of two: A:B for 2^A to 2^B, or A:B:STEP; or values with commas.  [cnn5: -6:6:2, others: -10:2]",
    "lr": "Learning rates for loss(c f)/c.  [0.03,0.1]",
    "seed": "N for the seeds 0 to N - 1; or a list with commas; or A:B, both included.  [2]",
    "width": "Channels of the first layer.  [cnn5: 16, others: 64]",
    "norm": "[cnn5: none, others: batch]",
    "n": "Training images.  [latent: 512, biggan: 2000, CIFAR: 0 = all]",
    "n_test": "Test images.  [CIFAR: 0 = all, others: 1000]",
    "n_validation": "Held-out images.  [0; for --stop validation-risk latent: 256, biggan: 500, CIFAR: 5000]",
    "classes": "Use the first N classes; 0: all.",
    "class_list": "Use exactly these classes of CIFAR, such as 3,17,42.",
    "coarse": "Use the 20 superclasses of CIFAR-100.",
    "dimension": "Number of noise coordinates of latent and biggan.",
    "noise": "Standard deviation of latent's noise coordinates.",
    "test_per_seed": "Draw other test images for each seed.",
    "image_size": "Pixels per side.  [latent: 16, others: 32]",
    "centred": "Train c (f - f at the start); 'no,yes' trains both.",
    "batch": "Images per step.",
    "stop": "The rule that ends a run:",
    "target": "Target of --stop: accuracy, risk, or epochs without improvement.  [0.99, 0.05, 10]",
    "epochs": "Maximal number of epochs.",
    "optimiser": "",
    "momentum": "Momentum of SGD.",
    "weight_decay": "Weight decay, added to the gradient of loss(c f)/c; AdamW decouples it.",
    "eps": "Epsilon of Adam and AdamW.",
    "schedule": "Schedule of the learning rate:",
    "warmup": "Epochs in which the rate rises to --lr.",
    "augmentation": "",
    "loss": "",
    "evaluate": "Evaluate the training images after every epoch, or only near the target:",
    "test_every": "Epochs between evaluations of the test images.",
    "precision": "Precision of matrix products:",
    "compile": "Compile the network with torch.compile.",
    "channels_last": "Memory layout on a GPU.",
}
"""Help texts by field of Run, in the order of `fls sweep --help`; other fields come last and have no text."""
OPTIONS = {"seed": "--seeds"}
READ = {"c": powers_of_two, "seed": seeds, "class_list": lambda text: (text.replace(" ", ""),)}
"""Names of options, and functions that read their texts, where these do not follow from the field."""
DEFAULTS = {"lr": (0.03, 0.1), "seed": (0, 1)}


class List(click.ParamType):
    """A list that is read by a function of `fls_teach.vision.sweep.grid`."""

    name = "list"

    def __init__(self, read):
        self.read = read

    def convert(self, value, param, ctx):
        try:
            return value if isinstance(value, tuple) else self.read(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


def grid_options(command):
    """Add an option per field of Run to `command`, which receives the values as tuples by the names of the fields."""
    known = {field.name: field for field in fields(Run)}
    for name in reversed([*HELP, *(name for name in known if name not in HELP)]):
        command = _option(known[name])(command)
    return command


def _option(field):
    name = field.name
    words, bracket, default = HELP.get(name, "").partition("[")
    if name in CHOICES:
        words = f"{words} {', '.join(CHOICES[name])}.".strip()
    if not bracket:
        default = f"{'no' if field.default is False else str(field.default) or 'all'}]"
    help = f"{words.strip()}  [{default}"
    kind = {"metavar": "[LIST]", "is_flag": False, "flag_value": "yes"} if field.type is bool else {"metavar": "LIST"}
    read = READ.get(name) or _reader(field)
    return click.option(OPTIONS.get(name, f"--{name.replace('_', '-')}"), name, type=List(read), help=help, **kind)


def _reader(field):
    """Return the function that turns the text of an option into a tuple of values of the field's type."""
    if field.name in CHOICES:
        own = is_own if field.name in ("model", "data") else lambda name: False
        return lambda text: listed(text, CHOICES[field.name], own)
    if field.type is bool:
        return flags
    return lambda text: numbers(text, field.type)


def grid(given):
    """Return the runs that the options ask for; defaults depend on the data, the model and the stopping rule.

    Parameters
    ----------
    given : dict
        Field of Run -> tuple of values, or None.

    Returns
    -------
    list of Run
        Sorted by seed, then in the order of `fls_teach.vision.sweep.grid.runs`.

    Raises
    ------
    ValueError
        If an option has no valid value; the message is one sentence.
    """
    given = DEFAULTS | {name: values for name, values in given.items() if values is not None}
    kinds = [given.pop(name, (getattr(Run(), name),)) for name in ("model", "data", "stop")]
    made = []
    for model, data, stop in itertools.product(*kinds):
        by_model = SMALL if model == "cnn5" or is_own(model) else PUBLISHED
        defaults = {**BY_DATA.get(data, {}), **by_model, "target": BY_STOP[stop]}
        defaults["c"] = powers_of_two(defaults["c"])
        if stop != "validation-risk":
            defaults["n_validation"] = 0
        made += runs(**defaults | given | {"model": model, "data": data, "stop": stop})
    return sorted(dict.fromkeys(made), key=lambda run: given["seed"].index(run.seed))
