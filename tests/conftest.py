"""What every test folder shares: Hypothesis' manners, `fls` as a real process, and a demo small enough to watch."""

import contextlib
import gc
import os
import subprocess
import sys
import textwrap
import types
from pathlib import Path

import hypothesis
import pytest

import fls_teach
from fls_teach import demos

ROOT = Path(fls_teach.__file__).resolve().parents[1]

# Timings differ from machine to machine, and a failure must come back when it is run again.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("explore" if os.environ.get("FLS_EXPLORE") else "repeatable")

# The test processes share two cores; the processes they start inherit this.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection():
    """Look for no garbage among what stays: thousands of tests are half a million objects, 0.4 s for each look."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


LONGEST_NAME = 200
"""Characters of a parameter in the name of its test."""


def pytest_make_parametrize_id(val, argname):
    """Name a test that is given a long text by the length of that.

    Each test process sends the names of all tests, and those of its own again and again: inputs of megabytes made them
    57 MB, which took longer than the tests.
    """
    return f"{argname}-of-{len(val)}" if isinstance(val, (str, bytes)) and len(val) > LONGEST_NAME else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Let pytest-xdist send commands to a test process that has just ended.

    It would answer with an INTERNALERROR. Soon after it learns of the end by itself, names the test that was running
    and gives the others to a new process.
    """
    send = node.sendcommand

    def send_to_the_living(name, **arguments):
        with contextlib.suppress(OSError):
            send(name, **arguments)

    node.sendcommand = send_to_the_living


@pytest.fixture
def environment():
    """Variables under which a new process finds this checkout, installed or not, and prints UTF-8."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def fls(tmp_path, environment):
    """Run ``python -m fls_teach ARGS`` in an empty folder and return the finished process."""

    def start(*args, check=None, **env):
        done = subprocess.run(
            [sys.executable, "-m", "fls_teach", *map(str, args)],
            cwd=tmp_path,
            env={**environment, **env},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=300,  # at a load of 18 on two cores a sweep on a cluster took longer than 120
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert check is None or done.returncode == check, done.stdout + done.stderr
        return done

    return start


@pytest.fixture
def halving(monkeypatch):
    """The demo that the docstring of fls_teach.demos shows, as the only demo there is."""
    source = demos.__doc__.split("works::\n")[1].split("\n`Result`")[0]
    module = types.ModuleType("fls_teach.demos.halving")
    module.__package__ = "fls_teach.demos"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(demos, "GROUPS", {"mechanism": ("halving",)})
    monkeypatch.setattr(demos, "NAMES", ("halving",))
    exec(textwrap.dedent(source), module.__dict__)
    return module
