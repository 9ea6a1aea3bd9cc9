"""BigGAN through its public package, small and with random weights: what is asked of it is what it is given."""

import sys

import pytest

torch = pytest.importorskip("torch", reason="the extra 'vision' is not installed")

from fls_teach.vision.data.biggan import BigGANGenerator, biggan_generator, truncated  # noqa: E402
from fls_teach.vision.data.latent import latent_images  # noqa: E402
from fls_teach.vision.data.load import load_data  # noqa: E402
from fls_teach.vision.run import Run  # noqa: E402

pytestmark = pytest.mark.kernels


def test_truncated_noise_is_cut_off_and_keeps_its_zeros():
    z = torch.cat([torch.randn(100_000, generator=torch.Generator().manual_seed(0)), torch.tensor([0.0, -9.0, 9.0])])
    cut = truncated(z, 0.5)
    assert cut.abs().max() <= 1
    assert cut[-3:].tolist() == [0, -1, 1]
    assert abs(float(cut[:-3].std()) - 0.5 * 0.8796) < 0.005  # the deviation of a normal cut off at 2
    assert (cut.argsort() == z.argsort()).float().mean() > 0.99


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorch_pretrained_biggan", None)
    with pytest.raises(ValueError, match=r"BigGAN needs its package: python -m pip install pytorch-pretrained-biggan"):
        load_data(Run(data="biggan", n=10, n_test=10))


@pytest.fixture(scope="module")
def biggan():
    return pytest.importorskip("pytorch_pretrained_biggan", reason="the extra 'biggan' is not installed")


@pytest.fixture(scope="module")
def config(biggan):
    """16x16 pixels, 12 classes and 16 noise coordinates instead of 128, 1,000 and 128."""
    layers = [(True, 16, 8), (False, 8, 4), (True, 4, 2), (False, 2, 1)]
    return biggan.BigGANConfig(16, 16, 16, 8, 12, layers=layers, attention_layer_position=2)


@pytest.fixture(scope="module")
def model(biggan, config):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = biggan.BigGAN(config)
        for name, value in model.named_parameters():
            torch.nn.init.normal_(value, std=0.05 if name.endswith("bias") else 0.5)
        for name, value in model.named_buffers():
            if name.endswith("running_means"):  # another row for each truncation, as in the real weights
                value.normal_()
    return model


def draw(model, n=24, k=4, n_classes=3, size=8, truncation=1.0, seed=0):
    generator = BigGANGenerator(model, image_size=size, truncation=truncation)
    return latent_images(
        n, k, n_classes=n_classes, image_size=size, n_latent=16, seed=seed, generator=generator
    ).pixels.to(torch.float32)


class Spy(torch.nn.Module):
    """A BigGAN that notes what it is asked."""

    def __init__(self, model):
        super().__init__()
        self.model, self.config, self.asked = model, model.config, []

    def forward(self, *asked):
        self.asked.append(asked)
        return self.model(*asked)


def test_every_class_is_asked_for_with_noise_in_k_coordinates(model):
    spy = Spy(model)
    draw(spy, n=24, k=4, n_classes=3, truncation=0.5)
    z = torch.cat([z for z, _, _ in spy.asked])
    classes = torch.cat([classes for _, classes, _ in spy.asked])
    assert [len(z) for z, _, _ in spy.asked] == [16, 8]  # in batches
    assert (z[:, 4:] == 0).all()
    assert (z[:, :4] != 0).all()
    assert z.abs().max() <= 1
    assert classes.argmax(1).tolist() == [0, 1, 2] * 8  # class 0 too
    assert (classes.sum(1) == 1).all()
    assert {t for _, _, t in spy.asked} == {0.5}


def test_images_depend_on_class_noise_and_truncation(model):
    images = draw(model)
    assert images.std() > 10
    assert (draw(model) == images).all()
    assert (draw(model, seed=1) != images).any()
    assert (draw(model, truncation=0.5) != images).any()
    still = [BigGANGenerator(model, 8)(torch.zeros(1, 16), torch.tensor([y])) for y in range(3)]
    assert (still[0] - still[1]).abs().max() > 0.1
    assert (still[1] - still[2]).abs().max() > 0.1


def test_images_are_averaged_down(model):
    z, y = torch.randn(2, 16, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1])
    with torch.no_grad():
        full, small = (BigGANGenerator(model, size)(z, y) for size in (16, 4))
    assert full.shape == (2, 3, 16, 16)
    assert torch.allclose(small, full.reshape(2, 3, 4, 4, 4, 4).mean((3, 5)), atol=1e-6)


def test_every_truncation_uses_its_own_table_of_statistics(model):
    norm = model.generator.bn
    x, refused = torch.randn(1, 8, 2, 2, generator=torch.Generator().manual_seed(0)), []
    for index in range(1, 51):
        try:
            truncation = BigGANGenerator(model, 8, truncation=index / 50).truncation
        except ValueError:
            refused.append(index / 50)
            continue
        shift = norm(x, truncation) - norm.bias.reshape(1, -1, 1, 1)
        expected = (x - norm.running_means[index].reshape(1, -1, 1, 1)) / (1 + norm.eps) ** 0.5
        assert torch.allclose(shift, expected * norm.weight.reshape(1, -1, 1, 1), atol=1e-5)
    assert refused == [0.14, 0.28, 0.56, 0.58, 0.94]


@pytest.mark.parametrize("truncation", [0, -0.5, 0.03, 0.58, 1.02, float("nan")])
def test_truncations_without_statistics(model, truncation):
    with pytest.raises(ValueError, match="truncation is .*; wanted one that 0.02 divides exactly"):
        BigGANGenerator(model, 8, truncation)


def test_more_than_this_biggan_can(model):
    with pytest.raises(ValueError, match="image_size is 32; this BigGAN draws 16 at most"):
        draw(model, size=32)
    with pytest.raises(ValueError, match="class 12 is asked for; this BigGAN has 12"):
        draw(model, n_classes=13)
    with pytest.raises(ValueError, match="z has 128 coordinates; this BigGAN takes 16"):
        latent_images(4, 3, image_size=8, generator=BigGANGenerator(model, 8))


def test_weights_from_either_kind_of_file(model, config, tmp_path):
    from safetensors.torch import save_file

    state = {name: value.contiguous().clone() for name, value in model.state_dict().items()}
    save_file(state, tmp_path / "w.safetensors")
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    expected = draw(model)
    for file in ("w.safetensors", "pytorch_model.bin"):
        loaded = biggan_generator(tmp_path / file, 8, config=config)
        assert (draw(loaded.model) == expected).all()


def test_weights_that_are_missing_or_do_not_fit(biggan, config, tmp_path):
    with pytest.raises(ValueError, match="BigGAN needs a local file with its weights"):
        biggan_generator(None)
    with pytest.raises(ValueError, match="cannot read weights '.*none.bin'"):
        biggan_generator(tmp_path / "none.bin", config=config)
    torch.save({"embeddings.weight": torch.zeros(3, 3)}, tmp_path / "other.bin")
    with pytest.raises(ValueError, match=r"do not fit: embeddings.weight is \(3, 3\); wanted \(16, 12\)"):
        biggan_generator(tmp_path / "other.bin", config=config)


def test_load_data_with_a_generator(model):
    class Wide(torch.nn.Module):
        """The small model for the 128 coordinates that a run has."""

        def forward(self, z, y):
            return BigGANGenerator(model, 8)(z[:, :16], y)

    data = load_data(Run(data="biggan", n=12, n_test=6, image_size=8, classes=3), generator=Wide())
    assert data.train.labels.tolist() == [0, 1, 2] * 4
