"""Student files in a folder whose name would break careless code, and the sandboxes that this machine has."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fls_teach.sandbox import Session
from fls_teach.sandbox.isolation.sandboxes import SandboxError
from fls_teach.sandbox.isolation.view import interpreter_trees
from fls_teach.sandbox.selftest import make_sandbox
from fls_teach.sandbox.worker_process import WorkerProcess, WorkerStartError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("work") / "Übung 5 – 日本 & co"
    path.mkdir()
    return path


@pytest.fixture
def session_for(folder):
    """Make a session for a source text; all are closed at the end."""
    opened = []

    def make(source, name="05_alignment.py", kind=Session, **options):
        path = folder / name
        path.write_bytes(source if isinstance(source, bytes) else source.encode("utf-8"))
        opened.append(kind(path, **options))
        return opened[-1]

    yield make
    for session in opened:
        session.close()


def why_not(name):
    """Why a worker cannot be started in this sandbox here, or ""."""
    try:
        with contextlib.closing(make_sandbox(name)) as sandbox:
            WorkerProcess("/", sandbox).kill()
    except (SandboxError, WorkerStartError) as problem:
        return str(problem)
    return ""


@pytest.fixture(scope="session")
def need():
    """Skip a test for which a sandbox is missing; but fail it where CI says that nothing may be missing."""
    reasons = {}

    def check(name):
        if name not in reasons:
            reasons[name] = why_not(name)
        if reasons[name]:
            # `uid` is for root and an interpreter that all may read; test_sandbox tries it in a container as well.
            give_up = pytest.fail if os.environ.get("CI") and name == "bwrap" else pytest.skip
            give_up(f"no sandbox '{name}': {reasons[name]}")

    return check


@pytest.fixture
def sandbox_for(need):
    """Make a sandbox by its name that works here; all are closed at the end."""
    with contextlib.ExitStack() as stack:

        def make(name, *arguments, **options):
            need(name)
            return stack.enter_context(contextlib.closing(make_sandbox(name, *arguments, **options)))

        yield make


@pytest.fixture
def run_in_container(need):
    """Run a program where root may make no namespaces, and everybody may read the interpreter; or as nobody.

    bubblewrap without --unshare-user is the stand-in for the container.
    """
    need("bwrap")
    if os.geteuid() != 0:
        pytest.skip("only root can set up a container")

    def run(*words, user=None, **variables):
        trees = [*interpreter_trees(), str(ROOT)]
        view = ["--dev-bind", "/", "/"]
        for closed in sorted({top for tree in trees if (top := _closed_above(tree))}):
            view += ["--perms", "0755", "--tmpfs", closed]
            for tree in trees:
                if tree.startswith(closed + "/"):
                    above = [str(parent) for parent in Path(tree).parents if str(parent).startswith(closed + "/")]
                    view += [word for parent in above[::-1] for word in ("--perms", "0755", "--dir", parent)]
                    view += ["--ro-bind", tree, tree]
        if user is None:
            words = ["--cap-add", "ALL", "--cap-drop", "CAP_SYS_ADMIN", *words]
        else:
            become = [shutil.which("setpriv"), f"--reuid={user}", f"--regid={user}", "--clear-groups"]
            words = ["--cap-add", "ALL", *become, *words]
        return subprocess.run(
            [shutil.which("bwrap"), *view, "--chdir", "/", "--die-with-parent", *words],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def _closed_above(path):
    """The outermost folder above that others may not enter, or None."""
    closed = [parent for parent in Path(path).parents if not parent.stat().st_mode & 0o001]
    return str(closed[-1]) if closed else None


@pytest.fixture
def same_tests_inside(run_in_container):
    """Run the tests of a file again, in the container or as another user; return how many passed there."""

    def run(path, words, user=None):
        options = [
            "-q",
            "--durations=5",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(ROOT),
            "-c",
            str(ROOT / "setup.cfg"),
            "-k",
            words,
        ]
        done = run_in_container(sys.executable, "-m", "pytest", *options, str(path), user=user)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
