"""The grid of `fls sweep`: an option per field of Run, each a list, and the runs that they make together (no torch)."""

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
"""Of cnn5, and of models of one's own."""
PUBLISHED = {"width": 64, "norm": "batch", "c": "-10:2"}
BY_STOP = {"train-accuracy": 0.99, "train-risk": 0.05, "validation-risk": 10}
HELP = {
    "model": "module:function, or",
    "data": "module:function, or (latent needs no files)",
    "c": "Powers of two, 2^A to 2^B; A:B:STEP; or values with commas.  [cnn5: -6:6:2, others: -10:2]",
    "lr": "Learning rates on loss(c f)/c.  [0.03,0.1]",
    "seed": "How many, from 0 on; or a list with commas; or A:B, both included.  [2]",
    "width": "Channels of the first layer.  [cnn5: 16, others: 64]",
    "norm": "[cnn5: none, others: batch]",
    "n": "Training images.  [latent: 512, biggan: 2000, CIFAR: 0 = all]",
    "n_test": "Test images.  [CIFAR: 0 = all, others: 1000]",
    "n_validation": "Held-out images.  [0; for --stop validation-risk latent: 256, biggan: 500, CIFAR: 5000]",
    "classes": "The first so many; 0 is all.",
    "class_list": "CIFAR's classes to take, as in 3,17,42: together.",
    "coarse": "CIFAR-100's 20 superclasses.",
    "dimension": "Free noise coordinates of latent and biggan.",
    "noise": "Standard deviation of latent's noise coordinates.",
    "test_per_seed": "Let the seed draw the test images too.",
    "image_size": "Pixels per side.  [latent: 16, others: 32]",
    "centred": "Train c (f - f at the start); 'no,yes' trains both.",
    "batch": "Images per step.",
    "stop": "The rule that ends a run.",
    "target": "Accuracy, risk, or epochs without improvement.  [0.99, 0.05, 10]",
    "epochs": "Budget.",
    "optimiser": "",
    "momentum": "Of SGD.",
    "weight_decay": "On the gradient of loss(c f)/c.",
    "eps": "Of Adam and AdamW.",
    "schedule": "",
    "warmup": "Epochs in which the rate rises to --lr.",
    "augmentation": "",
    "loss": "",
    "evaluate": "When training images are evaluated: after every epoch, or only near the target.",
    "test_every": "Epochs between evaluations of the test images.",
    "precision": "Of products.",
    "compile": "Let torch.compile make the network's kernels.",
    "channels_last": "Memory layout on a GPU.",
}
"""Of each field of Run, in the order of `fls sweep --help`; a field without a line comes last, without words."""
OPTIONS = {"seed": "--seeds"}
READ = {"c": powers_of_two, "seed": seeds, "class_list": lambda text: (text.replace(" ", ""),)}
"""Where an option's name, or the way its text is read, does not follow from its field."""
DEFAULTS = {"lr": (0.03, 0.1), "seed": (0, 1)}


class List(click.ParamType):
    """What a function of `fls_teach.vision.sweep.grid` reads."""

    name = "list"

    def __init__(self, read):
        self.read = read

    def convert(self, value, param, ctx):
        try:
            return value if isinstance(value, tuple) else self.read(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


def grid_options(command):
    """Give `command` an option per field of Run; it is passed what was given, as tuples by the fields' names."""
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
    looks = {"metavar": "[LIST]", "is_flag": False, "flag_value": "yes"} if field.type is bool else {"metavar": "LIST"}
    read = READ.get(name) or _reader(field)
    return click.option(OPTIONS.get(name, f"--{name.replace('_', '-')}"), name, type=List(read), help=help, **looks)


def _reader(field):
    """How the text of an option becomes a tuple of values of the field's type."""
    if field.name in CHOICES:
        own = is_own if field.name in ("model", "data") else lambda name: False
        return lambda text: listed(text, CHOICES[field.name], own)
    if field.type is bool:
        return flags
    return lambda text: numbers(text, field.type)


def grid(given):
    """The runs that options ask for; what is not given depends on the data, the model and the rule.

    Parameters
    ----------
    given : dict
        Field of Run -> tuple of values, or None.

    Returns
    -------
    list of Run
        Seed after seed, as `fls_teach.vision.sweep.grid.runs` has them.

    Raises
    ------
    ValueError
        In one sentence.
    """
    given = DEFAULTS | {name: values for name, values in given.items() if values is not None}
    kinds = [given.pop(name, (getattr(Run(), name),)) for name in ("model", "data", "stop")]
    made = []
    for model, data, stop in itertools.product(*kinds):
        by_model = SMALL if model == "cnn5" or is_own(model) else PUBLISHED
        usual = {**BY_DATA.get(data, {}), **by_model, "target": BY_STOP[stop]}
        usual["c"] = powers_of_two(usual["c"])
        if stop != "validation-risk":
            usual["n_validation"] = 0
        made += runs(**usual | given | {"model": model, "data": data, "stop": stop})
    return sorted(dict.fromkeys(made), key=lambda run: given["seed"].index(run.seed))
