"""One's own model and data by module:function: trained as ours are, recorded with their source, refused if absent."""

import re
import sys
from dataclasses import replace

import pytest
import torch

from fls_teach.vision.models.build import build_for, homogeneity
from fls_teach.vision.own import is_own, resolve, sources
from fls_teach.vision.run import Run
from fls_teach.vision.sweep import engines, store
from fls_teach.vision.sweep.provenance import mixtures
from fls_teach.vision.sweep.sweep import sweep

MINE = """
import torch

from fls_teach.vision.data.dataset import Data, Images

THREE = 3


def net(run):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * run.image_size**2, run.n_classes, bias=False))


def ours(run):
    from fls_teach.vision.models.build import build

    features = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.ReLU(), torch.nn.Conv2d(4, 4, 3))
    model = build("cnn5", n_classes=run.n_classes, width=2, image_size=run.image_size)
    model.features = features
    return model


def normed(run):
    return torch.nn.Sequential(torch.nn.BatchNorm2d(3), net(run))


def dropping(run):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5), net(run)[1])


def wide(run):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * run.image_size**2, 5, bias=False))


class Halving(torch.nn.Linear):
    def forward(self, x):
        return super().forward(x) * (0.5 if self.training else 1.0)


def moody(run):
    return torch.nn.Sequential(torch.nn.Flatten(), Halving(3 * run.image_size**2, run.n_classes, bias=False))


def picky(run):
    assert run.seed != 1
    return net(run)


def frozen(run):
    return net(run).requires_grad_(False)


def images(n, seed):
    draw = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (n, 3, 8, 8), generator=draw, dtype=torch.uint8)
    return Images(pixels, (pixels[:, 0, 0, 0] > 127).long(), 2)


def pictures(run):
    assert run.c == 1 and run.lr == 1
    return Data(images(run.n, run.seed + 1), images(run.n_test, 0))


def text(run):
    return "pictures"


def broken(run):
    raise RuntimeError("no such file")
"""


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    """The current folder with a module of a name of its own; the path of the module."""
    folder = tmp_path / "here"
    folder.mkdir()
    path = folder / f"mine_{tmp_path.name}.py"
    path.write_text(MINE)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return path


def run(mine, **change):
    usual = {"model": f"{mine.stem}:net", "data": f"{mine.stem}:pictures", "classes": 2, "image_size": 8, "n": 20}
    return Run(**usual | {"n_test": 10, "batch": 8, "epochs": 2, "target": 1.0, "lr": 0.01} | change)


@pytest.mark.kernels
def test_a_sweep_trains_ones_own_in_the_loop_and_fused(mine, tmp_path):
    """Also in a process of its own, which has to find the file of the current folder."""
    runs = [run(mine, c=c) for c in (0.5, 1.0, 2.0)]
    records = [sweep(runs, tmp_path / engine, engine=engine).records for engine in ("loop", "fused", "processes")]
    for loop, fused, alone in zip(*records, strict=True):
        assert loop["trained"]["train_risk"] == pytest.approx(fused["trained"]["train_risk"], rel=1e-4)
        assert loop == alone and loop["sources"] == sources(runs[0]) and set(loop["sources"]) == {"model", "data"}
    assert len({tuple(record["trained"]["test_risk"]) for record in records[0]}) == 3


@pytest.mark.kernels
def test_a_network_of_ours_that_was_changed_is_stacked_as_ones_own(mine, tmp_path):
    """It has layers that know nothing of stacks; each seed has images of its own."""
    runs = [run(mine, model=f"{mine.stem}:ours", c=c, seed=seed) for c in (0.5, 1.0) for seed in (0, 1)]
    loop, fused = (sweep(runs, tmp_path / engine, engine=engine).records for engine in ("loop", "fused"))
    for ours, theirs in zip(loop, fused, strict=True):
        assert ours["trained"]["train_risk"] == pytest.approx(theirs["trained"]["train_risk"], rel=1e-4)


def test_a_file_that_changed_between_runs_is_named(mine, tmp_path):
    first, second = run(mine), run(mine, c=0.5)
    sweep([first], tmp_path / "out", engine="loop")
    mine.write_text(MINE + "\n# another version\n")
    sweep([second], tmp_path / "out", engine="loop")
    said = mixtures(store.read(tmp_path / "out").values())
    assert len(said) == 2 and all("Mixed versions of 'mine_" in sentence for sentence in said)


