"""Runs that are compared share their images; a mixture of engines, devices or versions is named."""

from concurrent.futures import Future
from dataclasses import replace

import pytest
import torch

from fls_teach.vision.run import Run
from fls_teach.vision.sweep import engines, store
from fls_teach.vision.sweep.provenance import Images, mixtures
from fls_teach.vision.sweep.sweep import sweep

SMALL = Run(width=2, n=24, n_test=10, classes=3, dimension=4, image_size=8, batch=16, epochs=1, target=1.0)
GRID = [replace(SMALL, c=c) for c in (0.5, 1.0, 2.0, 4.0)]


def record(run, **more):
    found = {"run": run.parameters, "trained": {"status": "reached"}, "images": {"train": "a", "test": "b"}}
    found |= {"engine": "one by one", "device": "cpu", "instructions": "AVX512"}
    return {**found, "versions": {"torch": "2.13", "fls_teach": "1"}, **more}


class TwoWorkers:
    """An executor whose second worker has other test images and another processor."""

    def __init__(self):
        self.tasks = 0

    def submit(self, attempt, task):
        self.tasks += 1
        future = Future()
        (run,) = task.args[0]
        second = {"images": {"train": "a", "test": "other"}, "device": "GPU"}
        future.set_result(([record(run, **(second if self.tasks % 2 == 0 else {}))], 1.0))
        return future


def test_a_record_on_other_images_is_refused_when_it_arrives(tmp_path):
    """Catches two unequal workers of one cluster, whose runs lay in one folder without a word."""
    said = []
    swept = sweep(GRID, tmp_path, engine="loop", executor=TwoWorkers(), say=said.append)
    assert [each["run"]["c"] for each in swept.records] == [0.5, 2.0] and swept.failed == GRID[1::2]
    assert list(store.read(tmp_path).values()) == sorted(swept.records, key=lambda each: Run(**each["run"]).digest)
    assert said[0].startswith("failed: c = 1, lr = 0.1, seed 0: the test images of 'latent' are not those of the runs")
    assert "digest other, not b" in said[0] and said[1].startswith("2 runs failed like that")


def test_a_record_without_digests_does_not_end_the_comparison():
    images = Images([{"run": SMALL.parameters}, record(GRID[0])])
    with pytest.raises(ValueError, match="digest other, not b"):
        images.check(record(GRID[1], images={"train": "a", "test": "other"}))


def test_what_another_process_put_there_meanwhile_is_compared_too(tmp_path, monkeypatch):
    """It lies in the folder already; the comparison must not count it."""
    monkeypatch.setattr(engines, "images", lambda *_, **__: None)

    def work(runs, **_):
        store.save(tmp_path, record(GRID[1], images={"train": "a", "test": "other"}))
        return [record(runs[0])]

    monkeypatch.setattr(engines, "work", work)
    said = []
    swept = sweep(GRID[:2], tmp_path, engine="loop", say=said.append)
    assert [each["run"]["c"] for each in swept.records] == [0.5] and "digest other, not b" in said[0]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"engine": "fused"}, "Mixed engines: fused (1 run), one by one (3 runs)."),
        ({"device": "NVIDIA H200"}, "Mixed devices: NVIDIA H200 (1 run), cpu (3 runs)."),
        (
            {"instructions": "AVX2"},
            "Mixed instruction sets of CPUs: AVX2 (1 run), AVX512 (3 runs).",
        ),
        ({"versions": {"torch": "2.5", "fls_teach": "1"}}, "Mixed versions of torch: 2.13 (3 runs), 2.5 (1 run)."),
        ({"versions": {"torch": "2.13", "fls_teach": "2"}}, "Mixed versions of fls_teach: 1 (3 runs), 2 (1 run)."),
        ({"images": {"train": "a", "test": "c"}}, "Mixed test images: b (3 runs), c (1 run)."),
    ],
)
def test_a_mixture_is_named(more, words):
    (sentence,) = mixtures([*map(record, GRID[:3]), record(GRID[3], **more)])
    assert sentence.startswith(words) and not mixtures(map(record, GRID))


def test_an_old_record_does_not_say_its_instructions_and_is_of_no_other_kind():
    """Else every folder that is gone on with would be called a mixture."""
    old = record(GRID[0])
    del old["instructions"]
    assert not mixtures([old, record(GRID[1])])


@pytest.mark.kernels
def test_a_record_names_the_instructions_that_torch_chose(tmp_path):
    """With another choice the same run gives other bytes, though both say "cpu"."""
    (found,) = sweep([replace(GRID[0], n=8, batch=8, epochs=1)], tmp_path, engine="loop", say=print).records
    assert found["instructions"] == torch.backends.cpu.get_cpu_capability()


def test_an_old_record_does_not_say_its_engine():
    old = record(GRID[0])
    del old["engine"]
    assert mixtures([old, record(GRID[1])])[0].startswith("Mixed engines: one by one (1 run), unknown (1 run).")


def test_a_sweep_goes_on_with_the_engine_that_it_began_with(tmp_path):
    """Catches a comparison of fused with unfused runs, of which the half would differ by rounding alone."""
    said = []
    sweep(GRID[:2], tmp_path, engine="fused", say=said.append)
    added = [*GRID[:2], replace(GRID[0], lr=0.3)]  # of the same grid, not of the same command
    records = sweep(added, tmp_path, jobs=1, say=said.append).records
    assert said == ["engine: fused (as the 2 runs that are finished)"]
    assert {each["engine"] for each in records} == {"fused"} and not mixtures(records)
    records = sweep([*added, GRID[2]], tmp_path, engine="loop", say=said.append).records
    assert said[1].startswith("note: 3 runs were finished by the engine 'fused', and 'one by one' rounds differently")
    assert mixtures(records)[0].startswith("Mixed engines: fused (3 runs), one by one (1 run).")
