"""Bad input to training: one sentence with the argument's name, its value and what is wanted."""

import inspect
import re

import numpy as np
import pytest

from fls_teach.theory import SGD, Adam, AdamW, FlowSteps, balanced_init_classes, flow_lr, opposite_twins, train

from .test_validation import SIGNS, STACKED, V, W, X, Y, nonsense

CLASSES = np.array([0, 1, 2, 1])
TWO = np.stack([SIGNS, -SIGNS, SIGNS])  # K = 3 outputs, h = 2
GOOD = {
    "train": (
        train,
        {"X": X, "y": Y, "W": W, "V": V, "optimizer": SGD(0.1), "loss": "logistic", "target_risk": 0.5, "max_steps": 3,
         "batch_size": 2, "input_noise": 0.1, "output_multiplier": 1.0, "centred": True, "reduction": "mean",
         "seeds": 0, "check_every": 2, "record": "risk"},
    ),
    "flow_lr": (
        flow_lr,
        {"X": X, "y": Y, "W": W, "V": V, "target_risk": 0.5, "loss": "logistic", "output_multiplier": 1.0,
         "centred": True, "reduction": "mean", "steps": FlowSteps()},
    ),
    "SGD": (SGD, {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1}),
    "Adam": (Adam, {"lr": 0.1, "betas": (0.9, 0.99), "eps": 0.1, "weight_decay": 0.1}),
    "AdamW": (AdamW, {"lr": 0.1, "betas": (0.9, 0.99), "eps": 0.1, "weight_decay": 0.1}),
    "FlowSteps": (FlowSteps, {"change": 0.1, "curvature": 0.5}),
    "balanced_init_classes": (
        balanced_init_classes, {"n_neurons": 2, "n_features": 3, "n_classes": 3, "alpha": 0.5, "rng": 0},
    ),
    "opposite_twins": (opposite_twins, {"W": W, "V": V}),
}  # fmt: skip
KINDS = {
    "labels": {"y"},
    "positive": {"target_risk", "change", "curvature"},
    "positive array": {"alpha"},
    "positive per run": {"lr", "output_multiplier"},
    "rate per run": {"momentum", "weight_decay", "eps"},
    "rate": {"input_noise"},
    "count": {"max_steps", "batch_size", "check_every", "n_neurons", "n_features", "n_classes"},
    "choice": {"loss", "reduction", "record"},
    "rng": {"rng"},
    "array": {"X", "W", "V"},
    "other": {"optimizer", "centred", "seeds", "betas", "steps"},
}
MAY_BE_NONE = {"target_risk", "batch_size", "check_every", "record"}


def refuse(function, changes, name):
    """The message of the ValueError, which must name the argument and say what is wanted."""
    call, good = GOOD[function]
    with pytest.raises(ValueError) as caught:
        call(**{**good, **changes})
    message = str(caught.value)
    assert re.search(rf"\b({name})\b", message) and "wanted" in message and len(message) < 400, message
    return message


def spoiled(kind, good):
    """`nonsense`, of a number and of one number per run where both are welcome."""
    if not kind.endswith(" per run"):
        return [] if kind == "other" else list(nonsense(kind, good))
    number = [case for case in nonsense(kind.removesuffix(" per run"), good) if case[0] not in ("array", "[0.5, 0.5]")]
    array = [
        case for case in nonsense("positive array", np.array([0.5, 0.5])) if case[0] not in ("dict", "scalar", "zero")
    ]
    return number + [(f"array-{what}", bad, shown) for what, bad, shown in array]


def cases():
    for function, (_, arguments) in GOOD.items():
        for argument, good in arguments.items():
            for what, bad, shown in spoiled(next(kind for kind, names in KINDS.items() if argument in names), good):
                if not (bad is None and argument in MAY_BE_NONE and function == "train"):
                    name = f"{function}-{argument}-{what}".replace(" ", "")
                    yield pytest.param(function, argument, bad, shown, id=name)


@pytest.mark.parametrize("function", GOOD)
def test_good_arguments_are_accepted_and_all_are_listed(function):
    """Catches a table that passes because everything is refused, and an argument that is in no table."""
    call, good = GOOD[function]
    call(**good)
    assert set(inspect.signature(call).parameters) == set(good)


@pytest.mark.parametrize(("function", "argument", "bad", "shown"), list(cases()))
def test_nonsense_is_refused_in_one_sentence(function, argument, bad, shown):
    """Catches another exception type, a warning, a silent number, and a sentence without name, value or wish."""
    message = refuse(function, {argument: bad}, argument)
    assert re.search(shown, message), f"does not show {shown}: {message}"


