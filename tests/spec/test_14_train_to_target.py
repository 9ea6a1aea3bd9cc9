"""Specification of exercise 14: training to a target accuracy. The oracle is SGD in numpy, by hand."""

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_parts, graded

# A student may compute in float32: a few dozen steps, each rounded by 2^-24, stay within 1e-5 of the weights.
SINGLE = 1e-4
# Nobody's accuracy may depend on rounding: no two outputs this near, no neuron this near to its kink, no divergence.
NEAREST_OUTPUTS, NEAREST_KINK, LARGEST_OUTPUT = 1e-4, 1e-5, 30
N_TRAIN, N_TEST, N_FEATURES, N_CLASSES, N_NEURONS = 16, 32, 4, 3, 8  # powers of two: accuracies without rounding
NAMES = "reached", "epochs", "peak_test_accuracy", "train_accuracy", "test_accuracy", "weights"


def sgd(weights, train_set, test_set, orders, batch_size, lr, target=0.99):
    """What the exercise asks for; and whether rounding may have decided anything."""
    (W, V), (X, labels) = weights, train_set
    curves, doubtful = [], False
    for order in orders:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            sums = X[batch] @ W.T
            doubtful |= bool((np.abs(sums) < NEAREST_KINK).any())
            hidden = np.maximum(sums, 0)
            outputs = hidden @ V.T
            doubtful |= bool((np.abs(outputs) > LARGEST_OUTPUT).any())
            likelihood = np.exp(outputs - outputs.max(1, keepdims=True))
            back = (likelihood / likelihood.sum(1, keepdims=True) - np.eye(len(V))[labels[batch]]) / len(batch)
            W, V = W - lr * ((back @ V) * (sums > 0)).T @ X[batch], V - lr * back.T @ hidden
        curves.append([])
        for inputs, wanted in (train_set, test_set):
            outputs = np.maximum(inputs @ W.T, 0) @ V.T
            first, second = np.sort(outputs, axis=1)[:, :-3:-1].T
            doubtful |= bool((first - second < NEAREST_OUTPUTS).any())
            curves[-1].append(float(np.mean(outputs.argmax(1) == wanted)))
        if curves[-1][0] >= target:
            break
    train, test = np.transpose(curves)
    values = bool(train[-1] >= target), len(train), float(test.max()), train, test, [W, V]
    return dict(zip(NAMES, values, strict=True)), doubtful


@st.composite
def problems(draw, wanted=lambda run: True, max_epochs=10, contradictory=False):
    """Overlapping classes, a random start and random orders, such that the oracle's run is as `wanted`."""
    rng = np.random.default_rng(draw(strategies.seeds))
    while True:
        centres = 2 * rng.standard_normal((N_CLASSES, N_FEATURES))
        sets = []
        for n in (N_TRAIN, N_TEST):
            labels = rng.integers(0, N_CLASSES, n)
            sets.append((centres[labels] + 1.5 * rng.standard_normal((n, N_FEATURES)), labels))
        if contradictory:  # the same input twice, with two labels
            (X, labels), _ = sets
            X[1], labels[1] = X[0], (labels[0] + 1) % N_CLASSES
        case = {
            "weights": [
                0.3 * rng.standard_normal(shape) for shape in ((N_NEURONS, N_FEATURES), (N_CLASSES, N_NEURONS))
            ],
            "train_set": sets[0],
            "test_set": sets[1],
            "orders": np.array([rng.permutation(N_TRAIN) for _ in range(max_epochs)]),
            "batch_size": int(rng.choice([3, 5, 6])),
            "lr": float(rng.choice([0.25, 0.5])),
        }
        run, doubtful = sgd(**case)
        if not doubtful and wanted(run):
            return case


def ask(student, case, **more):
    """The student's report as a dict."""
    report = dict(zip(NAMES, expect_parts(student.train_to_target(**case, **more), NAMES, what="report"), strict=True))
    reached = report["reached"]
    is_flag = isinstance(reached, (bool, np.bool_))
    expect(is_flag, you=reached, expected="True or False", because="it answers a question", what="reached")
    return report


def expect_weights(you, expected, because):
    """Compare both layers."""
    fits = isinstance(you, (list, tuple)) and len(you) == 2
    expect(fits, you=you, expected="a list of 2 arrays", because="one for each layer", what="weights")
    for k, (mine, right) in enumerate(zip(you, expected, strict=True), 1):
        expect_close(mine, right, atol=SINGLE * np.abs(right).max(), because=because, what=f"W_{k}")


def expect_report(report, right, names, because):
    """Compare some entries of the report. Accuracies are whole multiples of 1/16 or 1/32, exact in any format."""
    for name in names:
        if name == "reached":
            same = bool(report[name]) == right[name]
            expect(same, you=bool(report[name]), expected=right[name], because=because, what=name)
        else:
            expect_close(report[name], right[name], atol=1e-6, because=because, what=name)


