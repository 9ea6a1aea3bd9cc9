"""Picture of lesson 13: one step in float16, c divided out of the loss or of the learning rate. Needs torch."""

import numpy as np
import torch

from fls_teach import plotting

WAYS = ("CE(c f) at lr/c", plotting.RED, "s", False), ("CE(c f)/c at lr", plotting.BLUE, "o", True)
POWERS = np.arange(-18, 5)
SMALLEST = 2.0**-25  # half of the smallest float16: what is below rounds to zero


def gradients(dtype, c, divide):
    """Gradients by the layers of a net of three, all in one format, with 1/c in the loss or not."""
    rng = np.random.default_rng(13)
    shapes = (16, 8), (16, 16), (4, 16)
    # The same numbers in every format: those that float16 has.
    X, *layers = (torch.tensor(rng.standard_normal(s)).half().to(dtype) for s in ((32, 8), *shapes))
    layers = [(2.0**-4 * layer).requires_grad_() for layer in layers]
    labels = torch.tensor(rng.integers(0, 4, 32))
    f = torch.relu(torch.relu(X @ layers[0].T) @ layers[1].T) @ layers[2].T
    loss = torch.nn.functional.cross_entropy(c * f, labels)
    (loss / c if divide else loss).backward()
    return np.concatenate([layer.grad.double().numpy().ravel() for layer in layers])


@plotting.styled
def draw():
    figure, (size, error) = plotting.subplots(1, 2, size=(9.2, 4.0))
    c = 2.0**POWERS
    for name, colour, marker, divide in WAYS:
        exact = [gradients(torch.float64, each, divide) for each in c]
        half = [gradients(torch.float16, each, divide) for each in c]
        with np.errstate(invalid="ignore"):
            wrong = [np.abs(h - e).sum() / np.abs(e).sum() for h, e in zip(half, exact, strict=True)]
        size.loglog(c, [np.median(np.abs(e)) for e in exact], color=colour, marker=marker, label=name)
        error.loglog(c, wrong, color=colour, marker=marker, label=name)
        for each in c[~np.isfinite(wrong)]:
            error.plot(each, 2.5, color=colour, marker="x", markersize=8, clip_on=False)
    size.axhspan(1e-11, SMALLEST, color=plotting.GREY, alpha=0.25, lw=0)
    size.text(2.0**-2, SMALLEST / 10, "rounds to 0 in float16", ha="center", va="center", fontsize=10)
    size.set(ylim=(1e-10, 1e-1), xlabel="output multiplier c", ylabel="median |gradient|, exact")
    size.set_title("What backward has to carry")
    error.text(2.0**-15.4, 2.5, "overflow", color=plotting.BLUE, fontsize=10, va="center")
    error.set(ylim=(2e-4, 5), xlabel="output multiplier c", ylabel="relative error of the step, float16")
    error.set_title("What is left of the step")
    for axes in (size, error):
        axes.set_xscale("log", base=2)
        axes.set_xticks(2.0 ** np.arange(-18, 5, 4))
    error.legend(loc="center right")
    return figure
