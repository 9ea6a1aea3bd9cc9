"""Every loss and every optimizer step against torch, which neither shares a formula nor a line with ours."""

import numpy as np
import pytest

from fls_teach.theory import SGD, Adam, AdamW, train
from fls_teach.theory.training.gradients import activities, gradients, outputs, tangent_norms
from fls_teach.theory.training.losses import CLASSES, ONE_OUTPUT, named_loss

torch = pytest.importorskip("torch", reason="the oracle is torch's autograd, and torch is not installed")

ORACLES = {
    ("logistic", False): lambda t, g: -torch.nn.functional.logsigmoid(t * g),
    ("exponential", False): lambda t, g: torch.exp(-t * g),
    ("squared", False): lambda t, g: torch.nn.functional.mse_loss(g, t, reduction="none"),
    ("squared_hinge", False): lambda t, g: torch.relu(1 - t * g) ** 2,
    ("squared", True): lambda t, g: torch.nn.functional.mse_loss(g, t, reduction="none").sum(-1),
    ("cross_entropy", True): lambda t, g: torch.nn.functional.cross_entropy(g, t.argmax(-1), reduction="none"),
}
CASES = [(name, None) for name in ONE_OUTPUT] + [(name, k) for name in CLASSES for k in (2, 3, 10)]


def problem(n_classes, seed=0, n=7, d=5, h=6):
    """X, labels, targets, W, V: unbalanced, of a size at which every loss has examples in all its regimes."""
    rng = np.random.default_rng(seed)
    X, W = rng.standard_normal((n, d)), rng.standard_normal((h, d))
    V = rng.standard_normal((h,) if n_classes is None else (n_classes, h))
    y = rng.choice([-1.0, 1.0], n) if n_classes is None else rng.integers(0, n_classes, n)
    return X, y, y if n_classes is None else np.eye(n_classes)[y], W, V


def torch_risk(name, X, t, W, V, c, reduction, f0=0.0):
    """Risk by torch alone."""
    g = c * (torch.relu(X @ W.T) @ (V if V.ndim == 1 else V.T) - f0)
    return getattr(torch, reduction)(ORACLES[name, V.ndim == 2](t, g))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("c", [0.3, 1.0, 4.0])
@pytest.mark.parametrize(("name", "n_classes"), CASES)
def test_risk_and_gradients(name, n_classes, c, reduction):
    """Catches a factor, a sign, a c that is missing or squared, and softmax mixed up between examples and classes."""
    X, _, t, W, V = problem(n_classes)
    loss, f = named_loss(name, n_classes is not None), outputs(activities(X[None], W[None]), V[None])
    A, multiplier = activities(X[None], W[None]), np.full((1,) * f.ndim, c)
    tensors = [torch.tensor(part, requires_grad=True) for part in (W, V)]
    oracle = torch_risk(name, torch.tensor(X), torch.tensor(t), *tensors, c, reduction)
    oracle.backward()
    assert loss.risk(t[None], f, multiplier, reduction)[0] == pytest.approx(oracle.item(), rel=1e-10)
    slopes = gradients(X[None], A, W[None], V[None], loss.gradient(t[None], f, multiplier, reduction))
    for mine, tensor in zip(slopes, tensors, strict=True):
        np.testing.assert_allclose(mine[0], tensor.grad.numpy(), rtol=1e-10, atol=1e-10 * np.abs(mine).max())


@pytest.mark.parametrize(("name", "n_classes"), CASES)
def test_curvature_bounds_the_second_derivative(name, n_classes):
    """Catches a bound below the truth, which lets `FlowSteps` step too far, and one that is many times too large."""
    _, _, t, _, _ = problem(n_classes)
    rng = np.random.default_rng(1)
    loss = named_loss(name, n_classes is not None)
    tightest = 0.0
    for scale in (0.0, 0.1, 1.0, 5.0):
        g = scale * rng.standard_normal(t.shape)
        bound = loss.curvature(t[None], g[None])[0]
        for i in range(len(t)):
            row = torch.tensor(t[i : i + 1])
            hessian = torch.autograd.functional.hessian(
                lambda z, row=row: ORACLES[name, n_classes is not None](row, z).sum(), torch.tensor(g[i : i + 1])
            ).numpy()
            largest = np.linalg.eigvalsh(hessian.reshape(t[i].size, -1)).max()
            assert largest <= bound[i] * (1 + 1e-9) + 1e-12
            tightest = max(tightest, largest / bound[i] if bound[i] else 0.0)
    assert tightest > 0.3


