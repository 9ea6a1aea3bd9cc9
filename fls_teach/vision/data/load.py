"""Load or generate the images of a run."""

from dataclasses import replace
from functools import lru_cache

from fls_teach.vision.data.biggan import biggan_generator
from fls_teach.vision.data.cifar import cifar_images
from fls_teach.vision.data.dataset import Data
from fls_teach.vision.data.latent import latent_images
from fls_teach.vision.own import call, is_own

TRAIN, VALIDATION, TEST = range(3)
"""Streams of random numbers: the run's seed applies to the first two; the test images are the same for all runs."""


def load_data(run, data_dir=None, device="cpu", generator=None):
    """Return the images of `run` on `device`.

    Training and validation images depend on `run.seed`, test images only if `run.test_per_seed` is set. The most recent
    sets of images are cached, so that runs that differ in c or lr share them.

    Parameters
    ----------
    run : Run
        A user's data function is called with c = lr = 1, so runs that differ only in c and lr share their images.
    data_dir : path-like, optional
        For CIFAR: the folder that holds `cifar-10-batches-bin` or `cifar-100-binary` (see `download_cifar`).
    device : str or torch.device
    generator : callable or path-like, optional
        For data "latent" and "biggan": the generator, or a file with its weights. BigGAN has no default.

    Returns
    -------
    Data

    Raises
    ------
    ValueError
        If the data cannot be loaded.
    """
    device = str(device)
    if run.data.startswith("cifar"):
        if data_dir is None:
            raise ValueError(f"data is '{run.data}', which lies in files: name their folder with --data-dir")
        common = run.n_classes, run.chosen_classes, run.coarse, run.image_size, device
        train, validation = _cifar(run.data, data_dir, run.n, run.n_validation, True, run.seed, *common)
        test, _ = _cifar(run.data, data_dir, run.n_test, 0, False, 0, *common)
        return Data(train, test, validation)
    if is_own(run.data):
        return _own(replace(run, c=1.0, lr=1.0), device)
    if run.data == "biggan" and not callable(generator):
        generator = _biggan(generator, run.image_size, device)
    common = run.dimension, run.noise, run.n_classes, run.image_size, device, generator
    train = _latent(run.n, TRAIN, run.seed, *common)
    test = _latent(run.n_test, TEST, run.seed if run.test_per_seed else 0, *common)
    validation = _latent(run.n_validation, VALIDATION, run.seed, *common) if run.n_validation else None
    return Data(train, test, validation)


@lru_cache(maxsize=8)
def _latent(n, stream, seed, dimension, noise, n_classes, image_size, device, generator):
    wanted = {"n_classes": n_classes, "image_size": image_size, "noise": noise, "generator": generator}
    return latent_images(n, dimension, seed=(stream, seed), **wanted).to(device)


@lru_cache(maxsize=4)
def _cifar(name, data_dir, n, n_validation, train, seed, n_classes, classes, coarse, image_size, device):
    which = {"n_classes": n_classes, "classes": classes or None, "coarse": coarse, "image_size": image_size}
    parts = cifar_images(name, data_dir, n=n, n_validation=n_validation, train=train, seed=seed, **which)
    return tuple(part and part.to(device) for part in parts)


@lru_cache(maxsize=1)
def _biggan(weights, image_size, device):
    return biggan_generator(weights, image_size=image_size, device=device)


@lru_cache(maxsize=2)
def _own(run, device):
    data = call(run.data, run)
    if not isinstance(data, Data):
        raise ValueError(f"'{run.data}' gave {type(data).__name__}; wanted fls_teach.vision.data.dataset.Data")
    found, wanted = (data.train.n_classes, data.train.pixels.shape[-1]), (run.n_classes, run.image_size)
    if found != wanted:
        raise ValueError(
            f"'{run.data}' gave {found[0]} classes, {found[1]} pixels per side; the run has {wanted[0]}, {wanted[1]}"
        )
    return data.to(device)
