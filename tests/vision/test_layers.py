"""Gradients of every kind of layer are right in few channels too; test_older_processor.py runs this file once more."""

import copy

import pytest
import torch
from torch import nn

from fls_teach.vision.data.dataset import Data
from fls_teach.vision.models.build import build
from fls_teach.vision.models.layers import convolution, mean_over_pixels
from fls_teach.vision.run import MODELS, NORMS, Run
from fls_teach.vision.training.train import train_run

from .made import images

pytestmark = pytest.mark.kernels
LAYERS = {
    f"{size}x{size}, stride {stride}, norm {norm}": lambda inputs, size=size, stride=stride, norm=norm: nn.Sequential(
        *convolution(inputs, 8, norm, stride, size)
    )
    for size in (1, 3)
    for stride in (1, 2)
    for norm in NORMS
} | {"readout": lambda inputs: nn.Sequential(nn.Flatten(), nn.Linear(inputs * 8 * 8, 8))}


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=["nchw", "nhwc"])
@pytest.mark.parametrize("channels", [3, 4, 5, 8])
@pytest.mark.parametrize("layer", LAYERS)
def test_gradients_are_those_of_float64(layer, channels, memory_format):
    """Catches a kernel that reads or writes outside its buffers: wrong numbers, if it does not crash."""
    draw = torch.Generator().manual_seed(channels)
    exact = LAYERS[layer](channels).double()
    x = torch.randn(30, channels, 8, 8, generator=draw, dtype=torch.float64, requires_grad=True)
    net = copy.deepcopy(exact).float().to(memory_format=memory_format)
    y = x.detach().float().to(memory_format=memory_format).requires_grad_()
    weights = torch.randn(exact(x).shape, generator=draw, dtype=torch.float64)
    wanted = torch.autograd.grad((weights * exact(x)).sum(), [x, *exact.parameters()])
    found = torch.autograd.grad((weights.float() * net(y)).sum(), [y, *net.parameters()])
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-5, atol=1e-5 * float(theirs.abs().max()))


@pytest.mark.parametrize("stride", [2, 3])
@pytest.mark.parametrize("pixels", [1, 7, 8])
def test_a_strided_pointwise_convolution_is_that_of_torch(stride, pixels):
    """Catches a pick of other pixels, or of one too few where the stride does not divide the size."""
    layers = nn.Sequential(*convolution(4, 8, "none", stride, size=1)).double()
    x = torch.randn(2, 4, pixels, pixels, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weight = next(layers.parameters())
    torch.testing.assert_close(layers(x), nn.functional.conv2d(x, weight, stride=stride), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=["nchw", "nhwc"])
def test_the_mean_over_pixels_is_torchs_and_hands_back_the_layout_that_it_was_given(memory_format):
    """To the last bit; a gradient of another layout makes the layers below it copy, or stride."""
    x = torch.randn(5, 6, 8, 8, generator=torch.Generator().manual_seed(0)).to(memory_format=memory_format)
    x.requires_grad_()
    found, wanted = mean_over_pixels(x), x.mean((2, 3))
    assert torch.equal(found, wanted)
    seen = []
    y = x * 1
    y.register_hook(seen.append)
    ours, theirs = (torch.autograd.grad(mean.square().sum(), x)[0] for mean in (mean_over_pixels(y), wanted))
    assert torch.equal(ours, theirs) and seen[0].is_contiguous(memory_format=memory_format)


@pytest.mark.parametrize("name", MODELS)
def test_no_network_has_a_strided_pointwise_convolution_in_one_layer(name):
    """Its gradient is what crashes on processors without AVX-512."""
    layers = [module for module in build(name, n_classes=3, width=4).modules() if isinstance(module, nn.Conv2d)]
    assert layers and not [layer for layer in layers if layer.kernel_size == (1, 1) and layer.stride != (1, 1)]


@pytest.mark.parametrize("width", [3, 4, 5])
@pytest.mark.parametrize("name", MODELS)
def test_narrow_networks_train(name, width):
    run = Run(model=name, width=width, n=30, classes=3, image_size=8, batch=30, epochs=2, target=1.0, lr=1e-3)
    assert train_run(run, Data(images(30, 1), images(30, 2))).status == "budget"
