"""Specification of exercise 14: training to a target accuracy.

Nothing here trains. One step is compared with slopes of the loss, each measured on its own; a run is compared with
runs that are parts of it, and a report with the weights and the curves that stand in it. So a mistake in the step is
no mistake in the report, and the other way round.
"""

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded

# A student may compute in float32: a few dozen steps, each rounded by 2^-24, stay within 1e-5 of the weights.
SINGLE = 1e-4
# Rounding may turn an example whose best two outputs are this near, and a neuron this near to its kink.
NEAREST_OUTPUTS, NEAREST_KINK = 1e-4, 1e-4
N_TRAIN, N_TEST, N_FEATURES, N_CLASSES, N_NEURONS = 16, 32, 4, 3, 8  # powers of two: accuracies without rounding
NAMES = "reached", "epochs", "peak_test_accuracy", "train_accuracy", "test_accuracy", "weights"
BATCH_SIZES = 1, 3, 4, 5, 7, 15, 16  # some divide 16


def mixture(rng, n, centres, spread):
    """Examples (n, d) around the centres of their classes, and their labels."""
    labels = rng.integers(0, len(centres), n)
    return centres[labels] + spread * rng.standard_normal((n, centres.shape[1])), labels


def contradict(train_set, pairs=1):
    """Give the first `pairs` examples twice each, with two labels: no network has all of them right."""
    X, labels = train_set
    for k in range(pairs):
        X[2 * k + 1], labels[2 * k + 1] = X[2 * k], (labels[2 * k] + 1) % N_CLASSES


@st.composite
def problems(draw, epochs=(4, 6, 12), sizes=BATCH_SIZES[1:], contradictory=False):
    """Overlapping classes, a random start and random orders.

    Batches of one are for `test_one_epoch`: whole runs of them take four times as long as all others.
    """
    rng = np.random.default_rng(draw(strategies.seeds))
    batch_size, max_epochs = draw(strategies.any_of(*sizes)), draw(strategies.any_of(*epochs))
    centres = 2 * rng.standard_normal((N_CLASSES, N_FEATURES))
    train_set, test_set = (mixture(rng, n, centres, 1.5) for n in (N_TRAIN, N_TEST))
    if contradictory:
        contradict(train_set)
    return {
        "weights": start(rng),
        "train_set": train_set,
        "test_set": test_set,
        "orders": np.array([rng.permutation(N_TRAIN) for _ in range(max_epochs)]),
        "batch_size": batch_size,
        "lr": float(rng.choice([0.1, 0.25])),
    }


def start(rng):
    return [0.3 * rng.standard_normal(shape) for shape in ((N_NEURONS, N_FEATURES), (N_CLASSES, N_NEURONS))]


@st.composite
def hundreds(draw, pairs=(1, 2)):
    """The lesson's 100 examples of classes far apart; one of them, or two, cannot be learnt."""
    rng = np.random.default_rng(draw(strategies.seeds))
    centres = 8 * np.eye(N_CLASSES, N_FEATURES)
    train_set, test_set = (mixture(rng, n, centres, 0.5) for n in (100, 25))
    contradict(train_set, draw(strategies.any_of(*pairs)))
    orders = np.array([rng.permutation(100) for _ in range(25)])
    return {
        "weights": start(rng), "train_set": train_set, "test_set": test_set, "orders": orders,
        "batch_size": 16, "lr": 0.02,
    }  # fmt: skip


def ask(student, case, **more):
    """The student's report as a dict."""
    report = dict(
        zip(NAMES, expect_parts(student.train_to_target(**{**case, **more}), NAMES, what="report"), strict=True)
    )
    reached = report["reached"]
    is_flag = isinstance(reached, (bool, np.bool_))
    expect(is_flag, you=reached, expected="True or False", because="it answers a question", what="reached")
    return report


def curve(report, name, n_epochs=None):
    """One of the two accuracies, an array (epochs,) of shares."""
    length = np.size(report["train_accuracy"]) if n_epochs is None else n_epochs
    expect(length >= 1, you=report[name], expected="one number per epoch", because="one epoch is trained", what=name)
    return expect_numbers(report[name], (length,), because="one number per epoch that was trained", what=name)


