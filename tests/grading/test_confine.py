"""The inner half of a sandbox: the filter of system calls, step by step, and what is left of a process's rights."""

import errno
import json
import os
import resource
import struct
import subprocess
import sys

import pytest

from fls_teach.grading import confine
from fls_teach.grading.confine import _ARCHITECTURES, _REFUSED, seccomp_filter

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000
NUMBERS = {  # of system calls that must go on working, from each unistd.h: x86_64, aarch64
    **{"read": (0, 63), "write": (1, 64), "openat": (257, 56), "futex": (202, 98), "wait4": (61, 260)},
    **{"exit_group": (231, 94), "munmap": (11, 215), "execve": (59, 221), "dup3": (292, 24), "brk": (12, 214)},
    **{"getrandom": (318, 278), "pipe2": (293, 59), "rt_sigaction": (13, 134), "madvise": (28, 233)},
    **{"clock_nanosleep": (230, 115), "sched_yield": (24, 124), "kill": (62, 129), "prlimit64": (302, 261)},
}
CLONE, CLONE3, MMAP = (56, 220), (435, 435), (9, 222)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox is for Linux")
each_machine = pytest.mark.parametrize("machine", _ARCHITECTURES)


def verdict(machine, number, *arguments, architecture=None):
    """What the filter answers, by the rules of the kernel's documentation on socket filters."""
    audit = _ARCHITECTURES[machine][1] if architecture is None else architecture
    data = struct.pack("=IIQ6Q", number, audit, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    program = list(struct.iter_unpack("=HBBI", seccomp_filter(machine)))
    k, register = 0, 0
    while True:
        code, if_true, if_false, value = program[k]
        k += 1
        if code == 0x20:  # BPF_LD | BPF_W | BPF_ABS
            (register,) = struct.unpack_from("=I", data, value)
        elif code == 0x06:  # BPF_RET | BPF_K
            return value
        else:  # BPF_JMP with BPF_JEQ, BPF_JGE, BPF_JSET
            holds = {0x15: register == value, 0x35: register >= value, 0x45: register & value != 0}[code]
            k += if_true if holds else if_false


@each_machine
def test_every_listed_call_is_refused(machine):
    column = _ARCHITECTURES[machine][0]
    assert len({numbers[column] for numbers in _REFUSED.values()}) == len(_REFUSED)  # a mistyped number
    for name, numbers in _REFUSED.items():
        assert verdict(machine, numbers[column]) == EPERM, name


@each_machine
def test_ordinary_calls_are_allowed(machine):
    for name, numbers in NUMBERS.items():
        # Whatever the arguments: one call's flags must not be taken for another's number.
        for arguments in [(), (0x7FFFFFFF,) * 6]:
            assert verdict(machine, numbers[_ARCHITECTURES[machine][0]], *arguments) == ALLOW, name


@each_machine
def test_threads_and_children_but_no_namespaces(machine):
    column = _ARCHITECTURES[machine][0]
    thread, child = 0x3D0F00, 17
    assert verdict(machine, CLONE[column], thread) == verdict(machine, CLONE[column], child) == ALLOW
    for kind in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert verdict(machine, CLONE[column], child | kind) == EPERM, hex(kind)
    assert verdict(machine, CLONE3[column], 0x10000000) == ENOSYS  # the C library then takes clone


@each_machine
def test_private_memory_but_none_that_nobody_is_charged_for(machine):
    call = MMAP[_ARCHITECTURES[machine][0]]
    private, shared, validated, huge = 0x02, 0x01, 0x03, 0x40000
    for flags in (private, private | 0x20, private | 0x20 | 0x20000):  # of a file, anonymous, a stack
        assert verdict(machine, call, 0, 4096, 3, flags, 2**32 - 1) == ALLOW, hex(flags)
    for flags in (shared, shared | 0x20, validated, private | 0x20 | huge):
        assert verdict(machine, call, 0, 4096, 3, flags, 2**32 - 1) == EPERM, hex(flags)


def test_calls_by_another_door_are_refused():
    """A second table of numbers would make the list of the first worthless."""
    i386, unistd_getpid = 0x40000003, 39
    for machine in _ARCHITECTURES:
        assert verdict(machine, 20, architecture=i386) == KILL
    assert verdict("x86_64", unistd_getpid | 0x40000000) == EPERM  # x32
    assert seccomp_filter("riscv64") is None


INSIDE = """
import json, os, resource, socket, subprocess, sys, threading
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
    "limits": {{name: resource.getrlimit(getattr(resource, constant)) for name, constant in confine.RESOURCES.items()}},
    "socket": tried(socket.socket), "pair": tried(socket.socketpair),
    "child": subprocess.run([sys.executable, "-c", "pass"]).returncode,
    "reads": {{path: tried(lambda: open(path).close() or True) for path in {paths!r}}},
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
    limits = {"data_bytes": 2**31, "open_files": 32, "file_bytes": 2**20, "cpu_seconds": 100, "core_bytes": 0}
    left = confined(limits)
    assert left["limits"]["data_bytes"] == [2**31] * 2 and left["limits"]["open_files"] == [32, 32]
    assert left["limits"]["cpu_seconds"] == [100, 101]
    assert left["limits"]["processes"] == list(resource.getrlimit(resource.RLIMIT_NPROC))  # not asked for
    assert left["child"] == 0 and left["lists"] is True
    assert left["socket"] == left["pair"] == errno.EPERM


@linux
def test_a_lower_limit_that_is_there_already_stays():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2**40 if hard == resource.RLIM_INFINITY else hard + 1000
    assert confined({"open_files": wanted})["limits"]["open_files"][1] <= wanted
    if hard != resource.RLIM_INFINITY:
        assert confined({"open_files": wanted})["limits"]["open_files"] == [hard, hard]


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
