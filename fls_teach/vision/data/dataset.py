"""Labelled images as byte tensors, small enough to stay on the device; batches are converted to floats."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import torch


@dataclass(frozen=True)
class Images:
    """Images and their labels.

    Parameters
    ----------
    pixels : Tensor (n, channels, size, size), uint8
    labels : Tensor (n,), int64
        0 to n_classes - 1.
    n_classes : int

    Raises
    ------
    ValueError
        If shapes, types or labels are inconsistent, or there is no image.
    """

    pixels: torch.Tensor
    labels: torch.Tensor
    n_classes: int

    def __post_init__(self):
        shape = tuple(self.pixels.shape)
        if self.pixels.dtype != torch.uint8 or len(shape) != 4 or shape[2] != shape[3]:
            raise ValueError(f"pixels are {self.pixels.dtype} {shape}; wanted uint8 (n, channels, size, size)")
        if not shape[0]:
            raise ValueError("there are no images")
        if self.labels.dtype != torch.int64 or tuple(self.labels.shape) != shape[:1]:
            raise ValueError(
                f"labels are {self.labels.dtype} {tuple(self.labels.shape)}; wanted int64 ({shape[0]},), one an image"
            )
        low, high = int(self.labels.min()), int(self.labels.max())
        if low < 0 or high >= self.n_classes:
            raise ValueError(f"labels go from {low} to {high}; wanted 0 to {self.n_classes - 1}")

    def __len__(self):
        return len(self.labels)

    @cached_property
    def digest(self):
        """16 hexadecimal digits that identify these bytes and labels."""
        hashed = hashlib.sha256(f"{tuple(self.pixels.shape)} {self.n_classes}".encode())
        for tensor in (self.pixels, self.labels):
            hashed.update(tensor.cpu().contiguous().numpy())
        return hashed.hexdigest()[:16]

    def to(self, device):
        """Return the same images on `device`."""
        return Images(self.pixels.to(device), self.labels.to(device), self.n_classes)


@dataclass(frozen=True)
class Data:
    """The images of one run, for training, test and optionally validation, with the training images' statistics."""

    train: Images
    test: Images
    validation: Images | None = None

    def __post_init__(self):
        for part in (self.test, self.validation):
            if part is not None and (part.pixels.shape[1:], part.n_classes) != (
                self.train.pixels.shape[1:],
                self.train.n_classes,
            ):
                raise ValueError(
                    f"images of {tuple(part.pixels.shape[1:])} and {part.n_classes} classes beside training images of "
                    f"{tuple(self.train.pixels.shape[1:])} and {self.train.n_classes}"
                )

    def to(self, device):
        """Return the same data on `device`."""
        return Data(self.train.to(device), self.test.to(device), self.validation and self.validation.to(device))

    def normaliser(self):
        """Return a function from bytes (m, channels, size, size) to floats with mean 0 and deviation 1 per channel.

        Mean and deviation are those of the training images, computed once, by this call.
        """
        pixels = self.train.pixels
        count = pixels.numel() // pixels.shape[1]
        sums = pixels.sum(dim=(0, 2, 3), dtype=torch.float64)
        squares = torch.stack([channel.to(torch.float64).square().sum() for channel in pixels.unbind(1)])
        mean = sums / count
        deviation = (squares / count - mean.square()).clamp_min(1.0).sqrt()
        shift, scale = (value.to(torch.float32).reshape(1, -1, 1, 1) for value in (mean, 1 / deviation))
        return lambda batch: batch.to(torch.float32).sub_(shift).mul_(scale)