@pytest.mark.parametrize(
    ("function", "changes", "name"),
    [
        ("train", {"optimizer": "sgd"}, "optimizer"), ("train", {"optimizer": SGD}, "optimizer"),
        ("train", {"optimizer": None}, "optimizer"),
        ("train", {"centred": "no"}, "centred"), ("train", {"centred": None}, "centred"),
        ("train", {"seeds": -1}, "seeds"), ("train", {"seeds": 0.5}, "seeds"), ("train", {"seeds": None}, "seeds"),
        ("train", {"seeds": "1"}, "seeds"), ("train", {"seeds": [[1, 2]]}, "seeds"), ("train", {"seeds": []}, "seeds"),
        ("train", {"seeds": 2**70}, "seeds"), ("train", {"seeds": [[1], [1, 2]]}, "seeds"),
        ("Adam", {"betas": 0.9}, "betas"), ("Adam", {"betas": (0.9,)}, "betas"), ("Adam", {"betas": (0.9, 1)}, "betas"),
        ("Adam", {"betas": (0.9, np.nan)}, "betas"), ("AdamW", {"betas": (-0.1, 0.9)}, "betas"),
        ("SGD", {"momentum": 1.0}, "momentum"), ("SGD", {"momentum": [0.5, 1.5]}, "momentum"),
        ("SGD", {"lr": [[0.1, 0.2]]}, "lr"), ("SGD", {"lr": [0.1, 0.0]}, "lr"), ("SGD", {"lr": []}, "lr"),
        ("FlowSteps", {"change": 1.5}, "change"), ("FlowSteps", {"curvature": 2.5}, "curvature"),
        ("train", {"output_multiplier": [[1.0, 2.0]]}, "output_multiplier"),
        ("train", {"batch_size": 5}, "batch_size"),
        ("flow_lr", {"steps": SGD(0.1)}, "steps"), ("flow_lr", {"steps": 0.1}, "steps"),
        ("flow_lr", {"centred": 1}, "centred"), ("flow_lr", {"target_risk": 5.0}, "target_risk"),
        ("balanced_init_classes", {"n_classes": 1}, "n_classes"),
    ],
)  # fmt: skip
def test_numbers_out_of_range(function, changes, name):
    """Catches a setting that would train something else than was asked for."""
    refuse(function, changes, name)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"y": Y[:3]}, "y"), ({"W": W[:, :2]}, "W"), ({"V": np.ones(3)}, "V"), ({"V": TWO}, "y"),
        ({"V": TWO, "y": CLASSES}, "loss"), ({"loss": "cross_entropy"}, "loss"),
        ({"V": TWO, "y": CLASSES + 1, "loss": "cross_entropy"}, "y"),
        ({"V": TWO, "y": CLASSES - 1, "loss": "cross_entropy"}, "y"),
        ({"V": TWO, "y": CLASSES + 0.5, "loss": "cross_entropy"}, "y"),
        ({"V": TWO[:1], "y": 0 * CLASSES, "loss": "cross_entropy"}, "V"),
        ({"V": TWO[:, :1], "y": CLASSES, "loss": "cross_entropy"}, "V"),
        ({"W": STACKED["W"]}, "V"), ({"V": np.ones((2, 2, 2))}, "W"), ({"W": np.ones((2, 2, 2, 3))}, "W"),
        ({"X": STACKED["X"], "y": STACKED["y"]}, "X"), ({"W": STACKED["W"], "V": STACKED["v"]}, "W"),
        ({"X": STACKED["X"], "optimizer": SGD([0.1, 0.2, 0.3])}, "lr"),
        ({"X": STACKED["X"], "seeds": [1, 2, 3]}, "seeds"),
        ({"X": STACKED["X"], "output_multiplier": [1.0, 2.0, 3.0]}, "output_multiplier"),
        ({"X": np.stack([STACKED["X"]] * 2)}, "X"),
        ({"optimizer": FlowSteps(), "batch_size": None, "check_every": None}, "input_noise"),
        ({"optimizer": FlowSteps(), "input_noise": 0.0, "check_every": None}, "batch_size"),
        ({"optimizer": FlowSteps(), "input_noise": 0.0, "batch_size": None}, "check_every"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_belong_together(changes, name):
    """Catches broadcasting that computes something else, and options that are dropped without a word."""
    refuse("train", changes, name)


@pytest.mark.parametrize("optimizer", [SGD(1e70), Adam(1e70), SGD(1e-130), FlowSteps()], ids=repr)
@pytest.mark.parametrize("loss", ["logistic", "exponential", "squared", "squared_hinge"])
@pytest.mark.parametrize("size", [1e-60, 1.0, 1e60])
def test_the_ends_of_float64(optimizer, loss, size):
    """Catches numpy's overflow warnings, and inf or NaN handed out as weights: a finite end with a status, always."""
    run = train(size * X, Y, size * W, size * V, optimizer, loss=loss, max_steps=30, target_risk=0.01)
    assert np.isfinite(run.W).all() and np.isfinite(run.V).all() and str(run.reason)
    assert str(run.status) in ("reached", "max_steps", "stalled", "dead", "diverged")
    assert np.isfinite(run.risk) or str(run.status) == "diverged"


def test_lists_and_integers_are_welcome_and_stay_as_they_are():
    """Catches checks that ask for float64 arrays, and training that writes into the caller's arrays."""
    copies = [part.copy() for part in (X, Y, W, V)]
    run = train(X, Y, W, V, SGD(0.1), max_steps=5)
    for part, copy in zip((X, Y, W, V), copies, strict=True):
        np.testing.assert_array_equal(part, copy)
    same = train(X.tolist(), Y.astype(np.int8), W.tolist(), tuple(V), SGD(np.float32(0.1)), max_steps=np.int64(5))
    np.testing.assert_allclose(same.W, run.W, rtol=1e-6)
    flow = train(X, Y, W, V, FlowSteps(), max_steps=5, target_risk=0.68)
    assert flow.steps <= 5
    for part, copy in zip((X, Y, W, V), copies, strict=True):
        np.testing.assert_array_equal(part, copy)
