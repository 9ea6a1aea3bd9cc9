"""The images of an epoch, in the same order and with the same augmentation for every engine."""

import hashlib
from typing import NamedTuple

import torch
from torch.nn.functional import pad


def generator(*what, device):
    """Return a random generator on `device` that is seeded by `what`."""
    mixed = hashlib.sha256(" ".join(map(str, what)).encode()).digest()[:8]
    return torch.Generator(device).manual_seed(int.from_bytes(mixed, "little"))


def epoch_order(n, seed, epoch, device):
    """Draw on `device` the order (n,) int64 of the images in `epoch`, counted from 0; the same for every engine."""
    return torch.randperm(n, generator=generator(seed, epoch, device=device), device=device)


def whole_batches(pixels, batch):
    """Split `pixels` into batches of `batch` images without a smaller last one; fewer images are one batch."""
    return pixels[: len(pixels) // batch * batch or len(pixels)].split(batch)


class Draw(NamedTuple):
    """What determines the images that a member of a stack sees in an epoch, and their order."""

    which: int
    """Index of the set of images."""
    seed: int
    epoch: int
    """Counted from 0."""


def epoch_batches(inputs, draws, batch, augmentation="none"):
    """Yield all images once, in batches of `batch`; the last batch may be smaller.

    Parameters
    ----------
    inputs : fls_teach.vision.training.inputs.Inputs
        The images; in their black frame for "crop-flip".
    draws : list of Draw
        One for each run of a stack; if all are equal, the runs share their batches.
    batch : int
    augmentation : {"none", "crop-flip"}

    Yields
    ------
    pixels, labels : Tensor
        (m, channels, size, size) and (m,); with a leading axis of runs if draws differ.
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
    """Draw the crops of "crop-flip" in `epoch`: rows and columns (n, size) of each image in its black frame.

    The frame is size/8 pixels wide, the usual four for CIFAR's 32. Each of the (size/4 + 1)^2 views of `size` pixels
    per side, mirrored left to right or not, is equally likely. Equal seeds and epochs give equal views, whatever the
    batches are.
    """
    draw, side = generator(seed, epoch, "crop-flip", device=device), torch.arange(size, device=device)
    rows, columns = torch.randint(0, 2 * (size // 8) + 1, (2, n, 1), generator=draw, device=device) + side
    mirrored = torch.randint(0, 2, (n, 1), generator=draw, device=device).bool()
    return rows, torch.where(mirrored, columns.flip(1), columns)


def framed(pixels):
    """Return byte images (..., size, size) in a black frame of size/8 pixels."""
    return pad(pixels, 4 * [pixels.shape[-1] // 8])


def view(pixels, rows, columns):
    """Crop framed images (m, channels, ...) to rows and columns (m, size), as drawn by `epoch_views`."""
    m, channels = pixels.shape[:2]
    image = torch.arange(m, device=pixels.device)[:, None, None, None]
    channel = torch.arange(channels, device=pixels.device)[:, None, None]
    return pixels[image, channel, rows[:, None, :, None], columns[:, None, None, :]]
