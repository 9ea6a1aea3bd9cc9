"""One training run: plain SGD on cross_entropy(c f) / c, all images on the device, until a target or a budget."""

import hashlib
import math
from contextlib import contextmanager

import torch
from torch.nn.functional import cross_entropy

from fls_teach.vision.models.batch_norm import calibrate
from fls_teach.vision.models.build import build_for
from fls_teach.vision.models.multiplier import OutputMultiplier
from fls_teach.vision.training.outcome import Evaluation, check_rule, is_dead, is_finite, status_after, summary

EVALUATION_BATCH = {"cpu": 250, "cuda": 2000}
"""Images at a time. What a CPU's caches hold: up to 3 times the images per second of 1,000 at a time."""


def train_run(run, data, progress=None):
    """The run that `run` describes on `data`, images of its size and on the device to train on: a Trained."""
    rule = {name: getattr(run, name) for name in "lr c centred batch stop target epochs seed".split()}
    return train_one(build_for(run).to(data.train.pixels.device), data, **rule, progress=progress)


def train_one(
    model, data, *, lr, c=1.0, centred=False, batch=64, stop="train-accuracy", target=0.99, epochs=120, seed=0,
    progress=None,
):  # fmt: skip
    """Train `model` in place.

    Parameters
    ----------
    model : Module
        f, from floats (n, channels, size, size) to outputs (n, n_classes); on the device where `data` is.
    data : Data
    lr : float
        Learning rate on cross_entropy(c f) / c: lr / c on cross_entropy(c f), the paper's convention.
    c, centred : float, bool
        What is trained is c f, or c (f - f at the start).
    batch : int
        Images a step; the last step of an epoch takes what is left. Batch norm's running statistics start from those
        of the training images in such batches.
    stop, target : str, float
        "train-accuracy" >= target; "train-risk" <= target (nats); "validation-risk" without improvement for
        ``int(target)`` epochs. Judged before training and after every epoch, on all images, in evaluation mode.
    epochs : int
        Budget.
    seed : int
        Of the order of the images. The same seed on the same device and number of threads gives the same result.
    progress : callable (fraction, what), optional

    Returns
    -------
    Trained

    Raises
    ------
    ValueError
        In one sentence, if `stop` is no rule or asks for validation images and there are none, the network has not an
        output a class, or c f overflows before training.
    """
    check_rule(stop, target, data)
    n, device, normalise = len(data.train), data.train.pixels.device, data.normaliser()
    if device.type == "cpu":
        model.to(memory_format=torch.channels_last)  # 1.1 to 1.6 times the images per second on one core
    weights, steps, diverged_at = list(model.parameters()), 0, None
    with repeatable():
        calibrate(model, (normalise(pixels) for pixels in whole_batches(data.train.pixels, batch)))
        net = OutputMultiplier(model, c, centred)
        history = [evaluate(net, data, normalise)]
        if not is_finite(history[0]):
            raise ValueError(f"the risk is not finite before training; c is {c:g}, choose a smaller one")
        status = status_after(history, stop, target, epochs)
        while not status:
            losses, slopes = [], []  # read once per epoch: to read after every step would make a GPU wait
            net.train()
            for chosen in epoch_order(n, seed, len(history) - 1, device).split(batch):
                outputs = net(normalise(data.train.pixels[chosen]))
                loss = cross_entropy(outputs, data.train.labels[chosen]) / c
                gradients = torch.autograd.grad(loss, weights)
                with torch.no_grad():
                    for weight, gradient in zip(weights, gradients, strict=True):
                        weight.sub_(gradient, alpha=lr)
                losses.append(loss.detach())
                slopes.append(torch.stack(torch._foreach_norm(gradients, math.inf)).max())
            losses, slopes = torch.stack([torch.stack(losses), torch.stack(slopes)]).tolist()
            finite = [math.isfinite(loss) for loss in losses]
            steps += finite.index(False) if False in finite else len(finite)
            after = evaluate(net, data, normalise) if all(finite) else None
            if after and is_finite(after):
                history.append(after)
                status = "dead" if is_dead(losses, slopes) else status_after(history, stop, target, epochs)
                if progress:
                    progress((len(history) - 1) / epochs, f"train accuracy {after.train_accuracy:.3f}")
            else:
                status, diverged_at = "diverged", steps
    return summary(history, status, steps, diverged_at)


def whole_batches(pixels, batch):
    """`pixels` in batches of `batch` images, without a smaller one in the end; all of them if they are fewer."""
    return pixels[: len(pixels) // batch * batch or len(pixels)].split(batch)


def epoch_order(n, seed, epoch, device):
    """The order (n,) int64 of the images in `epoch`, counted from 0, drawn on `device`; every engine's."""
    mixed = hashlib.sha256(f"{seed} {epoch}".encode()).digest()[:8]
    generator = torch.Generator(device).manual_seed(int.from_bytes(mixed, "little"))
    return torch.randperm(n, generator=generator, device=device)


def evaluate(net, data, normalise):
    """`net`, which is c f, on all images: an Evaluation."""
    net.eval()
    parts = [images for images in (data.train, data.test, data.validation) if images is not None]
    with torch.inference_mode():
        sums = torch.stack([_hits_and_loss(net, images, normalise) for images in parts])
    means = [total / len(images) for images, both in zip(parts, sums.tolist(), strict=True) for total in both]
    return Evaluation(*means[:4], means[5] if len(parts) == 3 else None)


def _hits_and_loss(net, images, normalise):
    size = EVALUATION_BATCH[images.pixels.device.type]
    sums = torch.zeros(2, dtype=torch.float64, device=images.pixels.device)
    for pixels, labels in zip(images.pixels.split(size), images.labels.split(size), strict=True):
        outputs = net(normalise(pixels))
        if outputs.shape[1:] != (images.n_classes,):
            raise ValueError(f"outputs are {tuple(outputs.shape)}; wanted one for each of {images.n_classes} classes")
        hits = (outputs.argmax(1) == labels).sum()
        sums += torch.stack([hits.double(), cross_entropy(outputs, labels, reduction="sum").double()])
    return sums


@contextmanager
def repeatable():
    """cuDNN's deterministic algorithms within the block."""
    before, torch.backends.cudnn.deterministic = torch.backends.cudnn.deterministic, True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before
