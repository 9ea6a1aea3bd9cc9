"""Latent images: the classes differ, the dimension is what it says, and what may change changes alone."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra 'vision' is not installed")

from safetensors.torch import save_file  # noqa: E402

from fls_teach.vision.data.latent import LatentGenerator, latent_images  # noqa: E402
from fls_teach.vision.data.load import load_data  # noqa: E402
from fls_teach.vision.run import Run  # noqa: E402

pytestmark = pytest.mark.kernels


def flat(images):
    return images.pixels.flatten(1).to(torch.float64)


def test_shapes_types_and_balance():
    images = latent_images(23, 8, n_classes=10, image_size=8)
    assert images.pixels.shape == (23, 3, 8, 8)
    assert images.labels.bincount().tolist() == [3, 3, 3, 2, 2, 2, 2, 2, 2, 2]
    assert 40 < flat(images).std() < 110  # neither grey nor black and white


@pytest.mark.parametrize("size", [8, 16, 32, 64])
def test_sizes(size):
    assert latent_images(4, 8, image_size=size).pixels.shape == (4, 3, size, size)


def test_the_noise_spans_as_many_dimensions_as_it_says():
    generator = LatentGenerator(8)
    z = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 128)))
    jacobian = torch.autograd.functional.jacobian(generator, z, vectorize=True).reshape(-1, 128)
    for k in (1, 8, 64):
        assert torch.linalg.matrix_rank(jacobian[:, :k], rtol=1e-9) == k
    seen = []

    def spy(z):
        seen.append(z)
        return generator(z)

    latent_images(40, 5, n_classes=4, image_size=8, generator=spy)
    (z,) = seen
    assert z.shape == (40, 128)
    assert z.dtype == torch.float32
    spread = z.reshape(10, 4, 128).std(0)
    assert (spread[:, :5] > 0.3).all()
    assert (spread[:, 5:] < 1e-6).all()


def test_images_of_a_class_are_alike_at_a_low_dimension_and_less_so_at_a_high_one():
    def within(k):
        x = flat(latent_images(200, k))
        return sum(x[y::10].var(0).sum() for y in range(10)) / 10 / x.var(0).sum()

    assert within(4) < 0.4 < within(32) < within(128) < 1


def test_what_a_seed_a_size_a_dimension_change():
    base = latent_images(30, 8, seed=1)
    assert (latent_images(30, 8, seed=1).pixels == base.pixels).all()
    assert (latent_images(60, 8, seed=1).pixels[:30] == base.pixels).all()
    assert (latent_images(30, 8, seed=2).pixels != base.pixels).any()
    assert (latent_images(30, 8, seed=1, n_classes=5).pixels[:5] == base.pixels[:5]).all()
    # a class has the same centre for every seed: its mean moves less than classes differ
    a, b = (flat(latent_images(400, 8, seed=seed)).reshape(40, 10, -1).mean(0) for seed in (1, 2))
    between = (a[:, None] - a).norm(dim=2) + 1e9 * torch.eye(10)
    assert (a - b).norm(dim=1).max() < between.min()


def test_small_dimensions_share_their_noise_with_large_ones():
    seen = []

    def spy(z):
        seen.append(z)
        return torch.zeros(len(z), 3, 8, 8)

    for k in (8, 32):
        latent_images(5, k, image_size=8, centre=0, generator=spy)
    low, high = seen
    assert (low[:, :8] == high[:, :8]).all()
    assert (high[:, 8:32] != 0).all()
    assert (low[:, 8:] == 0).all()


def test_noise_scaled_by_the_dimension_has_one_energy():
    """Catches a control that leaves the energy growing with k, or that draws other noise than the plain images."""
    seen = []

    def spy(z):
        seen.append(z)
        return torch.zeros(len(z), 3, 8, 8)

    for k, noise in ((32, 1.0), (32, 0.5), (128, 0.25)):
        latent_images(2000, k, image_size=8, centre=0, noise=noise, generator=spy)
    plain, half, quarter = torch.cat(seen).split(2000)
    assert (half == plain / 2).all()
    energies = [float(z.square().sum(1).mean()) for z in (half, quarter)]
    assert energies == pytest.approx([8, 8], rel=0.02)


def test_test_images_per_seed():
    """Catches intervals over seeds that share their test images although the run asked for its own."""
    shared, own = Run(n=10, n_test=20, image_size=8), Run(n=10, n_test=20, image_size=8, test_per_seed=True)
    test = {seed: load_data(replace(own, seed=seed)).test.digest for seed in (0, 1)}
    assert test[0] != test[1] and load_data(shared).test.digest == load_data(replace(shared, seed=1)).test.digest
    assert load_data(replace(own, seed=1)).train.digest == load_data(replace(shared, seed=1)).train.digest


def test_these_very_bytes():
    # What a release must not change unawares: results on disk name the data by its parameters.
    pixels = latent_images(2, 8, image_size=8).pixels[1, :, 3, 2:6].tolist()
    assert pixels == [[119, 95, 213, 145], [159, 79, 68, 28], [86, 127, 194, 82]]


def test_batches_do_not_show(monkeypatch):
    whole = latent_images(20, 8).pixels
    monkeypatch.setattr("fls_teach.vision.data.latent._BATCH", 7)
    assert (latent_images(20, 8).pixels == whole).all()


def test_a_callable_gets_labels_if_it_has_room_for_them():
    def by_class(z, y):
        assert (z[:, 3:] == 0).all()  # no centres: the classes are its own affair
        return (y / 10).reshape(-1, 1, 1, 1).expand(-1, 3, 16, 16)

    images = latent_images(20, 3, generator=by_class)
    assert images.pixels[:10, 0, 0, 0].tolist() == [round((1 + y / 10) * 127.5) for y in range(10)]

    class Module(torch.nn.Module):
        def forward(self, z):
            return z[:, :3, None, None].clamp(-1, 1).expand(-1, 3, 16, 16)

    assert latent_images(20, 3, generator=Module()).pixels.shape == (20, 3, 16, 16)


@pytest.mark.parametrize(
    "made, words",
    [
        (lambda z: torch.zeros(len(z), 3, 8, 9), r"gave \(6, 3, 8, 9\); wanted a Tensor of images \(6, 3, 8, 8\)"),
        (lambda z: np.zeros((len(z), 3, 8, 8)), "gave ndarray; wanted a Tensor"),
        (lambda z: torch.full((len(z), 3, 8, 8), torch.nan), "pixels from nan to nan"),
        (lambda z: torch.full((len(z), 3, 8, 8), 255.0), "pixels from 255 to 255; wanted -1 to 1"),
    ],
)
def test_a_callable_that_gives_something_else(made, words):
    with pytest.raises(ValueError, match=words):
        latent_images(6, 3, image_size=8, generator=made)


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"n": 0}, "n is 0; wanted a whole number, at least 1"),
        ({"n": 2.5}, "n is 2.5"),
        ({"effective_dim": 0}, "effective_dim is 0"),
        ({"effective_dim": 129}, "effective_dim is 129; wanted at most 128"),
        ({"n_classes": 1}, "n_classes is 1; wanted a whole number, at least 2"),
        ({"image_size": 12}, "image_size is 12; the embedded generator draws 8, 16, 32, 64"),
        ({"image_size": 0}, "image_size is 0"),
        ({"centre": -1}, "centre is -1"),
        ({"centre": float("nan")}, "centre is nan"),
        ({"noise": 0}, "noise is 0; wanted a positive number"),
        ({"noise": float("inf")}, "noise is inf; wanted a positive number"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": "x"}, "seed is 'x'"),
    ],
)
def test_bad_parameters(wrong, words):
    with pytest.raises(ValueError, match=words):
        latent_images(**{"n": 6, "effective_dim": 3, **wrong})


def test_weights_from_a_file(tmp_path):
    path = tmp_path / "own.safetensors"
    weights = {name: 0.5 * value for name, value in LatentGenerator(8).state_dict().items()}
    save_file(weights, path)
    own, embedded = latent_images(6, 3, image_size=8, generator=path), latent_images(6, 3, image_size=8)
    assert flat(own).std() < 0.5 * flat(embedded).std()
    save_file(LatentGenerator(8).state_dict(), path)
    assert (latent_images(6, 3, image_size=8, generator=str(path)).pixels == embedded.pixels).all()


def test_weights_that_do_not_fit(tmp_path):
    path = tmp_path / "own.safetensors"
    for tensors, words in (
        (
            LatentGenerator(16).state_dict(),
            r"do not fit: doublings.1.weight is \(16, 16, 3, 3\); wanted no such tensor",
        ),
        (LatentGenerator(8, n_latent=64).state_dict(), r"first.weight is \(256, 64\); wanted \(256, 128\)"),
        ({"first.weight": torch.zeros(256, 128)}, "last.weight is missing"),
        ({name: w * torch.nan for name, w in LatentGenerator(8).state_dict().items()}, "pixels from nan"),
    ):
        save_file(tensors, path)
        with pytest.raises(ValueError, match=words):
            latent_images(6, 3, image_size=8, generator=path)


def test_files_that_are_no_weights(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read weights '.*none.safetensors' \(No such file"):
        latent_images(6, 3, generator=tmp_path / "none.safetensors")
    for name in ("bad.safetensors", "bad.bin"):
        for content in (b"", b"x" * 100):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(ValueError, match=f"{name}' is damaged, or holds something else than tensors"):
                latent_images(6, 3, generator=tmp_path / name)


def test_a_pickle_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path / "ran").touch, ()

    torch.save({"first.weight": Evil()}, tmp_path / "evil.bin")
    with pytest.raises(ValueError, match="holds something else than tensors"):
        latent_images(6, 3, generator=tmp_path / "evil.bin")
    assert not (tmp_path / "ran").exists()
    torch.save(LatentGenerator(16).state_dict(), tmp_path / "honest.bin")
    assert len(latent_images(6, 3, generator=tmp_path / "honest.bin")) == 6


def test_load_data_shares_what_runs_share():
    run = Run(n=20, n_test=10, image_size=8)
    data = load_data(run)
    assert (len(data.train), len(data.test), data.validation) == (20, 10, None)
    again = load_data(Run(n=20, n_test=10, image_size=8, c=4.0, lr=0.5, model="vgg11"))
    assert again.train is data.train
    other = load_data(Run(n=20, n_test=10, image_size=8, seed=1))
    assert other.test is data.test
    assert (other.train.pixels != data.train.pixels).any()
    assert (load_data(Run(n=20, n_test=10, image_size=8, dimension=8)).train.pixels != data.train.pixels).any()


def test_training_validation_and_test_images_are_independent():
    data = load_data(Run(n=20, n_test=20, n_validation=20, stop="validation-risk", target=5, image_size=8))
    assert len(data.validation) == 20
    parts = [{image.numpy().tobytes() for image in part.pixels} for part in (data.train, data.test, data.validation)]
    assert len(set.union(*parts)) == 60


def test_cifar_without_a_folder_says_so():
    with pytest.raises(ValueError, match="data is 'cifar100'.*--data-dir"):
        load_data(Run(data="cifar100", image_size=32))