@graded(1, "θ ← θ − lr ∇CE(batch), batch after batch", examples=20, case=problems(max_epochs=1))
def test_one_epoch(student, case):
    """An epoch is one SGD step for each batch in the order given, also for a short last one"""
    report = ask(student, case)
    right, _ = sgd(**case)
    sizes = [
        len(batch) for batch in np.split(case["orders"][0], range(case["batch_size"], N_TRAIN, case["batch_size"]))
    ]
    because = f"these are the steps on the means of batches of {sizes} examples"
    expect_weights(report["weights"], right["weights"], because)


@graded(
    1,
    "accuracy(e) = share of {i : argmax f(x_i; θ(e)) = label_i}",
    examples=15,
    case=problems(lambda run: run["epochs"] >= 3),
)
def test_accuracies_after_each_epoch(student, case):
    """Both accuracies are measured after each epoch, on the whole set"""
    report, (right, _) = ask(student, case), sgd(**case)
    because = f"the run has {right['epochs']} epochs, and after each of them the whole set is asked once"
    expect_report(report, right, ["train_accuracy", "test_accuracy"], because)


@graded(
    1,
    "stop at the first epoch with training accuracy ≥ target",
    examples=15,
    case=problems(lambda run: 2 <= run["epochs"] < 10 and run["train_accuracy"][0] < run["train_accuracy"][-1]),
    which=st.integers(0, 100),
)
def test_stops_at_the_target(student, case, which):
    """Training stops after the first epoch that meets the target, be it exactly"""
    whole, _ = sgd(**case)
    records = np.unique(np.maximum.accumulate(whole["train_accuracy"]))  # each is exactly met at some epoch
    target = float(records[which % len(records)])
    report, (right, _) = ask(student, case, target=target), sgd(**case, target=target)
    because = f"epoch {right['epochs']} is the first with a training accuracy of at least {target:g}"
    expect_report(report, right, ["epochs", "reached", "train_accuracy"], because)
    because = f"the whole of epoch {right['epochs']} was trained, and nothing after it"
    expect_weights(report["weights"], right["weights"], because)
    report = ask(student, case)
    because = f"without a target it is 0.99: here all {N_TRAIN} examples, right for the first time after this epoch"
    expect_report(report, whole, ["epochs", "reached"], because)


@graded(
    1,
    "peak = max over e of test accuracy(e)",
    examples=15,
    case=problems(lambda run: run["epochs"] >= 2 and run["test_accuracy"].max() > run["test_accuracy"][-1]),
)
def test_peak(student, case):
    """The peak is the best test accuracy of any epoch, not that of the last"""
    report, (right, _) = ask(student, case), sgd(**case)
    best = int(np.argmax(right["test_accuracy"])) + 1
    because = f"the test accuracy was highest after epoch {best}, and lower after the last, {right['epochs']}"
    expect_report(report, right, ["peak_test_accuracy", "epochs"], because)
    expect_weights(
        report["weights"], right["weights"], "the peak is only reported: the network is that of the last epoch"
    )


@graded(1, "reached = (training accuracy ≥ target)", examples=15, case=problems(contradictory=True, max_epochs=5))
def test_failure_is_reported(student, case):
    """A run that never reaches the target says so, after all its epochs"""
    report, (right, _) = ask(student, case), sgd(**case)
    because = "examples 0 and 1 are one input with two labels: no network has both right"
    expect_report(report, right, ["reached", "epochs", "peak_test_accuracy"], because)
    target = float(right["train_accuracy"].max())
    report, (right, _) = ask(student, case, target=target), sgd(**case, target=target)
    because = f"a training accuracy of {target:g} is reached after epoch {right['epochs']}"
    expect_report(report, right, ["reached", "epochs", "peak_test_accuracy"], because)


@graded(1, "same start, same order ⇒ same run", examples=12, case=problems(max_epochs=2))
def test_a_run_is_its_inputs(student, case):
    """The start and the orders decide the run, and the start is left as it was"""
    report, (right, _) = ask(student, case), sgd(**case)
    untouched = not student.calls[-1].outcome.mutated
    expect_weights(report["weights"], right["weights"], "nothing is left to chance")
    because = "the next run begins from the same weights: train a copy (torch.from_numpy makes none)"
    expect(untouched, you="other arrays", expected="the same", because=because, what="arguments after the call")
    turned = {**case, "orders": case["orders"][:, ::-1].copy()}
    report, (other, doubtful) = ask(student, turned), sgd(**turned)
    because = "with the orders turned round, the batches are others"
    if not doubtful:
        expect_weights(report["weights"], other["weights"], because)
        expect_report(report, other, ["epochs"], because)
