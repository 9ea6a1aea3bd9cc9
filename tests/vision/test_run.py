"""A run's parameters: what is impossible is one sentence."""

import pytest

from fls_teach.vision.run import Run

BAD = {
    "c": ({"c": 0.0}, "c is 0.0"),
    "c is no number": ({"c": float("nan")}, "c is nan"),
    "lr": ({"lr": -1.0}, "lr is -1.0"),
    "words": ({"width": "8"}, "width is '8'; wanted int"),
    "width": ({"width": 0}, "width is 0"),
    "one class": ({"classes": 1}, "classes is 1"),
    "seed below 0": ({"seed": -1}, "seed is -1"),
    "seed too large for torch": ({"seed": 2**63}, "seed is 9223372036854775808"),
    "accuracy": ({"target": 1.5}, "target is 1.5"),
    "model": ({"model": "alexnet"}, "model is 'alexnet'"),
    "CIFAR's size": ({"data": "cifar10", "image_size": 64}, "image_size is 64; CIFAR images have 32"),
    "superclasses": ({"data": "cifar10", "coarse": True}, "coarse is True; data 'cifar10' has no superclasses"),
    "chosen classes": ({"class_list": "1,2"}, "class_list is '1,2'; only CIFAR's classes can be chosen"),
    "chosen twice": ({"data": "cifar10", "class_list": "1,1"}, "class_list is '1,1'; wanted two or more different"),
    "chosen one": ({"data": "cifar10", "class_list": "1"}, "class_list is '1'; wanted two or more different"),
    "chosen in words": ({"data": "cifar10", "class_list": "1, cat"}, "class_list is '1, cat'; wanted two or more"),
    "chosen beyond": ({"data": "cifar10", "class_list": "1,10"}, "cifar10 has the classes 0 to 9"),
    "chosen beyond coarse": ({"data": "cifar100", "coarse": True, "class_list": "1,20"}, "has the classes 0 to 19"),
    "chosen and counted": ({"data": "cifar10", "classes": 2, "class_list": "1,2"}, "name one of them"),
    "no end": ({"n": 0}, "has no end"),
    "noise": ({"noise": 0.0}, "noise is 0.0; wanted a positive number"),
    "noise of files": ({"data": "cifar10", "image_size": 32, "noise": 0.5}, "has no noise to scale"),
    "test images of files": ({"data": "cifar10", "image_size": 32, "test_per_seed": True}, "the same for every seed"),
    "patience": ({"stop": "validation-risk", "target": 0.99, "n_validation": 5}, "wants a whole number of epochs"),
    "momentum": ({"momentum": 1.0}, "momentum is 1.0; wanted 0 or more and less than 1"),
    "momentum of Adam": ({"momentum": 0.9, "optimiser": "adam"}, "momentum is 0.9, which is SGD's"),
    "weight decay": ({"weight_decay": -0.1}, "weight_decay is -0.1"),
    "eps": ({"eps": 0.0}, "eps is 0.0; wanted a positive number"),
    "optimiser": ({"optimiser": "lion"}, "optimiser is 'lion'; wanted one of sgd, adam, adamw"),
    "schedule": ({"schedule": "step"}, "schedule is 'step'; wanted one of constant, cosine"),
    "warm-up": ({"warmup": 5, "epochs": 5}, "warmup is 5 of 5 epochs"),
    "augmentation": ({"augmentation": "cutout"}, "augmentation is 'cutout'; wanted one of none, crop-flip"),
    "loss": ({"loss": "hinge"}, "loss is 'hinge'; wanted one of cross-entropy, squared"),
    "evaluate": ({"evaluate": "never"}, "evaluate is 'never'; wanted one of every, near"),
    "precision": ({"precision": "fp8"}, "precision is 'fp8'; wanted one of torch, fp32, tf32, bf16"),
    "centred in bf16": ({"precision": "bf16", "centred": True}, "would lose their difference to rounding"),
    "test_every": ({"test_every": 0}, "test_every is 0; wanted at least 1"),
    "nothing held out": ({"stop": "validation-risk", "target": 5.0}, "n_validation 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_impossible_run_is_one_sentence(case):
    change, words = BAD[case]
    with pytest.raises(ValueError, match="^[^\n]*$") as raised:
        Run(**change)
    assert words in str(raised.value)


def test_the_largest_seed_trains():
    from fls_teach.vision.models.build import build_for

    assert build_for(Run(seed=2**63 - 1, width=2)) is not None


def test_equal_parameters_are_one_run():
    assert Run(c=1).digest == Run(c=1.0).digest != Run(c=2.0).digest
