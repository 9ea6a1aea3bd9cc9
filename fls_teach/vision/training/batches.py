"""The images of an epoch: their order, and where a run asks for it shifted and mirrored, the same for every engine."""

import hashlib

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


def epoch_batches(images, seeds, epoch, batch, augmentation="none"):
    """All images once, as bytes and labels, in batches of `batch` and a last one of what is left.

    Parameters
    ----------
    images : Images
    seeds : list of int
        One for each run of a stack; where all are equal the runs share their batches.
    epoch, batch : int
    augmentation : {"none", "crop-flip"}

    Yields
    ------
    pixels, labels : Tensor
        (m, channels, size, size) and (m,), or with one more axis of runs in front where seeds differ.
    """
    n, device, size = len(images), images.labels.device, images.pixels.shape[-1]
    seeds = seeds if len(set(seeds)) > 1 else seeds[:1]
    orders = torch.stack([epoch_order(n, seed, epoch, device) for seed in seeds])
    views = augmentation == "crop-flip" and [epoch_views(n, size, seed, epoch, device) for seed in seeds]
    for chosen in orders.split(batch, dim=1):
        pixels = images.pixels[chosen]
        if views:
            pixels = torch.stack(
                [view(own, *(each[which] for each in at)) for own, at, which in zip(pixels, views, chosen, strict=True)]
            )
        labels = images.labels[chosen]
        yield (pixels, labels) if len(seeds) > 1 else (pixels[0], labels[0])


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


def view(pixels, rows, columns):
    """Images (m, channels, size, size) as `epoch_views` says: rows and columns (m, size)."""
    m, channels, size, _ = pixels.shape
    image = torch.arange(m, device=pixels.device)[:, None, None, None]
    channel = torch.arange(channels, device=pixels.device)[:, None, None]
    return pad(pixels, 4 * [size // 8])[image, channel, rows[:, None, :, None], columns[:, None, None, :]]
