"""A stack of runs does what `train_one` does with each: the same steps, the same ends, whoever else is in the stack."""

import gc
import weakref
from dataclasses import asdict, replace

import pytest
import torch

from fls_teach.vision.data.dataset import Data
from fls_teach.vision.models.build import build_for
from fls_teach.vision.run import Run
from fls_teach.vision.training import fused, stack, train
from fls_teach.vision.training.fused import train_stack
from fls_teach.vision.training.train import EVALUATION_BATCH, train_run

from .made import images

pytestmark = pytest.mark.kernels
N = 100


@pytest.fixture(scope="module")
def data():
    return Data(images(N, 1), images(EVALUATION_BATCH["cpu"] + 7, 2), images(20, 3))


def run(**change):
    return Run(**{"width": 4, "n": N, "classes": 3, "image_size": 8, "batch": 30, "epochs": 3, "target": 1.0} | change)


class DoubleData(Data):
    """The same numbers, in float64."""

    def normaliser(self):
        normalise = super().normaliser()
        return lambda pixels: normalise(pixels).double()


@pytest.fixture
def double(data, monkeypatch):
    """Images for both engines in float64.

    The engines add in different orders. In float32 a preactivation within rounding of 0 then lands on either side of a
    ReLU, which twelve steps amplify to 2e-3 in a VGG; float64 leaves room for a tolerance that catches every mistake.
    """
    for engine in (stack, train):
        monkeypatch.setattr(engine, "build_for", lambda run: build_for(run).double())
    return DoubleData(data.train, data.test, data.validation)


def assert_same(stacked, alone, rel=1e-4):
    """Equal in what is counted, close in what is summed."""
    stacked, alone = asdict(stacked), asdict(alone)
    for name in ("status", "epochs", "steps", "diverged_at"):
        assert stacked[name] == alone[name], name
    for name, curve in alone.items():
        if isinstance(curve, tuple):
            tolerance = {"abs": 1.5 / N} if "accuracy" in name else {"rel": rel}  # an image on the border may flip
            assert stacked[name] == pytest.approx(curve, **tolerance), name


NETWORKS = pytest.mark.parametrize(
    "change",
    [
        {},
        {"centred": True},
        {"norm": "group"},
        {"model": "vgg11"},
        {"model": "resnet18"},
        {"model": "resnet50", "lr": 0.01},
        {"model": "resnet18", "norm": "group", "lr": 0.01},
    ],
    ids=lambda change: " ".join(map(str, change.values())) or "cnn5",
)
SEEDS = pytest.mark.parametrize("seeds", [(0, 0, 0), (0, 1, 2)], ids=["one seed", "three seeds"])


def three_runs(change, seeds, **rule):
    """Of three multipliers, the first at half the learning rate."""
    runs = [
        run(**{"lr": 0.05} | change | rule, c=c, seed=seed) for c, seed in zip((0.25, 1.0, 4.0), seeds, strict=True)
    ]
    return [replace(runs[0], lr=runs[0].lr / 2), *runs[1:]]


@SEEDS
@NETWORKS
def test_members_take_the_steps_of_train_one(double, change, seeds):
    """Twelve steps with the last batch a short one: catches a shared c or lr, a stale f0, another order or start."""
    runs = three_runs(change, seeds)
    stacked, alone = train_stack(runs, double), [train_run(each, double) for each in runs]
    for ours, theirs in zip(stacked, alone, strict=True):
        assert_same(ours, theirs, rel=1e-9)
    assert len({ours.train_risk[-1] for ours in stacked}) == 3


@SEEDS
@NETWORKS
def test_members_take_the_step_of_train_one_in_float32(data, change, seeds):
    """The first step, before training amplifies rounding: catches kernels of float32 that are wrong."""
    runs = three_runs(change, seeds, batch=N, epochs=1)
    for ours, each in zip(train_stack(runs, data), runs, strict=True):
        assert_same(ours, train_run(each, data))


OPTIONS = {
    "momentum": {"momentum": 0.9, "weight_decay": 0.01},
    "adam": {"optimiser": "adam", "lr": 0.01, "weight_decay": 0.01},
    "adamw": {"optimiser": "adamw", "lr": 0.01, "weight_decay": 0.1},
    "cosine": {"schedule": "cosine", "warmup": 1},
    "crop-flip": {"augmentation": "crop-flip"},
    "squared": {"loss": "squared"},
    "near": {"evaluate": "near", "test_every": 2, "n_validation": 20},
}


