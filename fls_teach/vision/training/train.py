"""One training run, with all images on the device, until it reaches its target or the budget of epochs is used."""

import contextlib
import math

import torch

from fls_teach.vision.models.batch_norm import calibrate
from fls_teach.vision.models.build import build_for
from fls_teach.vision.models.layers import Network
from fls_teach.vision.models.multiplier import OutputMultiplier
from fls_teach.vision.training.batches import Draw, epoch_batches, generator, whole_batches
from fls_teach.vision.training.course import Epoch, follow
from fls_teach.vision.training.inputs import parts
from fls_teach.vision.training.losses import LOSSES
from fls_teach.vision.training.optimisers import Optimiser, rate
from fls_teach.vision.training.outcome import check

EVALUATION_BATCH = {"cpu": 250, "cuda": 2000}
"""Images per evaluation batch. On a CPU a batch fits into caches: up to 3 times as fast as batches of 1,000."""


def train_run(run, data, progress=None, checkpoint=None):
    """Build the network of `run`, train it on `data`, images on the device to train on, and return the Trained."""
    return train_one(build_for(run).to(data.train.pixels.device), data, run, progress, checkpoint)


def train_one(model, data, run, progress=None, checkpoint=None):
    """Train `model` in place on loss(c f) / c, as `run` says.

    Parameters
    ----------
    model : Module
        The network f, from floats (n, channels, size, size) to outputs (n, n_classes), on the device of `data`. Running
        statistics of batch norm are initialised from the training images, in batches of the run's size.
    data : Data
    run : Run
        The fields from `c` on determine the training; the `model` and `data` that it names are ignored. The same run on
        the same device with the same number of threads gives the same result.
    progress : callable (fraction, what), optional
    checkpoint : fls_teach.vision.training.checkpoint.Checkpoint, optional
        Checkpoint from which an interrupted run resumes, with the same result; `model` must be as at the start.

    Returns
    -------
    Trained
        The stopping rule is applied before training and after every epoch, on all images, in evaluation mode.

    Raises
    ------
    ValueError
        If `stop` requires validation images and there are none, the device does not support the precision, the network
        does not have one output per class, or c f overflows before training.
    """
    check(run, data)
    with arithmetic(run):
        return follow([run], _Network(model, data, run), progress, checkpoint)[0]


class _Network:
    """An engine of `follow` for one run."""

    def __init__(self, model, data, run):
        self.run, self.device, normalise = run, data.train.pixels.device, data.normaliser()
        on_cpu = self.device.type == "cpu"
        if on_cpu or run.channels_last:
            model.to(memory_format=torch.channels_last)  # 1.1 to 1.6 times the images per second on one core
        calibrate(model, map(normalise, whole_batches(data.train.pixels, run.batch)))
        channels_last = run.channels_last or on_cpu and isinstance(model, Network)  # else batches would be copied
        self.n_classes, self.inputs = data.train.n_classes, parts([data], [normalise], run, channels_last)
        self.net, self.loss = OutputMultiplier(model, run.c, run.centred), LOSSES[run.loss]
        self.compiled = torch.compile(self.net) if run.compile else self.net
        self.weights, self.before = list(model.parameters()), None
        self.optimiser = Optimiser(run, self.weights)

    def epoch(self, epochs):
        (epoch,) = epochs
        self.net.train()
        if self.optimiser.moves_without_gradient:
            self.before = [weight.detach().clone() for weight in self.weights]
        run, seen, sizes = self.run, [], []
        steps = math.ceil(self.inputs["train"].n / run.batch)
        batches = epoch_batches(self.inputs["shown"], [Draw(0, run.seed, epoch)], run.batch, run.augmentation)
        with _global_numbers(run.seed, epoch, self.device):
            for step, (images, labels) in enumerate(batches, epoch * steps):
                seen.append(self._step(images, labels, rate(run, step, steps)))
                sizes.append(len(labels))
        losses, slopes, hits = torch.stack(seen, dim=1).tolist()  # once per epoch: reading synchronises with the GPU
        return [Epoch(losses, slopes, hits, sizes)]

    def _step(self, images, labels, lr):
        outputs = self._outputs(images)
        loss = self.loss(outputs, labels) / self.run.c
        gradients = torch.autograd.grad(loss, self.weights)
        with torch.no_grad():
            slope = torch.stack(torch._foreach_norm(gradients, math.inf)).max()
            hits = (outputs.argmax(1) == labels).sum()
            directions = self.optimiser.directions(self.weights, gradients)
            if self.optimiser.shrinkage:
                torch._foreach_mul_(self.weights, 1 - lr * self.optimiser.shrinkage)
            torch._foreach_add_(self.weights, directions, alpha=-lr)
            return torch.stack([loss.double(), slope.double(), hits.double()])

    def _outputs(self, images):
        with products(self.run, images.device):
            return self.compiled(images)

    def evaluate(self, part, places=(0,)):
        if part not in self.inputs:
            return [None]
        self.net.eval()
        with torch.inference_mode():
            hits, loss = self._hits_and_loss(self.inputs[part]).tolist()
        n = self.inputs[part].n
        return [(hits / n, loss / n)]

    def _hits_and_loss(self, inputs):
        sums = torch.zeros(2, dtype=torch.float64, device=self.device)
        for images, labels in inputs.split(EVALUATION_BATCH[self.device.type]):
            outputs = self._outputs(images)
            refuse_other_outputs(outputs.shape[1:], self.n_classes)
            hits = (outputs.argmax(1) == labels).sum()
            sums += torch.stack([hits.double(), self.loss(outputs, labels, reduction="sum").double()])
        return sums

    def moved(self):
        return [self.before is not None and not all(map(torch.equal, self.before, self.weights))]

    def keep(self, places):
        pass

    def state(self):
        """Return the state between epochs, for `restore`."""
        optimiser = self.optimiser
        return {"net": self.net.state_dict(), "buffers": optimiser.buffers, "steps": optimiser.steps}

    def restore(self, state):
        """Continue from the `state` of another network of the same run."""
        self.net.load_state_dict(state["net"])
        self.optimiser.steps = state["steps"]
        for ours, theirs in zip(self.optimiser.buffers, state["buffers"], strict=True):
            for buffer, value in zip(ours, theirs, strict=True):
                buffer.copy_(value)


def refuse_other_outputs(shape, n_classes):
    """Raise a ValueError unless there is one output per class."""
    if shape != (n_classes,):
        raise ValueError(f"the network's outputs for an image are {tuple(shape)}; wanted ({n_classes},), one per class")


@contextlib.contextmanager
def _global_numbers(seed, epoch, device):
    """Seed torch's global random numbers by seed and epoch within the block; a user's model draws dropout from them."""
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(generator(seed, epoch, "global", device="cpu").initial_seed())
        yield


@contextlib.contextmanager
def arithmetic(run):
    """Use cuDNN's deterministic algorithms, and tf32 if `run` asks for it, within the block."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.deterministic, cudnn.allow_tf32, matmul.allow_tf32
    cudnn.deterministic = True
    if run.precision != "torch":
        cudnn.allow_tf32 = matmul.allow_tf32 = run.precision == "tf32"
    try:
        yield
    finally:
        cudnn.deterministic, cudnn.allow_tf32, matmul.allow_tf32 = before


def products(run, device):
    """Return a context for products in the precision of `run`; one per step, because autocast caches cast weights."""
    return torch.autocast(device.type, torch.bfloat16) if run.precision == "bf16" else contextlib.nullcontext()
