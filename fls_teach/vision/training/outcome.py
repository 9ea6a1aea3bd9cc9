"""How a run went: its evaluations, the rule that ends it, and what becomes of it (no torch)."""

import math
from dataclasses import dataclass
from typing import NamedTuple


class Evaluation(NamedTuple):
    """A network on all images. Risks are mean losses of the multiplied network c f, cross-entropies in nats."""

    train_accuracy: float
    train_risk: float
    test_accuracy: float | None
    """None, as test_risk, at an epoch that `test_every` leaves out."""
    test_risk: float | None
    validation_risk: float | None


@dataclass(frozen=True)
class Trained:
    """How a run went. Curves are finite and have one entry per epoch, entry 0 before training.

    With `test_every` above 1 those of test images have the entries of ``run.tested(epochs)``, but of a run that
    diverged perhaps not the last one; so has validation_risk, unless the rule needs it after every epoch. With
    `evaluate` "near" the entries of training images far from the target are means over the epoch's own batches, each
    before its step.
    """

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
    """The best of all evaluations."""
    final_test_accuracy: float
    """After the last whole epoch; of a run that diverged, at the last evaluation."""


def is_finite(evaluation):
    """Whether all risks are."""
    return all(math.isfinite(value) for value in evaluation if value is not None)


def check(run, data):
    """Raise a ValueError in one sentence if `run` cannot be trained on `data`, where that is."""
    check_device(run, data.train.pixels.device.type)
    if run.stop == "validation-risk" and data.validation is None:
        raise ValueError("stop is 'validation-risk', but there are no validation images")


def check_device(run, device):
    """Raise a ValueError in one sentence if `device`, "cpu" or a GPU's name, has not what `run` asks for."""
    if device == "cpu" and run.precision == "tf32":
        raise ValueError("precision is 'tf32', arithmetic of NVIDIA GPUs; on a CPU take 'fp32' or 'bf16'")
    if device == "cpu" and run.channels_last:
        raise ValueError("channels_last is an option for a GPU; a CPU always has that layout, leave it out")


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


def is_near(accuracy, risk, stop, target):
    """Whether an epoch whose own batches had this accuracy and risk may have reached the target at its end.

    While an epoch improves the network, its batches show it worse than it is in the end: an error ten times, or a risk
    ten times, the wanted one counts as near, and any error below 10%. All of 14 small runs that reached a target, of
    other c, rates, batches and seeds, ended at the epoch at which those that evaluate after every epoch do.
    """
    if stop == "train-accuracy":
        return 1 - accuracy <= max(10 * (1 - target), 0.1)
    return stop == "train-risk" and risk <= 10 * target


def is_dead(losses, slopes):
    """Whether an epoch's steps show a network that can never move again, if none of its weights has moved in it.

    Parameters
    ----------
    losses, slopes : list of float
        For each step of one epoch, so for all training images, the loss and the largest absolute value in its gradient.

    Notes
    -----
    Behind a layer whose ReLUs are off for every image all gradients are exactly 0, so that no later epoch differs from
    this one; without biases every output is then 0 and the risk of c f is ln(n_classes). Outputs say less: those of a
    centred network are 0 before training, when its gradients are not. A network whose losses are 0 as well fits every
    image to the last bit, and is not dead. Without a gradient momentum, Adam and weight decay may still move weights,
    and then none is dead. With augmentation a later epoch has other images: that one of them has a gradient is not
    excluded, but no image of this epoch had one.
    """
    return not any(slopes) and any(losses)


def summary(history, status, steps, diverged_at):
    """The evaluations in `history` as a Trained."""
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
