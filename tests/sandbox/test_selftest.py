"""The self-test sees each weakness, on sandboxes weakened on purpose; and what does not work is never used."""

import gc
import os
import signal
import sys
import threading
import time
import uuid
import warnings

import pytest

from fls_teach.sandbox import selftest, worker_process
from fls_teach.sandbox.isolation.sandboxes import Bubblewrap, NoSandbox, ResourceLimits, SandboxError
from fls_teach.sandbox.proc.table import process, process_table
from fls_teach.sandbox.selftest import Demands, choose, make_sandbox, weaknesses

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox is for Linux")


@pytest.fixture
def weak(need):
    """Make a weakened Bubblewrap; closed at the end."""
    need("bwrap")
    made = []

    def make(kind, *arguments):
        made.append(kind(*arguments))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.close()


@pytest.fixture
def hasty(monkeypatch, tmp_path):
    """The probe, which waits a fifth as long to be seen: for sandboxes in which nothing looks."""
    text = selftest.PROBE.read_text(encoding="utf-8")
    assert "time.sleep(1.0)" in text
    (tmp_path / "probe.py").write_text(text.replace("time.sleep(1.0)", "time.sleep(0.2)"), encoding="utf-8")
    monkeypatch.setattr(selftest, "PROBE", tmp_path / "probe.py")


@linux
def test_a_sandbox_that_works_has_no_weakness(need, tmp_path):
    need("bwrap")
    # A private /tmp may be written into, though it is this user's home.
    assert choose("auto", Demands([tmp_path], [tmp_path, "/tmp"])) == "bwrap"


class Open(Bubblewrap):
    """The network and other processes of this machine, /tmp, and capabilities: everything but limits."""

    def _namespaces(self):
        apart = [] if os.geteuid() == 0 else ["--unshare-user"]
        return [*apart, "--die-with-parent", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]

    def command(self, command):
        self._arguments += ["--bind", "/tmp", "/tmp", "--bind", self.opened, self.opened]
        return super().command(command)

    def _confined(self, command, folder):
        k = command.index(str(worker_process.WORKER))
        return [*command[:k], f"{folder}/worker.py", *command[k + 1 :]]


@linux
def test_each_hole_is_found(weak, hasty, tmp_path, monkeypatch):
    open_folder, package = tmp_path / "open", tmp_path / "open/package"
    open_folder.mkdir(mode=0o777)
    package.mkdir(mode=0o777)
    monkeypatch.setattr(selftest, "PACKAGE", package)
    secret = open_folder / "secret"
    secret.write_text("x")
    Open.opened = str(open_folder)
    found = weaknesses(weak(Open), Demands([secret], [open_folder], ["numpy", "no_such_package"]))
    for words in (
        *(f"could read '{secret}'", f"could write into '{open_folder}'", f"could write into '{package}'"),
        *("could use the network", "keeps capabilities", "no filter of system calls", "cannot import no_such_package"),
        *("could start processes without a limit", "could open files without a limit", "write files of any size"),
        *("the limit on memory has no effect", "memory that is not counted"),
        *(["could run on several processors"] if len(os.sched_getaffinity(0)) > 1 else []),
    ):
        assert any(words in each for each in found), (words, found)
    assert sorted(path.name for path in open_folder.iterdir()) == ["package", "secret"] and not any(package.iterdir())


class Unlimited(ResourceLimits):
    """Nothing is asked of the kernel."""

    def resources(self):
        return {}


class Unwatched(Bubblewrap):
    """Nobody looks at /tmp, and its size has no limit; processes cannot be listed."""

    def __init__(self, limits):
        super().__init__((), limits)
        k = self._arguments.index("--size")
        del self._arguments[k : k + 2]

    def overflows(self, pid, members):
        return False

    def members(self, pid):
        return {process(pid)}


@linux
def test_each_missing_limit_is_found(weak, hasty, monkeypatch):
    monkeypatch.setattr(worker_process, "memory_of", lambda pids: 0)
    found = weaknesses(weak(Unwatched, Unlimited(scratch_mib=16)))
    assert found == [
        "a submission could fill the disk with files that have no name",
        "the processes of a submission cannot be listed",
        "a submission could start processes without a limit",
        "a submission could open files without a limit",
        "a submission could write files of any size",
        "a submission could fill the disk",
        "a submission could make any number of files",
        "the limit on memory has no effect",
        "the limit on memory has no effect on several processes together",
    ]


