"""The images of an epoch: their order, and where a run asks for it shifted and mirrored, the same for every engine."""

import hashlib
from typing import NamedTuple

import torch
from torch.nn.functional import pad


def generator(*what, device):
    """Random numbers of their own for `what`, drawn on `device`."""
    mixed = hashlib.sha256(" ".join(map(str, what)).encode()).digest()[:8]
    return torch.Generator(device).manual_seed(int.from_bytes(mixed, "little"))


def epoch_order(n, seed, epoch, device):
    """The order (n,) int64 of the images in `epoch`, counted from 0, drawn on `device`; every engine's."""
    return torch.randperm(n, generator=generator(seed, epoch, device=device), device=device)


def whole_batches(pixels, batch):
    """`pixels` in batches of `batch` images, without a smaller one in the end; all of them if they are fewer."""
    return pixels[: len(pixels) // batch * batch or len(pixels)].split(batch)


class Draw(NamedTuple):
    """Which images a member of a stack sees in an epoch, and in what order."""

    which: int
    """Set of images."""
    seed: int
    epoch: int
    """Counted from 0."""


def epoch_batches(inputs, draws, batch, augmentation="none"):
    """All images once, in batches of `batch` and a last one of what is left.

    Parameters
    ----------
    inputs : fls_teach.vision.training.inputs.Inputs
        In their black frame for "crop-flip".
    draws : list of Draw
        One for each run of a stack; where all are equal the runs share their batches.
    batch : int
    augmentation : {"none", "crop-flip"}

    Yields
    ------
    pixels, labels : Tensor
        (m, channels, size, size) and (m,), or with one more axis of runs in front where draws differ.
    """
    device, distinct = inputs.labels.device, list(dict.fromkeys(draws))
    orders = torch.stack([epoch_order(inputs.n, draw.seed, draw.epoch, device) for draw in distinct])
    members = torch.tensor([distinct.index(draw) for draw in draws], device=device)
    which = torch.tensor([draw.which for draw in draws], device=device)[:, None]
    if augmentation == "crop-flip":
        views = [epoch_views(inputs.n, inputs.size, draw.seed, draw.epoch, device) for draw in distinct]
        rows, columns = map(torch.stack, zip(*views, strict=True))
    if len(distinct) == 1:
        members, which = members[:1], which[:1]
    for chosen in orders.split(batch, dim=1):
        chosen = chosen[members]
        pixels, labels = inputs.take(chosen, which)
        if augmentation == "crop-flip":
            seen = (each[members[:, None], chosen].flatten(0, 1) for each in (rows, columns))
            pixels = view(pixels.flatten(0, 1), *seen).unflatten(0, chosen.shape)
        yield (pixels, labels) if len(distinct) > 1 else (pixels[0], labels[0])


def epoch_views(n, size, seed, epoch, device):
    """Which part of each image crop-flip shows in `epoch`: rows and columns (n, size) of the image in its black frame.

    The frame has size/8 pixels, four for CIFAR's 32 as is usual; the part is one of the (size/4 + 1)^2 views of `size`
    pixels per side, mirrored left to right or not, each as likely as the others. Equal seeds and epochs give equal
    views, whatever the batches are.
    """
    draw, side = generator(seed, epoch, "crop-flip", device=device), torch.arange(size, device=device)
    rows, columns = torch.randint(0, 2 * (size // 8) + 1, (2, n, 1), generator=draw, device=device) + side
    mirrored = torch.randint(0, 2, (n, 1), generator=draw, device=device).bool()
    return rows, torch.where(mirrored, columns.flip(1), columns)


def framed(pixels):
    """Images of bytes (..., size, size) in a black frame of size/8 pixels."""
    return pad(pixels, 4 * [pixels.shape[-1] // 8])


def view(pixels, rows, columns):
    """The parts of framed images (m, channels, ...) that `epoch_views` says: rows and columns (m, size)."""
    m, channels = pixels.shape[:2]
    image = torch.arange(m, device=pixels.device)[:, None, None, None]
    channel = torch.arange(channels, device=pixels.device)[:, None, None]
    return pixels[image, channel, rows[:, None, :, None], columns[:, None, None, :]]
