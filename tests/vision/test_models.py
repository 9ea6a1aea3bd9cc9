"""The networks: sizes as published, homogeneous where they say so, the same start everywhere, and trainable."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from fls_teach.vision.models.build import build, homogeneity
from fls_teach.vision.models.multiplier import OutputMultiplier
from fls_teach.vision.run import MODELS, NORMS

pytestmark = pytest.mark.kernels
SEEDS = st.integers(0, 2**32 - 1)
DEGREES = {"cnn5": 5, "vgg11": 9, "vgg16": 14, "vgg19": 17}


def images(n=4, size=16, seed=0, dtype=torch.float32):
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(seed)).to(dtype)


def scaled(model, factor):
    """A copy with all parameters times `factor`."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= factor
    return model


def size(model):
    return sum(parameter.numel() for parameter in model.parameters())


# Trainable parameters of the networks for CIFAR-100 (ResNet: 3x3 stem, no max pool) and CIFAR-10 (VGG with batch norm
# and one linear layer) in the usual implementations. Their VGG gives each convolution a bias, which the batch norm
# behind it subtracts at once; ours has none, so those biases, one a channel, are taken off.
RESNETS = {"resnet18": 11_220_132, "resnet34": 21_328_292, "resnet50": 23_705_252}
VGGS = {
    "vgg11": (9_231_114, 64 + 128 + 2 * 256 + 4 * 512),
    "vgg16": (14_728_266, 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512),
    "vgg19": (20_040_522, 2 * 64 + 2 * 128 + 4 * 256 + 8 * 512),
}


@pytest.mark.parametrize(("name", "published"), RESNETS.items())
def test_resnets_have_the_published_parameters(name, published):
    assert size(build(name, n_classes=100, norm="batch")) == published


@pytest.mark.parametrize(("name", "published", "biases"), [(name, *sizes) for name, sizes in VGGS.items()])
def test_vggs_have_the_published_parameters_less_the_idle_biases(name, published, biases):
    assert size(build(name, n_classes=10, norm="batch")) == published - biases


def test_cnn5_has_the_parameters_of_its_description():
    w = 24
    weights = 9 * (3 * w + w * w + w * 2 * w + 2 * w * 2 * w) + 2 * w * 10
    assert size(build("cnn5", n_classes=10, width=w)) == weights


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("norm", NORMS)
def test_every_network_has_gradients_everywhere_at_every_size(name, norm):
    for pixels in (8, 16, 32):
        model = build(name, n_classes=7, width=4, norm=norm, image_size=pixels)
        logits = model(images(3, pixels))
        assert logits.shape == (3, 7)
        logits.square().sum().backward()
        for parameter, tensor in model.named_parameters():
            assert tensor.grad.isfinite().all() and tensor.grad.any(), f"{pixels} pixels, {parameter}"


@given(SEEDS, st.sampled_from(sorted(DEGREES)), st.floats(0.5, 2))
def test_networks_without_norm_and_shortcut_are_homogeneous(seed, name, factor):
    """f(a theta) = a^L f(theta): a bias, a norm or a miscounted layer breaks it."""
    model = build(name, n_classes=3, width=3, image_size=8, seed=seed).double()
    assert homogeneity(model) == DEGREES[name]
    x = images(size=8, seed=seed, dtype=torch.float64)
    torch.testing.assert_close(scaled(model, factor)(x), factor ** DEGREES[name] * model(x), rtol=1e-11, atol=0)


@pytest.mark.parametrize(
    ("name", "norm"), [("resnet18", "none"), ("resnet50", "none"), ("cnn5", "group"), ("cnn5", "batch")]
)
def test_the_others_have_no_degree(name, norm):
    """If any L were right, all logits would grow by the one factor 2^L."""
    model = build(name, n_classes=3, width=4, norm=norm, image_size=8).double()
    assert homogeneity(model) is None
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter += 0.1  # biases start at 0
    x = images(size=8, dtype=torch.float64)
    growth = scaled(model, 2)(x) / model(x)
    assert not torch.allclose(growth, growth.mean(), rtol=1e-3)


def test_the_multiplier_keeps_the_degree_and_centring_loses_it():
    model = build("cnn5", n_classes=3, width=2, image_size=8)
    assert homogeneity(OutputMultiplier(model, 0.5)) == 5
    assert homogeneity(OutputMultiplier(model, 0.5, centred=True)) is None


@pytest.mark.parametrize("name", ["cnn5", "vgg11", "resnet50"])
def test_the_seed_is_the_start_and_the_global_state_is_left_alone(name):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = build(name, n_classes=3, width=4, seed=1).state_dict()
    assert torch.equal(torch.rand(3), expected)
    again, other = (build(name, n_classes=3, width=4, seed=seed).state_dict() for seed in (1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not any(torch.equal(first[key], other[key]) for key in first)


def test_the_start_is_made_on_the_cpu_whatever_the_default_device():
    here = build("cnn5", n_classes=3, width=4).state_dict()
    with torch.device("meta"):
        there = build("cnn5", n_classes=3, width=4).state_dict()
    assert all(torch.equal(here[key], there[key]) for key in here)


def test_weights_have_variance_two_over_fan_in():
    for key, weight in build("vgg11", n_classes=100, norm="batch").state_dict().items():
        if key.endswith("weight") and weight.dim() > 1:
            fan_in = weight[0].numel()
            assert weight.var().item() * fan_in == pytest.approx(2, rel=5 * (2 / weight.numel()) ** 0.5), key


@pytest.mark.parametrize("name", MODELS)
def test_logits_are_of_order_one_without_a_norm(name):
    """A residual network whose branches counted in full would be far above, a dead one far below."""
    logits = build(name, n_classes=10, width=16)(images(16, 32))
    assert 0.1 < logits.square().mean().sqrt() < 10


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_resnets_learn_a_few_images_without_a_norm(name):
    model, x, y = build(name, n_classes=4, width=8, image_size=16), images(16), torch.arange(16) % 4
    before = cross_entropy(model(x), y)
    for _ in range(20):
        loss = cross_entropy(model(x), y)
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                parameter -= 0.05 * gradient
    assert loss < 0.5 * before


def test_group_norm_never_leaves_one_value_a_group():
    """With as many groups as channels a 1x1 image would be normalised to zero, whatever it was."""
    for name in MODELS:
        for width in (4, 6, 16):
            for module in build(name, n_classes=2, width=width, norm="group").modules():
                if isinstance(module, torch.nn.GroupNorm):
                    assert module.num_channels // module.num_groups >= 2, (name, width)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "vgg13"}, "model is 'vgg13'; wanted one of cnn5, vgg11"),
        ({"norm": "layer"}, "norm is 'layer'; wanted one of none, group, batch"),
        ({"n_classes": 1}, "n_classes is 1; wanted at least 2"),
        ({"width": 0}, "width is 0; wanted at least 1"),
        ({"image_size": 4}, "image_size is 4; wanted at least 8"),
    ],
)
def test_impossible_networks_are_refused_in_a_sentence(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(**{"name": "cnn5", "n_classes": 10} | change)


@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (2, 1, 16, 16), (3, 16, 16), (2, 16, 16, 3)])
def test_images_of_another_shape_are_refused_in_a_sentence(shape):
    model = build("cnn5", n_classes=10, width=4, image_size=16)
    with pytest.raises(ValueError, match=r"this network wants \(n, 3, 16, 16\)") as caught:
        model(torch.zeros(shape))
    assert str(shape) in str(caught.value)
