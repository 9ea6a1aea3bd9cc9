"""One training run as plain values: everything that its result depends on, except for the files it reads."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, fields

from fls_teach.vision.own import is_own

MODELS = ("cnn5", "vgg11", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50")
DATA = ("latent", "cifar10", "cifar100", "biggan")
NORMS = ("none", "group", "batch")
STOPS = ("train-accuracy", "train-risk", "validation-risk")
OPTIMISERS = ("sgd", "adam", "adamw")
SCHEDULES = ("constant", "cosine")
AUGMENTATIONS = ("none", "crop-flip")
LOSSES = ("cross-entropy", "squared")
EVALUATIONS = ("every", "near")
PRECISIONS = ("torch", "fp32", "tf32", "bf16")
CHOICES = {
    "model": MODELS, "data": DATA, "norm": NORMS, "stop": STOPS, "optimiser": OPTIMISERS, "schedule": SCHEDULES,
    "augmentation": AUGMENTATIONS, "loss": LOSSES, "evaluate": EVALUATIONS,
    "precision": PRECISIONS,
}  # fmt: skip
SAMPLED_CLASSES = {"latent": 10, "cifar10": 10, "cifar100": 100, "biggan": 10}
"""Number of classes that `classes = 0` stands for."""
COARSE = 20
"""CIFAR-100's superclasses."""
LEAST = {"width": 1, "dimension": 1, "image_size": 8, "batch": 1, "epochs": 1, "test_every": 1}
FIRST_FIELDS = (
    "model", "width", "norm", "data", "n", "n_test", "n_validation", "classes", "dimension", "image_size", "c",
    "centred", "lr", "batch", "stop", "target", "epochs", "seed",
)  # fmt: skip
"""The fields of the first format of records. A digest always covers them, and any other field only if it differs from
its default. So old records stay valid if the default of a new field means "as before". Never change this tuple."""


