"""The filter of system calls that `confine` installs: it refuses those that no exercise needs.

``refused.txt`` lists the refused calls and the reasons. It covers what the default profiles of Docker and systemd
refuse (https://github.com/moby/profiles, ``@system-service`` of systemd.exec). Some other calls are refused only for
certain values or bits of an argument.
"""

import struct
from pathlib import Path

# The position of the architecture in each pair of call numbers in this file, and its code in linux/audit.h.
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LINES = Path(__file__).with_name("refused.txt").read_text(encoding="utf-8").splitlines()
REFUSED = {
    name: tuple(None if number == "-" else int(number) for number in numbers)
    for name, *numbers in (line.split() for line in _LINES if line and not line.startswith("#"))
}
# Calls that remove a file's name or create a file without one; refused where only files with names can be counted.
REMOVING = {
    **{"unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38)},
    **{"renameat2": (316, 276), "openat2": (437, 437)},
}
_CLONE3 = 435, 435
# Linux 5.16 had no calls from this number on. Later ones are unknown here and refused, as is all of x32 (a second
# table, from 0x40000000).
_UNKNOWN = 450

_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _NO_SUCH_CALL, _KILL = (
    (_ANSWER, 0, 0, verdict)
    for verdict in (0x7FFF0000, 0x00050001, 0x00050026, 0x80000000)  # EPERM is 1, ENOSYS 0x26
)


def _no_bit_of(mask):
    return [(_ANY_OF, 0, 1, mask), _REFUSE]


def _none_of(*values):
    return [step for value in values for step in ((_EQUAL, 0, 1, value), _REFUSE)]


def _only(*values):
    return [*(step for value in values for step in ((_EQUAL, 0, 1, value), _ALLOW)), _REFUSE]


_PARTLY_REFUSED = (  # call numbers, position of the argument, tests on its value
    # clone. Refused: all CLONE_NEW* flags; and CLONE_VFORK with CLONE_THREAD or CLONE_PARENT, by which a process could
    # have the state of waiting for a disk while it waits for a sleeping process that is not its child.
    ((56, 220), 0, [*_no_bit_of(0x7E020080), (_ANY_OF, 0, 2, 0x4000), *_no_bit_of(0x18000)]),
    # mmap. Refused: MAP_SHARED and MAP_HUGETLB, whose pages stay, uncharged, when a process no longer maps them.
    ((9, 222), 3, _no_bit_of(0x40001)),
    # prctl. Refused: PR_SET_PDEATHSIG, which would undo that a worker ends with its grader; PR_SET_SECCOMP; and
    # PR_SCHED_CORE, which would stop the other hardware thread of a core.
    ((157, 167), 0, _none_of(1, 22, 62)),
    # fcntl. Allowed: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL and F_DUPFD_CLOEXEC; not locks, leases, larger pipes.
    ((72, 25), 1, _only(0, 1, 2, 3, 4, 1030)),
    # ioctl. Allowed: TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX and FIOCLEX; not FS_IOC_RESVSP, which
    # works like fallocate, nor the thousands of requests that drivers define.
    ((16, 29), 1, _only(0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
)
_O_TMPFILE = _no_bit_of(0x400000)
_WITHOUT_A_NAME = ((2, None), 1, _O_TMPFILE), ((257, 56), 2, _O_TMPFILE)  # open, openat


def seccomp_filter(machine: str, removing: bool = True) -> bytes | None:
    """Return the filter as bytes of ``struct sock_filter``; None for an unknown architecture.

    Parameters
    ----------
    machine : str
        As from `platform.machine`.
    removing : bool
        Whether to allow calls that remove a file's name. A file without a name takes up disk space as long as it is
        open or mapped, but is in no folder.
    """
    if machine not in ARCHITECTURES:
        return None
    column, audit = ARCHITECTURES[machine]
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), _KILL, (_LOAD, 0, 0, 0), (_AT_LEAST, 0, 1, _UNKNOWN)]
    program += [_NO_SUCH_CALL]
    for numbers in (REFUSED if removing else REFUSED | REMOVING).values():
        program += _where(numbers[column], [_REFUSE])
    # clone3 has its flags in memory, which a filter cannot read; if there is no clone3, the C library uses clone.
    program += _where(_CLONE3[column], [_NO_SUCH_CALL])
    for numbers, argument, tests in _PARTLY_REFUSED if removing else _PARTLY_REFUSED + _WITHOUT_A_NAME:
        program += _where(numbers[column], [(_LOAD, 0, 0, 16 + 8 * argument), *tests, _ALLOW])
    return b"".join(struct.pack("=HBBI", *step) for step in [*program, _ALLOW])


def _where(number, steps):
    """Return the steps, to be taken only for one system call; none if the architecture has no such call."""
    return [] if number is None else [(_EQUAL, 0, len(steps), number), *steps]
