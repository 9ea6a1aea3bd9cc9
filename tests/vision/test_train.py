"""`train_one` is plain SGD on cross_entropy(c f) / c, repeatable, and says truly how it ended."""

import copy
import math
from dataclasses import asdict

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from fls_teach.vision.data.dataset import Data
from fls_teach.vision.models.build import build
from fls_teach.vision.run import Run
from fls_teach.vision.training import inputs
from fls_teach.vision.training.batches import epoch_order
from fls_teach.vision.training.train import EVALUATION_BATCH, arithmetic, train_one, train_run

from .made import images

pytestmark = pytest.mark.kernels


@pytest.fixture
def data():
    return Data(images(100, 1), images(EVALUATION_BATCH["cpu"] + 7, 2), images(20, 3))


def train(model, data, **rule):
    """`train_one` by a Run of such a rule."""
    return train_one(model, data, Run(**{"n_validation": 20 if data.validation else 0} | rule))


def linear():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 3, bias=False))


def small_cnn(**change):
    return build("cnn5", **{"n_classes": 3, "width": 4, "image_size": 8, **change})


def test_it_is_plain_sgd_at_the_rate_lr_over_c_on_the_loss_of_c_f(data):
    """Against torch.optim.SGD: catches a lost c, a mean over the wrong images, a dropped last batch, momentum."""
    c, lr, batch = 0.25, 0.1, 30
    ours, theirs = small_cnn(), small_cnn()
    done = train(ours, data, lr=lr, c=c, batch=batch, epochs=2, target=1.0)
    optimiser, normalise, steps = torch.optim.SGD(theirs.parameters(), lr=lr / c), data.normaliser(), 0
    for epoch in range(2):
        for chosen in epoch_order(100, 0, epoch, "cpu").split(batch):
            optimiser.zero_grad()
            cross_entropy(c * theirs(normalise(data.train.pixels[chosen])), data.train.labels[chosen]).backward()
            optimiser.step()
            steps += 1
    assert (done.status, done.epochs, done.steps) == ("budget", 2, steps) and steps == 8
    for weight, wanted in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(weight, wanted, rtol=1e-4, atol=1e-6)
    with torch.no_grad():
        outputs = c * theirs(normalise(data.test.pixels))
    assert done.test_risk[-1] == pytest.approx(float(cross_entropy(outputs, data.test.labels)), rel=1e-4)
    assert done.test_accuracy[-1] == pytest.approx(float((outputs.argmax(1) == data.test.labels).double().mean()))


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(data):
    run = Run(width=4, n=100, classes=3, image_size=8, epochs=3)
    state = torch.random.get_rng_state()
    assert train_run(run, data) == train_run(run, data) != train_run(Run(**asdict(run) | {"seed": 1}), data)
    assert torch.equal(state, torch.random.get_rng_state()), "the global random state was used"


