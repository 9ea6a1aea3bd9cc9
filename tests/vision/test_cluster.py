"""The same sweep on a dask.distributed cluster on loopback, of which a worker dies at the worst moment."""

import json
import logging
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager

import pytest
from click.testing import CliRunner

from fls_teach import scheduler
from fls_teach.cli import main
from fls_teach.vision.sweep import executors

pytest.importorskip("distributed")

# In each worker: every run notes its start. The first worker to finish one waits until that lies in the sweep's
# folder, and dies in the middle of its next; until then the other worker stays in its first.
PRELOAD = """
import os, signal, threading, time
from pathlib import Path
import fls_teach.vision.training.train
from fls_teach.vision.sweep import engines

folder, train, finished = Path({folder!r}), fls_teach.vision.training.train.train_run, []
dead, chosen = folder / "dead", folder / "chosen"

def wait_for(path):
    end = time.monotonic() + 300
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.02)

def train_run(run, *rest):
    (folder / f"start-{{run.digest}}-{{os.getpid()}}").touch()
    try:
        chosen.open("x").write(str(os.getpid()))
    except FileExistsError:
        pass
    mine = chosen.read_text() == str(os.getpid())
    if mine and finished:
        wait_for(folder / "out" / "runs" / f"{{finished[0]}}.json")
        dead.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if not mine:
        wait_for(dead)
    if run.c == 4:
        raise RuntimeError(threading.Lock())  # cannot be pickled: dask would leave its future waiting for ever
    finished.append(run.digest)
    return train(run, *rest)

engines.train_run = train_run
"""


@contextmanager
def started(environment, module, *args):
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *map(str, args)],
        env={**environment, "DASK_DISTRIBUTED__WORKER__DAEMON": "false"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_worker_that_dies_loses_nothing_and_nothing_is_done_twice(tmp_path, environment, fls):
    preload, scheduler = tmp_path / "preload.py", tmp_path / "scheduler.json"
    preload.write_text(PRELOAD.format(folder=str(tmp_path)))
    with ExitStack() as stack:
        where = "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", scheduler
        stack.enter_context(started(environment, "dask_scheduler", *where))
        end = time.monotonic() + 300
        while not scheduler.exists() or not scheduler.read_text():
            assert time.monotonic() < end, "the scheduler did not start"
            time.sleep(0.05)
        address = json.loads(scheduler.read_text())["address"].replace("tcp://", "dask://")
        alone = "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--preload", preload
        for _ in range(2):
            stack.enter_context(started(environment, "dask_worker", "--scheduler-file", scheduler, *alone))
        grid = "--width 2 --n 24 --classes 3 --dimension 4 --image-size 8 --epochs 1 --lr 0.1 --c -3:2 --seeds 1"
        done = fls("sweep", *grid.split(), "--executor", address, "--out", "out", "--json", check=1)
    assert json.loads(done.stdout)["finished"] == 5 and "failed: c = 4, lr = 0.1, seed 0: RuntimeError" in done.stderr
    assert (tmp_path / "dead").exists()
    starts = Counter(path.name.split("-")[1] for path in tmp_path.glob("start-*"))
    assert sorted(starts.values()) == [1, 1, 1, 1, 1, 2], (
        "a run other than the one that died with its worker was begun again"
    )
    here = CliRunner().invoke(main, ["sweep", *grid.split(), "--engine", "loop", "--out", str(tmp_path / "here")])
    assert here.exit_code == 0, here.output
    for path in (tmp_path / "out" / "runs").iterdir():
        assert path.read_bytes() == (tmp_path / "here" / "runs" / path.name).read_bytes()


@pytest.mark.parametrize("address", ["dask://127.0.0.1", "dask://:1", "tcp://127.0.0.1:1", "127.0.0.1:1", "dask://a:b"])
def test_what_is_no_address_is_a_sentence(address):
    with pytest.raises(ValueError, match="is not an address; wanted dask://HOST"), executors.open_executor(address):
        pass


def test_a_scheduler_that_does_not_answer_is_a_sentence(monkeypatch):
    monkeypatch.setattr(scheduler, "CONNECT_SECONDS", 0.3)
    with (
        pytest.raises(ValueError, match="no dask scheduler answers at '127.0.0.1:1'"),
        executors.open_executor("dask://127.0.0.1:1"),
    ):
        pass


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ValueError, match=r"pip install distributed"),
        executors.open_executor("dask://127.0.0.1:1"),
    ):
        pass


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise AttributeError('toolz has no pluck')", "AttributeError: toolz has no pluck"),
    ],
)
def test_a_package_that_does_not_load_is_not_called_missing(tmp_path, monkeypatch, code, words):
    """Catches the advice to install what is installed."""
    (tmp_path / "distributed.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "distributed"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ValueError, match="is installed, but importing it fails with") as raised:
        scheduler._client("dask://127.0.0.1:1")
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_the_library_logs_no_traceback_beside_our_sentence(monkeypatch):
    """Its loggers have levels of their own: a killed scheduler was told in 40 lines, the first of them at ERROR."""
    import distributed.client

    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]
    assert "distributed.client" in names
    for name in names:
        monkeypatch.setattr(logging.getLogger(name), "level", logging.WARNING)
    logging.getLogger("distributed").manager._clear_cache()
    assert distributed.client.logger.isEnabledFor(logging.ERROR)
    scheduler._silence()
    assert not any(logging.getLogger(name).isEnabledFor(logging.CRITICAL) for name in names)
