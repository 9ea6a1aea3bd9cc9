"""A sweep does each run once, keeps what is finished, and says what failed; every engine gives the same records."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from fls_teach.vision.run import Run
from fls_teach.vision.sweep import engines, executors, store
from fls_teach.vision.sweep import sweep as sweeping
from fls_teach.vision.sweep.grid import runs
from fls_teach.vision.sweep.leases import Leases
from fls_teach.vision.sweep.queue import Queue
from fls_teach.vision.sweep.sweep import sweep

SMALL = Run(width=2, n=24, n_test=10, classes=3, dimension=4, image_size=8, batch=16, epochs=2, target=1.0)
GRID = [replace(SMALL, c=c, seed=seed) for seed in (0, 1) for c in (0.5, 1.0, 2.0)]


def files(folder):
    """Name -> bytes of the finished runs."""
    return {path.name: path.read_bytes() for path in (folder / "runs").iterdir()}


@pytest.fixture
def trained(monkeypatch):
    """The runs that were trained in this process, in order."""
    seen, train = [], engines.train_run
    monkeypatch.setattr(engines, "train_run", lambda run, *rest: seen.append(run) or train(run, *rest))
    return seen


@pytest.fixture
def said():
    return []


@pytest.mark.kernels
def test_one_file_a_run_and_the_same_bytes_again(tmp_path, said):
    records = sweep(GRID, tmp_path / "a", engine="loop").records
    assert [Run(**record["run"]) for record in records] == GRID
    assert len(files(tmp_path / "a")) == len(GRID)
    sweep(GRID[::-1], tmp_path / "b", engine="loop")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert records[0]["device"] == "cpu" and set(records[0]["images"]) == {"train", "test"}
    assert len(records[0]["trained"]["test_accuracy"]) == 3 and set(records[0]["versions"]) >= {"torch", "fls_teach"}


@pytest.mark.kernels
def test_processes_give_the_bytes_of_the_loop(tmp_path, said):
    sweep(GRID[:3], tmp_path / "loop", engine="loop")
    sweep(GRID[:3], tmp_path / "processes", jobs=2, say=said.append)
    assert said == ["engine: processes (3 runs, 2 jobs)"]
    assert files(tmp_path / "loop") == files(tmp_path / "processes")


def test_training_has_one_thread_whatever_its_caller_has(tmp_path, monkeypatch):
    """Sums in another order are other bytes: two threads here and one in a process would not agree."""
    train, threads, before = engines.train_run, [], torch.get_num_threads()
    monkeypatch.setattr(engines, "train_run", lambda *all: threads.append(torch.get_num_threads()) or train(*all))
    try:
        torch.set_num_threads(2)
        sweep(GRID[:1], tmp_path, engine="loop")
        assert threads == [1] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_only_what_is_missing_is_done(tmp_path, trained):
    first = sweep(GRID[:4], tmp_path, engine="loop").records
    assert sweep(GRID, tmp_path, engine="loop").records[:4] == first
    assert trained == GRID, "a run was done twice, or not at all"
    assert store.planned(tmp_path) == GRID


DAMAGE = {
    "half a file": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "another result": lambda text: text.replace('"steps": ', '"steps": 1', 1),
    "another parameter": lambda text: text.replace('"width": ', '"width": 1', 1),
    "not an object": lambda text: "[1]",
    "no record": lambda text: json.dumps({"format": store.FORMAT, "sha256": "0"}),
    "another format": lambda text: text.replace("fls-teach run 1", "fls-teach run 0"),
    "NaN": lambda text: text.replace("0.1", "NaN", 1),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_redone(tmp_path, trained, damage):
    sweep([SMALL], tmp_path, engine="loop")
    (path,) = (tmp_path / "runs").iterdir()
    whole = path.read_text()
    path.write_text(DAMAGE[damage](whole))
    assert path.read_text() != whole and store.load(tmp_path, SMALL) is None
    sweep([SMALL], tmp_path, engine="loop")
    assert path.read_text() == whole and trained == [SMALL, SMALL]


def test_a_file_of_another_run_is_not_trusted(tmp_path):
    """An intact file under the wrong name."""
    sweep(GRID[:1], tmp_path, engine="loop")
    (path,) = (tmp_path / "runs").iterdir()
    path.rename(path.with_name(f"{GRID[1].digest}.json"))
    assert store.load(tmp_path, GRID[1]) is None and store.planned(tmp_path) == GRID[:1]


def test_a_damaged_plan_forgets_no_finished_run(tmp_path):
    sweep(GRID[:2], tmp_path, engine="loop")
    (tmp_path / "sweep.json").write_text("{")
    assert set(store.planned(tmp_path)) == set(GRID[:2])


def test_a_run_that_fails_is_one_sentence_and_the_others_go_on(tmp_path, monkeypatch, said):
    train = engines.train_run

    def fail_at_two(run, *rest):
        if run.c == 2:
            raise RuntimeError("no such kernel\nand a long story")
        return train(run, *rest)

    monkeypatch.setattr(engines, "train_run", fail_at_two)
    records = sweep(GRID, tmp_path, engine="loop", say=said.append).records
    assert [Run(**record["run"]) for record in records] == [run for run in GRID if run.c != 2]
    assert said == [
        "failed: c = 2, lr = 0.1, seed 0: RuntimeError: no such kernel",
        "2 runs failed like that: RuntimeError: no such kernel",
    ]


def test_ctrl_c_leaves_what_is_finished(tmp_path, monkeypatch, trained):
    train = engines.train_run
    monkeypatch.setattr(
        engines, "train_run", lambda run, *rest: interrupt() if len(trained) == 2 else train(run, *rest)
    )

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(GRID, tmp_path, engine="loop")
    assert set(files(tmp_path)) == {f"{run.digest}.json" for run in GRID[:2]}


FATAL = """
import os