def trained(report, case, moved=True):
    """The two matrices of a report; with `moved` they must differ from those of the start."""
    you, before = report["weights"], case["weights"]
    fits = isinstance(you, (list, tuple)) and len(you) == 2
    expect(fits, you=you, expected="a list of 2 arrays", because="one for each layer", what="weights")
    pairs = zip(you, before, strict=True)
    W, V = (expect_numbers(mine, old.shape, what=f"W_{k}") for k, (mine, old) in enumerate(pairs, 1))
    changed = (before[0] != W).any() or (before[1] != V).any()
    expect(changed or not moved, you=W, expected="other weights", because="training moves the weights", what="W_1")
    return [W, V]


def expect_weights(you, expected, because):
    """Compare both layers."""
    for k, (mine, right) in enumerate(zip(you, expected, strict=True), 1):
        expect_close(mine, right, atol=SINGLE * np.abs(right).max(), because=because, what=f"W_{k}")


def outputs(weights, X):
    return np.maximum(X @ weights[0].T, 0) @ weights[1].T


def slope(weights, X, labels, layer, place):
    """Derivative of the mean cross-entropy by one weight: the imaginary part that an imaginary step of 1e-30 gives."""
    moved = [matrix.astype(complex) for matrix in weights]
    moved[layer][place] += 1e-30j
    sums = X @ moved[0].T
    f = np.where(sums.real > 0, sums, 0) @ moved[1].T
    shifted = f - f.real.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(X)), labels]
    return (np.log(np.exp(shifted).sum(axis=1)) - chosen).mean().imag / 1e-30


def stepped(weights, X, labels, lr):
    """The weights, each moved by -lr times its own slope."""
    moved = [matrix.copy() for matrix in weights]
    for layer, matrix in enumerate(weights):
        for place in np.ndindex(matrix.shape):
            moved[layer][place] -= lr * slope(weights, X, labels, layer, place)
    return moved


def near_a_kink(weights, X):
    return bool((np.abs(X @ weights[0].T) < NEAREST_KINK).any())


def shares(weights, data):
    """The least and the largest share of right answers that rounding may leave."""
    X, labels = data
    f = outputs(weights, X)
    first, second = np.sort(f, axis=1)[:, :-3:-1].T
    doubtful = (first - second < NEAREST_OUTPUTS) & (first != second)
    right = (f.argmax(axis=1) == labels) & ~doubtful
    return right.mean(), (right | doubtful).mean()


def expect_share(accuracy, weights, data, because, what):
    """Compare an accuracy with that of these weights."""
    low, high = shares(weights, data)
    inside = low - 1e-6 <= accuracy <= high + 1e-6
    expect(inside, you=float(accuracy), expected=float(high), because=because, what=what)


@graded(1, "θ ← θ − lr ∇CE(batch), batch after batch", examples=14, case=problems(epochs=[1], sizes=[*BATCH_SIZES, 20]))
def test_one_epoch(student, case):
    """An epoch is one SGD step for each batch in the order given, also for a short last one"""
    order, size, (X, labels) = case["orders"][0], case["batch_size"], case["train_set"]
    batches = [order[k : k + size] for k in range(0, N_TRAIN, size)]
    weights = case["weights"]
    for k, batch in enumerate(batches):
        alone = {"weights": weights, "train_set": (X[batch], labels[batch]), "orders": np.arange(len(batch))[None]}
        before, weights = weights, trained(ask(student, case, **alone), case, moved=False)
        # The step of a batch weight by weight; the steps between are compared by what the whole epoch gives.
        if k in (0, len(batches) - 1) and not near_a_kink(before, X[batch]):
            because = f"a step at lr = {case['lr']:g} on the mean of {len(batch)} examples goes down their slopes"
            expect_weights(weights, stepped(before, X[batch], labels[batch], case["lr"]), because)
    because = (
        f"the batches of {[len(batch) for batch in batches]} examples, each trained by a call of its own, give these"
    )
    expect_weights(trained(ask(student, case), case), weights, because)


def every_epoch(student, case, n_epochs=None, **more):
    """The report of a run that uses its first epochs, all unless told: target 1 is out of reach."""
    return ask(student, case, orders=case["orders"][:n_epochs], target=1.0, **more)


