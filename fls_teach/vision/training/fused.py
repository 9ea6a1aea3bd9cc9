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

from fls_teach.vision.models.build import build_for
from fls_teach.vision.models.multiplier import in_full
from fls_teach.vision.training.batches import epoch_batches
from fls_teach.vision.training.course import Epoch, follow
from fls_teach.vision.training.losses import LOSSES
from fls_teach.vision.training.optimisers import Optimiser, rate
from fls_teach.vision.training.outcome import check
from fls_teach.vision.training.train import EVALUATION_BATCH, arithmetic, products, refuse_other_outputs

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
        with arithmetic(runs[0]):
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


def _train(runs, data):
    return follow(runs, _Stack(runs, data), data)


def _check(runs, data):
    if not runs:
        raise ValueError("there are no runs to stack")
    first = runs[0]
    for run in runs:
        if replace(run, **{name: getattr(first, name) for name in VARIES}) != first:
            raise ValueError(f"runs in a stack may differ in {', '.join(VARIES)} and in nothing else")
        check(run, data)
    if first.n_classes != data.train.n_classes:
        raise ValueError(f"the runs have {first.n_classes} classes, the images {data.train.n_classes}")
    for option in ("compile", "channels_last"):
        if getattr(first, option):
            raise ValueError(f"{option} is an option of one network at a time; leave it out or take the engine 'loop'")
    if first.norm == "batch":
        raise ValueError(
            'norm is "batch", whose running statistics the fused engine does not keep; take "group" or "none", or the '
            "engine 'loop'"
        )


class _Stack:
    """An engine of `follow` for runs that train together: every tensor of theirs has them as its first axis."""

    def __init__(self, runs, data):
        self.runs, self.images, self.normalise, self.loss = runs, data.train, data.normaliser(), LOSSES[runs[0].loss]
        device = data.train.pixels.device
        models = [build_for(run).to(device) for run in runs]
        if any(True for _ in models[0].buffers()):
            raise ValueError(f"'{runs[0].model}' has buffers, which the fused engine does not keep; take engine 'loop'")
        states = [dict(model.named_parameters()) for model in models]
        self.skeleton = models[0].to("meta")
        self.weights = {name: torch.stack([state[name].detach() for state in states]) for name in states[0]}
        self.start = {name: weight.clone() for name, weight in self.weights.items()} if runs[0].centred else {}
        self.optimiser, self.before = Optimiser(runs[0], list(self.weights.values())), None
        self.c = self._per_member([run.c for run in runs])

    def _per_member(self, values):
        """Numbers (..., members) of the type of the weights and where they are."""
        weight = next(iter(self.weights.values()))
        return torch.tensor(values, dtype=weight.dtype, device=weight.device)

    def keep(self, places):
        """Only the members at `places` stay."""
        self.runs = [self.runs[place] for place in places]
        places = torch.tensor(places, dtype=torch.int64, device=self.c.device)
        self.weights, self.start = (
            {name: weight[places] for name, weight in weights.items()} for weights in (self.weights, self.start)
        )
        self.c = self.c[places]
        self.optimiser.keep(places)

    def epoch(self, epoch):
        if self.optimiser.moves_without_gradient:
            self.before = [weight.clone() for weight in self.weights.values()]
        run, seen, sizes = self.runs[0], [], []
        steps = math.ceil(len(self.images) / run.batch)
        # Members of one seed see the same batches, which are then normalised once, and the first layer is one product.
        seeds = [run.seed for run in self.runs]
        batches = epoch_batches(self.images, seeds, epoch, run.batch, run.augmentation)
        rates = self._per_member([[rate(run, epoch * steps + k, steps) for run in self.runs] for k in range(steps)])
        for lr, (pixels, labels) in zip(rates, batches, strict=True):
            seen.append(self.step(self.normalise(pixels), labels, lr))
            sizes.append(labels.shape[-1])
        read = torch.stack(seen).permute(2, 1, 0).tolist()  # the one wait for the GPU in an epoch
        return [Epoch(*each, sizes) for each in read]

    def step(self, images, labels, lr):
        """One step on images (members, m, ...), or (m, ...) for all.

        Returns what `Epoch` has of it, in double precision: losses, slopes and hits, (3, members).
        """
        own = 0 if labels.dim() == 2 else None
        found, (losses, hits) = vmap(grad_and_value(self._loss, has_aux=True), in_dims=(0, 0, 0, own, own))(
            self.weights, self.start, self.c, images, labels
        )
        weights, gradients = list(self.weights.values()), list(found.values())
        slopes = [torch.linalg.vector_norm(gradient.flatten(1), math.inf, dim=1) for gradient in gradients]
        rates = [lr.reshape(-1, *[1] * (weight.dim() - 1)) for weight in weights]
        directions = self.optimiser.directions(weights, gradients)
        if self.optimiser.shrinkage:
            torch._foreach_mul_(weights, [1 - each * self.optimiser.shrinkage for each in rates])
        torch._foreach_addcmul_(weights, rates, directions, value=-1)
        return torch.stack([losses.double(), torch.stack(slopes).amax(0).double(), hits.double()])

    def outputs(self, images):
        """c f, or c (f - f0), of the same images (m, ...): (members, m, n_classes)."""
        return vmap(self._output, in_dims=(0, 0, 0, None))(self.weights, self.start, self.c, images)

    def _output(self, weights, start, c, images):
        with products(self.runs[0], images.device):
            logits = functional_call(self.skeleton, weights, (images,))
            if start:
                logits = logits - functional_call(self.skeleton, start, (images,))
            return c * in_full(logits)

    def _loss(self, weights, start, c, images, labels):
        outputs = self._output(weights, start, c, images)
        return self.loss(outputs, labels) / c, (outputs.argmax(1) == labels).sum()

    @torch.no_grad()
    def evaluate(self, images):
        """(accuracy, risk) of each member."""
        members = len(self.runs)
        size = max(1, EVALUATION_BATCH[images.pixels.device.type] // members)
        sums = torch.zeros(members, 2, dtype=torch.float64, device=images.pixels.device)
        for pixels, labels in zip(images.pixels.split(size), images.labels.split(size), strict=True):
            outputs = self.outputs(self.normalise(pixels))
            refuse_other_outputs(outputs.shape[2:], images.n_classes)
            hits = (outputs.argmax(2) == labels).sum(1)
            losses = self.loss(outputs.flatten(0, 1), labels.repeat(members), reduction="none")
            sums += torch.stack([hits.double(), losses.reshape(members, -1).sum(1).double()], dim=1)
        return (sums / len(images)).tolist()

    def moved(self):
        """Of each member, whether a weight differs from what it was before the epoch."""
        if self.before is None:
            return [False] * len(self.runs)
        pairs = zip(self.before, self.weights.values(), strict=True)
        return torch.stack([(a != b).flatten(1).any(1) for a, b in pairs]).any(0).tolist()