@pytest.mark.parametrize(("seeds", "change"), [((0, 1, 2), each) for each in OPTIONS.values()], ids=OPTIONS)
def test_members_train_with_the_options_of_a_run(double, seeds, change):
    """The second of them ends early and takes its buffers along: catches a state that stays with the wrong member."""
    runs = three_runs(change, seeds)
    runs[1] = replace(runs[1], epochs=2)
    for ours, each in zip(train_stack(runs, double), runs, strict=True):
        assert_same(ours, train_run(each, double), rel=1e-8)


def test_members_round_to_bf16_as_a_run_does(data):
    """One step; bfloat16 has three digits, and the engines add in different orders before they round."""
    runs = [run(precision="bf16", batch=N, epochs=1, c=c, lr=0.05) for c in (0.5, 1.0)]
    for ours, each in zip(train_stack(runs, data), runs, strict=True):
        assert ours.train_risk == pytest.approx(train_run(each, data).train_risk, rel=1e-3)
        (full,) = train_stack([replace(each, precision="fp32")], data)
        assert ours.train_risk != pytest.approx(full.train_risk, rel=1e-5)


def test_each_member_ends_by_its_own_rule(double):
    """Reached at once, reached by accuracy, by risk, no better on validation, budget: none waits for another."""
    runs = [
        run(stop="train-risk", target=100.0),
        run(target=0.9, epochs=30, lr=0.1),
        run(stop="train-risk", target=0.7, epochs=30, seed=1),
        run(epochs=2, lr=0.001),
    ]
    stacked, alone = train_stack(runs, double), [train_run(each, double) for each in runs]
    for ours, theirs in zip(stacked, alone, strict=True):
        assert_same(ours, theirs, rel=1e-9)
    assert [ours.status for ours in stacked] == ["reached", "reached", "reached", "budget"]
    assert len({ours.epochs for ours in stacked}) == 4


def test_the_validation_rule_ends_a_member_as_it_ends_a_run(double):
    runs = [run(stop="validation-risk", target=1.0, n_validation=20, epochs=40, lr=lr) for lr in (0.2, 0.1)]
    stacked = train_stack(runs, double)
    for ours, each in zip(stacked, runs, strict=True):
        assert_same(ours, train_run(each, double), rel=1e-9)
    assert [ours.status for ours in stacked] == ["reached", "reached"]
    assert stacked[0].epochs < stacked[1].epochs < 40


@pytest.fixture
def sizes(monkeypatch):
    """How many members each step was taken with."""
    found, step = [], stack.Stack.step

    def counted(members, *batch):
        seen = step(members, *batch)
        found.append(seen.shape[1])
        assert {len(weight) for weight in members.weights.values()} == {seen.shape[1]}
        return seen

    monkeypatch.setattr(stack.Stack, "step", counted)
    return found


def test_the_stack_shrinks_as_members_end(data, sizes):
    train_stack([run(epochs=1), run(epochs=3), run(epochs=1, c=2.0), run(epochs=2)], data)
    assert sizes == 4 * [4] + 4 * [2] + 4 * [1]


def test_a_stack_whose_members_have_all_reached_their_targets_takes_no_step(data, sizes):
    done = train_stack(2 * [run(stop="train-risk", target=100.0)], data)
    assert not sizes and [(each.status, each.epochs) for each in done] == 2 * [("reached", 0)]


@pytest.mark.parametrize("centred", [False, True])
def test_a_diverged_member_leaves_and_harms_nobody(data, sizes, centred):
    """With seeds of their own: who stays keeps its weights, f0, c, rate and order."""
    runs = [run(centred=centred), run(centred=centred, lr=1e30, seed=1), run(centred=centred, c=0.5, lr=0.05, seed=2)]
    stacked = train_stack(runs, data)
    for ours, each in zip(stacked, runs, strict=True):
        assert_same(ours, train_run(each, data))
    assert (stacked[1].status, stacked[1].diverged_at, stacked[1].epochs) == ("diverged", 1, 0)
    assert sizes == 4 * [3] + 8 * [2]


def test_divergence_in_a_later_epoch_names_its_step_though_the_loss_recovers(data, monkeypatch):
    """Step 6 is the third of the second epoch of four. Catches a look at an epoch's last loss alone."""
    step, steps = stack.Stack.step, []

    def broken(members, *batch):
        seen = step(members, *batch)
        steps.append(seen)
        return seen * torch.tensor([1.0, torch.inf if len(steps) == 7 else 1.0])[: seen.shape[1]]

    monkeypatch.setattr(stack.Stack, "step", broken)
    well, ill = train_stack([run(), run(c=0.5)], data)
    assert (ill.status, ill.epochs, ill.steps, ill.diverged_at) == ("diverged", 1, 6, 6)
    assert len(ill.train_risk) == 2 and (well.status, well.steps) == ("budget", 12)


