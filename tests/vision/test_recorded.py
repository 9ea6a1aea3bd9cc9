"""A folder of an earlier version stays readable: tests/vision/recorded was written before Run had any later field."""

import shutil
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import pytest

from fls_teach.vision.run import FIRST_FIELDS, Run
from fls_teach.vision.sweep import engines, store
from fls_teach.vision.sweep.sweep import sweep

RECORDED = Path(__file__).parent / "recorded"
SMALL = Run(width=2, n=24, n_test=10, classes=3, dimension=4, image_size=8, batch=16, epochs=2, target=1.0)
RUNS = [
    SMALL,
    replace(SMALL, c=0.25, lr=0.03, centred=True, seed=1),
    replace(SMALL, model="resnet18", norm="group", stop="validation-risk", n_validation=6),
]
DIGESTS = ["eb8784d999f324b5", "a9b311c03a89b30c", "313590325478aa24"]


@dataclass(frozen=True)
class Later(Run):
    """A Run with one more field."""

    dropout: float = 0.0


def later(run, **change):
    return Later(**asdict(run) | change)


def test_the_names_of_recorded_runs_have_not_changed():
    """Another digest would have every finished run of every folder done again."""
    assert [run.digest for run in RUNS] == DIGESTS
    assert store.planned(RECORDED) == RUNS and all(store.load(RECORDED, run) for run in RUNS)


def test_nothing_recorded_is_done_again(tmp_path, monkeypatch):
    """Neither is a byte of a finished run written anew."""
    monkeypatch.setattr(engines, "work", None)
    shutil.copytree(RECORDED, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*.json")}
    assert len(sweep(RUNS, tmp_path / "out", engine="loop").records) == 3
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*.json")}


def test_a_new_field_orphans_no_record(monkeypatch):
    """What a record lacks has its default; only a run that differs in the new field is another one."""
    monkeypatch.setattr(store, "Run", Later)
    assert [later(run).digest for run in RUNS] == DIGESTS
    assert store.planned(RECORDED) == [later(run) for run in RUNS]
    assert all(store.load(RECORDED, later(run)) for run in RUNS)
    other = later(SMALL, dropout=0.5)
    assert other.digest not in DIGESTS and store.load(RECORDED, other) is None


def test_a_record_of_a_new_field_is_kept_under_its_own_name(tmp_path, monkeypatch):
    """A field that differs from its default must be in the record, or the run would be taken for another one."""
    monkeypatch.setattr(store, "Run", Later)
    run = later(SMALL, dropout=0.5)
    store.save(tmp_path, {"run": run.parameters, "trained": {}})
    assert store.load(tmp_path, run) and store.planned(tmp_path) == [run]


@pytest.mark.parametrize("run", [*RUNS, later(SMALL, dropout=0.5)])
def test_the_parameters_of_a_run_make_it_again(run):
    assert type(run)(**run.parameters) == run
    assert set(run.parameters) >= set(FIRST_FIELDS) and len(fields(run)) >= len(run.parameters)


def test_a_centred_network_with_batch_norm_is_done_again(tmp_path):
    """Its records from before f0 had the mode of f are of another experiment."""
    run = replace(SMALL, norm="batch", centred=True)
    store.save(tmp_path, {"run": run.parameters, "trained": {}})
    assert store.load(tmp_path, run) is None
    sweep([run], tmp_path, engine="loop")
    assert store.load(tmp_path, run)["trained"]["train_risk"]
