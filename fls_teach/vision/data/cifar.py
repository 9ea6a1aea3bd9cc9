"""CIFAR-10 and CIFAR-100 in their official binary layout, read without a pickle.

A file is records of one label byte (CIFAR-100: coarse, then fine) and 3,072 pixel bytes in channel, row, column order:
https://www.cs.toronto.edu/~kriz/cifar.html.
"""

import hashlib
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from fls_teach.files import because
from fls_teach.vision.data.dataset import Images

PIXELS = 3 * 32 * 32


@dataclass(frozen=True)
class Layout:
    """Location of a data set's files, and the values that they are checked against."""

    folder: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    label_bytes: int
    """Bytes before the pixels; the last one is the label."""
    n_classes: int
    n_coarse: int
    """Number of superclasses, whose label is the first byte; 0 if there are none."""
    records: dict[str, int]
    """Number of images in each official file."""
    md5: dict[str, str]
    """Checksums of the official files, where known."""
    url: str
    url_md5: str


LAYOUTS = {
    "cifar10": Layout(
        folder="cifar-10-batches-bin",
        train=tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
        test=("test_batch.bin",),
        label_bytes=1,
        n_classes=10,
        n_coarse=0,
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
        n_coarse=20,
        records={"train.bin": 50_000, "test.bin": 10_000},
        md5={"train.bin": "6172c7755cfe09b2fe270c85cebc1b15", "test.bin": "4499cfba6c016c1be1438163640a0898"},
        url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        url_md5="03b5dce01913d631647c71ecec9e9cb8",
    ),
}


def read_cifar(name, data_dir, part):
    """Return all images of one part of a data set, in the order of the files.

    A file whose length is not the official one is read with a warning, so that small generated files can be used. A
    file of the official length must have the official checksum, where that is known (CIFAR-100).

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
        For CIFAR-100 the fine labels.

    Raises
    ------
    ValueError
        If a file is missing, cannot be read, is truncated or is damaged.
    """
    files = _open(LAYOUTS[name], data_dir, part)
    return np.concatenate([pixels for _, pixels in files]), _labels(files, coarse=False)


def _open(layout, data_dir, part):
    """Return (label bytes, pixels) of each file; pixels are memory-mapped, so only those that are used are read."""
    return [_map(layout, Path(data_dir), file) for file in getattr(layout, part)]


def _labels(files, coarse):
    return np.concatenate([labels[:, 0 if coarse else -1] for labels, _ in files]).astype(np.int64)


def _map(layout, data_dir, file):
    path, length = data_dir / layout.folder / file, layout.label_bytes + PIXELS
    try:
        about = path.stat()
        if about.st_size and not about.st_size % length or path.is_dir():
            md5, labels = _read(path, about.st_size, about.st_mtime_ns, length, layout.label_bytes)
            records = np.memmap(path, np.uint8, "r").reshape(-1, length)
    except (OSError, ValueError) as problem:  # ValueError: a NUL character in the path
        raise ValueError(f"cannot read '{path}' ({because(problem)}); {where_from(layout, data_dir)}") from None
    if not about.st_size or about.st_size % length:
        raise ValueError(f"'{path}' has {about.st_size:,} bytes, not whole records of {length:,}; it was cut off")
    if len(records) != layout.records[file]:
        warnings.warn(f"'{path}' is not the official file: {len(records):,} images", stacklevel=5)
    elif file in layout.md5 and md5 != layout.md5[file]:
        raise ValueError(f"'{path}' is damaged: its md5 is not {layout.md5[file]}; {where_from(layout, data_dir)}")
    if labels[:, -1].max() >= layout.n_classes:
        first = int(np.argmax(labels[:, -1] >= layout.n_classes))
        raise ValueError(
            f"'{path}' is damaged: image {first} has label {labels[first, -1]}; wanted 0 to {layout.n_classes - 1}"
        )
    return labels, records[:, layout.label_bytes :].reshape(-1, 3, 32, 32)


@lru_cache(maxsize=16)
def _read(path, size, changed, length, label_bytes):
    """Return (md5, label bytes (n, label_bytes)) of a file; cached by the file's size and modification time."""
    digest, labels = hashlib.md5(usedforsecurity=False), []
    with open(path, "rb") as file:
        while part := file.read(1000 * length):
            digest.update(part)
            labels.append(np.frombuffer(part, np.uint8).reshape(-1, length)[:, :label_bytes].copy())
    return digest.hexdigest(), np.concatenate(labels)