def test_divergence_in_the_last_step_of_an_epoch_is_seen_by_the_evaluation(data):
    ill, well = train_stack([run(lr=1e30, batch=N), run(batch=N)], data)
    assert (ill.status, ill.epochs, ill.diverged_at) == ("diverged", 0, 1) and well.status == "budget"


@pytest.mark.parametrize("centred", [False, True])
def test_a_dead_member_leaves_at_the_epoch_in_which_its_run_ends(data, sizes, centred):
    """A rate of 30 kills one network in its first epoch; the second epoch, all of whose gradients are 0, shows it."""
    runs = [run(centred=centred), run(centred=centred, lr=30.0), run(centred=centred, c=0.5)]
    stacked = train_stack(runs, data)
    for ours, each in zip(stacked, runs, strict=True):
        assert_same(ours, train_run(each, data))
    assert [each.status for each in stacked] == ["budget", "dead", "budget"] and stacked[1].epochs == 2
    assert sizes == 8 * [3] + 4 * [2]


def own_images(each):
    """Images of a seed's own, but for the test images."""
    return DoubleData(images(N, 10 + each.seed), images(40, 2), images(20, 30 + each.seed))


REFILLED = {
    "plain": {},
    "momentum": {"momentum": 0.9, "centred": True},
    "adam": {"optimiser": "adam", "lr": 0.01},
    "adamw": {"optimiser": "adamw", "lr": 0.01, "weight_decay": 0.1},
    "cosine, crop-flip": {"schedule": "cosine", "warmup": 1, "augmentation": "crop-flip"},
    "near": {"evaluate": "near", "test_every": 2, "n_validation": 20},
    "group norm": {"norm": "group", "model": "resnet18", "lr": 0.01},
}