def test_an_epoch_sees_every_image_once_in_an_order_of_its_own():
    orders = [epoch_order(50, seed, epoch, "cpu") for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    assert all(order.sort().values.equal(torch.arange(50)) for order in orders)
    assert not any(first.equal(second) for first in orders for second in orders if first is not second)
    assert orders[0].equal(epoch_order(50, 0, 0, "cpu"))


def test_training_accuracy_ends_the_run_at_the_first_epoch_that_has_it(data):
    done = train(small_cnn(), data, lr=0.1, target=0.9)
    assert done.status == "reached" and done.train_accuracy[-1] >= 0.9 > max(done.train_accuracy[:-1])
    assert len(done.train_accuracy) == len(done.test_risk) == len(done.validation_risk) == done.epochs + 1
    assert done.steps == 2 * done.epochs and done.diverged_at is None
    assert done.peak_test_accuracy == max(done.test_accuracy) and done.final_test_accuracy == done.test_accuracy[-1]


def test_training_risk_ends_the_run_at_the_first_epoch_that_has_it(data):
    done = train(small_cnn(), data, lr=0.1, stop="train-risk", target=0.5)
    assert done.status == "reached" and done.train_risk[-1] <= 0.5 < min(done.train_risk[:-1])


def test_validation_risk_ends_the_run_after_so_many_epochs_without_a_better_one(data):
    done = train(small_cnn(), data, lr=0.1, stop="validation-risk", target=3, epochs=200)
    risks = done.validation_risk
    assert done.status == "reached" and risks.index(min(risks)) == done.epochs - 3
    best = [risks.index(min(risks[: epoch + 1])) for epoch in range(done.epochs)]
    assert all(epoch - at < 3 for epoch, at in enumerate(best)), "an earlier epoch would have been the end"


def test_a_target_that_is_met_before_training_needs_none(data):
    done = train(small_cnn(), data, lr=0.1, stop="train-risk", target=1e9)
    assert (done.status, done.epochs, done.steps) == ("reached", 0, 0)


class Breaks(nn.Module):
    """A linear network whose outputs overflow at one call in training mode, counted from 0, and never again."""

    def __init__(self, call):
        super().__init__()
        self.linear, self.left = linear(), call

    def forward(self, images):
        if not self.training:
            return self.linear(images)
        self.left -= 1
        return self.linear(images) * (math.inf if self.left == -1 else 1)


def test_divergence_names_its_step_and_leaves_only_finite_numbers(data):
    """Step 7 is the third of the second epoch: only the first epoch is whole. Catches a look at the last loss alone."""
    done = train(Breaks(7), data, lr=1e-3, batch=20)
    assert (done.status, done.epochs, done.steps, done.diverged_at) == ("diverged", 1, 7, 7)
    assert len(done.train_risk) == 2 and all(map(math.isfinite, done.train_risk + done.test_risk))


def test_divergence_in_the_last_step_of_an_epoch_is_seen_by_the_evaluation(data):
    done = train(linear(), data, lr=1e38, batch=100)
    assert (done.status, done.epochs, done.diverged_at) == ("diverged", 0, 1)


def dead():
    """A CNN whose second convolution is below 0 for every image."""
    model = small_cnn()
    with torch.no_grad():
        model.features[2].weight.copy_(-model.features[2].weight.abs())
    return model


@pytest.mark.parametrize("rule", [{}, {"stop": "train-risk"}, {"stop": "validation-risk", "target": 1.0}])
def test_a_network_without_a_gradient_is_dead_after_one_epoch(data, rule):
    """Else it spends the whole budget, or, by the validation rule, ends as if training had brought it there."""
    done = train(dead(), data, lr=0.1, batch=30, **rule)
    assert (done.status, done.epochs, done.steps, done.diverged_at) == ("dead", 1, 4, None)
    assert done.train_risk[0] == done.train_risk[1] == pytest.approx(math.log(3), rel=1e-6)


def test_a_network_that_dies_in_training_is_dead_at_the_first_epoch_without_a_gradient(data):
    done = train(small_cnn(), data, lr=30.0, batch=30)
    assert (done.status, done.epochs) == ("dead", 2)
    assert done.train_risk[0] != done.train_risk[1] == done.train_risk[2] == pytest.approx(math.log(3), rel=1e-6)


@pytest.mark.parametrize("change", [{"momentum": 0.5}, {"optimiser": "adam"}, {"weight_decay": 0.1}])
def test_a_network_that_moves_without_a_gradient_is_not_dead(data, change):
    """A dead start has nothing to move it but weight decay; a death on the way leaves momentum, which fades."""
    start = train(dead(), data, lr=0.1, epochs=3, **change)
    assert start.status == ("budget" if "weight_decay" in change else "dead")
    if "momentum" in change:
        done = train(small_cnn(), data, lr=30.0, batch=30, epochs=60, **change)
        still = done.train_risk.index(done.train_risk[-1])
        assert done.status == "dead" and 1 <= still < done.epochs - 1


def test_a_centred_network_whose_outputs_are_all_0_is_alive(data):
    """Equal outputs for all images are not the sign: a centred network has them before training."""
    assert train(small_cnn(), data, lr=1e-6, centred=True, epochs=2).status == "budget"


def test_a_network_that_fits_to_the_last_bit_is_not_dead(data):
    """Its gradients are 0 because its losses are: the validation rule ends it as before."""
    model, pixels = linear().double(), data.normaliser()(data.train.pixels).flatten(1).double()
    with torch.no_grad():
        wanted = 1000 * torch.nn.functional.one_hot(data.train.labels, 3).double()
        model[1].weight.copy_(torch.linalg.lstsq(pixels, wanted).solution.T)
    done = train(nn.Sequential(Double(), model), data, lr=0.1, stop="validation-risk", target=2.0)
    assert (done.status, done.epochs, done.train_risk) == ("reached", 2, (0.0, 0.0, 0.0))


class Double(nn.Module):
    def forward(self, images):
        return images.double()


def test_evaluation_uses_the_running_statistics_of_batch_norm(data):
    model = small_cnn(norm="batch")
    done = train(model, data, lr=0.1, epochs=1, target=1.0)
    with torch.no_grad():
        outputs = model.eval()(data.normaliser()(data.test.pixels))
    assert done.test_risk[-1] == pytest.approx(float(cross_entropy(outputs, data.test.labels)), rel=1e-5)


def test_evaluation_0_is_of_a_network_that_batch_norm_normalises(data):
    """With statistics of 0 and 1 it would be of another network, with outputs of another size."""
    model = build("resnet18", n_classes=3, width=4, norm="batch", image_size=8)
    with torch.no_grad():
        outputs = copy.deepcopy(model).train()(data.normaliser()(data.train.pixels))
    done = train(model, data, lr=1e-9, batch=100, epochs=1, target=1.0)
    # The running variance is the unbiased one: 100 values per channel or more at each of 20 layers.
    assert done.train_risk[0] == pytest.approx(float(cross_entropy(outputs, data.train.labels)), rel=0.05)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_a_centred_run_with_batch_norm_stays_at_zero_until_weights_move(data, name):
    """Training mode and evaluation mode alike, however the running statistics move. ResNet-50's risk went to 4,590."""
    model = build(name, n_classes=3, width=4, norm="batch", image_size=8)
    done = train(model, data, lr=1e-30, batch=25, centred=True, epochs=2)
    assert done.status == "budget" and done.train_risk == 3 * (pytest.approx(math.log(3), rel=1e-6),)


def test_a_centred_run_with_batch_norm_learns(data):
    model = build("resnet18", n_classes=3, width=4, norm="batch", image_size=8)
    done = train(model, data, lr=0.02, batch=25, centred=True, epochs=4, target=1.0)
    assert done.train_risk[-1] < done.train_risk[0]


def test_a_centred_run_starts_from_outputs_of_zero(data):
    done = train(small_cnn(), data, lr=0.1, c=2.0, centred=True, epochs=2, target=1.0)
    assert done.train_risk[0] == pytest.approx(math.log(3), rel=1e-6) and done.train_risk[2] < done.train_risk[0]


@pytest.mark.parametrize(
    "change, words",
    [
        ({"c": 1e39}, "not finite before training; c is 1e\\+39"),
        ({"c": 0.0}, "c is 0"),
        ({"stop": "validation-risk", "target": 3.0, "n_validation": 20}, "no validation images"),
        ({"stop": "train_accuracy"}, "stop is 'train_accuracy'; wanted one of train-accuracy, train-risk"),
    ],
)
def test_what_cannot_be_trained_is_a_sentence(data, change, words):
    with pytest.raises(ValueError, match=words):
        train(small_cnn(), Data(data.train, data.test), lr=0.1, **change)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_another_number_of_classes_is_a_sentence(data, n_classes):
    """Too few outputs stop a GPU for good; too many go unnoticed."""
    with pytest.raises(ValueError, match=rf"outputs for an image are \({n_classes},\); wanted \(3,\)"):
        train(small_cnn(n_classes=n_classes), data, lr=0.1)


@pytest.mark.parametrize("change", [{}, {"norm": "batch"}, {"augmentation": "crop-flip"}])
def test_images_normalised_once_or_batch_by_batch_give_the_same_run(monkeypatch, change):
    """To the last bit: a large set, of which a CPU keeps the bytes alone, is trained as a small one is."""
    run, data = Run(width=4, n=100, classes=3, image_size=8, epochs=2, **change), Data(images(100, 1), images(70, 2))
    wanted = train_run(run, data)
    monkeypatch.setattr(inputs, "KEPT_ON_CPU", 0)
    assert train_run(run, data) == wanted


NEAR = {"evaluate": "near", "test_every": 3, "epochs": 100, "lr": 0.1, "batch": 30}


@pytest.mark.parametrize(
    "rule", [{"target": 0.95}, {"stop": "train-risk", "target": 0.1}, {"stop": "validation-risk", "target": 1.0}]
)
def test_fewer_evaluations_change_no_step_and_no_end(data, rule):
    """Evaluations move nothing, and where they count, near the target and at the end, they are those of "every"."""
    full, few = small_cnn(), small_cnn()
    wanted = train(full, data, **NEAR | rule | {"evaluate": "every", "test_every": 1})
    done = train(few, data, **NEAR | rule)
    assert all(map(torch.equal, full.parameters(), few.parameters()))
    assert (done.status, done.epochs, done.steps) == (wanted.status, wanted.epochs, wanted.steps) and done.epochs > 3
    assert done.train_risk[0] == wanted.train_risk[0] and len(done.train_risk) == done.epochs + 1
    if rule.get("stop") != "validation-risk":
        assert done.train_risk[1] != wanted.train_risk[1], "the first epoch is far from the target"
        assert done.train_risk[-1] == wanted.train_risk[-1]
    tested = Run(**NEAR).tested(done.epochs)
    assert done.test_risk == tuple(wanted.test_risk[epoch] for epoch in tested)
    assert done.peak_test_accuracy == max(done.test_accuracy) and done.final_test_accuracy == wanted.test_accuracy[-1]


def test_far_from_the_target_an_epoch_has_the_accuracy_of_its_own_batches(data):
    """One batch per epoch, so that it is the network before the step: the evaluation of the epoch before."""
    rule = {"lr": 0.01, "batch": 100, "epochs": 4, "target": 1.0, "c": 0.5}
    done, wanted = (train(small_cnn(), data, **rule, evaluate=name) for name in ("near", "every"))
    assert done.train_risk[1:4] == pytest.approx(wanted.train_risk[:3], rel=1e-6)
    assert done.train_accuracy[1:4] == wanted.train_accuracy[:3] and done.train_risk[4] == wanted.train_risk[4]


@pytest.mark.parametrize("evaluate", ["every", "near"])
def test_a_run_that_diverges_between_two_tests_says_so(data, evaluate):
    done = train(Breaks(12), data, lr=1e-3, batch=20, evaluate=evaluate, test_every=2)
    assert (done.status, done.epochs, done.diverged_at) == ("diverged", 2, 12) and len(done.test_risk) == 2


def test_bf16_is_autocast_with_c_and_the_loss_in_full(data):
    """By hand: catches bfloat16 weights, which small steps would not move, and c times rounded logits."""
    c, ours, theirs, normalise = 0.3, small_cnn(), small_cnn(), data.normaliser()
    done = train(ours, data, lr=0.1, c=c, batch=50, epochs=1, target=1.0, precision="bf16")
    weights, theirs = list(theirs.parameters()), theirs.to(memory_format=torch.channels_last)
    for chosen in epoch_order(100, 0, 0, "cpu").split(50):
        with torch.autocast("cpu", torch.bfloat16):
            logits = theirs(normalise(data.train.pixels[chosen]))
        loss = cross_entropy(c * logits.float(), data.train.labels[chosen]) / c
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.data -= 0.1 * gradient
    assert {weight.dtype for weight in ours.parameters()} == {torch.float32}
    for weight, wanted in zip(ours.parameters(), weights, strict=True):
        torch.testing.assert_close(weight, wanted, rtol=1e-5, atol=1e-7)
    full = train(small_cnn(), data, lr=0.1, c=c, batch=50, epochs=1, target=1.0)
    assert done.train_risk != full.train_risk and done.train_risk == pytest.approx(full.train_risk, rel=0.01)


def test_fp32_on_a_cpu_is_what_torch_does_there(data):
    assert train(small_cnn(), data, lr=0.1, epochs=1, precision="fp32") == train(small_cnn(), data, lr=0.1, epochs=1)


def test_a_precision_holds_for_its_run_alone(data):
    flags = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    with arithmetic(Run(precision="fp32")):
        assert not torch.backends.cudnn.allow_tf32 and not torch.backends.cuda.matmul.allow_tf32
    with arithmetic(Run(precision="tf32")):
        assert torch.backends.cudnn.allow_tf32 and torch.backends.cuda.matmul.allow_tf32
    with arithmetic(Run()):
        assert flags == (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)
    assert flags == (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)


def test_the_network_is_compiled_where_a_run_says_so_and_trained_in_place(data, monkeypatch):
    """Traced alone, as on a machine without a compiler: the weights of `model` must be those that are trained."""
    asked, compiled = [], torch.compile
    monkeypatch.setattr(torch, "compile", lambda net: asked.append(net) or compiled(net, backend="eager"))
    plain, traced = small_cnn(), small_cnn()
    wanted = train(plain, data, lr=0.1, epochs=1)
    assert not asked
    assert train(traced, data, lr=0.1, epochs=1, compile=True) == wanted and len(asked) == 1
    assert all(map(torch.equal, plain.parameters(), traced.parameters()))


@pytest.mark.parametrize(
    "change, words", [({"precision": "tf32"}, "arithmetic of NVIDIA GPUs"), ({"channels_last": True}, "for a GPU")]
)
def test_what_only_a_gpu_has_is_refused_on_a_cpu(data, change, words):
    with pytest.raises(ValueError, match=words):
        train(small_cnn(), data, lr=0.1, **change)