def where_from(layout, data_dir):
    """Return the part of an error message that says which files to put where."""
    files = ", ".join((*layout.train, *layout.test))
    return f"put {files} of {layout.url} into '{Path(data_dir) / layout.folder}'"


def cifar_images(
    name, data_dir, *, n=0, n_validation=0, n_classes=None, classes=None, coarse=False, image_size=32, train=True,
    seed=0,
):  # fmt: skip
    """Return a random, class-balanced subset of CIFAR.

    All classes have equally many images; if `n` is not divisible by the number of classes, the first ones have one
    more. With the same seed, the images of a larger n include those of a smaller n, and the validation images are the
    same for every n.

    Parameters
    ----------
    name, data_dir
        As for `read_cifar`.
    n : int
        Number of images; 0 means all that are not held out.
    n_validation : int
        Number of images to hold out.
    n_classes : int, optional
        Take the first `n_classes` classes; all by default.
    classes : sequence of int, optional
        The classes to take instead; their labels become 0, 1, 2, … in the order given.
    coarse : bool
        CIFAR-100's 20 superclasses in place of its 100 classes.
    image_size : {8, 16, 32}
        Pixels per side; below 32, each pixel is the mean of a square of original pixels.
    train : bool
        Whether to choose from the training files or from the test files.
    seed : int or sequence of int
        Seed of the choice.

    Returns
    -------
    images : Images
        (n, 3, image_size, image_size)
    validation : Images or None

    Raises
    ------
    ValueError
        If there are too few images or classes, or the files are missing or damaged.
    """
    layout = LAYOUTS[name]
    if coarse and not layout.n_coarse:
        raise ValueError(f"coarse is True; {name} has no superclasses, cifar100 has")
    most = layout.n_coarse if coarse else layout.n_classes
    if classes is None:
        n_classes = most if n_classes is None else n_classes
        if not 2 <= n_classes <= most:
            raise ValueError(f"classes is {n_classes}; {name} has {most}, wanted at least 2 of them")
        classes = range(n_classes)
    elif not all(0 <= y < most for y in classes):
        raise ValueError(f"the classes are {', '.join(map(str, classes))}; {name} has 0 to {most - 1}")
    files = _open(layout, data_dir, "train" if train else "test")
    labels, rng = _labels(files, coarse), np.random.default_rng(seed)
    chosen, held_out = [], []
    for place, y in enumerate(classes):
        of_class = rng.permutation(np.flatnonzero(labels == y))
        wanted, aside = (count // len(classes) + (place < count % len(classes)) for count in (n, n_validation))
        if wanted + aside > len(of_class) or (n == 0 and aside >= len(of_class)):
            raise ValueError(
                f"n is {n:,} and n_validation {n_validation:,}, but class {y} of {len(classes)} has only "
                f"{len(of_class):,} {'training' if train else 'test'} images in '{data_dir}'"
            )
        keep = len(of_class) - aside
        chosen.append(of_class[: wanted if n else keep])
        held_out.append(of_class[keep:])

    def images(parts):
        index = np.concatenate(parts)
        if not len(index):
            return None
        pixels = _smaller(_pick(files, index), image_size)
        places = np.repeat(np.arange(len(classes)), [len(part) for part in parts])
        return Images(torch.from_numpy(pixels), torch.from_numpy(places), len(classes))

    return images(chosen), images(held_out)


def _pick(files, index):
    """Return the pixels (n, 3, 32, 32) of the images at `index`, which counts through all files."""
    ends = np.cumsum([len(labels) for labels, _ in files])
    where = np.searchsorted(ends, index, side="right")
    picked = np.empty((len(index), 3, 32, 32), np.uint8)
    for file, (end, (labels, pixels)) in enumerate(zip(ends, files, strict=True)):
        mine = where == file
        picked[mine] = pixels[index[mine] - (end - len(labels))]
    return picked


def _smaller(pixels, size):
    """Reduce images to `size` pixels per side by means over squares, rounded half up."""
    if size == 32:
        return pixels
    side = 32 // size
    sums = pixels.reshape(-1, 3, size, side, size, side).sum((3, 5), dtype=np.uint16)
    return ((sums + side * side // 2) // (side * side)).astype(np.uint8)
