"""Picture of lesson 14: one run to 99%, and nine learning rates. Runs the reference solution; needs torch."""

import runpy
from pathlib import Path

import numpy as np

from fls_teach import plotting

SOLUTION = Path(__file__).parents[2] / "solutions" / "14_train_to_target" / "14_train_to_target.py"
RATES = 10.0 ** np.arange(-3, 1.3, 0.5)
SHOWN = 0.1


def problem(seed=1, n_classes=4, n_features=16, n_neurons=64, max_epochs=60):
    """Overlapping classes: 128 examples to learn, 2,000 to test."""
    rng = np.random.default_rng(seed)
    centres = 0.9 * rng.standard_normal((n_classes, n_features))
    sets = []
    for n in (128, 2000):
        labels = rng.integers(0, n_classes, n)
        sets.append((centres[labels] + 1.6 * rng.standard_normal((n, n_features)), labels))
    first = rng.standard_normal((n_neurons, n_features)) / np.sqrt(n_features)
    second = rng.standard_normal((n_classes, n_neurons)) / np.sqrt(n_neurons)
    orders = np.array([rng.permutation(128) for _ in range(max_epochs)])
    return {"weights": [first, second], "train_set": sets[0], "test_set": sets[1], "orders": orders, "batch_size": 16}


@plotting.styled
def draw():
    train = runpy.run_path(str(SOLUTION))["train_to_target"]
    case = problem()
    run, runs = train(**case, lr=SHOWN), [train(**case, lr=lr) for lr in RATES]
    figure, (curves, rates) = plotting.subplots(1, 2, size=(9.2, 4.0))
    epochs = np.arange(1, run["epochs"] + 1)
    curves.axhline(0.99, color=plotting.INK, ls="--", lw=1.2)
    curves.text(1, 0.975, "target 99%", va="top", fontsize=10)
    curves.plot(epochs, run["train_accuracy"], color=plotting.GREY, marker="o", label="training accuracy")
    curves.plot(epochs, run["test_accuracy"], color=plotting.BLUE, marker="o", label="test accuracy")
    best = int(np.argmax(run["test_accuracy"]))
    for epoch, name, colour, away in (
        (best, "peak", plotting.RED, 0.05),
        (run["epochs"] - 1, "last", plotting.INK, -0.05),
    ):
        height = run["test_accuracy"][epoch]
        curves.plot(epoch + 1, height, "o", color=colour, markersize=9, markerfacecolor="none", markeredgewidth=2)
        curves.text(
            epoch + 1, height + away, f"{name} {height:.1%}", color=colour, ha="center", va="center", fontsize=10
        )
    curves.set(xlabel="epoch", ylabel="accuracy", ylim=(0.4, 1.02), xlim=(0, run["epochs"] + 1.8))
    curves.set_title(f"One run, lr = {SHOWN:g}")
    curves.legend(loc="lower right")
    peaks, reached = np.array([[each["peak_test_accuracy"], each["reached"]] for each in runs]).T
    last = [each["test_accuracy"][-1] for each in runs]
    rates.plot(RATES, peaks, color=plotting.BLUE, lw=1.2, label="peak test accuracy")
    rates.plot(RATES, last, color=plotting.INK, lw=1.2, ls=":", label="last test accuracy")
    for lr, peak, fine, each in zip(RATES, peaks, reached, runs, strict=True):
        face = plotting.BLUE if fine else "white"
        rates.plot(lr, peak, "o", color=plotting.BLUE, markersize=8, markerfacecolor=face, markeredgewidth=1.8)
        if fine:
            rates.text(lr, peak + 0.02, f"{each['epochs']}", ha="center", va="bottom", fontsize=10)
    rates.set(xlabel="learning rate", ylabel="accuracy", xscale="log", ylim=(0.2, 0.82))
    rates.set_title("Filled: reached 99%, after … epochs")
    rates.legend(loc="lower left")
    return figure
