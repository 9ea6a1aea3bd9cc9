"""Many runs in one set of kernels: the weights of a stack of networks are one tensor with one more axis, of members.

Meant for a GPU, which one small network does not fill: on an NVIDIA H200, 64 five-layer CNNs of width 64 on 32x32
images take a fifth of the loop's time (benchmarks/results/vision_gpu.md). On one core of an AMD EPYC, 8 five-layer CNNs
on 16x16 images take 0.7 of the loop's time at width 4, 0.9 at width 8 and 1.2 to 1.4 times it at width 16.

A member takes the steps that `train_one` takes, on the same images in the same order: equal to it but for the order of
sums within a product, which training amplifies in time. The stack shrinks as members end.
"""

import math
import warnings
from dataclasses import replace

import torch
from torch.func import functional_call, grad_and_value, vmap
from torch.nn.functional import cross_entropy

from fls_teach.vision.models.build import build_for
from fls_teach.vision.training.outcome import Evaluation, check_rule, is_dead, is_finite, status_after, summary
from fls_teach.vision.training.train import EVALUATION_BATCH, epoch_order, repeatable

VARIES = ("c", "lr", "seed", "stop", "target", "epochs")
"""What may differ within a stack."""


def train_stack(runs, data):
    """What ``[train_run(run, data) for run in runs]`` gives, from one stack.

    Parameters
    ----------
    runs : list of Run
        Equal but for `VARIES`; not with batch norm.
    data : Data
        Images of every run, on the device to train on.

    Returns
    -------
    list of Trained

    Warns
    -----
    RuntimeWarning
        If the GPU's memory does not hold the stack, which is then trained in two halves.

    Raises
    ------
    ValueError
        In one sentence, if the runs cannot share a stack, `stop` asks for validation images and there are none, or
        c f overflows before training.
    MemoryError
        In one sentence, if the GPU's memory does not hold a single network.
    """
    _check(runs, data)
    try:
        with repeatable():
            return _train(runs, data)
    except torch.cuda.OutOfMemoryError:
        pass  # to go on in here would keep all tensors of the attempt alive
    torch.cuda.empty_cache()
    half = len(runs) // 2
    if not half:
        raise MemoryError(
            f"one {runs[0].model} of width {runs[0].width} with batch {runs[0].batch} does not fit into the GPU's "
            "memory; choose a smaller width or batch"
        )
    warnings.warn(
        f"{len(runs)} networks do not fit into the GPU's memory together; trying {half} at a time",
        RuntimeWarning,
        stacklevel=2,
    )
    return train_stack(runs[:half], data) + train_stack(runs[half:], data)


def _check(runs, data):
    if not runs:
        raise ValueError("there are no runs to stack")
    first = runs[0]
    for run in runs:
        if replace(run, **{name: getattr(first, name) for name in VARIES}) != first:
            raise ValueError(f"runs in a stack may differ in {', '.join(VARIES)} and in nothing else")
        check_rule(run.stop, run.target, data)
    if first.n_classes != data.train.n_classes:
        raise ValueError(f"the runs have {first.n_classes} classes, the images {data.train.n_classes}")
    if first.norm == "batch":
        raise ValueError(
            'norm is "batch", whose running statistics the fused engine does not keep; take "group" or "none", or the '
            "engine 'loop'"
        )


class _Stack:
    """The members that are still training: every tensor has them as its first axis."""

    def __init__(self, runs, device):
        models = [build_for(run).to(device) for run in runs]
        states = [dict(model.named_parameters()) for model in models]
        self.skeleton = models[0].to("meta")
        self.weights = {name: torch.stack([state[name].detach() for state in states]) for name in states[0]}
        self.start = {name: weight.clone() for name, weight in self.weights.items()} if runs[0].centred else {}
        dtype = next(iter(self.weights.values())).dtype
        self.c, self.lr = (
            torch.tensor([getattr(run, name) for run in runs], dtype=dtype, device=device) for name in ("c", "lr")
        )

    def keep(self, places):
        """Only the members at `places` stay."""
        places = torch.tensor(places, dtype=torch.int64, device=self.c.device)
        self.weights, self.start = (
            {name: weight[places] for name, weight in weights.items()} for weights in (self.weights, self.start)
        )
        self.c, self.lr = self.c[places], self.lr[places]

    def outputs(self, images):
        """c f, or c (f - f0), of the same images (m, ...): (members, m, n_classes)."""
        return vmap(self._output, in_dims=(0, 0, 0, None))(self.weights, self.start, self.c, images)

    def step(self, images, labels):
        """One step of SGD on images (members, m, ...), or (m, ...) for all.

        Returns the losses before it and the largest absolute values in their gradients, (2, members).
        """
        own = 0 if labels.dim() == 2 else None
        gradients, losses = vmap(grad_and_value(self._loss), in_dims=(0, 0, 0, own, own))(
            self.weights, self.start, self.c, images, labels
        )
        for name, weight in self.weights.items():
            lr = self.lr.reshape(-1, *[1] * (weight.dim() - 1))
            weight.addcmul_(lr, gradients[name], value=-1)
        slopes = [torch.linalg.vector_norm(gradient.flatten(1), math.inf, dim=1) for gradient in gradients.values()]
        return torch.stack([losses, torch.stack(slopes).amax(0)])

    def _output(self, weights, start, c, images):
        logits = functional_call(self.skeleton, weights, (images,))
        if start:
            logits = logits - functional_call(self.skeleton, start, (images,))
        return c * logits

    def _loss(self, weights, start, c, images, labels):
        return cross_entropy(self._output(weights, start, c, images), labels) / c


