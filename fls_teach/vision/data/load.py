"""The images that a run asks for."""

from functools import lru_cache

from fls_teach.vision.data.biggan import biggan_generator
from fls_teach.vision.data.cifar import cifar_images
from fls_teach.vision.data.dataset import Data
from fls_teach.vision.data.latent import latent_images

TRAIN, VALIDATION, TEST = range(3)
"""Streams of random numbers: a run's seed draws from the first two, and the test images are the same for all."""


def load_data(run, data_dir=None, device="cpu", generator=None):
    """The images that `run` names, on `device`.

    Training and validation images depend on `run.seed`, the test images only with `run.test_per_seed`. The last few
    sets of images are kept, so that runs that differ in c or lr share one.

    Parameters
    ----------
    run : Run
    data_dir : path-like, optional
        For CIFAR: the folder that holds `cifar-10-batches-bin` or `cifar-100-binary` (see `download_cifar`).
    device : str or torch.device
    generator : callable or path-like, optional
        For data "latent" and "biggan": the generator, or the file of its weights. BigGAN has none of its own.

    Returns
    -------
    Data

    Raises
    ------
    ValueError
        In one sentence, if the data cannot be had.
    """
    device = str(device)
    if run.data.startswith("cifar"):
        if data_dir is None:
            raise ValueError(f"data is '{run.data}', which lies in files: name their folder with --data-dir")
        train, validation = _cifar(run.data, data_dir, run.n, run.n_validation, run.n_classes, True, run.seed, device)
        test, _ = _cifar(run.data, data_dir, run.n_test, 0, run.n_classes, False, 0, device)
        return Data(train, test, validation)
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
def _cifar(name, data_dir, n, n_validation, n_classes, train, seed, device):
    parts = cifar_images(name, data_dir, n=n, n_validation=n_validation, n_classes=n_classes, train=train, seed=seed)
    return tuple(part and part.to(device) for part in parts)


@lru_cache(maxsize=1)
def _biggan(weights, image_size, device):
    return biggan_generator(weights, image_size=image_size, device=device)
