"""CIFAR-10 and CIFAR-100 in their official binary layout, read without a pickle.

A file is records of one label byte (CIFAR-100: coarse, then fine) and 3,072 pixel bytes in channel, row, column order:
https://www.cs.toronto.edu/~kriz/cifar.html.
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from fls_teach.vision.data.dataset import Images

PIXELS = 3 * 32 * 32


@dataclass(frozen=True)
class Layout:
    """Where a data set's files lie, and how they are checked."""

    folder: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    label_bytes: int
    """Bytes before the pixels; the last one is the label."""
    n_classes: int
    records: dict[str, int]
    """Images in each official file."""
    md5: dict[str, str]
    """Of official files, where known."""
    url: str
    url_md5: str


LAYOUTS = {
    "cifar10": Layout(
        folder="cifar-10-batches-bin",
        train=tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
        test=("test_batch.bin",),
        label_bytes=1,
        n_classes=10,
        records=dict.fromkeys([*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"], 10_000),
        md5={},
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        url_md5="c32a1d4ab5d03f1284b67883e8d87530",
    ),
    "cifar100": Layout(
        folder="cifar-100-binary",
        train=("train.bin",),
        test=("test.bin",),
        label_bytes=2,
        n_classes=100,
        records={"train.bin": 50_000, "test.bin": 10_000},
        md5={"train.bin": "6172c7755cfe09b2fe270c85cebc1b15", "test.bin": "4499cfba6c016c1be1438163640a0898"},
        url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        url_md5="03b5dce01913d631647c71ecec9e9cb8",
    ),
}


def read_cifar(name, data_dir, part):
    """All images of one part of a data set, in the order of the files.

    A file of another length than the official one is read with a warning, so that small made ones can be tried; one of
    the official length must have the official checksum, where that is known (CIFAR-100).

    Parameters
    ----------
    name : {"cifar10", "cifar100"}
    data_dir : path-like
        The folder that holds `cifar-10-batches-bin` or `cifar-100-binary`.
    part : {"train", "test"}

    Returns
    -------
    pixels : ndarray (n, 3, 32, 32), uint8
    labels : ndarray (n,), int64
        CIFAR-100's are the fine ones.

    Raises
    ------
    ValueError
        In one sentence, if a file is missing, cannot be read, was cut off, or is damaged.
    """
    layout = LAYOUTS[name]
    records = np.concatenate([_read(layout, Path(data_dir), file) for file in getattr(layout, part)])
    return records[:, layout.label_bytes :].reshape(-1, 3, 32, 32), records[:, layout.label_bytes - 1].astype(np.int64)


def _read(layout, data_dir, file):
    path, length = data_dir / layout.folder / file, layout.label_bytes + PIXELS
    try:
        content = np.fromfile(path, np.uint8)
    except (OSError, ValueError) as problem:  # ValueError: a NUL character in the path
        reason = getattr(problem, "strerror", None) or problem
        raise ValueError(f"cannot read '{path}' ({reason}); {where_from(layout, data_dir)}") from None
    if not content.size or content.size % length:
        raise ValueError(f"'{path}' has {content.size:,} bytes, not whole records of {length:,}; it was cut off")
    records = content.reshape(-1, length)
    if len(records) != layout.records[file]:
        warnings.warn(f"'{path}' is not the official file: {len(records):,} images", stacklevel=4)
    elif file in layout.md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != layout.md5[file]:
        raise ValueError(f"'{path}' is damaged: its md5 is not {layout.md5[file]}; {where_from(layout, data_dir)}")
    labels = records[:, layout.label_bytes - 1]
    if labels.max() >= layout.n_classes:
        first = int(np.argmax(labels >= layout.n_classes))
        raise ValueError(
            f"'{path}' is damaged: image {first} has label {labels[first]}; wanted 0 to {layout.n_classes - 1}"
        )
    return records


def where_from(layout, data_dir):
    """The half of a sentence that says which files to put where."""
    files = ", ".join((*layout.train, *layout.test))
    return f"put {files} of {layout.url} into '{Path(data_dir) / layout.folder}'"


def cifar_images(name, data_dir, *, n=0, n_validation=0, n_classes=None, train=True, seed=0):
    """A balanced random choice of CIFAR images.

    Every class gives as many images as any other, or one more for the first classes if `n` does not divide. The images
    of a larger n hold those of a smaller one with the same seed, and the validation images are the same for every n.

    Parameters
    ----------
    name, data_dir
        As for `read_cifar`.
    n : int
        Number of images; 0 is all that `n_validation` leaves.
    n_validation : int
        Images to hold out.
    n_classes : int, optional
        The first so many classes; all by default.
    train : bool
        Choose from the training files, else from the test files.
    seed : int or sequence of int
        Chooses the images.

    Returns
    -------
    images : Images
        (n, 3, 32, 32)
    validation : Images or None

    Raises
    ------
    ValueError
        In one sentence, if there are not so many images or classes, or the files are not right.
    """
    layout = LAYOUTS[name]
    n_classes = layout.n_classes if n_classes is None else n_classes
    if not 2 <= n_classes <= layout.n_classes:
        raise ValueError(f"classes is {n_classes}; {name} has {layout.n_classes}, wanted at least 2 of them")
    pixels, labels = read_cifar(name, data_dir, "train" if train else "test")
    rng = np.random.default_rng(seed)
    chosen, held_out = [], []
    for y in range(n_classes):
        of_class = rng.permutation(np.flatnonzero(labels == y))
        wanted, aside = (count // n_classes + (y < count % n_classes) for count in (n, n_validation))
        if wanted + aside > len(of_class) or (n == 0 and aside >= len(of_class)):
            raise ValueError(
                f"n is {n:,} and n_validation {n_validation:,}, but class {y} of {n_classes} has only "
                f"{len(of_class):,} {'training' if train else 'test'} images in '{data_dir}'"
            )
        keep = len(of_class) - aside
        chosen.append(of_class[: wanted if n else keep])
        held_out.append(of_class[keep:])

    def images(parts):
        index = np.concatenate(parts)
        if not len(index):
            return None
        return Images(torch.from_numpy(pixels[index]), torch.from_numpy(labels[index]), n_classes)

    return images(chosen), images(held_out)
