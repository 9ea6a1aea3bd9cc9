"""How a run went: its evaluations, the rule that ends it, and what becomes of it (no torch)."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from fls_teach.vision.run import STOPS


class Evaluation(NamedTuple):
    """A network on all images. Risks are mean cross-entropies of the multiplied network c f, in nats."""

    train_accuracy: float
    train_risk: float
    test_accuracy: float
    test_risk: float
    validation_risk: float | None


@dataclass(frozen=True)
class Trained:
    """How a run went. Curves have one entry an epoch, entry 0 before training; all are finite."""

    status: str
    """It "reached" its target, spent its "budget" of epochs, "diverged", or is "dead": see `is_dead`."""
    epochs: int
    """Whole epochs done; the one in which it diverged is not."""
    steps: int
    """Updates done with a finite loss."""
    diverged_at: int | None
    """The first step, counted from 0, whose loss was not finite."""
    train_accuracy: tuple
    train_risk: tuple
    test_accuracy: tuple
    test_risk: tuple
    validation_risk: tuple | None
    peak_test_accuracy: float
    """The best of all epochs."""
    final_test_accuracy: float
    """After the last whole epoch."""


def is_finite(evaluation):
    """Whether all risks are."""
    return all(math.isfinite(value) for value in evaluation if value is not None)


def check_rule(stop, target, data):
    """Raise a ValueError in one sentence if `stop` cannot end a run on `data`."""
    if stop not in STOPS:
        raise ValueError(f"stop is {stop!r}; wanted one of {', '.join(STOPS)}")
    if stop == "validation-risk" and data.validation is None:
        raise ValueError("stop is 'validation-risk', but there are no validation images")
    if stop == "validation-risk" and target < 1:
        raise ValueError(f"target is {target}; 'validation-risk' wants a number of epochs, 1 or more")


def status_after(history, stop, target, epochs):
    """ "reached", "budget" or None to go on, after the evaluations in `history` (the first one before training)."""
    last = history[-1]
    if stop == "train-accuracy":
        reached = last.train_accuracy >= target
    elif stop == "train-risk":
        reached = last.train_risk <= target
    else:
        risks = [evaluation.validation_risk for evaluation in history]
        reached = len(risks) - 1 - risks.index(min(risks)) >= int(target)
    return "reached" if reached else "budget" if len(history) > epochs else None


def is_dead(losses, slopes):
    """Whether an epoch's steps show a network that can never move again.

    Parameters
    ----------
    losses, slopes : list of float
        For each step of one epoch, so for all training images, the loss and the largest absolute value in its gradient.

    Notes
    -----
    Behind a layer whose ReLUs are off for every image all gradients are exactly 0, so that no later epoch differs from
    this one; without biases every output is then 0 and the risk of c f is ln(n_classes). Outputs say less: those of a
    centred network are 0 before training, when its gradients are not. A network whose losses are 0 as well fits every
    image to the last bit, and is not dead.
    """
    return not any(slopes) and any(losses)


def summary(history, status, steps, diverged_at):
    """The evaluations in `history` as a Trained."""
    train_accuracy, train_risk, test_accuracy, test_risk, validation_risk = zip(*history, strict=True)
    return Trained(
        status=status,
        epochs=len(history) - 1,
        steps=steps,
        diverged_at=diverged_at,
        train_accuracy=train_accuracy,
        train_risk=train_risk,
        test_accuracy=test_accuracy,
        test_risk=test_risk,
        validation_risk=None if validation_risk[0] is None else validation_risk,
        peak_test_accuracy=max(test_accuracy),
        final_test_accuracy=test_accuracy[-1],
    )
