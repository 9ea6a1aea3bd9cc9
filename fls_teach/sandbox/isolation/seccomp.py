"""The filter of system calls that `confine` installs: what no exercise needs is refused.

The kernel's interface is large; ``refused.txt`` lists what is refused, and why. It covers what Docker and systemd
refuse in their default profiles (https://github.com/moby/profiles, ``@system-service`` of systemd.exec). Of some other
calls a part is refused, by a bit or by the value of an argument.
"""

import struct
from pathlib import Path

# Of linux/audit.h, and the column of a call's number wherever two stand beside each other: x86_64, aarch64.
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LINES = Path(__file__).with_name("refused.txt").read_text(encoding="utf-8").splitlines()
REFUSED = {
    name: tuple(None if number == "-" else int(number) for number in numbers)
    for name, *numbers in (line.split() for line in _LINES if line and not line.startswith("#"))
}
# What takes a file's name away, or makes one without a name, for sandboxes that can count only files with names.
REMOVING = {
    **{"unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38)},
    **{"renameat2": (316, 276), "openat2": (437, 437)},
}
_CLONE3 = 435, 435
# Linux 5.16 had none from here on; what came later is not judged here. x32, a second table, begins at 0x40000000.
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


_PARTLY = (  # number, argument, what is refused
    # All CLONE_NEW* flags; and CLONE_VFORK with CLONE_THREAD or CLONE_PARENT: to wait as if for a disk, for a sleeper
    # that is no child.
    ((56, 220), 0, [*_no_bit_of(0x7E020080), (_ANY_OF, 0, 2, 0x4000), *_no_bit_of(0x18000)]),
    # mmap. MAP_SHARED and MAP_HUGETLB: pages that stay when a process no longer maps them, uncharged.
    ((9, 222), 3, _no_bit_of(0x40001)),
    # prctl. PR_SET_PDEATHSIG, by which a worker ends with its grader; PR_SET_SECCOMP; and PR_SCHED_CORE, by which the
    # other half of a core stands still.
    ((157, 167), 0, _none_of(1, 22, 62)),
    # fcntl. F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL and F_DUPFD_CLOEXEC; not locks, leases and larger pipes.
    ((72, 25), 1, _only(0, 1, 2, 3, 4, 1030)),
    # ioctl. TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX and FIOCLEX; not FS_IOC_RESVSP, which is another
    # fallocate, and the thousands of which each driver has its own.
    ((16, 29), 1, _only(0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
)
_O_TMPFILE = _no_bit_of(0x400000)
_WITHOUT_A_NAME = ((2, None), 1, _O_TMPFILE), ((257, 56), 2, _O_TMPFILE)  # open, openat


def seccomp_filter(machine: str, removing: bool = True) -> bytes | None:
    """The filter as bytes of ``struct sock_filter``; None for an architecture that has no table here.

    Parameters
    ----------
    machine : str
        As from `platform.machine`.
    removing : bool
        Whether files may lose their names. A file without a name that is still open or mapped takes up the disk, and
        stands in no folder.
    """
    if machine not in ARCHITECTURES:
        return None
    column, audit = ARCHITECTURES[machine]
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), _KILL, (_LOAD, 0, 0, 0), (_AT_LEAST, 0, 1, _UNKNOWN)]
    program += [_NO_SUCH_CALL]
    for numbers in (REFUSED if removing else REFUSED | REMOVING).values():
        program += _where(numbers[column], [_REFUSE])
    # clone3 hides its flags in memory, where a filter cannot look; without it the C library uses clone.
    program += _where(_CLONE3[column], [_NO_SUCH_CALL])
    for numbers, argument, tests in _PARTLY if removing else _PARTLY + _WITHOUT_A_NAME:
        program += _where(numbers[column], [(_LOAD, 0, 0, 16 + 8 * argument), *tests, _ALLOW])
    return b"".join(struct.pack("=HBBI", *step) for step in [*program, _ALLOW])


def _where(number, steps):
    """These steps for one system call; none if the architecture has no such call."""
    return [] if number is None else [(_EQUAL, 0, len(steps), number), *steps]