@pytest.mark.parametrize("n_classes", [None, 3])
def test_tangent_norms_bound_the_tangent_kernel(n_classes):
    """Catches a layer left out of the bound, and the larger bound by the trace over all K outputs."""
    tightest = 0.0
    for seed in range(5):
        X, _, _, W, V = problem(n_classes, seed)
        bounds = tangent_norms(X[None], activities(X[None], W[None]), V[None])[0]
        for x, bound in zip(torch.tensor(X), bounds, strict=True):
            parts = torch.autograd.functional.jacobian(
                lambda W, V, x=x: torch.atleast_1d(V @ torch.relu(W @ x)), (torch.tensor(W), torch.tensor(V))
            )
            J = np.concatenate([part.numpy().reshape(n_classes or 1, -1) for part in parts], axis=1)
            largest = np.linalg.eigvalsh(J @ J.T).max()
            assert largest <= bound * (1 + 1e-9)
            tightest = max(tightest, largest / bound if bound else 0.0)
    assert tightest > (1 - 1e-9 if n_classes is None else 0.7)  # with one output the bound is the kernel itself


@pytest.mark.parametrize(("name", "n_classes"), [("logistic", None), ("cross_entropy", 3), ("squared", 3)])
def test_losses_keep_their_digits_at_large_margins(name, n_classes):
    """Catches log 1 and p - 1 = 0: at a margin of 40 risk and slope are 1e-18; at -1,000 nothing overflows."""
    t = np.array([[1.0]]) if n_classes is None else np.eye(3)[None, :1]
    loss = named_loss(name, n_classes is not None)
    if name != "squared":
        value, slope = loss.value(t, 40 * t), loss.slope(t, 40 * t)
        assert value[0, 0] == pytest.approx((1 if n_classes is None else 2) * np.exp(-40), rel=1e-9)
        assert np.abs(slope).max() == pytest.approx(value[0, 0], rel=1e-9)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(loss.value(t, -1_000 * t)).all() and np.isfinite(loss.slope(t, -1_000 * t)).all()


STEPS = {
    "sgd": (SGD(0.05), lambda p: torch.optim.SGD(p, 0.05)),
    "sgd, decay": (SGD(0.05, weight_decay=0.1), lambda p: torch.optim.SGD(p, 0.05, weight_decay=0.1)),
    "momentum, decay": (SGD(0.02, 0.8, 0.1), lambda p: torch.optim.SGD(p, 0.02, momentum=0.8, weight_decay=0.1)),
    "adam": (Adam(0.01), lambda p: torch.optim.Adam(p, 0.01, eps=0.0)),
    "adam, decay": (
        Adam(0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, 0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    ),
    "adamw": (AdamW(0.01, weight_decay=0.3), lambda p: torch.optim.AdamW(p, 0.01, eps=0.0, weight_decay=0.3)),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("name", "n_classes"), [("logistic", None), ("squared_hinge", None), ("cross_entropy", 3)])
@pytest.mark.parametrize("centred", [False, True])
def test_training_is_torchs(name, n_classes, step, centred):
    """Catches a bias correction, a decay outside its buffer, an eps inside the root, half-done centring."""
    X, y, t, W, V = problem(n_classes)
    ours, theirs = STEPS[step]
    run = train(X, y, W, V, ours, loss=name, max_steps=25, output_multiplier=0.7, centred=centred, record="risk")
    tensors = [torch.tensor(part, requires_grad=True) for part in (W, V)]
    oracle, risks = theirs(tensors), []
    f0 = torch.tensor(outputs(activities(X[None], W[None]), V[None])[0]) if centred else 0.0
    for _ in range(26):
        oracle.zero_grad()
        risk = torch_risk(name, torch.tensor(X), torch.tensor(t), *tensors, 0.7, "mean", f0)
        risk.backward()
        risks.append(risk.item())
        if len(risks) <= 25:
            oracle.step()
    np.testing.assert_allclose(run.record.risks, risks, rtol=1e-9)
    np.testing.assert_allclose(run.W, tensors[0].detach().numpy(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(run.V, tensors[1].detach().numpy(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("n_classes", [None, 3])
def test_mini_batches_with_noise_are_torchs(n_classes):
    """Catches labels or f0 that do not follow their examples into the mini-batch, or noise that the gradient misses."""
    from fls_teach.theory.training.batches import Batches

    X, y, t, W, V = problem(n_classes)
    name = "logistic" if n_classes is None else "cross_entropy"
    options = {"batch_size": 3, "input_noise": 0.2, "centred": True, "seeds": 4}
    run = train(X, y, W, V, SGD(0.05), loss=name, max_steps=10, **options)
    tensors, batches = [torch.tensor(part, requires_grad=True) for part in (W, V)], Batches([4], 7, 3, 0.2)
    oracle = torch.optim.SGD(tensors, 0.05)
    for _ in range(10):
        x, labels = batches.draw(X[None], t[None])
        f0 = torch.tensor(outputs(activities(x, W[None]), V[None])[0])
        oracle.zero_grad()
        torch_risk(name, torch.tensor(x[0]), torch.tensor(labels[0]), *tensors, 1.0, "mean", f0).backward()
        oracle.step()
    np.testing.assert_allclose(run.W, tensors[0].detach().numpy(), rtol=1e-10, atol=1e-12)
