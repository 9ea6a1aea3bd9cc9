"""The filter of system calls, step by step as the kernel would go."""

import errno
import re
import struct
from pathlib import Path

import pytest

from fls_teach.sandbox.isolation.seccomp import ARCHITECTURES, REFUSED, seccomp_filter

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000
NUMBERS = {  # of system calls that must go on working, from each unistd.h: x86_64, aarch64
    **{"read": (0, 63), "write": (1, 64), "openat": (257, 56), "futex": (202, 98), "wait4": (61, 260)},
    **{"exit_group": (231, 94), "munmap": (11, 215), "execve": (59, 221), "dup3": (292, 24), "brk": (12, 214)},
    **{"getrandom": (318, 278), "pipe2": (293, 59), "rt_sigaction": (13, 134), "madvise": (28, 233)},
    **{"clock_nanosleep": (230, 115), "sched_yield": (24, 124), "kill": (62, 129), "prlimit64": (302, 261)},
}
CLONE, CLONE3, MMAP, PRCTL, FCNTL, IOCTL = (56, 220), (435, 435), (9, 222), (157, 167), (72, 25), (16, 29)
HEADERS = {"x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "/usr/include/asm-generic/unistd.h"}
each_machine = pytest.mark.parametrize("machine", ARCHITECTURES)


def verdict(machine, number, *arguments, architecture=None):
    """What the filter answers, by the rules of the kernel's documentation on socket filters."""
    audit = ARCHITECTURES[machine][1] if architecture is None else architecture
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
    column = ARCHITECTURES[machine][0]
    numbers = {name: both[column] for name, both in REFUSED.items() if both[column] is not None}
    assert len(set(numbers.values())) == len(numbers) > 90  # a mistyped number
    for name, number in numbers.items():
        assert verdict(machine, number) == EPERM, name


@each_machine
def test_numbers_are_those_of_the_kernel(machine):
    if not Path(HEADERS[machine]).exists():
        pytest.skip("the kernel's headers are not installed")
    text = Path(HEADERS[machine]).read_text()
    theirs = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    column = ARCHITECTURES[machine][0]
    ours = REFUSED | {"clone": CLONE, "mmap": MMAP, "prctl": PRCTL, "fcntl": FCNTL, "ioctl": IOCTL}
    ours = {name: both[column] for name, both in ours.items() if both[column] is not None and name in theirs}
    assert ours == {name: theirs[name] for name in ours} and len(ours) > 80  # older headers do not know all


@each_machine
def test_ordinary_calls_are_allowed(machine):
    for name, numbers in NUMBERS.items():
        # Whatever the arguments: one call's flags must not be taken for another's number.
        for arguments in [(), (0x7FFFFFFF,) * 6]:
            assert verdict(machine, numbers[ARCHITECTURES[machine][0]], *arguments) == ALLOW, name


@each_machine
def test_threads_and_children_but_no_namespaces(machine):
    column = ARCHITECTURES[machine][0]
    thread, child = 0x3D0F00, 17
    assert verdict(machine, CLONE[column], thread) == verdict(machine, CLONE[column], child) == ALLOW
    for kind in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert verdict(machine, CLONE[column], child | kind) == EPERM, hex(kind)
    vfork = 0x4000 | 0x100 | 17  # CLONE_VFORK, CLONE_VM and SIGCHLD, as of posix_spawn
    assert verdict(machine, CLONE[column], vfork) == ALLOW
    for sleeper in (0x10000, 0x8000):  # CLONE_THREAD, CLONE_PARENT
        assert verdict(machine, CLONE[column], vfork | sleeper) == EPERM
    assert verdict(machine, CLONE3[column], 0x10000000) == ENOSYS  # the C library then takes clone


@each_machine
def test_private_memory_but_none_that_nobody_is_charged_for(machine):
    call = MMAP[ARCHITECTURES[machine][0]]
    private, shared, validated, huge = 0x02, 0x01, 0x03, 0x40000
    for flags in (private, private | 0x20, private | 0x20 | 0x20000):  # of a file, anonymous, a stack
        assert verdict(machine, call, 0, 4096, 3, flags, 2**32 - 1) == ALLOW, hex(flags)
    for flags in (shared, shared | 0x20, validated, private | 0x20 | huge):
        assert verdict(machine, call, 0, 4096, 3, flags, 2**32 - 1) == EPERM, hex(flags)


@each_machine
def test_a_worker_cannot_outlive_its_grader_or_filter_itself(machine):
    call, set_death_signal, get_death_signal, set_name, set_filter = PRCTL[ARCHITECTURES[machine][0]], 1, 2, 15, 22
    assert verdict(machine, call, set_death_signal, 0) == verdict(machine, call, set_filter, 2) == EPERM
    share_no_core = 62  # PR_SCHED_CORE: the other half of the core stands still, whoever would run there
    assert verdict(machine, call, share_no_core, 1) == EPERM
    assert verdict(machine, call, set_name, 1) == verdict(machine, call, get_death_signal) == ALLOW


@each_machine
def test_descriptors_can_be_copied_but_not_locked(machine):
    """Two submissions side by side could otherwise talk by locks on a file that both may read."""
    call = FCNTL[ARCHITECTURES[machine][0]]
    for command in (0, 1, 2, 3, 4, 1030):  # F_DUPFD to F_SETFL, F_DUPFD_CLOEXEC
        assert verdict(machine, call, 3, command, 6) == ALLOW, command
    for command in (5, 6, 7, 36, 37, 38, 1024, 1026, 1031):  # locks, a lease, notice of changes, a larger pipe
        assert verdict(machine, call, 3, command, 0) == EPERM, command


@each_machine
def test_descriptors_can_be_asked_what_they_are_and_drivers_nothing(machine):
    """FS_IOC_RESVSP takes the disk as fallocate does, past the limit on a file's size."""
    call = IOCTL[ARCHITECTURES[machine][0]]
    for request in (0x5401, 0x5413, 0x541B, 0x5421, 0x5451):  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX
        assert verdict(machine, call, 3, request) == ALLOW, hex(request)
    reserve, reserve_64, zero, share_blocks, type_a_key = 0x40305828, 0x4030582A, 0x40305839, 0x40049409, 0x5412
    for request in (reserve, reserve_64, zero, share_blocks, type_a_key, 0):
        assert verdict(machine, call, 3, request) == EPERM, hex(request)


def test_calls_by_another_door_are_refused():
    """A second table of numbers would make the list of the first worthless."""
    i386, unistd_getpid = 0x40000003, 39
    for machine in ARCHITECTURES:
        assert verdict(machine, 20, architecture=i386) == KILL
    assert verdict("x86_64", unistd_getpid | 0x40000000) == ENOSYS  # x32
    assert verdict("aarch64", 463) == ENOSYS  # setxattrat, of Linux 6.13: newer than the list
    assert seccomp_filter("riscv64") is None
