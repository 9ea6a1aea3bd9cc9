"""Several processes share one folder: nothing is done twice, and what a dead one had begun is done by another."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from fls_teach.vision.run import Run
from fls_teach.vision.sweep import engines, leases, store
from fls_teach.vision.sweep.leases import Leases
from fls_teach.vision.sweep.ledger import Pace
from fls_teach.vision.sweep.sweep import sweep

GRID = [Run(c=2.0**k) for k in range(-3, 5)]


def record(run):
    return {"run": run.parameters, "trained": {"status": "reached"}, "images": {"train": "a", "test": "b"}}


@pytest.fixture
def trained(monkeypatch):
    """Runs done in this process, by a stand-in for training."""
    seen = []
    monkeypatch.setattr(engines, "images", lambda *_, **__: None)
    monkeypatch.setattr(engines, "work", lambda runs, **_: seen.extend(runs) or list(map(record, runs)))
    return seen


SHARING = """
import os, sys, time
from pathlib import Path
from fls_teach.vision.run import Run
from fls_teach.vision.sweep import engines
from fls_teach.vision.sweep.sweep import sweep

def work(runs, **_):
    Path(f"begun-{runs[0].digest}-{os.getpid()}").touch()
    time.sleep(0.1)
    return [{"run": runs[0].parameters, "trained": {"status": "reached"}, "images": {"train": "a", "test": "b"}}]

engines.work, engines.images = work, lambda *_, **__: None
Path(f"ready-{sys.argv[1]}").touch()
while len(list(Path().glob("ready-*"))) < 2:
    time.sleep(0.01)
swept = sweep([Run(c=2.0**k) for k in range(-3, 5)], "out", engine="loop")
print(len(swept.records), len(swept.failed), len(swept.elsewhere))
"""


def test_two_sweeps_on_one_folder_train_each_run_once(tmp_path, environment):
    """Without leases each of them does everything."""
    (tmp_path / "sharing.py").write_text(SHARING)
    begin = [sys.executable, "sharing.py"]
    pipes = {"stdout": subprocess.PIPE, "text": True, "cwd": tmp_path, "env": environment}
    both = [subprocess.Popen([*begin, name], **pipes) for name in "ab"]
    told = [process.communicate(timeout=100)[0].split() for process in both]
    begun = Counter(path.name.split("-")[1] for path in tmp_path.glob("begun-*"))
    assert begun == {run.digest: 1 for run in GRID}
    assert len({path.name.split("-")[2] for path in tmp_path.glob("begun-*")}) == 2, "one did everything"
    assert set(store.read(tmp_path / "out")) == set(GRID) and not list((tmp_path / "out" / "leases").iterdir())
    assert [int(records) + int(elsewhere) for records, _, elsewhere in told] == [8, 8]
    assert [failed for _, failed, _ in told] == ["0", "0"] and "8" in {records for records, _, _ in told}


HOLDING = """
import sys, time
from fls_teach.vision.sweep import leases
leases.REFRESH_SECONDS = 0.05
with leases.Leases(sys.argv[1]) as held:
    assert all(map(held.take, sys.argv[2:]))
    print("taken", flush=True)
    time.sleep(100)
