"""The inner half of a sandbox: what is left of a process's rights."""

import base64
import errno
import json
import os
import platform
import resource
import subprocess
import sys

import pytest

from fls_teach.sandbox.isolation import confine
from fls_teach.sandbox.isolation.seccomp import seccomp_filter

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox is for Linux")

INSIDE = """
import fcntl, json, os, resource, socket, subprocess, sys, threading
sys.path.insert(0, {folder!r})
limits = json.loads(sys.argv[1])
del sys.argv[1:]
import confine
confine.confine(limits)
def tried(action):
    try:
        return action() and True
    except OSError as problem:
        return problem.errno
thread = threading.Thread(target=int)
thread.start(); thread.join()
print(json.dumps({{
    "limits": {{name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if "RLIMIT_" in name}},
    "socket": tried(socket.socket), "pair": tried(socket.socketpair),
    "child": subprocess.run([sys.executable, "-c", "pass"]).returncode,
    "group": tried(os.setsid), "lock": tried(lambda: fcntl.flock(0, fcntl.LOCK_SH)),
    "cache": tried(lambda: os.posix_fadvise(0, 0, 0, os.POSIX_FADV_DONTNEED)),
    "other_processors": tried(lambda: os.sched_setaffinity(0, range(os.cpu_count()))),
    "reads": {{path: tried(lambda: open(path).close() or True) for path in {paths!r}}},
    "processors": sorted(os.sched_getaffinity(0)),
    "lists": tried(lambda: os.listdir("/proc")),
    "writes": {{path: tried(lambda: open(path + "/x", "w").close() or True) for path in {folders!r}}},
}}))
"""


def confined(limits, paths=(), folders=()):
    """Run `confine` in a process of its own and return what that process can still do."""
    source = INSIDE.format(folder=os.path.dirname(confine.__file__), paths=list(paths), folders=list(folders))
    done = subprocess.run([sys.executable, "-c", source, json.dumps(limits)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@linux
def test_limits_and_filter_are_in_force():
    program, processor = seccomp_filter(platform.machine()), max(os.sched_getaffinity(0))
    if program is None:
        pytest.skip("there is no filter for this machine")
    wanted = {"RLIMIT_DATA": 2**31, "RLIMIT_NOFILE": 32, "RLIMIT_FSIZE": 2**20, "RLIMIT_CPU": 100, "RLIMIT_CORE": 0}
    code = base64.b64encode(program).decode()
    left = confined({"resources": wanted, "filter": code, "processor": processor})
    assert left["limits"]["RLIMIT_DATA"] == [2**31] * 2 and left["limits"]["RLIMIT_NOFILE"] == [32, 32]
    assert left["limits"]["RLIMIT_CPU"] == [100, 101]
    assert left["limits"]["RLIMIT_NPROC"] == list(resource.getrlimit(resource.RLIMIT_NPROC))  # not asked for
    assert left["child"] == 0 and left["lists"] is True
    assert left["processors"] == [processor]
    for refused in ("socket", "pair", "group", "lock", "cache", "other_processors"):
        assert left[refused] == errno.EPERM, refused


@linux
@pytest.mark.parametrize(
    "limits, words",
    [
        ({"filter": base64.b64encode(bytes(8)).decode()}, "prctl(22) failed"),  # no program: it does not even return
        ({"resources": {"RLIMIT_NOFILE": -5}}, "ValueError"),
        ({"processor": 1_000_000}, "sched_setaffinity"),
    ],
)
def test_a_step_that_fails_ends_the_process(limits, words):
    """Catches a sandbox that is only half closed, and runs a submission all the same."""
    source = INSIDE.format(folder=os.path.dirname(confine.__file__), paths=[], folders=[])
    done = subprocess.run([sys.executable, "-c", source, json.dumps(limits)], capture_output=True, text=True)
    assert done.returncode != 0 and done.stdout == "" and words in done.stderr


@linux
def test_a_lower_limit_that_is_there_already_stays():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2**40 if hard == resource.RLIM_INFINITY else hard + 1000
    left = confined({"resources": {"RLIMIT_NOFILE": wanted}})["limits"]["RLIMIT_NOFILE"]
    assert left[1] <= wanted
    if hard != resource.RLIM_INFINITY:
        assert left == [hard, hard]


@linux
def test_landlock_leaves_what_is_named(tmp_path):
    """Catches a rule that opens too much, on kernels that have Landlock."""
    mine, other = tmp_path / "mine", tmp_path / "other"
    for folder in (mine, other):
        folder.mkdir()
        (folder / "file").write_text("secret")
    readable = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", sys.prefix, sys.base_prefix, "/no/such/path"]
    limits = {"readable": readable, "writable": [str(mine), "/dev/null"]}
    left = confined(limits, [f"{mine}/file", f"{other}/file", "/etc/passwd", os.__file__], map(str, [mine, other]))
    if left["lists"] is True:
        pytest.skip("this kernel has no Landlock")
    assert left["reads"] == {
        **{f"{mine}/file": True, os.__file__: True},
        **{f"{other}/file": errno.EACCES, "/etc/passwd": errno.EACCES},
    }
    assert left["writes"] == {str(mine): True, str(other): errno.EACCES} and left["lists"] == errno.EACCES
