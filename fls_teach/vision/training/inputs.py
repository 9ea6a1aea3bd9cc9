"""Inputs of networks: images normalised, once if there is memory for all, and in the memory layout of the device."""

import torch

from fls_teach.vision.own import is_own
from fls_teach.vision.training.batches import framed

KEPT_ON_CPU = 2**26
"""Largest number of values of a set that is kept normalised on a CPU, 256 MB; larger sets are normalised by batch."""


def parts(datas, normalisers, run, channels_last=False):
    """Return a dict, name -> Inputs: "train", "test", "validation" if it exists, and "shown", for training batches.

    Parameters
    ----------
    datas : list of Data
    normalisers, run, channels_last
        As for `Inputs`.
    """
    found = {}
    for part in ("train", "test", "validation"):
        sets = [getattr(data, part) for data in datas]
        if sets[0] is not None:
            found[part] = Inputs(sets, normalisers, run, channels_last=channels_last)
    augments = run.augmentation != "none"
    sets = [data.train for data in datas]
    shown = Inputs(sets, normalisers, run, augments, channels_last) if augments else found["train"]
    return found | {"shown": shown}


class Inputs:
    """One part of one or several sets of images; all sets have equally many images.

    Parameters
    ----------
    sets : list of Images
    normalisers : list of callable
        For each set, a function from bytes to floats.
    run : Run
        Determines the precision.
    frame : bool
        Put the images into the black frame from which `fls_teach.vision.training.batches.view` takes crops.
    channels_last : bool
        Memory layout of the tensors that `take` returns.

    Notes
    -----
    A built-in network in bf16 first rounds its inputs, so they are kept in bfloat16, which gives the same numbers with
    half the memory. A user's network may do something else first.
    """

    def __init__(self, sets, normalisers, run, frame=False, channels_last=False):
        self.n, self.size = len(sets[0]), sets[0].pixels.shape[-1]
        if {len(images) for images in sets} != {self.n}:
            raise ValueError("the runs of a stack have not as many images each")
        self.labels = torch.cat([images.labels for images in sets])
        device = self.labels.device.type
        self.is_kept = device != "cpu" or len(sets) > 1 or sets[0].pixels.numel() <= KEPT_ON_CPU
        half = self.is_kept and run.precision == "bf16" and not is_own(run.model)

        def stored(images, normalise):
            pixels = framed(images.pixels) if frame else images.pixels
            floats = normalise(pixels) if self.is_kept else pixels
            floats = floats.bfloat16() if half else floats
            return floats.permute(0, 2, 3, 1).contiguous() if channels_last else floats

        self.channels_last, self.normalise = channels_last, normalisers[0]
        self.pixels = torch.cat([stored(*each) for each in zip(sets, normalisers, strict=True)])

    def take(self, chosen, which=0):
        """Return the images at `chosen` (m,), or (members, m) for several members: floats (..., channels, h, w).

        Parameters
        ----------
        chosen : Tensor, int64
        which : int or Tensor (members, 1)
            Index of the set, or of each member's set.

        Returns
        -------
        inputs, labels : Tensor
        """
        places = (chosen + self.n * which).flatten()
        inputs = self._finished(self.pixels.index_select(0, places))
        return inputs.unflatten(0, chosen.shape), self.labels.index_select(0, places).unflatten(0, chosen.shape)

    def split(self, size):
        """Yield the images of the only set in order, as returned by `take`, at most `size` at a time."""
        for pixels, labels in zip(self.pixels.split(size), self.labels.split(size), strict=True):
            yield self._finished(pixels), labels

    def _finished(self, pixels):
        pixels = pixels.permute(0, 3, 1, 2) if self.channels_last else pixels
        return pixels if self.is_kept else self.normalise(pixels)