@pytest.mark.parametrize("change", REFILLED.values(), ids=REFILLED)
def test_a_run_that_takes_an_ended_members_place_is_trained_as_if_alone(double, sizes, change):
    """Of three seeds with images of their own, two at a time: catches a state, an order, a rate or images of another.

    The runs end after 2, 3, 1, 0 (its target is met), 4 and 2 epochs.
    """
    budgets, c = (2, 3, 2, 4, 4, 2), (1.0, 0.5, 2.0, 1.0, 0.25, 1.0)
    runs = [
        run(**{"lr": 0.05} | change, epochs=epochs, c=c, seed=k // 2)
        for k, (epochs, c) in enumerate(zip(budgets, c, strict=True))
    ]
    runs[3] = replace(runs[3], stop="train-risk", target=100.0)
    ended = []
    found = train_stack(runs, own_images, places=2, done=lambda run, outcome, seconds: ended.append((run, outcome)))
    for ours, each in zip(found, runs, strict=True):
        assert_same(ours, train_run(each, own_images(each)), rel=1e-8)
    assert sizes.count(2) == 4 * 6 and sizes.count(1) == 4 * 1, "a place was left free, or a step taken for nothing"
    assert sorted(ended, key=lambda pair: runs.index(pair[0])) == list(zip(runs, found, strict=True))
    assert [each.epochs for _, each in ended] == [2, 3, 0, 2, 2, 4]


def test_a_stack_asks_for_more_when_a_place_is_free(data, sizes):
    """Of the runs that wait elsewhere it takes one per place, at the moment at which it begins."""
    waiting, asked = [run(epochs=1, c=0.5**k) for k in range(4)], []

    def more():
        asked.append(len(sizes))
        return waiting.pop(0) if waiting else None

    first = [run(epochs=2), run(epochs=1)]
    found = train_stack(first, data, more=more)
    assert [each.epochs for each in found] == [2, 1, 1, 1, 1, 1] and not waiting
    assert asked[:4] == [4, 8, 8, 12] and sizes == 12 * [2] + 4 * [1]


def test_a_run_that_overflows_costs_nobody_else_where_somebody_is_told(data):
    """As in a sweep: the others would begin again, hours later."""
    runs, told = [run(epochs=1), run(c=1e39), run(c=2e38, seed=1), run(epochs=1, c=0.5)], []
    found = train_stack(runs, data, places=2, done=lambda run, outcome, seconds: told.append((run, outcome)))
    assert [each and each.status for each in found] == ["budget", None, None, "budget"]
    sentences = [outcome for _, outcome in told if isinstance(outcome, str)]
    assert len(told) == 4 and len(sentences) == 2 and sentences[0].startswith("the risk is not finite before training")


def test_members_have_validation_images_of_their_own(double):
    """Beside the same training and test images: catches those of the first member for all."""

    def data_of(each):
        return DoubleData(double.train, double.test, images(20, 30 + each.seed))

    runs = [run(n_validation=20, seed=seed, epochs=1) for seed in (0, 1)]
    for ours, each in zip(train_stack(runs, data_of), runs, strict=True):
        assert_same(ours, train_run(each, data_of(each)), rel=1e-9)


def test_runs_of_a_stack_have_as_many_images_each(data):
    runs = [run(), run(seed=1)]
    with pytest.raises(ValueError, match="have not as many images each"):
        train_stack(runs, lambda each: data if each.seed else Data(images(N - 1, 1), data.test))


def test_rates_lie_in_memory_as_the_weights_do(data):
    """Else each weight has a kernel of its own for its update, on a GPU."""
    members = stack.Stack(3 * [run(model="resnet18", norm="group")], lambda each: data)
    members.epoch([0, 0, 0])
    for weight, rates in zip(members.weights.values(), members.rates, strict=True):
        assert weight.shape == rates.shape and weight.stride() == rates.stride()
    convolution = members.weights["features.0.weight"]
    assert convolution.flatten(0, 1).data_ptr() == convolution.data_ptr()
    assert convolution.flatten(0, 1).is_contiguous(memory_format=torch.channels_last)


@pytest.fixture
def small_memory(monkeypatch):
    """A GPU that holds so many networks and no more."""
    train = fused._train

    def limit(most):
        def limited(runs, *rest):
            if len(runs) > most:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory")
            return train(runs, *rest)

        monkeypatch.setattr(fused, "_train", limited)

    return limit


def test_out_of_memory_halves_the_stack_and_says_so(data, small_memory):
    runs = [run(seed=seed, epochs=1) for seed in range(5)]
    wanted = train_stack(runs, data)
    small_memory(2)
    with pytest.warns(RuntimeWarning, match="do not fit into the GPU's memory together") as said:
        found = train_stack(runs, data)
    assert [str(each.message) for each in said] == [
        "5 networks do not fit into the GPU's memory together; trying 2 at a time"
    ]
    for ours, theirs in zip(found, wanted, strict=True):
        assert_same(ours, theirs)


def test_a_stack_without_enough_memory_is_gone_when_the_next_one_begins(data, monkeypatch):
    """Not only once Python looks for objects that refer to themselves: a GPU's memory does not wait for that."""
    alive, before, begin = [], [], stack.Stack.__init__

    def tracked(members, runs, data_of):
        before.append([ref() for ref in alive if ref()])
        alive.append(weakref.ref(members))
        begin(members, runs, data_of)

    def short(members, *batch):
        if len(members.runs) > 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return step(members, *batch)

    step = stack.Stack.step
    monkeypatch.setattr(stack.Stack, "__init__", tracked)
    monkeypatch.setattr(stack.Stack, "step", short)
    gc.disable()
    try:
        with pytest.warns(RuntimeWarning, match="do not fit"):
            train_stack([run(epochs=1), run(epochs=1, c=0.5)], data)
    finally:
        gc.enable()
    assert before == [[], []]


def test_one_network_that_does_not_fit_is_a_sentence(data, small_memory):
    small_memory(0)
    with pytest.raises(MemoryError, match="one cnn5 of width 4 with batch 30 does not fit into the GPU's memory"):
        train_stack([run()], data)


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ([], "there are no runs to stack"),
        ([run(), run(width=8)], "runs in a stack may differ in c, lr, seed, stop, target, epochs and in nothing else"),
        ([run(), run(centred=True)], "may differ in .* and in nothing else"),
        ([run(classes=4)], "the runs have 4 classes, the images 3"),
        ([run(norm="batch")], 'norm is "batch", whose running statistics the fused engine does not keep'),
        ([run(compile=True)], "compile is an option of one network at a time"),
        ([run(precision="tf32")], "precision is 'tf32', arithmetic of NVIDIA GPUs"),
        ([run(), run(c=1e39)], r"the risk is not finite before training; c is 1e\+39"),
    ],
)
def test_runs_that_cannot_share_a_stack_are_refused_in_a_sentence(data, runs, sentence):
    with pytest.raises(ValueError, match=sentence):
        train_stack(runs, data)


def test_the_validation_rule_without_validation_images_is_refused(data):
    with pytest.raises(ValueError, match="there are no validation images"):
        train_stack([run(stop="validation-risk", target=2.0, n_validation=20)], Data(data.train, data.test))