"""


@pytest.fixture
def holder(tmp_path, environment):
    """A process that holds the leases of the first two runs."""
    names = [run.digest for run in GRID[:2]]
    pipe = {"stdout": subprocess.PIPE, "env": environment}
    process = subprocess.Popen([sys.executable, "-c", HOLDING, tmp_path, *names], **pipe)
    assert process.stdout.readline() == b"taken\n"
    yield process
    process.kill()
    process.communicate()


def test_what_a_living_process_has_is_left_to_it(tmp_path, trained, holder, monkeypatch):
    """A job of an array ends rather than keeping a machine idle, and says what is not in its table."""
    monkeypatch.setattr(leases, "REFRESH_SECONDS", 0.05)  # how often this process looks
    said = []
    swept = sweep(GRID, tmp_path, engine="loop", say=said.append)
    assert trained == GRID[2:] and swept.elsewhere == GRID[:2] and not swept.failed
    assert said[-1].startswith("2 runs are left to other processes, which are training them (one is process")
    assert f"process {holder.pid} on " in said[-1]


@pytest.mark.parametrize("machine", ["this", "another"])
def test_what_a_killed_process_had_is_taken_over(tmp_path, trained, holder, monkeypatch, machine):
    """On this machine at once, because its process is gone; elsewhere when its lease has expired."""
    if machine == "another":
        monkeypatch.setattr(leases, "_machine", lambda: "another")
    with Leases(tmp_path) as mine:
        assert not mine.take(GRID[0].digest)
        holder.kill()
        holder.wait()
        assert mine.take(GRID[0].digest) == (machine == "this")
        monkeypatch.setattr(leases, "EXPIRE_SECONDS", leases.EXPIRE_SECONDS if machine == "this" else 0.5)
        monkeypatch.setattr(leases, "REFRESH_SECONDS", 0.1)
    swept = sweep(GRID, tmp_path, engine="loop", say=print)
    assert len(swept.records) == len(GRID) and sorted(trained, key=GRID.index) == GRID
    assert not list((tmp_path / "leases").iterdir())


def test_of_several_that_find_a_lease_stale_one_gets_it(tmp_path):
    """Both have looked at the old lease before either has made a new one."""
    with Leases(tmp_path) as old, Leases(tmp_path) as one, Leases(tmp_path) as other:
        assert old.take("run")
        old.held.clear()  # it refreshes nothing any more
        expire(tmp_path)
        for each in (one, other):
            looks = partial(next, iter([each._newest("run")]))
            each._newest = lambda name, each=each, looks=looks: looks(None) or Leases._newest(each, name)
        assert [one.take("run"), other.take("run")] == [True, False]


def expire(folder, name="run.0"):
    stale = time.time() - 1000
    os.utime(folder / "leases" / name, (stale, stale))


def test_an_owner_that_wakes_up_does_not_free_what_another_took_over(tmp_path):
    """A machine was asleep, then Ctrl-C: were run.0 gone, a third process would begin there, beside the second."""
    with Leases(tmp_path) as asleep, Leases(tmp_path) as second, Leases(tmp_path) as third:
        assert asleep.take("run")
        expire(tmp_path)
        assert second.take("run")
        asleep.release("run")
        assert not third.take("run")
        second.release("run")
        assert not list((tmp_path / "leases").iterdir()) and third.take("run")


def test_a_lease_that_is_released_while_another_looks_at_it_leaves_no_hole(tmp_path, monkeypatch):
    """run.1 without run.0 would be seen by none."""
    with Leases(tmp_path) as first, Leases(tmp_path) as other, Leases(tmp_path) as third:
        assert first.take("run")
        newest = other._newest("run")
        first.release("run")
        with monkeypatch.context() as patched:
            patched.setattr(other, "_newest", lambda name: newest)
            assert not other.take("run")
        assert third.take("run") and not other.take("run")


def test_a_stale_lease_that_is_released_while_another_takes_it_over_leaves_no_hole(tmp_path, monkeypatch):
    with Leases(tmp_path) as first, Leases(tmp_path) as other:
        assert first.take("run")
        expire(tmp_path)
        is_stale = other._is_stale

        def then_released(path):
            stale = is_stale(path)
            first.release("run")
            return stale

        monkeypatch.setattr(other, "_is_stale", then_released)
        assert not other.take("run") and not list((tmp_path / "leases").iterdir())
        assert other.take("run")


def test_what_a_process_killed_while_releasing_leaves_is_taken_over(tmp_path):
    """run.0 is gone, run.1 is not: no two owners, and none that waits for ever."""
    with Leases(tmp_path) as killed, Leases(tmp_path) as one, Leases(tmp_path) as other:
        (tmp_path / "leases" / "run.1").touch()
        expire(tmp_path, "run.1")
        took = [each.take("run") for each in (one, other, one, killed)]
        assert sum(took) == 1
        (one if one.held else other).release("run")
        assert not list((tmp_path / "leases").iterdir())


def test_two_grids_begun_at_one_instant_are_both_in_the_plan(tmp_path, monkeypatch):
    """The second one begins when the first has read sweep.json and not yet written it."""
    write, others = store._write, []

    def slow(path, text):
        if not others:
            others.append(threading.Thread(target=store.plan, args=(tmp_path, GRID[4:])))
            others[0].start()
            others[0].join(0.5)
        write(path, text)

    monkeypatch.setattr(store, "_write", slow)
    assert store.plan(tmp_path, GRID[:4]) == GRID[:4]
    others[0].join(60)
    assert store.planned(tmp_path) == GRID and not list((tmp_path / "leases").iterdir())


def test_a_run_that_failed_is_given_up(tmp_path, trained, monkeypatch):
    monkeypatch.setattr(engines, "work", lambda runs, **_: 1 / 0)
    swept = sweep(GRID[:1], tmp_path, engine="loop", say=print)
    assert swept.failed == GRID[:1] and not list((tmp_path / "leases").iterdir())


def test_a_lease_that_cannot_be_made_is_a_sentence(tmp_path, trained):
    (tmp_path / "leases").touch()
    with pytest.raises(ValueError, match="^cannot write '[^\n]*leases' [^\n]*$"):
        sweep(GRID[:1], tmp_path, engine="loop", say=print)


def test_times_are_kept_beside_the_records(tmp_path, trained):
    """Records must be the same bytes whenever they are made."""
    sweep(GRID[:2], tmp_path, engine="loop", say=print)
    with (tmp_path / "times.jsonl").open("a") as file:
        file.write('half a li\n{"run": 3}\n')
    seconds = store.read_seconds(tmp_path)
    assert set(seconds) == {run.digest for run in GRID[:2]} and min(seconds.values()) >= 0
    assert store.read(tmp_path)[GRID[0]] == record(GRID[0])


def test_several_devices_have_a_process_each(tmp_path, monkeypatch):
    """Names of devices stand in for GPUs: every run is done on one of them, and each of them does some."""
    (tmp_path / "devices.py").write_text(
        "import os, time\n"
        "def work(runs, device, **_):\n"
        "    time.sleep(0.05)\n"
        "    return [{'run': run.parameters, 'trained': {'pid': os.getpid()}, 'device': device} for run in runs]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import devices

    monkeypatch.setattr(engines, "images", lambda *_, **__: None)
    monkeypatch.setattr(engines, "resolve", lambda device: device)
    monkeypatch.setattr(engines, "work", devices.work)
    grid = [replace(GRID[0], seed=seed) for seed in range(12)]
    records = sweep(grid, tmp_path / "out", engine="loop", device="cuda:0,cuda:1", say=print).records
    assert len(records) == 12
    pairs = {(each["device"], each["trained"]["pid"]) for each in records}
    assert sorted(device for device, _ in pairs) == ["cuda:0", "cuda:1"]


def test_the_time_left_knows_that_runs_differ():
    """A mean over everything would promise 2 s for two runs at the small c, which took 9 s each before."""
    pace = Pace()
    for c, seconds in ((0.5, 9.0), (2.0, 1.0), (2.0, 1.0), (2.0, 1.0)):
        pace.add(Run(c=c), seconds)
    assert [pace.expected(Run(c=c, seed=1)) for c in (0.5, 2.0, 8.0)] == [9.0, 1.0, 3.0]
    assert pace.expected(Run(c=0.5, lr=0.3)) == 9.0 and Pace().expected(Run()) is None