@dataclass(frozen=True)
class Run:
    """The parameters of one run; equal parameters, files and devices give the same result.

    The files are those of CIFAR, or a generator's weights. A sweep records digests of the images read from them.

    Raises
    ------
    ValueError
        If a value is invalid.

    Examples
    --------
    >>> Run(c=0.25, lr=0.03).digest == Run(lr=0.03, c=0.25).digest
    True
    """

    model: str = "cnn5"
    """One of `MODELS`, or a user's own as module:function (see `fls_teach.vision.own`)."""
    width: int = 16
    """Channels of the first layer; the published VGG and ResNet have 64."""
    norm: str = "none"
    """Normalisation. The published VGG and ResNet have "batch", which the fused engine cannot train."""
    data: str = "latent"
    """One of `DATA`, or a user's own as module:function."""
    n: int = 512
    """Number of training images, which the seed draws; 0 means all (CIFAR only)."""
    n_test: int = 1000
    """Number of test images, the same for every seed; 0 means all (CIFAR only)."""
    n_validation: int = 0
    """Number of held-out images, whose risk the rule "validation-risk" needs; drawn with the training images."""
    classes: int = 0
    """Use the first `classes` classes; 0 means all (10 for latent and biggan)."""
    dimension: int = 32
    """Effective dimension: number of free noise coordinates of the generator (latent and biggan)."""
    image_size: int = 16
    """Pixels per side; CIFAR's 32 can be reduced to 16 or 8 by means over squares."""
    c: float = 1.0
    """Output multiplier; the training objective is loss(c f) / c."""
    centred: bool = False
    """Train c (f - f at the start) instead of c f."""
    lr: float = 0.1
    """Learning rate on loss(c f) / c: for SGD lr / c in the paper's convention."""
    batch: int = 64
    stop: str = "train-accuracy"
    target: float = 0.99
    """Training accuracy or training risk at which the run ends; for "validation-risk", epochs without improvement."""
    epochs: int = 120
    """Maximal number of epochs; a run that has not reached its target by then has the status "budget"."""
    seed: int = 0
    """Seed of the training images, the initial weights, the order of the batches and their augmentation."""
    optimiser: str = "sgd"
    """Adam and AdamW have betas 0.9 and 0.999."""
    momentum: float = 0.0
    """Momentum of SGD: heavy ball without dampening, as in torch."""
    weight_decay: float = 0.0
    """This times the weights is added to the gradient of loss(c f) / c; AdamW scales weights by 1 - lr weight_decay."""
    eps: float = 1e-8
    """For Adam and AdamW: added to the root of the second moment of the gradients of loss(c f) / c."""
    schedule: str = "constant"
    """"cosine" decreases the rate to 0 over `epochs` epochs."""
    warmup: int = 0
    """Epochs during which the rate rises linearly to lr."""
    augmentation: str = "none"
    """"crop-flip" shifts each image by up to size/8 pixels within a black frame and mirrors half of them."""
    loss: str = "cross-entropy"
    """"squared" is half the squared distance to the one-hot label. Recorded risks are mean losses of c f."""
    evaluate: str = "every"
    """"near" takes training accuracy and risk from an epoch's own batches until they are near the target: an error of
    10%, or ten times the target. A run may then end an epoch later than with "every", or several epochs later with
    augmentation or dropout, which make batches harder than the images that are evaluated."""
    test_every: int = 1
    """Epochs from one evaluation of the test images to the next; the last epoch always has one."""
    precision: str = "torch"
    """Precision of products. "torch" is torch's default: fp32, and on an NVIDIA GPU tf32 in convolutions. "bf16" is
    autocast, which leaves weights, sums and losses in fp32."""
    compile: bool = False
    """Whether to use torch.compile, which changes the order of sums and therefore the result."""
    channels_last: bool = False
    """Use the channels-last memory layout on a GPU, which affects the choice of kernels; a CPU always uses it."""
    coarse: bool = False
    """CIFAR-100's 20 superclasses in place of its 100 classes."""
    class_list: str = ""
    """CIFAR classes to use instead of the first ones, as in "3,17,42"; their labels become 0, 1, 2."""
    noise: float = 1.0
    """Standard deviation of free noise coordinates (latent); with 1/√dimension all dimensions have equal energy."""
    test_per_seed: bool = False
    """Whether the seed also draws the test images (latent and biggan). Only then does an interval over seeds include
    the variation between sets of test images."""

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is float and type(value) is int:
                object.__setattr__(self, field.name, float(value))  # c = 1 and c = 1.0 are the same run
            elif type(value) is not field.type:
                raise ValueError(f"{field.name} is {value!r}; wanted {field.type.__name__}")
        for name, known in CHOICES.items():
            value, own = getattr(self, name), name in ("model", "data")
            if value not in known and not (own and is_own(value)):
                ours = ", or module:function" * own
                raise ValueError(f"{name} is {value!r}; wanted one of {', '.join(known)}{ours}")
        for name in ("c", "lr", "target", "noise", "eps"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} is {getattr(self, name)!r}; wanted a positive number")
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; wanted at least {least}")
        for name in ("n", "n_test", "n_validation", "classes", "seed", "warmup"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; wanted 0 or more")
        if self.seed >= 2**63:
            raise ValueError(f"seed is {self.seed}; wanted less than 2^63")
        if self.classes == 1:
            raise ValueError("classes is 1; wanted at least 2, or 0 for all")
        if self.data in ("latent", "biggan") and not (self.n and self.n_test):
            name = "n_test" if self.n else "n"
            raise ValueError(f"{name} is 0, which means all, but data '{self.data}' has no end; wanted at least 1")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum is {self.momentum}; wanted 0 or more and less than 1")
        if self.momentum and self.optimiser != "sgd":
            raise ValueError(f"momentum is {self.momentum}, which is SGD's, but optimiser is '{self.optimiser}'")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight_decay is {self.weight_decay}; wanted 0 or more")
        if self.warmup and self.warmup >= self.epochs:
            raise ValueError(f"warmup is {self.warmup} of {self.epochs} epochs; wanted fewer than all of them")
        if self.centred and self.precision == "bf16":
            raise ValueError("precision is 'bf16' and centred True; f and f0 would lose their difference to rounding")
        if self.stop == "train-accuracy" and self.target > 1:
            raise ValueError(f"target is {self.target}; a training accuracy is at most 1")
        if self.stop == "validation-risk" and (self.target < 1 or self.target % 1):
            raise ValueError(f"target is {self.target}; 'validation-risk' wants a whole number of epochs, 1 or more")
        if self.stop == "validation-risk" and not self.n_validation:
            raise ValueError("stop is 'validation-risk' with n_validation 0; name how many images to hold out")
        if self.data.startswith("cifar") and self.image_size not in (8, 16, 32):
            raise ValueError(
                f"image_size is {self.image_size}; CIFAR images have 32 pixels per side, or 16 or 8 as means"
            )
        if is_own(self.data) and not self.classes:
            raise ValueError(f"classes is 0; say how many '{self.data}' has")
        self._check_classes()
        if self.noise != 1 and self.data != "latent":
            raise ValueError(f"noise is {self.noise:g}; data '{self.data}' has no noise to scale, leave it at 1")
        if self.test_per_seed and self.data.startswith("cifar"):
            raise ValueError(f"test_per_seed is True; the test images of '{self.data}' are the same for every seed")

    def _check_classes(self):
        if self.coarse and self.data != "cifar100":
            raise ValueError(f"coarse is True; data '{self.data}' has no superclasses, cifar100 has")
        if not self.class_list:
            return
        if not self.data.startswith("cifar"):
            raise ValueError(f"class_list is '{self.class_list}'; only CIFAR's classes can be chosen")
        if self.classes:
            raise ValueError(f"classes is {self.classes} and class_list '{self.class_list}'; name one of them")
        listed = self.chosen_classes
        if len(listed) < 2 or ",".join(map(str, listed)) != self.class_list or len(set(listed)) < len(listed):
            raise ValueError(f"class_list is '{self.class_list}'; wanted two or more different classes, as in 3,17,42")
        most = COARSE if self.coarse else SAMPLED_CLASSES[self.data]
        if max(listed) >= most:
            raise ValueError(f"class_list is '{self.class_list}'; {self.data} has the classes 0 to {most - 1}")

    @property
    def chosen_classes(self):
        """`class_list` as a tuple of int; empty if no classes are chosen."""
        return tuple(int(part) for part in self.class_list.split(",") if part.isdecimal())

    @property
    def n_classes(self):
        """Number of classes, with `classes = 0` resolved."""
        if self.classes or self.class_list:
            return self.classes or len(self.chosen_classes)
        return COARSE if self.coarse else SAMPLED_CLASSES[self.data]

    def tested(self, epochs):
        """Return after which of `epochs` epochs the test images were evaluated: 0, every `test_every`-th, and the last.

        Examples
        --------
        >>> Run(test_every=4).tested(10)
        [0, 4, 8, 10]
        """
        return sorted({*range(0, epochs + 1, self.test_every), epochs})

    @property
    def parameters(self):
        """The fields that a record contains: `FIRST_FIELDS`, and any other field that differs from its default.

        ``Run(**run.parameters) == run``.
        """
        differ = [each.name for each in fields(self) if getattr(self, each.name) != each.default]
        return {name: value for name, value in asdict(self).items() if name in FIRST_FIELDS or name in differ}

    @property
    def digest(self):
        """16 hexadecimal digits that identify the run: the same for the same parameters, on every machine."""
        text = json.dumps(self.parameters, sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
