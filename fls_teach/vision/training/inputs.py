"""Images as networks take them: normalised once where there is room for all, and in the memory layout of the device."""

import torch

from fls_teach.vision.own import is_own
from fls_teach.vision.training.batches import framed

KEPT_ON_CPU = 2**26
"""Numbers of a set that a CPU keeps normalised, 256 MB; of a larger one it normalises each batch anew."""


def parts(datas, normalisers, run, channels_last=False):
    """Name -> Inputs of "train", "test", "validation" if there is one, and "shown", the images that batches show.

    Parameters
    ----------
    datas : list of Data
    normalisers, run, channels_last
        As `Inputs` takes them.
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
    """One part of one or of several sets of images, which have as many images each.

    Parameters
    ----------
    sets : list of Images
    normalisers : list of callable
        Of each set: bytes to floats.
    run : Run
        Its precision, and of training images its augmentation.
    frame : bool
        Put the images into the black frame of which `fls_teach.vision.training.batches.view` shows parts.
    channels_last : bool
        Memory layout of what `take` gives.

    Notes
    -----
    A network in bf16 rounds its inputs first of all, so that they are kept in bfloat16: the same numbers in half the
    memory. What one's own network does first is not known.
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
        """The images at `chosen` (m,), or (members, m) for members of several sets: floats (..., channels, h, w).

        Parameters
        ----------
        chosen : Tensor, int64
        which : int or Tensor (members, 1)
            Set of the images, or of each member's images.

        Returns
        -------
        inputs, labels : Tensor
        """
        places = (chosen + self.n * which).flatten()
        inputs = self._finished(self.pixels.index_select(0, places))
        return inputs.unflatten(0, chosen.shape), self.labels.index_select(0, places).unflatten(0, chosen.shape)

    def split(self, size):
        """The images of the only set in order, as `take` gives them, at most `size` at a time."""
        for pixels, labels in zip(self.pixels.split(size), self.labels.split(size), strict=True):
            yield self._finished(pixels), labels

    def _finished(self, pixels):
        pixels = pixels.permute(0, 3, 1, 2) if self.channels_last else pixels
        return pixels if self.is_kept else self.normalise(pixels)