def work(runs, parent, **_):
    if runs[0].c == 2 and os.getpid() != parent:
        os._exit(9)
    return [{"run": {**vars(run)}, "trained": {}} for run in runs]
"""


def test_a_run_that_kills_its_process_costs_nobody_else(tmp_path, monkeypatch, said):
    """c = 2 takes the pool down each time; the run beside it and the one after it are done all the same."""
    (tmp_path / "fatal.py").write_text(FATAL)  # without torch, which the many new processes would import
    monkeypatch.syspath_prepend(tmp_path)
    import fatal

    monkeypatch.setattr(engines, "work", partial(fatal.work, parent=os.getpid()))
    grid = [replace(SMALL, c=c) for c in (2.0, 0.5, 1.0)]
    records = sweep(grid, tmp_path, engine="processes", jobs=2, say=said.append).records
    assert [record["run"]["c"] for record in records] == [0.5, 1.0]
    assert len(said) == 1 and said[0].startswith("failed: c = 2") and "its process died, and again" in said[0]


@pytest.mark.kernels
def test_the_fused_engine_gives_the_records_of_the_loop_to_float_tolerance(tmp_path):
    grid = [replace(SMALL, c=c, lr=lr) for c in (0.5, 1.0) for lr in (0.03, 0.1)]
    fused, loop = (sweep(grid, tmp_path / engine, engine=engine, say=print).records for engine in ("fused", "loop"))
    for ours, theirs in zip(fused, loop, strict=True):
        assert ours["run"] == theirs["run"] and ours["images"] == theirs["images"]
        assert ours["trained"]["train_risk"] == pytest.approx(theirs["trained"]["train_risk"], rel=1e-4)
    assert len({tuple(record["trained"]["train_risk"]) for record in fused}) == 4


MIXED = [replace(SMALL, lr=lr, seed=seed) for seed in (0, 1) for lr in (0.1, 1e30)]
"""Two seeds, which have training images of their own; at the second rate a run diverges in its first epoch."""


@pytest.fixture
def stacked(monkeypatch):
    """(learning rate, seed, epoch) of each member, epoch by epoch of a stack; the third one can be made Ctrl-C."""
    from fls_teach.vision.training.stack import Stack

    seen, train = [], Stack.epoch

    def epoch(stack, at):
        seen.append([(run.lr, run.seed, k) for run, k in zip(stack.runs, at, strict=True)])
        if seen[0] is None and len(seen) == 4:
            raise KeyboardInterrupt
        return train(stack, at)

    monkeypatch.setattr(Stack, "epoch", epoch)
    return seen


@pytest.mark.kernels
def test_a_stack_takes_runs_that_wait_and_trains_them_as_in_a_stack_of_their_own(tmp_path, stacked):
    """Catches a run that is done twice, left out or given another's images, and a place that stays free."""
    alone = [sweep([run], tmp_path / run.digest, engine="fused", say=print).records[0] for run in MIXED]
    del stacked[:]
    together = sweep(MIXED, tmp_path / "out", engine="fused", say=print, all_cells=True).records
    assert stacked == [
        [(0.1, 0, 0), (1e30, 0, 0)],
        [(0.1, 0, 1), (0.1, 1, 0)],
        [(1e30, 1, 0), (0.1, 1, 1)],
    ]
    for ours, theirs in zip(together, alone, strict=True):
        risks = [record["trained"].pop("train_risk") for record in (ours, theirs)]
        assert risks[0] == pytest.approx(risks[1], rel=1e-4)
        assert (ours["images"], ours["run"]) == (theirs["images"], theirs["run"])
        assert ours["trained"]["status"] == theirs["trained"]["status"]
    assert len(store.read_seconds(tmp_path / "out")) == 4 and not list((tmp_path / "out" / "leases").iterdir())


