"""The benchmark for a GPU works, as far as a machine without one can tell; what it measures is for results/."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import fls_teach

BENCHMARK = Path(fls_teach.__file__).resolve().parents[1] / "benchmarks" / "vision_gpu.py"


@pytest.fixture
def benchmark(monkeypatch):
    """Run the script in this process, which has imported torch."""

    def run(*words):
        monkeypatch.syspath_prepend(BENCHMARK.parent)
        monkeypatch.setattr(sys, "argv", [str(BENCHMARK), *map(str, words)])
        runpy.run_path(str(BENCHMARK), run_name="__main__")

    return run


def test_all_parts_run_on_little_and_a_part_alone_keeps_the_others(tmp_path, benchmark):
    """First a heatmap that has no time for any run, which the second call then does, in a process of its own."""

    def measured(*words, run=benchmark):
        run("--quick", "--out", tmp_path, *words)
        return json.loads((tmp_path / "vision_gpu.json").read_text(encoding="utf-8"))["parts"]

    def process(*words):
        done = subprocess.run([sys.executable, BENCHMARK, *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    assert measured("--part", "heatmap", "--minutes", -1)["heatmap"]["cells"] == []
    found = measured(run=process)
    assert found["heatmap"]["runs"] == len(found["heatmap"]["cells"]) == found["heatmap"]["done_now"] == 4
    few = {"fused, few evaluations", "fused, few evaluations, bf16"}
    assert set(found["sweep"]["seconds"]) == {"fused", "loop", "loop, compiled", *few}
    assert found["sweep"]["difference_after_one_epoch"] < 1e-5 and found["sweep"]["diverged"] == 0
    rows = found["resnet"]["rows"]
    bf16 = "bf16, channels_last, compiled"
    assert rows[bf16]["train_risk"][-1] == rows[f"{bf16}, few evaluations"]["train_risk"][-1]
    assert rows["float32"]["train_risk"] == pytest.approx(rows["float32, compiled"]["train_risk"], rel=1e-3)
    again = measured("--part", "heatmap")
    assert again["sweep"] == found["sweep"] and again["heatmap"]["done_now"] == 0
    assert {len(trials) for trials in found["stacks"]["seconds"].values()} == {1} and len(
        found["stacks"]["seconds"]
    ) == 4
    assert "A quick run on little" in (tmp_path / "vision_gpu.md").read_text(encoding="utf-8")


def test_the_work_of_resnet18_is_the_published_one(monkeypatch):
    """0.56 billion multiplications and additions a 32x32 image forwards, and twice as many backwards."""
    monkeypatch.syspath_prepend(BENCHMARK.parent)
    from resnet18 import work_per_image

    from fls_teach.vision.run import Run

    run = Run(model="resnet18", width=64, norm="batch", data="cifar10", image_size=32)
    first_layer = 3 * 64 * 9 * 32 * 32  # nobody needs the gradient of the images
    forwards, step = work_per_image(run)
    assert forwards == pytest.approx(2 * 0.5554e9, rel=2e-3)
    assert step == 3 * forwards - 2 * first_layer


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--quick"], "--quick measures nothing worth keeping: name an --out for it"),
        (
            [],
            "resnet and heatmap need --data-dir" if torch.cuda.is_available() else "there is no GPU that torch can use",
        ),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(words, sentence, benchmark, capsys):
    """Catches a measurement that begins all the same, and a traceback."""
    with pytest.raises(SystemExit) as end:
        benchmark(*words)
    assert end.value.code == 2 and sentence in capsys.readouterr().err
