"""Optimisers, schedule and loss of a run: torch.optim's steps, and the settings that make c a scale of the start."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from fls_teach.vision.data.dataset import Data
from fls_teach.vision.equivalence import equivalent_run
from fls_teach.vision.models.build import build
from fls_teach.vision.run import Run
from fls_teach.vision.training.batches import epoch_order
from fls_teach.vision.training.optimisers import rate
from fls_teach.vision.training.train import train_one

from .made import images

pytestmark = pytest.mark.kernels
RUN = Run(width=4, n=60, classes=3, image_size=8, batch=25, epochs=4, stop="train-risk", target=1e-9, lr=0.01)
SETTINGS = {
    "sgd with decay": {"weight_decay": 0.1},
    "momentum": {"momentum": 0.9},
    "momentum with decay": {"momentum": 0.9, "weight_decay": 0.1},
    "adam": {"optimiser": "adam"},
    "adam with decay": {"optimiser": "adam", "weight_decay": 0.1, "eps": 1e-3},
    "adamw": {"optimiser": "adamw", "weight_decay": 0.5},
    "cosine": {"schedule": "cosine", "warmup": 1, "momentum": 0.5},
    "squared": {"loss": "squared", "c": 0.25},
}


class DoubleData(Data):
    def normaliser(self):
        normalise = super().normaliser()
        return lambda pixels: normalise(pixels).double()


@pytest.fixture
def data():
    return DoubleData(images(60, 1), images(20, 2))


def model(factor=1.0):
    made = build("cnn5", n_classes=3, width=4, image_size=8).double()
    with torch.no_grad():
        for weight in made.parameters():
            weight *= factor
    return made


def theirs(run, weights):
    """The optimiser of `run` in torch.optim."""
    common = {"lr": run.lr, "weight_decay": run.weight_decay}
    if run.optimiser == "sgd":
        return torch.optim.SGD(weights, momentum=run.momentum, **common)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[run.optimiser](weights, eps=run.eps, **common)


@pytest.mark.parametrize("change", SETTINGS.values(), ids=SETTINGS)
def test_it_takes_the_steps_of_torch(data, change):
    """Twelve steps of another implementation: catches a decay in the wrong place, a wrong bias correction or rate."""
    run, ours, other = replace(RUN, **change), model(), model()
    done = train_one(ours, data, run)
    assert (done.status, done.steps) == ("budget", 12)
    optimiser, normalise, step = theirs(run, other.parameters()), data.normaliser(), 0
    for epoch in range(4):
        for chosen in epoch_order(60, 0, epoch, "cpu").split(25):
            outputs, labels = run.c * other(normalise(data.train.pixels[chosen])), data.train.labels[chosen]
            one_hot = torch.nn.functional.one_hot(labels, 3)
            by_name = {
                "cross-entropy": cross_entropy(outputs, labels),
                "squared": (outputs - one_hot).square().sum() / 2,
            }
            loss = by_name[run.loss] / (len(labels) if run.loss == "squared" else 1)
            optimiser.zero_grad()
            (loss / run.c).backward()
            optimiser.param_groups[0]["lr"] = rate(run, step, 3)
            optimiser.step()
            step += 1
    for weight, wanted in zip(ours.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(weight, wanted, rtol=1e-9, atol=1e-12)


def test_the_rate_rises_and_falls():
    """Catches a warm-up that begins with 0, which would waste a step, and a cosine that ends before the budget."""
    run = Run(lr=2.0, epochs=10, warmup=2, schedule="cosine")
    rates = [rate(run, step, 5) for step in range(50)]
    assert rates[:10] == pytest.approx([0.2 * k for k in range(1, 11)]) and rates[10] == 2.0
    assert all(a > b for a, b in zip(rates[10:], rates[11:], strict=False)) and 0 < rates[-1] < 0.01
    assert rates[30] == pytest.approx(1.0) and {rate(Run(lr=2.0), step, 5) for step in range(50)} == {2.0}


EQUIVALENT = {name: SETTINGS[name] for name in list(SETTINGS)[:-2]} | {"sgd": {}}


@pytest.mark.parametrize("c", [2.0**-5, 8.0])
@pytest.mark.parametrize("change", EQUIVALENT.values(), ids=EQUIVALENT)
def test_c_is_a_scale_of_the_start_for_every_optimiser(data, change, c):
    """What c f does from theta, f does from c^(1/5) theta, with decay, eps and rate translated.

    Twelve steps in float64 to 1e-8. The same without a translation of decay or eps is another run.
    """
    run = replace(RUN, **change)
    scaled, multiplied = model(c**0.2), model()
    of_f = train_one(scaled, data, run)
    of_c_f = train_one(multiplied, data, equivalent_run(run, c, degree=5))
    assert of_c_f.train_risk == pytest.approx(of_f.train_risk, rel=1e-8)
    for weight, wanted in zip(multiplied.parameters(), scaled.parameters(), strict=True):
        torch.testing.assert_close(c**0.2 * weight, wanted, rtol=1e-7, atol=1e-10)
    for name in {"weight_decay", "eps"} & set(change):
        wrong = replace(equivalent_run(run, c, degree=5), **{name: change[name]})
        if getattr(equivalent_run(run, c, degree=5), name) != change[name]:
            assert train_one(model(), data, wrong).train_risk != pytest.approx(of_f.train_risk, rel=1e-6)


def test_what_has_no_equivalent_is_a_sentence():
    with pytest.raises(ValueError, match="centred"):
        equivalent_run(replace(RUN, centred=True), 2.0, degree=5)
    with pytest.raises(ValueError, match="c is 0.5; wanted 1"):
        equivalent_run(replace(RUN, c=0.5), 2.0, degree=5)