def test_what_a_stack_has_finished_is_kept_when_it_is_killed(tmp_path, stacked):
    stacked.append(None)
    with pytest.raises(KeyboardInterrupt):
        sweep(MIXED, tmp_path, engine="fused", say=print, all_cells=True)
    assert set(files(tmp_path)) == {f"{run.digest}.json" for run in MIXED[:2]}
    assert len(sweep(MIXED, tmp_path, engine="fused", say=print, all_cells=True).records) == 4
    assert stacked[4:] == [[(0.1, 1, 0), (1e30, 1, 0)], [(0.1, 1, 1)]]


@pytest.mark.parametrize("what", ["save", "take"])
def test_a_folder_that_cannot_be_written_ends_a_stack_at_once(tmp_path, monkeypatch, stacked, said, what):
    """Catches a full disk that is taken for the fault of a run: halves of the stack were trained again, and again."""

    def full(*_):
        raise ValueError("cannot write it (No space left on device); finished runs are kept")

    def fail(stack, at):
        monkeypatch.setattr(*{"save": (store, "save", full), "take": (Leases, "take", full)}[what])
        return train(stack, at)

    from fls_teach.vision.training.stack import Stack

    train = Stack.epoch
    monkeypatch.setattr(Stack, "epoch", fail)
    with pytest.raises(ValueError, match="No space left"):
        sweep(MIXED, tmp_path, engine="fused", say=said.append, all_cells=True)
    assert len(stacked) == 1 and not said


def test_a_run_whose_images_are_others_does_not_join_a_stack(tmp_path, monkeypatch, stacked, said):
    """The stack goes on: its members are sound."""
    load = engines.load_data
    sweep([replace(MIXED[2], lr=0.2)], tmp_path, engine="loop", say=print)
    monkeypatch.setattr(engines, "load_data", lambda run, *rest: load(replace(run, seed=7 * run.seed), *rest))
    swept = sweep(MIXED, tmp_path, engine="fused", say=said.append, all_cells=True)
    assert [(record["run"]["lr"], record["run"]["seed"]) for record in swept.records] == [(0.1, 0), (1e30, 0)]
    assert swept.failed == MIXED[2:] and "train images of 'latent' are not those of the runs" in said[1]
    assert stacked == [[(0.1, 0, 0), (1e30, 0, 0)], [(0.1, 0, 1)]]


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(1)], ids=["here", "executor"])
def test_a_run_that_cannot_be_trained_does_not_take_its_stack_with_it(tmp_path, said, executor):
    grid = [replace(SMALL, c=c) for c in (0.5, 1.0, 1e39, 2.0, 4.0)]
    records = sweep(grid, tmp_path, engine="fused", executor=executor, say=said.append).records
    assert sorted(record["run"]["c"] for record in records) == [0.5, 1.0, 2.0, 4.0]
    (sentence,) = said
    assert sentence.startswith("failed: c = 1e+39") and "the risk is not finite before training" in sentence


