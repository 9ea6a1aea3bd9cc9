"""The tensors of a stack of networks, and their training steps: every tensor has a leading axis of members."""

import math

import torch
from torch.func import functional_call, vmap

from fls_teach.vision.models.build import build_for
from fls_teach.vision.models.multiplier import in_full
from fls_teach.vision.own import is_own
from fls_teach.vision.training import graphs
from fls_teach.vision.training.batches import Draw, epoch_batches
from fls_teach.vision.training.course import Epoch
from fls_teach.vision.training.inputs import parts
from fls_teach.vision.training.losses import LOSSES
from fls_teach.vision.training.optimisers import Optimiser, rate
from fls_teach.vision.training.train import EVALUATION_BATCH, products, refuse_other_outputs


class Stack:
    """An engine of `follow` for runs that are trained together; each has its own epoch number.

    Built-in networks run as one network whose channels are concatenated (see `fls_teach.vision.models.layers`), in
    channels-last memory. A user's network runs in torch.func.vmap.

    Parameters
    ----------
    runs : list of Run
    data_of : callable (run)
        Returns the Data of a run.
    """

    def __init__(self, runs, data_of):
        self.runs, self.data_of, self.datas = list(runs), data_of, [data_of(run) for run in runs]
        self.loss, self.device = LOSSES[runs[0].loss], self.datas[0].train.pixels.device
        models = [build_for(run).to(self.device) for run in runs]
        if any(True for _ in models[0].buffers()):
            raise ValueError(f"'{runs[0].model}' has buffers, which the fused engine does not keep; take engine 'loop'")
        self.is_side_by_side = not is_own(runs[0].model)
        members = [dict(model.named_parameters()) for model in models]
        self.skeleton = models[0].to("meta")
        self.weights = {name: self._stacked([each[name].detach() for each in members]) for name in members[0]}
        self.start = {name: weight.clone() for name, weight in self.weights.items()} if runs[0].centred else {}
        self.optimiser, self.before = Optimiser(runs[0], list(self.weights.values()), len(runs)), None
        self.c, self.sets = self._per_member([run.c for run in runs]), None
        self._settle()
        self._arrange()

    # -------------------------------------------------------------- members

    def _stacked(self, members):
        """Stack weights to (members, ...) such that ``flatten(0, 1)`` is a view; convolutions are channels-last."""
        weight = torch.stack(list(members))
        if not self.is_side_by_side or weight.dim() < 5:
            return weight
        return weight.flatten(0, 1).contiguous(memory_format=torch.channels_last).unflatten(0, weight.shape[:2])

    def _per_member(self, values):
        """Return a tensor (members,) with the dtype and device of the weights."""
        weight = next(iter(self.weights.values()))
        return torch.tensor(values, dtype=weight.dtype, device=weight.device)

    def _settle(self):
        """Prepare for steps with newly allocated weights, which stay in place until members are dropped."""
        self.rates = [torch.empty_like(weight) for weight in self.weights.values()]
        run = self.runs[0]
        is_small = len(self.runs) * run.batch * run.width * run.image_size**2 <= graphs.SMALL
        self.replayed = graphs.Replayed() if is_small and graphs.can_capture(self.device) else None

    def _arrange(self):
        """Assemble the images of all members, if other sets of images are needed than before."""
        distinct = {_digests(data): data for data in self.datas}
        sets = list(distinct)
        self.which = [sets.index(_digests(data)) for data in self.datas]
        if sets != self.sets:
            datas = list(distinct.values())
            normalisers = [data.normaliser() for data in datas]
            self.inputs, self.sets = parts(datas, normalisers, self.runs[0], self.is_side_by_side), sets
        self.lr = None

    def keep(self, places):
        """Keep only the members at `places`."""
        self.runs, self.datas = ([each[place] for place in places] for each in (self.runs, self.datas))
        self.weights, self.start, self.c = self._at(places)
        self.optimiser.keep(places, self._stacked)
        self._settle()
        self._arrange()

    def _at(self, places):
        """Return weights, initial weights and c of the members at `places`."""
        weights, start = (
            {name: self._stacked(weight[place] for place in places) for name, weight in weights.items()}
            for weights in (self.weights, self.start)
        )
        return weights, start, self.c[places]

    @torch.no_grad()
    def seat(self, runs):
        """Start `runs`, a dict of place -> Run, in the places of members that have ended."""
        for place, run in runs.items():
            for name, weight in build_for(run).to(self.device).named_parameters():
                for weights in filter(None, (self.weights, self.start)):
                    weights[name][place] = weight
            self.c[place] = run.c
            self.optimiser.restart(place)
            self.runs[place], self.datas[place] = run, self.data_of(run)
        self._arrange()

    def moved(self):
        """Return for each member whether a weight has changed in the epoch."""
        if self.before is None:
            return [False] * len(self.runs)
        pairs = zip(self.before, self.weights.values(), strict=True)
        return torch.stack([(a != b).flatten(1).any(1) for a, b in pairs]).any(0).tolist()

    # -------------------------------------------------------------- steps

    def epoch(self, epochs):
        """Train each member for the epoch with its number in `epochs`, counted from 0; return an `Epoch` for each."""
        if self.optimiser.moves_without_gradient:
            self.before = [weight.clone() for weight in self.weights.values()]
        self.skeleton.train()
        run, seen, sizes = self.runs[0], [], []
        steps = math.ceil(self.inputs["train"].n / run.batch)
        # If all members have the same seed and epoch, they share batches, and the first layer is one product.
        draws = [Draw(*each) for each in zip(self.which, (run.seed for run in self.runs), epochs, strict=True)]
        batches = epoch_batches(self.inputs["shown"], draws, run.batch, run.augmentation)
        for step, (images, labels) in enumerate(batches):
            self._set_rates([rate(run, at * steps + step, steps) for run, at in zip(self.runs, epochs, strict=True)])
            seen.append(self.replayed(self.step, images, labels) if self.replayed else self.step(images, labels))
            sizes.append(labels.shape[-1])
        read = torch.stack(seen).permute(2, 1, 0).tolist()  # the only synchronisation with the GPU per epoch
        return [Epoch(*each, sizes) for each in read]

    def _set_rates(self, lr):
        """Store a rate for every weight, in the same memory layout, so that one kernel updates all weights."""
        if lr != self.lr:
            self.lr, members = lr, self._per_member(lr)
            for rates in self.rates:
                rates.copy_(members.reshape(-1, *[1] * (rates.dim() - 1)))

    def step(self, images, labels):
        """Take one step on images (members, m, ...), or (m, ...) if members share them.

        Returns losses, slopes and hits (see `Epoch`), in double precision, (3, members).
        """
        leaves = {name: weight.detach().requires_grad_() for name, weight in self.weights.items()}
        losses, hits = self._judged(self._outputs(images, leaves, self.start, self.c), labels)
        losses = losses.mean(0) / self.c
        gradients = torch.autograd.grad(losses.sum(), list(leaves.values()))  # no loss depends on other members
        with torch.no_grad():
            weights = list(self.weights.values())
            slopes = [torch.linalg.vector_norm(each, math.inf, dim=tuple(range(1, each.dim()))) for each in gradients]
            directions = self.optimiser.directions(weights, gradients)
            if self.optimiser.shrinkage:
                kept = torch._foreach_mul(self.rates, -self.optimiser.shrinkage)
                torch._foreach_add_(kept, 1)
                torch._foreach_mul_(weights, kept)
            torch._foreach_addcmul_(weights, directions, self.rates, value=-1)
            return torch.stack([losses.double(), torch.stack(slopes).amax(0).double(), hits.sum(0).double()])

    def _outputs(self, images, weights, start, c):
        """Return c f, or c (f - f0): (m, members, n_classes)."""
        if self.is_side_by_side and images.dim() == 5:
            images = images.permute(1, 3, 4, 0, 2).flatten(3).permute(0, 3, 1, 2)
        with products(self.runs[0], self.device):
            logits = self._logits(images, weights)
            if start:
                with torch.no_grad():
                    first = self._logits(images, start)
                logits = logits - first
        return c[:, None] * in_full(logits)

    def _logits(self, images, weights):
        if self.is_side_by_side:
            flat = {name: weight.flatten(0, 1) for name, weight in weights.items()}
            return functional_call(self.skeleton, flat, (images,)).unflatten(1, (-1, self.runs[0].n_classes))
        own = 0 if images.dim() == 5 else None
        each = vmap(lambda weights, images: functional_call(self.skeleton, weights, (images,)), in_dims=(0, own))
        return each(weights, images).transpose(0, 1)

    def _judged(self, outputs, labels):
        """Return (losses, hits), each (m, members), for labels (m,) or (members, m)."""
        labels = labels[:, None].expand(outputs.shape[:2]) if labels.dim() == 1 else labels.T
        losses = self.loss(outputs.flatten(0, 1), labels.flatten(), reduction="none").reshape(labels.shape)
        return losses, outputs.argmax(2) == labels

    # -------------------------------------------------------------- evaluation

    @torch.no_grad()
    def evaluate(self, part, places):
        """Return (accuracy, risk) of each member at `places`; None if it has no such images."""
        if part not in self.inputs:
            return [None] * len(places)
        self.skeleton.eval()
        inputs, members = self.inputs[part], len(places)
        at = (self.weights, self.start, self.c) if members == len(self.runs) else self._at(places)
        which = [self.which[place] for place in places]
        each = torch.tensor(which, device=self.device)[:, None]
        sums = torch.zeros(2, members, dtype=torch.float64, device=self.device)
        size = max(1, EVALUATION_BATCH[self.device.type] // members)
        for chosen in torch.arange(inputs.n, device=self.device).split(size):
            shared = len(set(which)) == 1
            images, labels = inputs.take(chosen, which[0]) if shared else inputs.take(chosen.expand(members, -1), each)
            outputs = self._outputs(images, *at)
            refuse_other_outputs(outputs.shape[2:], self.datas[0].train.n_classes)
            losses, hits = self._judged(outputs, labels)
            sums += torch.stack([hits.sum(0).double(), losses.sum(0).double()])
        return (sums.T / inputs.n).tolist()


def _digests(data):
    """Return a key that identifies a Data."""
    return tuple(part.digest for part in (data.train, data.test, data.validation) if part is not None)
