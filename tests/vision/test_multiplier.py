"""The output multiplier: c f and c (f - f0), and c as an initialisation scale in disguise (science.md#equivalence)."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from fls_teach.theory.equivalence import equivalent_alpha, equivalent_lr
from fls_teach.vision.models.batch_norm import calibrate
from fls_teach.vision.models.build import build
from fls_teach.vision.models.multiplier import OutputMultiplier

pytestmark = pytest.mark.kernels


def problem(seed, n=12, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 3, 8, 8, generator=generator).to(dtype)
    return x, torch.randint(4, (n,), generator=generator)


def descend(net, x, y, lr, scale=1.0, steps=5):
    """Plain SGD on cross_entropy / scale, in batches of 4; the parameters in the end."""
    parameters = list(net.parameters())
    for step in range(steps):
        part = slice(4 * (step % 3), 4 * (step % 3) + 4)
        gradients = torch.autograd.grad(cross_entropy(net(x[part]), y[part]) / scale, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= lr * gradient
    return [parameter.detach() for parameter in parameters]


def scaled_start(alpha, seed, dtype):
    model = build("cnn5", n_classes=4, width=4, image_size=8, seed=seed).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= alpha
    return model


@given(st.integers(0, 2**32 - 1), st.integers(-3, 1), st.sampled_from([torch.float32, torch.float64]))
def test_c_is_a_scale_of_the_start_bit_for_bit(seed, exponent, dtype):
    """c = 2^(5k) at lr c^(-2/5) does what alpha = 2^k does at lr: multiplying by powers of two does not round."""
    (x, y), lr = problem(seed, dtype=dtype), 2.0**-5
    alpha, c, translated = 2.0**exponent, 2.0 ** (5 * exponent), lr * 2.0 ** (-2 * exponent)
    assert equivalent_alpha(c, degree=5) == pytest.approx(alpha, rel=1e-15)
    assert equivalent_lr(lr, c, degree=5) == pytest.approx(translated, rel=1e-15)
    by_alpha = descend(scaled_start(alpha, seed, dtype), x, y, lr)

    def by_c(lr, scale=1.0):
        return descend(OutputMultiplier(scaled_start(1, seed, dtype), c), x, y, lr, scale)

    # What the sweep trains, cross_entropy(c f) / c, takes the same steps at c times the rate.
    for found in (by_c(translated), by_c(c * translated, scale=c)):
        assert all(torch.equal(alpha * a, b) for a, b in zip(found, by_alpha, strict=True))
    if exponent:
        wrong = by_c(lr / c)  # the paper's rule is that of degree 2
        assert not any(torch.equal(alpha * a, b) for a, b in zip(wrong, by_alpha, strict=True))


@pytest.mark.parametrize("norm", ["none", "group", "batch"])
def test_a_centred_network_starts_at_zero_and_moves_as_the_plain_one(norm):
    x, y = problem(0)
    model = build("cnn5", n_classes=4, width=4, norm=norm, image_size=8).eval()
    start = model(x).detach()
    net = OutputMultiplier(model, 0.25, centred=True).eval()
    assert not net(x).any()
    descend(net, x, y, lr=0.5)
    assert torch.equal(net(x), 0.25 * (model(x) - start))
    assert net(x).any()


def with_batch_norm(name):
    model, (x, y) = build(name, n_classes=4, width=4, norm="batch", image_size=8), problem(0)
    calibrate(model, [x])
    return model.to(memory_format=torch.channels_last), x, y


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
@pytest.mark.parametrize("training", [True, False])
def test_with_batch_norm_a_centred_network_starts_at_zero_in_both_modes(name, training):
    """With f0 in evaluation mode and f in training mode the difference at the start was 15, and 330 for ResNet-50."""
    model, x, _ = with_batch_norm(name)
    net = OutputMultiplier(model, 0.25, centred=True).train(training)
    assert not net(x).any()
    with torch.no_grad():
        next(model.parameters()).mul_(-1)
    assert net(x).any()


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_with_batch_norm_a_centred_step_is_that_of_f_less_f0_on_the_same_batch(name):
    """By hand with two whole networks, the second never updated; both in training mode. Catches any other f0."""
    c, lr, (model, x, y) = 0.5, 0.1, with_batch_norm(name)
    by_hand, start = copy.deepcopy(model), copy.deepcopy(model)
    descend(OutputMultiplier(model, c, centred=True).train(), x, y, lr, scale=c, steps=2)
    weights = list(by_hand.train().parameters())
    for part in (slice(0, 4), slice(4, 8)):
        loss = cross_entropy(c * (by_hand(x[part]) - start.train()(x[part]).detach()), y[part]) / c
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.data -= lr * gradient
    for key, value in by_hand.state_dict().items():
        torch.testing.assert_close(model.state_dict()[key], value, rtol=1e-5, atol=1e-6, msg=key)


def test_f0_is_frozen():
    """No optimiser finds it, training does not move it, and `.to` takes it along."""
    model = build("vgg11", n_classes=4, width=2, norm="batch", image_size=8)
    net = OutputMultiplier(model, 2.0, centred=True)
    assert [id(p) for p in net.parameters()] == [id(p) for p in model.parameters()]
    before = {key: value.clone() for key, value in net.start.state_dict().items() if key.endswith(("weight", "bias"))}
    assert all(module.training for module in net.train().modules())
    assert not any(module.training for module in net.eval().modules())
    net.train()
    descend(net, *problem(1), lr=0.1)
    assert all(torch.equal(value, net.start.state_dict()[key]) for key, value in before.items())
    assert {value.dtype for value in net.double().start.state_dict().values()} == {torch.float64, torch.int64}
    assert {value.device.type for value in net.to("meta").start.state_dict().values()} == {"meta"}


def test_the_gradient_does_not_pass_through_f0():
    x, y = problem(2)
    model = build("cnn5", n_classes=4, width=4, image_size=8)
    net = OutputMultiplier(model, 1.0, centred=True)
    found = torch.autograd.grad(cross_entropy(net(x), y), list(model.parameters()))
    logits = model(x)
    wanted = torch.autograd.grad(cross_entropy(logits - logits.detach(), y), list(model.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("c", [0.0, -0.5, float("nan"), float("inf")])
def test_an_impossible_c_is_refused_in_a_sentence(c):
    with pytest.raises(ValueError, match=f"c is {c}; wanted a positive number"):
        OutputMultiplier(torch.nn.Linear(2, 2), c)