class _Member:
    """One run's record; `done` is its Trained once it has ended."""

    def __init__(self, run, before):
        if not is_finite(before):
            raise ValueError(f"the risk is not finite before training; c is {run.c:g}, choose a smaller one")
        self.run, self.history, self.steps, self.done = run, [before], 0, None
        self._end(self._status())

    def add(self, losses, slopes, after):
        """An epoch: for each step its loss and the largest gradient, and the evaluation after them."""
        finite = [math.isfinite(loss) for loss in losses]
        self.steps += finite.index(False) if False in finite else len(finite)
        if all(finite) and is_finite(after):
            self.history.append(after)
            self._end("dead" if is_dead(losses, slopes) else self._status())
        else:
            self._end("diverged", self.steps)

    def _status(self):
        return status_after(self.history, self.run.stop, self.run.target, self.run.epochs)

    def _end(self, status, diverged_at=None):
        if status:
            self.done = summary(self.history, status, self.steps, diverged_at)


def _train(runs, data):
    normalise = data.normaliser()
    stack = _Stack(runs, data.train.pixels.device)
    members = [_Member(run, before) for run, before in zip(runs, _evaluate(stack, data, normalise), strict=True)]
    training, epoch = _compact(stack, members), 0
    while training:
        seen = _epoch(stack, [member.run for member in training], data, normalise, epoch)
        for member, (losses, slopes), after in zip(training, seen, _evaluate(stack, data, normalise), strict=True):
            member.add(losses, slopes, after)
        training, epoch = _compact(stack, training), epoch + 1
    return [member.done for member in members]


def _compact(stack, members):
    """The members that go on; `stack` keeps only theirs."""
    places = [place for place, member in enumerate(members) if member.done is None]
    if len(places) < len(members):
        stack.keep(places)
    return [members[place] for place in places]


def _epoch(stack, runs, data, normalise, epoch):
    """One pass over the training images; for each member its losses and largest gradients, an entry per step."""
    pixels, labels, seeds = data.train.pixels, data.train.labels, {run.seed for run in runs}
    # Members of one seed see the same batches, which are then normalised once, and the first layer is one product.
    owners = runs if len(seeds) > 1 else runs[:1]
    order = torch.stack([epoch_order(len(labels), run.seed, epoch, labels.device) for run in owners])
    if len(seeds) == 1:
        order = order[0]
    seen = [stack.step(normalise(pixels[chosen]), labels[chosen]) for chosen in order.split(runs[0].batch, dim=-1)]
    return torch.stack(seen).permute(2, 1, 0).tolist()  # the one wait for the GPU in an epoch


@torch.no_grad()
def _evaluate(stack, data, normalise):
    """An Evaluation a member."""
    parts = [images for images in (data.train, data.test, data.validation) if images is not None]
    sums = [_hits_and_losses(stack, images, normalise) / len(images) for images in parts]
    means = torch.stack(sums, dim=1).flatten(1).tolist()
    return [Evaluation(*mean[:4], mean[5] if len(parts) == 3 else None) for mean in means]


def _hits_and_losses(stack, images, normalise):
    """(members, 2), sums over `images`."""
    members = len(stack.c)
    size = max(1, EVALUATION_BATCH[images.pixels.device.type] // members)
    sums = torch.zeros(members, 2, dtype=torch.float64, device=images.pixels.device)
    for pixels, labels in zip(images.pixels.split(size), images.labels.split(size), strict=True):
        outputs = stack.outputs(normalise(pixels))
        hits = (outputs.argmax(2) == labels).sum(1)
        losses = cross_entropy(outputs.flatten(0, 1), labels.repeat(members), reduction="none")
        sums += torch.stack([hits.double(), losses.reshape(members, -1).sum(1).double()], dim=1)
    return sums