def test_the_seed_is_the_start_and_the_global_state_is_left_alone(mine):
    state = torch.random.get_rng_state()
    first, again, other = (build_for(run(mine, seed=seed))[1].weight for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(state, torch.random.get_rng_state()) and homogeneity(build_for(run(mine))) is None


def test_batch_norm_in_ones_own_is_not_fused_in_silence(mine, tmp_path):
    from fls_teach.vision.data.load import load_data
    from fls_teach.vision.training.fused import train_stack

    normed = run(mine, model=f"{mine.stem}:normed")
    with pytest.raises(ValueError, match="has buffers, which the fused engine does not keep"):
        train_stack([normed], load_data(normed))


@pytest.mark.parametrize("model, fuses", [("net", True), ("normed", False), ("dropping", False)])
def test_auto_fuses_ones_own_where_it_can_be(mine, tmp_path, model, fuses):
    """A sweep that goes on fused trained none of the others: each failed with a sentence."""
    first, own = run(mine, model="cnn5"), run(mine, model=f"{mine.stem}:{model}")
    assert engines.can_fuse(first) and engines.can_fuse(own) == fuses
    said = []
    sweep([first, replace(first, c=0.5)], tmp_path, engine="fused", say=said.append)
    swept = sweep([first, own, replace(first, c=2.0)], tmp_path, say=said.append)
    assert not swept.failed and [record["engine"] for record in swept.records] == ["fused", own_engine(fuses), "fused"]
    assert any("cannot be fused (batch norm, buffers, dropout" in word for word in said) != fuses


@pytest.mark.kernels
def test_a_layer_that_tests_differently_does_so_in_a_stack(mine, tmp_path):
    """Catches evaluations in training mode."""
    both = [run(mine, model=f"{mine.stem}:moody", c=c) for c in (1.0, 0.5)]
    fused, loop = (sweep(both, tmp_path / way, engine=way, say=print).records for way in ("fused", "loop"))
    for ours, theirs in zip(fused, loop, strict=True):
        assert ours["trained"]["test_risk"] == pytest.approx(theirs["trained"]["test_risk"], rel=1e-4)


def test_a_model_that_cannot_be_built_does_not_join_a_stack(mine, tmp_path):
    """Catches members that begin again because one that joins them cannot begin."""
    from fls_teach.vision.training.stack import Stack

    runs = [
        run(mine, data="latent", model=f"{mine.stem}:picky", seed=seed, lr=lr) for seed in (0, 1) for lr in (1e-4, 1e30)
    ]
    said, epochs, train = [], [], Stack.epoch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stack, "epoch", lambda stack, at: epochs.append(list(at)) or train(stack, at))
        swept = sweep(runs, tmp_path / "out", engine="fused", say=said.append, all_cells=True)
    assert swept.failed == runs[2:] and len(said) == 2 and "failed (AssertionError" in said[0]
    assert epochs == [[0, 0], [1]]


def own_engine(fuses):
    return "fused" if fuses else "one by one"


@pytest.mark.kernels
def test_dropout_is_drawn_by_seed_and_epoch(mine, tmp_path):
    """Else a record depends on what the process trained before, and a run that goes on is another one."""
    runs = [run(mine, model=f"{mine.stem}:dropping", c=c) for c in (1.0, 2.0)]
    state = torch.random.get_rng_state()
    both = sweep(runs, tmp_path / "both", engine="loop", say=print).records
    assert torch.equal(state, torch.random.get_rng_state())
    torch.rand(7)
    assert sweep(runs[1:], tmp_path / "second", engine="loop", say=print).records == both[1:]


def test_outputs_of_another_number_are_refused_fused_too(mine, tmp_path):
    """Cross-entropy takes five outputs for two classes without a word."""
    said = []
    assert not sweep([run(mine, model=f"{mine.stem}:wide")], tmp_path / "out", engine="fused", say=said.append).records
    assert said[0].endswith("the network's outputs for an image are (5,); wanted (2,), one per class")


@pytest.mark.parametrize(
    "change, words",
    [
        ({"model": "MINE:frozen"}, r"'mine_\S*:frozen' has parameters that are not trained \(1.weight\); make them"),
        ({"model": "MINE:dropping", "centred": True}, "has dropout, which f and f0 would not share"),
        ({"model": "no_such_module:net"}, r"cannot import 'no_such_module' of .* \(ModuleNotFoundError: "),
        ({"model": "MINE:no_net"}, "has no function 'no_net'"),
        ({"model": "MINE:THREE"}, "has no function 'THREE'"),
        ({"model": "MINE:text"}, "gave str; wanted a torch.nn.Module"),
        ({"data": "MINE:text"}, "gave str; wanted fls_teach.vision.data.dataset.Data"),
        ({"data": "MINE:pictures", "classes": 3}, "gave 2 classes, 8 pixels per side; the run has 3, 8"),
        ({"data": "MINE:broken"}, r"'mine_\S*:broken' failed \(RuntimeError: no such file\)"),
    ],
)
def test_what_cannot_be_had_is_a_sentence(mine, tmp_path, change, words):
    change = {name: value.replace("MINE", mine.stem) if type(value) is str else value for name, value in change.items()}
    said = []
    try:
        sweep([run(mine, **change)], tmp_path / "out", engine="loop", say=said.append)
    except ValueError as problem:
        said.append(str(problem))
    assert len(said) == 1 and "\n" not in said[0] and re.search(words, said[0]), said


@pytest.mark.parametrize("field", ["model", "data"])
def test_a_name_without_a_function_stops_a_sweep_before_its_first_run(mine, tmp_path, field):
    """Else each of its runs would fail by itself, and `fls sweep` would not call it bad usage."""
    with pytest.raises(ValueError, match="has no function 'no_net'"):
        sweep([run(mine, **{field: f"{mine.stem}:no_net"})], tmp_path / "out", engine="loop")
    assert not (tmp_path / "out" / "runs").exists()


@pytest.mark.parametrize("name", ["mine", "mine:", ":net", "mine:net:more", "a b:net", "../mine:net", "mine:net()", ""])
def test_another_form_is_no_name(name):
    assert not is_own(name)
    with pytest.raises(ValueError, match="wanted one of cnn5.*or module:function"):
        Run(model=name)


def test_ones_own_data_wants_the_number_of_classes():
    with pytest.raises(ValueError, match="classes is 0; say how many 'mine:pictures' has"):
        Run(data="mine:pictures")


def test_resolving_imports_the_module_once(mine):
    assert resolve(f"{mine.stem}:net") is resolve(f"{mine.stem}:net")
    assert replace(run(mine), c=2.0).digest != run(mine).digest != run(mine, model="cnn5").digest