class Marked(NoSandbox):
    """Knows its processes by their environment, and ends only the first."""

    def environment(self):
        return super().environment() | {"FLS_TEST_MARK": self.mark}

    def members(self, pid):
        return {each for each in process_table() if self.mark.encode() in self._environment_of(each.pid)}

    @staticmethod
    def _environment_of(pid):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                return file.read()
        except OSError:
            return b""


@linux
def test_a_process_that_survives_is_found(tmp_path, monkeypatch):
    for name in ("_test_nameless_files", "_test_limits", "_test_memory_limit"):
        monkeypatch.setattr(selftest, name, lambda *arguments: [])
    monkeypatch.setattr(worker_process, "end", lambda members: None)
    monkeypatch.setattr(selftest, "_END_LIMIT", 0.3)
    secret = tmp_path / "secret"
    secret.write_text("x")
    threads = threading.active_count()
    Marked.mark, sandbox = str(uuid.uuid4()), Marked(ResourceLimits())
    try:
        found = weaknesses(sandbox, Demands([secret], [tmp_path]))
    finally:
        for pid, _ in sandbox.members(0):
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while threading.active_count() > threads and time.monotonic() < deadline:
            time.sleep(0.01)
        with warnings.catch_warnings():  # the survivor held the pipes open: nobody could close them
            warnings.simplefilter("ignore")
            gc.collect()
    text = "; ".join(found)
    for words in (
        "1 processes of a submission outlive",
        f"read '{secret}'",
        "signals to the grader",
        "gain privileges",
    ):
        assert words in text, (words, text)


@linux
def test_a_sandbox_that_does_not_start_says_why(weak):
    class Broken(Bubblewrap):
        def _namespaces(self):
            return ["--no-such-option"]

    (found,) = weaknesses(weak(Broken))
    assert found.startswith("the worker did not start: ") and "--no-such-option" in found


# ------------------------------------------------------------------ which one is used


@linux
def test_process_is_never_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for isolation in ("auto", "bwrap"):
        with pytest.raises(SandboxError, match="^bwrap: bubblewrap is not installed .*apt-get install bubblewrap"):
            choose(isolation)
    for isolation in ("auto", "uid"):
        with pytest.raises(SandboxError, match="uid: only root can run a worker as another user"):
            choose(isolation)


def test_another_system_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(selftest.platform, "system", lambda: "Darwin")
    for isolation in ("auto", "bwrap", "uid"):
        with pytest.raises(SandboxError, match="it needs Linux, and this is Darwin"):
            choose(isolation)


def test_process_is_used_where_it_is_asked_for():
    limits = ResourceLimits(memory_mib=100)
    assert choose("process", Demands(limits=limits)) == "process"
    sandbox = selftest.make_sandbox("process", limits=limits)
    assert type(sandbox) is NoSandbox and sandbox.limits is limits


class Named:
    def __init__(self, name):
        self.name, self.closed = name, False

    def close(self):
        self.closed = True


def test_the_strongest_without_a_weakness_is_taken(monkeypatch):
    """And each that was tried is given back."""
    made, found = [], {"bwrap": ["a submission could fly", "and swim"], "uid": []}

    def make(name, hidden=(), limits=None):
        made.append(Named(name))
        return made[-1]

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(selftest, "make_sandbox", make)
    monkeypatch.setattr(selftest, "weaknesses", lambda sandbox, *rest: found[sandbox.name])
    assert choose("auto") == "uid"
    assert [each.closed for each in made] == [True, True]
    assert choose("uid") == "uid"
    with pytest.raises(SandboxError, match="^bwrap: a submission could fly .and 1 more; fls doctor lists them.$"):
        choose("bwrap")
    found["uid"] = ["a submission could swim"]
    with pytest.raises(SandboxError, match="bwrap: .*; uid: a submission could swim$"):
        choose("auto")


def test_names_of_sandboxes():
    assert selftest.ISOLATIONS == ("bwrap", "uid", "process")
    assert make_sandbox("process").name == "process"