def test_a_run_whose_images_have_no_room_beside_a_stack_waits_for_the_next(tmp_path, monkeypatch, stacked, said):
    """Else the sweep ends in a traceback, as a run is neither finished nor failed."""
    load, tries = engines.load_data, []

    def full(run, *rest):
        tries.append(run.seed)
        if tries.count(1) == 1 and run.seed == 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return load(run, *rest)

    monkeypatch.setattr(engines, "load_data", full)
    with pytest.warns(RuntimeWarning, match="do not fit into the GPU's memory together"):
        swept = sweep(MIXED, tmp_path, engine="fused", say=said.append, all_cells=True)
    assert len(swept.records) == 4 and not swept.failed and not said


def test_a_stack_that_failed_is_tried_again_in_halves_of_one_seed_each():
    """Catches runs of two seeds in a new stack, which is told of the images of its first run alone."""
    one, other = ([replace(SMALL, lr=lr, seed=seed) for lr in (0.1, 0.2, 0.3)] for seed in (0, 1))
    queue = Queue([[other[2]]], None, SimpleNamespace(open={*one[:2], *other}), skips_needless=False)
    queue.joined = other[:2]
    queue.ended(partial(print, one), "a fault", 0.0)
    assert list(queue.waiting) == [one[:2], other[:2], [other[2]]]
    queue.ended(partial(print, [one[0], other[0], other[1], one[1]]), "a fault", 0.0)
    assert list(queue.waiting)[:4] == [one[:1], other[:1], other[1:2], one[1:2]]


def test_batch_norm_is_not_fused_but_looped(tmp_path, said):
    """Auto's measurement fails with the fused engine's own sentence, and the loop it is."""
    settings = {"data_dir": None, "generator": None, "device": "cpu"}
    stack = [replace(SMALL, norm="batch", c=c) for c in (1.0, 2.0)]
    engine, why = sweeping._measured(stack, settings)
    assert engine == "loop" and "batch" in why
    engine, why = sweeping._measured([replace(run, norm="none") for run in stack], settings)
    assert engine in ("fused", "loop") and "ms per network fused" in why


def test_engines_are_measured_also_where_the_rate_warms_up():
    """The measurement has one epoch, and a run cannot warm up for all of its epochs."""
    stack = [replace(SMALL, warmup=1, c=c) for c in (1.0, 2.0)]
    assert all(seconds > 0 for seconds in engines.seconds_per_network(stack, device="cpu"))


@pytest.mark.kernels
def test_an_executor_gets_every_run(tmp_path, said):
    with ThreadPoolExecutor(2) as threads:
        sweep(GRID, tmp_path / "threads", executor=threads, say=said.append)
    sweep(GRID, tmp_path / "loop", engine="loop")
    assert files(tmp_path / "threads") == files(tmp_path / "loop") and said == ["engine: loop (on the executor)"]


SLOW = """
import time
from pathlib import Path

def work(runs, woke, **_):
    if runs[0].c == 2:
        time.sleep(8)
        Path(woke).touch()
    return [{"run": {**vars(runs[0])}, "trained": {}}]
"""


