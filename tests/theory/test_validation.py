"""Bad input: every argument of every public function, each with every kind of nonsense it could be given.

The promise (issue 2): a ValueError that names the argument, the value (or its shape or dtype) and what is wanted; never
another exception, a warning, or a number.
"""

import inspect
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from fls_teach import theory

X = np.array([[1.0, 0.5, 0.2], [0.4, 1.0, -0.3], [-1.0, -0.2, 0.1], [-0.3, -1.0, 0.4]])  # n = 4, d = 3
Y = np.array([1.0, 1.0, -1.0, -1.0])
W = np.array([[0.3, 0.1, 0.0], [-0.2, 0.4, 0.1]])  # h = 2
V = np.array([0.5, -0.5])
SIGNS = np.array([1.0, -1.0])
S = np.array([1.0, 0.0, 0.0])
MIXTURE = theory.GaussianMixture(2.0, n_features=3)
XOR = theory.XorMixture(2.0, n_features=3)
CLASSES = theory.ClassMixture(3, 2.0, n_features=3)
TESTED = {"W": W, "v": V, "n_draws": 10, "rng": 0}


def identity(parameters):
    return 0.0, parameters


# What a function is called with when all is well.
GOOD = {
    "GaussianMixture": (theory.GaussianMixture, {"kappa": 2.0, "sigma": 1.0, "n_features": 3, "signal": S}),
    "sample": (MIXTURE.sample, {"n_samples": 4, "rng": 0, "separable": False, "max_draws": 5}),
    "GaussianMixture.network_errors": (MIXTURE.network_errors, TESTED),
    "GaussianMixture.network_error": (MIXTURE.network_error, TESTED | {"silent": "half"}),
    "GaussianMixture.silent_mass": (MIXTURE.silent_mass, TESTED),
    "XorMixture": (theory.XorMixture, {"kappa": 2.0, "sigma": 1.0, "n_features": 3, "axes": np.eye(2, 3)}),
    "XorMixture.sample": (XOR.sample, {"n_samples": 4, "rng": 0}),
    "XorMixture.network_errors": (XOR.network_errors, TESTED),
    "ClassMixture": (
        theory.ClassMixture,
        {"n_classes": 3, "kappa": 2.0, "sigma": 1.0, "n_features": 3, "means": "random", "rng": 0},
    ),
    "ClassMixture.sample": (CLASSES.sample, {"n_samples": 4, "rng": 0}),
    "ClassMixture.network_errors": (CLASSES.network_errors, TESTED | {"v": np.ones((3, 2))}),
    "separability": (theory.separability, {"X": X, "y": Y}),
    "class_sum": (theory.class_sum, {"X": X, "y": Y, "label": 1}),
    "balanced_init": (theory.balanced_init, {"n_neurons": 2, "n_features": 3, "alpha": 0.5, "rng": 0}),
    "second_layer": (theory.second_layer, {"W": W, "signs": SIGNS}),
    "twins": (theory.twins, {"W": W, "signs": SIGNS}),
    "difference_network": (theory.difference_network, {"W": W, "v": V, "W0": W, "v0": V}),
    "forward": (theory.forward, {"X": X, "W": W, "v": V}),
    "risk": (theory.risk, {"X": X, "y": Y, "W": W, "v": V, "reduction": "mean", "output_multiplier": 1.0}),
    "velocity": (theory.velocity, {"X": X, "y": Y, "W": W, "v": V, "reduction": "mean", "output_multiplier": 1.0}),
    "gradient_flow": (
        theory.gradient_flow,
        {"X": X, "y": Y, "W": W, "signs": SIGNS, "target_risk": 0.5, "t_max": 1.0, "reduction": "mean",
         "output_multiplier": 1.0, "lr_multiplier": 1.0, "rtol": 1e-3, "centred": False, "record": False},
    ),
    "reference_flow": (
        theory.reference_flow,
        {"X": X, "y": Y, "W": W, "signs": SIGNS, "target_risk": 0.65, "t_max": 1.0, "reduction": "mean",
         "centred": False, "rtol": 1e-3},
    ),
    "gradient_descent": (
        theory.gradient_descent,
        {"X": X, "y": Y, "W": W, "v": V, "lr": 0.1, "n_steps": 2, "output_multiplier": 1.0, "reduction": "mean",
         "optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.0},
    ),
    "descend": (
        theory.descend,
        {"loss_and_gradient": identity, "parameters": [np.ones(2)], "lr": 0.1, "n_steps": 2, "optimizer": "sgd",
         "momentum": 0.9, "weight_decay": 0.0},
    ),
    "angle": (theory.angle, {"u": S, "v": X[0]}),
    "neuron_alignment": (theory.neuron_alignment, {"W": W, "direction": S}),
    "effective_predictor": (theory.effective_predictor, {"W": W, "v": V}),
    "linear_part": (theory.linear_part, {"W": W, "v": V}),
    "predictor_alignment": (theory.predictor_alignment, {"W": W, "v": V, "direction": S}),
    "zeta": (theory.zeta, {"alpha": 0.1, "X": X, "y": Y, "W": W}),
    "phase_one_bound": (
        theory.phase_one_bound,
        {"times": np.arange(3.0), "zeta": 0.5, "X": X, "y": Y, "start": 0.0, "reduction": "mean"},
    ),
    "phase_one_exit": (
        theory.phase_one_exit,
        {"times": np.arange(3.0), "norms": np.array([[0.1, 0.1], [0.2, 0.1], [0.4, 0.1]]), "alpha": 0.1},
    ),
    "bayes_error": (theory.bayes_error, {"kappa": 2.0, "sigma": 1.0}),
    "linear_error": (theory.linear_error, {"predictor": X[0], "signal": S, "kappa": 2.0, "sigma": 1.0}),
    "decompose": (theory.decompose, {"predictor": X[0], "toward": X[1], "signal": S, "kappa": 2.0, "sigma": 1.0}),
    "network_error": (
        theory.network_error,
        {"W": W, "v": V, "signal": S, "kappa": 2.0, "sigma": 1.0, "n_draws": 10, "rng": 0, "silent": "linear"},
    ),
    "network_errors": (
        theory.network_errors,
        {"W": W, "v": V, "signal": S, "kappa": 2.0, "sigma": 1.0, "n_draws": 10, "rng": 0},
    ),
    "silent_mass": (
        theory.silent_mass,
        {"W": W, "v": V, "signal": S, "kappa": 2.0, "sigma": 1.0, "n_draws": 10, "rng": 0},
    ),
    "equivalent_alpha": (theory.equivalent_alpha, {"c": 0.5, "degree": 2}),
    "equivalent_lr": (theory.equivalent_lr, {"lr": 0.1, "c": 0.5, "degree": 2, "optimizer": "sgd"}),
    "equivalent_weight_decay": (
        theory.equivalent_weight_decay, {"weight_decay": 0.1, "c": 0.5, "degree": 2, "optimizer": "sgd"},
    ),
}  # fmt: skip

KINDS = {
    "labels": {"y", "signs"},
    "positive": {"kappa", "sigma", "target_risk", "t_max", "output_multiplier", "lr_multiplier", "rtol", "zeta"},
    "count": {"n_samples", "max_draws", "n_neurons", "n_features", "n_steps", "n_draws", "degree", "n_classes"},
    "choice": {"reduction", "optimizer", "silent", "means"},
    "rate": {"momentum", "weight_decay"},
    "label": {"label"},
    "rng": {"rng"},
    "function": {"loss_and_gradient"},
    "list": {"parameters"},
    "flag": {"separable"},
    "true or false": {"centred", "record"},
}
# Scalars in one place, arrays in another; None is how an option is left out.
ARRAYS_OF_POSITIVES = {("balanced_init", "alpha"), ("equivalent_alpha", "c"), ("equivalent_lr", "c"),
                       ("equivalent_lr", "lr"), ("equivalent_weight_decay", "c")}  # fmt: skip
MAY_BE_NONE = {("GaussianMixture", "n_features"), ("GaussianMixture", "signal"), ("gradient_flow", "target_risk"),
               ("XorMixture", "n_features"), ("XorMixture", "axes"), ("ClassMixture", "n_features"),
               ("gradient_flow", "t_max"), ("gradient_flow", "record")}  # fmt: skip
MAY_BE_SCALARS = {("phase_one_bound", "times")}


def kind_of(function, argument):
    if (function, argument) in ARRAYS_OF_POSITIVES:
        return "positive array"
    if (function, argument) == ("equivalent_weight_decay", "weight_decay"):
        return "non-negative array"
    if argument in {"alpha", "lr"}:
        return "positive"
    return next((kind for kind, names in KINDS.items() if argument in names), "array")


def spoil(good, value):
    """A copy of an array with its last entry replaced."""
    bad = np.array(good, dtype=float)
    bad[(-1,) * bad.ndim] = value
    return bad


def nonsense(kind, good):
    """(what, bad value, what the message must show) for one argument."""
    if kind == "flag":
        return
    if kind in ("array", "labels", "positive array", "non-negative array"):
        yield from [
            ("nan", spoil(good, np.nan), "nan"),
            ("inf", spoil(good, np.inf), "inf"),
            ("object", np.array(good, dtype=object), "object"),
            ("None", None, "object|None"),
            ("str", np.array(good).astype(str), "<U"),
            ("complex", np.array(good) + 1j, "complex"),
            ("date", np.zeros(np.shape(good), dtype="M8[s]"), "datetime"),
            ("2**60", np.full(np.shape(good), 2**60), r"2\*\*53|1152921504606846976|1.15\d*e\+18|-1 and \+1"),
            ("2**70", np.full(np.shape(good), 2**70, dtype=object), "object"),
            ("longdouble", np.full(np.shape(good), np.longdouble("1e400") if np.finfo(np.longdouble).max > 1e400
                                   else np.inf, dtype=np.longdouble), "inf|longdouble|float128|64 bits|1e\\+400"),
            ("dict", {"a": 1}, "object"),
        ]  # fmt: skip
        if np.ndim(good):
            yield "empty", np.zeros((0,) * np.ndim(good)), r"empty|\(0"
            yield "ragged", [[1.0, 2.0], [3.0]], "ragged|inhomogeneous"
            yield "scalar", 1.0, r"shape \(\)"
    if kind == "labels":
        for what, value in {"zero": 0.0, "two": 2.0}.items():
            yield what, spoil(good, value), f"{value:g}"
        yield "bool", np.array(good) > 0, "0|False"
        yield "uint8", np.array(good).astype(np.int8).view(np.uint8), "255"
    if kind in ("positive", "positive array"):
        yield from [("zero", 0.0, "0"), ("negative", -0.5, "-0.5")]
    if kind in ("positive", "rate"):
        yield from [
            (repr(bad), bad, re.escape(repr(bad))) for bad in (np.nan, np.inf, -1.0, "0.5", b"1", 1j, [0.5, 0.5])
        ]
        yield "array", np.array([0.5, 0.5]), r"0\.5|shape"
        yield "one-element array", np.array([[0.5]]), r"0\.5|shape"
    if kind in ("positive", "count", "choice", "rng", "true or false"):
        yield "page", np.full((9, 9), 0.5), r"array\(\[\[0\.5|\(9, 9\)"
    if kind == "positive":
        yield "None", None, "None"
    if kind == "non-negative array":
        yield "negative", -0.5, "-0.5"
    if kind == "count":
        values = (0, -1, 2.5, 2.0, "3", None, True, np.nan, [2], np.array([2, 3]))
        yield from [(repr(bad), bad, re.escape(repr(bad).split("(")[0])) for bad in values]
    if kind == "choice":
        yield from [(repr(bad), bad, re.escape(repr(bad))) for bad in ("median", "", None, 3, ["mean"], b"mean")]
    if kind == "label":
        yield from [
            (repr(bad), bad, re.escape(repr(bad).split("(")[0])) for bad in (0, 2, "+1", None, np.array([1, -1]))
        ]
    if kind == "true or false":
        yield from [(repr(bad), bad, re.escape(str(bad))) for bad in (None, 1, "yes", [True, False], np.array([True]))]
    if kind == "rng":
        yield from [(repr(bad), bad, re.escape(str(bad))) for bad in (-1, 1.5, "seed", 1j)]
    if kind == "function":
        yield from [(repr(bad), bad, re.escape(repr(bad))) for bad in (None, 3)]
    if kind == "list":
        yield from [
            ("None", None, "None"),
            ("str", ["a"], "'a'|<U"),
            ("nan", [np.array([np.nan])], "nan"),
            ("empty", [], r"\[\]|empty"),
        ]


def cases():
    for function, (_, arguments) in GOOD.items():
        for argument, good in arguments.items():
            kind = kind_of(function, argument)
            for what, bad, shown in nonsense(kind, good):
                fine = (bad is None and (function, argument) in MAY_BE_NONE) or (
                    what == "scalar" and (function, argument) in MAY_BE_SCALARS
                )
                if not fine:
                    yield pytest.param(
                        function, argument, bad, shown, id=f"{function}-{argument}-{what}".replace(" ", "")
                    )


def refuse(function, changes, *names):
    """The message of the ValueError, which must name every argument in `names` and say what is wanted."""
    call, good = GOOD[function]
    with pytest.raises(ValueError) as caught:
        call(**{**good, **changes})
    message = str(caught.value)
    for name in names:
        assert re.search(rf"\b{name}\b", message), f"does not name {name}: {message}"
    assert "wanted" in message, f"does not say what is wanted: {message}"
    assert len(message) < 400 and "\n" not in message, f"too long to read: {message}"
    return message


@pytest.mark.parametrize("function", GOOD)
def test_good_arguments_are_accepted(function):
    """Catches a table that passes because everything is refused."""
    call, good = GOOD[function]
    call(**good)


def test_the_table_is_complete():
    """Catches a public function, or an argument, that nobody tried to break."""
    results = {"Decomposition", "Estimate", "NetworkErrors", "Descent", "Flow", "Record", "Training", "Trajectory"}
    elsewhere = {"train", "SGD", "Adam", "AdamW", "FlowSteps", "balanced_init_classes", "opposite_twins"}
    elsewhere |= {"equivalent_optimizer", "flow_lr"}
    public = {name for name, value in vars(theory).items() if callable(value) and not name.startswith("_")}
    assert public - results - elsewhere <= set(GOOD)  # elsewhere: test_training_input.py
    for call, good in GOOD.values():
        parameters = set(inspect.signature(call).parameters)
        assert parameters == set(good), call


@pytest.mark.parametrize(("function", "argument", "bad", "shown"), list(cases()))
def test_nonsense_is_refused_in_one_sentence(function, argument, bad, shown):
    """Catches another exception type, a warning, a silent number, and a sentence without name, value or wish."""
    message = refuse(function, {argument: bad}, argument)
    assert re.search(shown, message), f"does not show {shown}: {message}"


SIZES = [
    ("separability", {"y": Y[:3]}, "y", 4), ("class_sum", {"y": Y[:3]}, "y", 4),
    ("second_layer", {"signs": np.ones(3)}, "signs", 2),
    ("forward", {"W": W[:, :2]}, "W", 3), ("forward", {"v": np.ones(3)}, "v", 2),
    ("risk", {"y": Y[:3]}, "y", 4), ("risk", {"y": Y[:, None]}, "y", 4), ("risk", {"W": W[:, :2]}, "W", 3),
    ("risk", {"v": np.ones(3)}, "v", 2), ("risk", {"X": X[:, :2]}, "W", 2),
    ("velocity", {"y": Y[:3]}, "y", 4), ("velocity", {"W": W[:, :2]}, "W", 3), ("velocity", {"v": np.ones(3)}, "v", 2),
    ("gradient_flow", {"y": Y[:3]}, "y", 4), ("gradient_flow", {"W": W[:, :2]}, "W", 3),
    ("gradient_flow", {"signs": np.ones(3)}, "signs", 2),
    ("reference_flow", {"y": Y[:3]}, "y", 4), ("reference_flow", {"W": W[:, :2]}, "W", 3),
    ("gradient_descent", {"y": Y[:3]}, "y", 4), ("gradient_descent", {"W": W[:, :2]}, "W", 3),
    ("gradient_descent", {"v": np.ones(3)}, "v", 2),
    ("angle", {"v": S[:2]}, "v", 3), ("neuron_alignment", {"direction": S[:2]}, "direction", 3),
    ("effective_predictor", {"v": np.ones(3)}, "v", 2), ("predictor_alignment", {"v": np.ones(3)}, "v", 2),
    ("predictor_alignment", {"direction": S[:2]}, "direction", 3),
    ("zeta", {"W": W[:, :2]}, "W", 3), ("zeta", {"y": Y[:3]}, "y", 4), ("phase_one_bound", {"y": Y[:3]}, "y", 4),
    ("phase_one_exit", {"times": np.arange(2.0)}, "times", 3),
    ("phase_one_exit", {"times": np.arange(4.0)}, "times", 3),
    ("linear_error", {"signal": S[:2]}, "signal", 3), ("network_error", {"signal": S[:2]}, "signal", 3),
    ("network_error", {"v": np.ones(3)}, "v", 2), ("silent_mass", {"signal": S[:2]}, "signal", 3),
    ("silent_mass", {"v": np.ones(3)}, "v", 2), ("linear_part", {"v": np.ones(3)}, "v", 2),
    ("GaussianMixture.network_errors", {"W": W[:, :2]}, "W", 3), ("XorMixture.network_errors", {"W": W[:, :2]}, "W", 3),
    ("XorMixture.network_errors", {"v": np.ones(3)}, "v", 2), ("XorMixture", {"axes": np.eye(2, 4)}, "axes", 3),
    ("XorMixture", {"axes": np.eye(3)}, "axes", 2), ("ClassMixture.network_errors", {"W": W[:, :2]}, "W", 3),
    ("ClassMixture.network_errors", {"v": np.ones((2, 2))}, "v", 3),
    ("ClassMixture.network_errors", {"v": np.ones((3, 3))}, "v", 2), ("ClassMixture.network_errors", {"v": V}, "v", 3),
    ("twins", {"signs": np.ones(3)}, "signs", 2), ("difference_network", {"v": np.ones(3)}, "v", 2),
    ("difference_network", {"W0": W[:, :2]}, "W0", 3), ("difference_network", {"v0": np.ones(3)}, "v0", 2),
    ("GaussianMixture", {"signal": S[:2]}, "signal", 3),
    ("decompose", {"toward": S[:2]}, "toward", 3), ("decompose", {"signal": S[:2]}, "signal", 3),
    ("decompose", {"predictor": S[:2]}, "predictor|toward", "2|3"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "changes", "name", "size"), SIZES)
def test_sizes_that_do_not_belong_together(function, changes, name, size):
    """Catches numpy's broadcasting errors, and broadcasting that goes through and computes something else."""
    message = refuse(function, changes)
    assert re.search(rf"\b({name})\b", message) and re.search(str(size), message), message


STACKED = {"X": np.stack([X] * 2), "y": np.stack([Y] * 3), "W": np.stack([W] * 2), "v": np.stack([V] * 3)}
BATCHES = [
    ("separability", ("X", "y")), ("class_sum", ("X", "y")), ("forward", ("X", "v")), ("risk", ("X", "y")),
    ("velocity", ("W", "v")), ("gradient_descent", ("X", "v")), ("effective_predictor", ("W", "v")),
    ("predictor_alignment", ("W", "v")), ("network_error", ("W", "v")), ("linear_part", ("W", "v")),
    ("difference_network", ("W", "v")), ("silent_mass", ("W", "v")), ("gradient_flow", ("X", "y")),
]  # fmt: skip


@pytest.mark.parametrize(("function", "names"), BATCHES)
def test_batches_that_do_not_belong_together(function, names):
    """Catches a broadcasting traceback: two runs of one argument and three of another must be named with sizes."""
    message = refuse(function, {name: STACKED[name] for name in names}, *names)
    assert "2" in message and "3" in message, message


@pytest.mark.parametrize(
    ("function", "changes", "names"),
    [
        ("second_layer", {"W": STACKED["W"], "signs": np.ones((3, 2))}, ("W", "signs")),
        ("twins", {"W": STACKED["W"], "signs": np.ones((3, 2))}, ("W", "signs")),
        ("difference_network", {"W": STACKED["W"], "W0": np.stack([W] * 3)}, ("W", "W0")),
        ("zeta", {"X": STACKED["X"], "W": np.stack([W] * 3)}, ("X", "W")),
        ("predictor_alignment", {"W": STACKED["W"], "direction": np.ones((3, 3))}, ("direction",)),
        ("decompose", {"predictor": np.ones((2, 3)), "toward": np.ones((3, 3))}, ("predictor", "toward")),
        ("phase_one_bound", {"times": np.ones(3), "start": np.zeros(4)}, ("times", "start")),
        ("equivalent_lr", {"lr": [0.1, 0.2], "c": [1.0, 2.0, 3.0]}, ("lr", "c")),
        ("equivalent_weight_decay", {"weight_decay": [0.1, 0.2], "c": [1.0, 2.0, 3.0]}, ("weight_decay", "c")),
        ("gradient_flow", {"W": np.ones((2, 2, 2, 3))}, ()),
        ("reference_flow", {"W": np.ones((2, 2, 3))}, ("W",)),
        ("network_error", {"signal": np.ones((2, 3))}, ("signal",)),
        ("GaussianMixture", {"signal": np.ones((2, 3))}, ("signal",)),
        ("XorMixture", {"axes": np.stack([np.eye(2, 3)] * 2)}, ("axes",)),
        ("ClassMixture.network_errors", {"W": STACKED["W"], "v": np.ones((3, 3, 2))}, ("W", "v")),
    ],
)
def test_other_shapes_that_do_not_belong_together(function, changes, names):
    """Catches a broadcasting traceback from inside, which names nothing the caller knows."""
    refuse(function, changes, *names)


ZEROS = [
    ("GaussianMixture", "signal"), ("linear_error", "signal"), ("decompose", "signal"), ("decompose", "toward"),
    ("decompose", "predictor"), ("network_error", "signal"), ("silent_mass", "signal"),
    ("neuron_alignment", "direction"), ("predictor_alignment", "direction"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "argument"), ZEROS)
def test_a_zero_vector_has_no_direction(function, argument):
    """Catches 0/0 that becomes NaN or a quiet 1/2."""
    assert "zero" in refuse(function, {argument: np.zeros(3)}, argument)


class OneEntry:
    """As an array of one entry is in numpy 1, where float() takes it."""

    ndim = 1

    def __float__(self):
        return 1.0


@pytest.mark.parametrize("one", [OneEntry(), np.ones(1), np.ones((1, 1))], ids=["numpy 1", "(1,)", "(1, 1)"])
def test_an_array_of_one_entry_is_no_number(one):
    """Catches what numpy 1 lets pass: an answer for an argument of the wrong shape."""
    for function, argument in (("GaussianMixture", "kappa"), ("bayes_error", "kappa"), ("gradient_flow", "rtol")):
        refuse(function, {argument: one}, argument)


def test_data_without_what_the_formula_needs():
    """Catches zeta = -inf without a positive example, a direction for a point at the origin, a flow without an end."""
    refuse("zeta", {"y": -np.ones(4)}, "X")
    refuse("phase_one_bound", {"y": -np.ones(4)}, "X")
    refuse("separability", {"X": spoil(X, 0) * [[1], [1], [1], [0]]}, "X")
    refuse("gradient_flow", {"target_risk": None, "t_max": None}, "target_risk", "t_max")
    refuse("GaussianMixture", {"n_features": None, "signal": None}, "n_features")


def test_means_that_do_not_fit():
    """Catches axes that are not orthonormal, and centres whose dimension or source of randomness is missing."""
    for axes in ([[1.0, 0.1, 0.0], [0.0, 1.0, 0.0]], 2 * np.eye(2, 3), np.zeros((2, 3))):
        assert "orthonormal" in refuse("XorMixture", {"axes": np.array(axes)}, "axes")
    refuse("XorMixture", {"n_features": None, "axes": None}, "n_features")
    refuse("XorMixture", {"n_features": 1, "axes": None}, "n_features")
    for means, too_few in (("simplex", 1), ("orthogonal", 2), ("random", 1)):
        refuse("ClassMixture", {"means": means, "n_features": too_few}, "n_features")
    assert "random" in refuse("ClassMixture", {"rng": None}, "rng")
    refuse("ClassMixture", {"n_classes": 1}, "n_classes")
    refuse("ClassMixture", {"n_classes": 10**6, "n_features": 10**6}, "n_classes")  # 8 TB of centres


@pytest.mark.parametrize(
    ("function", "argument", "bad"),
    [
        ("phase_one_bound", "zeta", 1.5), ("gradient_flow", "rtol", 1.0), ("gradient_flow", "rtol", 1e-20),
        ("gradient_descent", "momentum", 1.0), ("gradient_descent", "momentum", 5.0), ("network_error", "n_draws", 1),
        ("phase_one_exit", "times", np.array([0.0, 2.0, 1.0])), ("phase_one_exit", "times", np.array([0.0, 1.0, 1.0])),
        ("phase_one_exit", "norms", np.zeros((3, 2))), ("phase_one_exit", "norms", -np.ones((3, 2))),
        ("phase_one_exit", "norms", np.array([[1.0, -5.0], [2.0, 1.0], [3.0, 1.0]])),
    ],
)  # fmt: skip
def test_numbers_out_of_range(function, argument, bad):
    """Catches a bound, a record or a probability computed from numbers that cannot be."""
    refuse(function, {argument: bad}, argument)


@pytest.mark.parametrize("number", [2**60, 2**70])
@pytest.mark.parametrize(
    ("function", "argument"),
    [("balanced_init", "n_neurons"), ("balanced_init", "n_features"), ("sample", "n_samples"),
     ("GaussianMixture", "n_features"), ("network_error", "n_draws")],
)  # fmt: skip
def test_counts_beyond_any_memory(function, argument, number):
    """Catches numpy's allocation errors: a count that no machine can hold is refused by name."""
    refuse(function, {argument: number} | ({"signal": None} if function == "GaussianMixture" else {}), argument)


HUGE, TINY = 1e200, 1e-200


@pytest.mark.parametrize(
    ("function", "changes"),
    [
        ("forward", {"X": HUGE * X, "W": 1e130 * W}),
        ("risk", {"X": HUGE * X, "W": 1e130 * W}),
        ("velocity", {"X": HUGE * X, "W": 1e130 * W}),
        ("forward", {"v": 1e308 * np.ones(2), "W": 1e5 * W}),
        ("risk", {"output_multiplier": 1e308, "W": 1e5 * W}),
        ("zeta", {"X": HUGE * X}), ("zeta", {"X": TINY * X}), ("zeta", {"W": HUGE * W}),
        ("class_sum", {"X": 1.7e308 * np.ones((4, 3))}),
        ("phase_one_bound", {"X": 1e300 * X}),
        ("effective_predictor", {"W": 1e130 * W, "v": 1e200 * V}),
        ("equivalent_lr", {"lr": 1e300, "c": 1e-300}),
        ("equivalent_weight_decay", {"weight_decay": 1e300, "c": 1e300}),
        ("bayes_error", {"kappa": 1e300, "sigma": 1e-300}),
        ("linear_error", {"kappa": 1e300, "sigma": 1e-300}),
        ("network_error", {"kappa": 1e300, "sigma": 1e-300}),
        ("network_errors", {"W": 1e70 * W, "v": 1e74 * V, "kappa": 1e60}),
        ("network_errors", {"W": 1e-130 * W, "v": 1e-140 * V, "kappa": 1e-70}),
        ("linear_part", {"W": 1e74 * W, "v": 1e74 * V}),
        ("XorMixture.network_errors", {"W": 1e74 * W, "v": 1e-140 * V}),
        ("ClassMixture.network_errors", {"W": 1e74 * W, "v": 1e74 * np.ones((3, 2))}),
        ("ClassMixture.network_errors", {"W": 1e-139 * W, "v": 1e-140 * np.ones((3, 2))}),
        ("phase_one_exit", {"alpha": 1e300}),
        ("angle", {"u": TINY * S, "v": HUGE * X[0]}),
        ("gradient_descent", {"lr": 1e300}),
        ("gradient_descent", {"optimizer": "adam", "output_multiplier": 1e-250}),
        ("gradient_flow", {"X": HUGE * X}), ("gradient_flow", {"lr_multiplier": 1e300}),
        ("gradient_flow", {"output_multiplier": 1e300}), ("gradient_flow", {"t_max": 1e308}),
        ("gradient_flow", {"target_risk": 1e-300, "t_max": 5.0}), ("gradient_flow", {"lr_multiplier": 1e-300}),
    ],
)  # fmt: skip
def test_the_ends_of_float64(function, changes):
    """Catches numpy's overflow warnings, and inf or NaN handed out as a result: a finite answer, or one clear error."""
    call, good = GOOD[function]
    try:
        result = call(**{**good, **changes})
    except ValueError as error:
        assert "wanted" in str(error) and any(re.search(rf"\b{name}\b", str(error)) for name in good), error
        return
    if function == "gradient_flow":
        assert str(result.status) in ("reached", "t_max", "stalled", "diverged") and np.isfinite(result.W).all()
        if result.status == "reached":
            assert result.risk <= good["target_risk"] * (1 + 1e-9)
        return
    parts = result if isinstance(result, tuple) else [getattr(result, "W", result)]
    assert all(np.isfinite(part).all() for part in parts), result


def test_lists_tuples_and_small_floats_are_welcome():
    """Catches checks that ask for float64 arrays where any real numbers would do."""
    plain = theory.risk(X, Y, W, V)
    assert theory.risk(X.tolist(), tuple(Y), W.tolist(), V.tolist()) == plain
    assert theory.risk(X.astype(np.float16), Y.astype(np.int8), W, V) == pytest.approx(float(plain), rel=1e-3)
    assert theory.risk(np.asfortranarray(X), Y, W[::-1][::-1], V) == plain
    assert theory.bayes_error(np.float32(2)) == theory.bayes_error(np.array(2.0)) == theory.bayes_error(2)
    assert theory.equivalent_alpha(4, np.int64(2)) == 2
    half = theory.risk(X, Y, W, V, output_multiplier=0.5)
    for same in (Fraction(1, 2), Decimal("0.5"), np.float32(0.5), np.array(0.5)):
        assert theory.risk(X, Y, W, V, output_multiplier=same) == half