@graded(1, "accuracy(e) = share of {i : argmax f(x_i; θ(e)) = label_i}", examples=8, case=problems(contradictory=True))
def test_accuracies_after_each_epoch(student, case):
    """Both accuracies are measured after each epoch, on the whole set, with the weights of that moment"""
    n_epochs = len(case["orders"])
    whole = every_epoch(student, case)
    curves = {name: curve(whole, name, n_epochs) for name in ("train_accuracy", "test_accuracy")}
    for e in sorted({0, n_epochs // 2, n_epochs - 1}):
        weights = trained(every_epoch(student, case, e + 1), case)
        for name, accuracies in curves.items():
            because = f"the weights that a run of {e + 1} of these epochs returns get so many right"
            data = case[name.replace("accuracy", "set")]
            expect_share(accuracies[e], weights, data, because, f"{name}[{e}]")


@graded(
    1,
    "stop at the first epoch with training accuracy ≥ target",
    examples=14,
    case=problems([6, 12], contradictory=True),
    which=st.integers(0, 100),
    beside=st.sampled_from([0.0, 1 / 512, -1 / 32, 1 / 512]),
)
def test_stops_at_the_target(student, case, which, beside):
    """Training stops after the first epoch that meets the target, be it exactly"""
    accuracies = curve(every_epoch(student, case), "train_accuracy", len(case["orders"]))
    records = np.unique(np.maximum.accumulate(accuracies))  # each is exactly met at some epoch
    target = float(records[which % len(records)]) + beside
    met = np.flatnonzero(accuracies >= target)
    first = int(met[0]) + 1 if met.size else len(accuracies)
    report = ask(student, case, target=target)
    because = (
        f"without a stop your training accuracies are {accuracies.round(4).tolist()}, and the target is {target:g}"
    )
    expect_close(report["epochs"], first, because=because, what="epochs")
    expect_close(report["train_accuracy"], accuracies[:first], atol=1e-6, because=because, what="train_accuracy")
    because = f"the whole of epoch {first} is trained, and nothing after it"
    expect_weights(trained(report, case), trained(every_epoch(student, case, first), case), because)


@graded(1, "peak = max over e of test accuracy(e)", examples=10, case=problems([6, 20], contradictory=True))
def test_peak(student, case):
    """The peak is the best test accuracy of any epoch; the weights are those of the last"""
    report = every_epoch(student, case)
    accuracies = curve(report, "test_accuracy", len(case["orders"]))
    because = f"your test accuracies are {accuracies.round(4).tolist()}: the best, not the last"
    expect_close(report["peak_test_accuracy"], accuracies.max(), atol=1e-6, because=because, what="peak_test_accuracy")
    because = "the peak is only reported: the weights are those of the last epoch, and these get so many right"
    expect_share(accuracies[-1], trained(report, case), case["test_set"], because, "test_accuracy[-1]")


@graded(1, "reached = (training accuracy ≥ target), target = 0.99 unless told", examples=6, case=hundreds())
def test_failure_is_reported(student, case):
    """A run says whether its last training accuracy is at least the target, which is 0.99 by default"""
    report = ask(student, case)
    last = curve(report, "train_accuracy")[-1]
    because = f"your training accuracy of the last epoch is {last:.6g}, and the target 0.99"
    expect(bool(report["reached"]) == (last >= 0.99 - 1e-6), you=bool(report["reached"]),
           expected=bool(last >= 0.99 - 1e-6), because=because, what="reached")  # fmt: skip
    expect_share(
        last, trained(report, case), case["train_set"], "these weights get so many right", "train_accuracy[-1]"
    )
    if last >= 0.99 - 1e-6:
        n_epochs = len(report["train_accuracy"])
        again = ask(student, case, orders=case["orders"][:n_epochs])
        because = f"{n_epochs} epochs at most, and the last of them reaches the target: {last:.6g} is at least 0.99"
        expect(bool(again["reached"]), you=bool(again["reached"]), expected=True, because=because, what="reached")


@graded(1, "θ(a + b epochs) = θ(b epochs, from θ(a epochs))", examples=8, case=problems([4, 16], contradictory=True))
def test_a_run_is_its_inputs(student, case):
    """The start and the orders decide the run: from where one run stopped, another goes on as if there were one"""
    whole = trained(every_epoch(student, case), case)
    first = trained(every_epoch(student, case, 1), case)
    expect((whole[0] != first[0]).any(), you=whole[0], expected="other weights", what="W_1",
           because="one epoch gives these, too")  # fmt: skip
    rest = {**case, "weights": first, "orders": case["orders"][1:]}
    because = (
        "one epoch, and the other ones by a second call from its weights, give these: no run leaves anything behind"
    )
    expect_weights(whole, trained(every_epoch(student, rest), rest), because)
    again = trained(every_epoch(student, case, 1), case)
    expect_weights(again, first, "the same call has given these before, and nothing is left to chance")