def test_ctrl_c_does_not_wait_for_the_runs_under_way(tmp_path, monkeypatch):
    """They may last for hours, and nobody would keep their results."""
    (tmp_path / "slow.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    import slow

    def interrupt(fraction, what):
        raise KeyboardInterrupt

    monkeypatch.setattr(engines, "work", partial(slow.work, woke=str(tmp_path / "woke")))
    grid = [replace(SMALL, c=c) for c in (2.0, 0.5, 1.0)]
    with pytest.raises(KeyboardInterrupt):
        sweep(grid, tmp_path / "out", engine="processes", jobs=2, progress=interrupt)
    assert set(files(tmp_path / "out")) == {f"{grid[1].digest}.json"} and not (tmp_path / "woke").exists()


class GivesUp(ThreadPoolExecutor):
    """As dask's does when its scheduler is gone: what is left is cancelled."""

    def submit(self, *args):
        future = super().submit(*args)
        future.result()
        if args[1].args[0][0].c == 0.5:
            return future
        gone = Future()
        gone.cancel()
        gone.set_running_or_notify_cancel()
        return gone


def test_what_an_executor_gives_up_is_told_and_the_rest_is_kept(tmp_path, said):
    with GivesUp(1) as threads:
        records = sweep(GRID[:3], tmp_path, engine="loop", executor=threads, say=said.append).records
    assert [record["run"]["c"] for record in records] == [0.5] and len(files(tmp_path)) == 1
    assert said[0].startswith("failed: c = ") and "the executor gave it up" in said[0] and said[1].startswith("2 runs")


class Breaks(ThreadPoolExecutor):
    """As a pool of processes of which one died."""

    def submit(self, *args):
        raise BrokenExecutor


def test_runs_of_an_executor_that_broke_are_not_passed_over_in_silence(tmp_path, said):
    with Breaks(1) as threads:
        assert sweep(GRID[:3], tmp_path, engine="loop", executor=threads, say=said.append).records == []
    assert (
        said[0].startswith("failed: c = 0.5") and "the executor gave it up" in said[0] and said[1].startswith("3 runs")
    )


class NoExitStatusYet(executors.Processes):
    """As where the executor's own thread is just waiting for the process that died."""

    @property
    def is_unguarded(self):
        return self._executor_manager_thread is None and super().is_unguarded


def test_a_script_without_a_guard_is_found_out_whatever_the_timing(tmp_path, monkeypatch):
    """Else its runs are reported to have died, out of memory perhaps."""
    (tmp_path / "ending.py").write_text(f"import os\n\ndef work(*_, **__):\n    os._exit({executors.UNGUARDED})\n")
    monkeypatch.syspath_prepend(tmp_path)
    import ending

    monkeypatch.setattr(engines, "work", ending.work)
    monkeypatch.setattr(executors, "Processes", NoExitStatusYet)
    with pytest.raises(ValueError, match="is run again by every new process"):
        sweep(GRID[:1], tmp_path / "out", engine="processes", say=print)


def test_progress_tells_how_much_is_left(tmp_path):
    seen = []
    sweep(GRID[:2], tmp_path, engine="loop", progress=lambda fraction, what: seen.append((fraction, what)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1 and any(0 < f < 0.5 for f in fractions)
    assert seen[-1][1].startswith("2 of 2 runs")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_sweep_that_is_killed_goes_on_where_it_was_and_leaves_no_process(tmp_path, environment, end):
    """kill -9, or Ctrl-C, while two processes are at work: finished runs stay, the processes end, the rest is done
    later."""
    grid = [replace(SMALL, c=2.0**e, epochs=60) for e in range(-6, 6)]
    code = f"""
import signal

from fls_teach.vision.run import Run
from fls_teach.vision.sweep.sweep import sweep

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores Ctrl-C
    sweep({grid!r}, "out", engine="processes", jobs=2)
"""
    (tmp_path / "begin.py").write_text(code)
    quiet = {"stderr": subprocess.DEVNULL, "env": environment, "cwd": tmp_path, "start_new_session": True}
    process = subprocess.Popen([sys.executable, "begin.py"], **quiet)
    try:
        wait_for(lambda: (tmp_path / "out" / "runs").exists() and any((tmp_path / "out" / "runs").glob("[0-9a-f]*")))
    finally:
        process.send_signal(end)
        process.wait(60)
    wait_for(lambda: not group_lives(process.pid))
    kept = [name for name in files(tmp_path / "out") if not name.startswith(".")]
    assert 0 < len(kept) < len(grid)
    times = {name: (tmp_path / "out" / "runs" / name).stat().st_mtime_ns for name in kept}
    assert len(sweep(grid, tmp_path / "out", engine="loop").records) == len(grid)
    assert times == {name: (tmp_path / "out" / "runs" / name).stat().st_mtime_ns for name in kept}, "done twice"


def test_a_script_without_a_guard_is_one_sentence(tmp_path, environment):
    """Every new process would run it again from its first line: tracebacks for minutes, and each run tried twice."""
    code = f"""
from fls_teach.vision.run import Run
from fls_teach.vision.sweep.sweep import sweep

print("line one")
try:
    sweep({GRID!r}, "out", engine="processes", jobs=2)
except ValueError as problem:
    print(problem)
"""
    (tmp_path / "begin.py").write_text(code)
    pipes = {"capture_output": True, "text": True, "env": environment, "cwd": tmp_path}
    done = subprocess.run([sys.executable, "begin.py"], timeout=100, **pipes)
    assert done.stdout.splitlines()[-1].startswith("the script that called sweep() is run again by every new process")
    assert done.stderr == "" and 2 <= done.stdout.count("line one") <= 3 and not any((tmp_path / "out").glob("runs/*"))


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def group_lives(group):
    with contextlib.suppress(ChildProcessError):  # where a test of the sandbox made us the one who buries orphans
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    try:
        os.killpg(group, 0)
        return True
    except ProcessLookupError:
        return False


def test_auto_measures_where_there_is_a_gpu(monkeypatch):
    """The choice alone: no GPU is needed to see which of two times is the smaller."""
    settings = {"data_dir": None, "device": "cuda"}
    for seconds, chosen in (((0.01, 0.02), "fused"), ((0.02, 0.01), "loop")):
        monkeypatch.setattr(engines, "seconds_per_network", lambda *_, seconds=seconds, **__: seconds)
        said = []
        assert sweeping._chosen("auto", GRID, [], 1, None, settings, said.append) == chosen
        assert said[0].startswith(f"engine: {chosen} (") and "10 ms" in said[0] and "20 ms" in said[0]


def test_a_gpu_that_evaluates_after_every_epoch_is_told_of_the_other_way():
    near = [replace(run, evaluate="near") for run in GRID]
    assert "--evaluate near" in sweeping._advice([*near, GRID[0]], "cuda:0")
    assert sweeping._advice(near, "cuda:0") is None and sweeping._advice(GRID, "cpu") is None


def test_what_cannot_be_fused_is_trained_one_by_one_unless_fused_is_asked_for(tmp_path, said):
    """Else all runs with batch norm fail in a sweep that goes on fused, or that a GPU's measurement made so."""
    sweep(GRID[:2], tmp_path, engine="fused", say=said.append)
    both = [*GRID, *(replace(run, norm="batch") for run in GRID[:2])]
    swept = sweep(both, tmp_path, say=said.append)
    assert [record["engine"] for record in swept.records] == ["fused"] * 6 + ["one by one"] * 2 and not swept.failed
    assert said[1].startswith("note: 2 runs cannot be fused (batch norm")
    assert sweep([replace(GRID[0], norm="batch", lr=0.3)], tmp_path, engine="fused", say=said.append).failed


def test_a_gpu_is_measured_with_runs_that_can_be_fused(monkeypatch):
    monkeypatch.setattr(engines, "seconds_per_network", lambda stack, **_: (1.0, 2.0) if stack == GRID[:3] else 1 / 0)
    several, settings = [replace(run, norm="batch") for run in GRID[:3]] + GRID[:3], {"device": "cuda"}
    assert sweeping._chosen("auto", several, [], 1, None, settings, print) == "fused"


def test_images_are_made_by_one_thread_also_to_be_compared(monkeypatch):
    """A generator's sums in another order may round to other bytes than those in the records."""
    load, threads, before = engines.load_data, [], torch.get_num_threads()
    monkeypatch.setattr(engines, "load_data", lambda *all: threads.append(torch.get_num_threads()) or load(*all))
    torch.set_num_threads(2)
    try:
        engines.images(SMALL)
        assert threads == [1] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_stack_shares_all_but_c_and_lr():
    grid = runs(c=(0.5, 1), lr=(0.1, 0.2), seed=(0, 1), n=(32, 64))
    made = engines.stacks(grid)
    assert [len(stack) for stack in made] == [4, 4, 4, 4] and [run for stack in made for run in stack] == grid
    assert all(len({(run.seed, run.n) for run in stack}) == 1 for stack in made)
    many = [replace(SMALL, lr=1 + index) for index in range(engines.STACK + 1)]
    assert [len(stack) for stack in engines.stacks(many)] == [engines.STACK, 1]


@pytest.mark.parametrize(
    "change, words",
    [
        ({"runs": []}, "grid is empty"),
        ({"engine": "steam"}, "engine is 'steam'"),
        ({"device": "cuda:99"}, "'cuda:99'; torch finds"),
        ({"device": "tpu"}, "device is 'tpu'"),
        ({"folder": "file"}, "is a file"),
        ({"engine": "processes", "executor": ThreadPoolExecutor(1)}, "exclude each other"),
    ],
)
def test_what_no_run_can_do_without_is_a_sentence(tmp_path, change, words):
    (tmp_path / "file").touch()
    change = {"runs": GRID, "folder": "out", **change}
    with pytest.raises(ValueError, match=words):
        sweep(change.pop("runs"), tmp_path / change.pop("folder"), **change)
    assert not (tmp_path / "out" / "runs").exists()


def test_images_that_a_run_asks_for_are_no_others(tmp_path):
    """Catches a resumed sweep that takes the test images of another seed, or of another noise, for changed ones."""
    asked = [replace(SMALL, test_per_seed=True, seed=seed) for seed in (0, 1)] + [replace(SMALL, noise=0.5)]
    sweep(asked[:1], tmp_path, engine="loop")
    assert len(sweep([*asked, SMALL], tmp_path, engine="loop").records) == 4


def test_results_of_other_images_are_not_mixed(tmp_path, monkeypatch):
    """Two folders with different test images under one name: a sweep begun on one does not go on with the other."""
    load = engines.load_data

    def from_folder(run, data_dir, device, generator):
        return load(replace(run, data="latent", dimension=4 if data_dir == "one" else 5), None, device)

    monkeypatch.setattr(engines, "load_data", from_folder)
    grid = [replace(run, data="biggan") for run in GRID[:2]]
    sweep(grid[:1], tmp_path, engine="loop", data_dir="one")
    for wanted in (grid, grid[:1]):
        with pytest.raises(ValueError, match="test images of 'biggan' are not those of the runs"):
            sweep(wanted, tmp_path, engine="loop", data_dir="other")
    assert len(sweep(grid, tmp_path, engine="loop", data_dir="one").records) == 2


def test_results_of_other_training_images_are_not_mixed(tmp_path, monkeypatch):
    """The test images alone agree."""
    load = engines.load_data

    def from_folder(run, data_dir, *rest):
        return load(replace(run, seed=run.seed + 7 * (data_dir == "other")), None, *rest)

    monkeypatch.setattr(engines, "load_data", from_folder)
    sweep(GRID[:1], tmp_path, engine="loop", data_dir="one")
    with pytest.raises(ValueError, match="train images of 'latent' are not those of the runs"):
        sweep(GRID[:2], tmp_path, engine="loop", data_dir="other")
