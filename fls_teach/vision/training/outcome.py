"""Outcome of a run: its evaluations, the rule that ends it, and its status (no torch)."""

import math
from dataclasses import dataclass
from typing import NamedTuple


class Evaluation(NamedTuple):
    """Evaluation of a network on all images. Risks are mean losses of the network c f; cross-entropies are in nats."""

    train_accuracy: float
    train_risk: float
    test_accuracy: float | None
    """None, like test_risk, at an epoch that `test_every` leaves out."""
    test_risk: float | None
    validation_risk: float | None


@dataclass(frozen=True)
class Trained:
    """Outcome of a run. Curves are finite and have one entry per epoch, with entry 0 before training.

    With `test_every` above 1, curves of test images have entries only for ``run.tested(epochs)``, and the last one may
    be missing if the run diverged. The same holds for validation_risk, unless the stopping rule needs it after every
    epoch. With `evaluate` "near", training entries far from the target are means over the epoch's own batches, each
    before its step.
    """

    status: str
    """"reached" (its target), "budget" (all epochs used), "diverged" or "dead" (see `is_dead`)."""
    epochs: int
    """Number of complete epochs, without one in which the run diverged."""
    steps: int
    """Number of updates with a finite loss."""
    diverged_at: int | None
    """The first step, counted from 0, whose loss was not finite."""
    train_accuracy: tuple
    train_risk: tuple
    test_accuracy: tuple
    test_risk: tuple
    validation_risk: tuple | None
    peak_test_accuracy: float
    """Best test accuracy of all evaluations."""
    final_test_accuracy: float
    """Test accuracy after the last complete epoch; for a run that diverged, at the last evaluation."""


def is_finite(evaluation):
    """Return whether all risks are finite."""
    return all(math.isfinite(value) for value in evaluation if value is not None)


def check(run, data):
    """Raise a ValueError if `run` cannot be trained on `data` and its device."""
    check_device(run, data.train.pixels.device.type)
    if run.stop == "validation-risk" and data.validation is None:
        raise ValueError("stop is 'validation-risk', but there are no validation images")


def check_device(run, device):
    """Raise a ValueError if `device`, "cpu" or a GPU's name, does not support an option of `run`."""
    if device == "cpu" and run.precision == "tf32":
        raise ValueError("precision is 'tf32', arithmetic of NVIDIA GPUs; on a CPU take 'fp32' or 'bf16'")
    if device == "cpu" and run.channels_last:
        raise ValueError("channels_last is an option for a GPU; a CPU always has that layout, leave it out")


def status_after(history, stop, target, epochs):
    """Return "reached", "budget" or None, to continue, given the evaluations in `history` (from before training on)."""
    last = history[-1]
    if stop == "train-accuracy":
        reached = last.train_accuracy >= target
    elif stop == "train-risk":
        reached = last.train_risk <= target
    else:
        risks = [evaluation.validation_risk for evaluation in history]
        reached = len(risks) - 1 - risks.index(min(risks)) >= int(target)
    return "reached" if reached else "budget" if len(history) > epochs else None


def is_near(accuracy, risk, stop, target):
    """Return whether an epoch whose own batches had this accuracy and risk may have reached the target at its end.

    Batches underestimate a network that improves during the epoch. So up to ten times the target error or risk counts
    as near, and any error up to 10%. All of 14 small runs that reached a target, with different c, rates, batches and
    seeds, ended at the same epoch as with an evaluation after every epoch.
    """
    if stop == "train-accuracy":
        return 1 - accuracy <= max(10 * (1 - target), 0.1)
    return stop == "train-risk" and risk <= 10 * target


def is_dead(losses, slopes):
    """Return whether an epoch's steps show that the network can never change again, if no weight changed in the epoch.

    Parameters
    ----------
    losses, slopes : list of float
        Loss, and largest absolute value in the gradient, of each step of one epoch, which covers all training images.

    Notes
    -----
    If a layer's ReLUs are off for every image, all gradients are exactly 0, so all later epochs are like this one;
    without biases every output is then 0 and the risk of c f is ln(n_classes). Outputs are no criterion: those of a
    centred network are 0 before training although its gradients are not. A network whose losses are 0 too fits every
    image exactly and is not dead. Momentum, Adam and weight decay may change weights without a gradient; such a network
    is not dead. With augmentation a later epoch has other images, which may have a gradient; only those of this epoch
    are known to have none.
    """
    return not any(slopes) and any(losses)


def summary(history, status, steps, diverged_at):
    """Return the evaluations in `history` as a Trained."""
    train_accuracy, train_risk, *others = zip(*history, strict=True)
    test_accuracy, test_risk, validation_risk = (tuple(x for x in curve if x is not None) for curve in others)
    return Trained(
        status=status,
        epochs=len(history) - 1,
        steps=steps,
        diverged_at=diverged_at,
        train_accuracy=train_accuracy,
        train_risk=train_risk,
        test_accuracy=test_accuracy,
        test_risk=test_risk,
        validation_risk=validation_risk or None,
        peak_test_accuracy=max(test_accuracy),
        final_test_accuracy=test_accuracy[-1],
    )
