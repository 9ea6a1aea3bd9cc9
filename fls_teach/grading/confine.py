"""Takes rights away from this process for good, then runs the worker in it: the inner half of every sandbox.

Started by `sandbox` as ``python confine.py LIMITS worker.py ...``, LIMITS being a JSON object with the keys of
`RESOURCES`, "user" if the process has to become that user first, and "readable" and "writable" if it is to see no
other paths, for kernels that have Landlock. It imports nothing of ours, because it runs where nothing of ours is to
be seen, and ends with an exception, before any line of a student's has run, where one of its steps fails: a sandbox
that is only half closed never grades.

System calls that no exercise needs are refused by a seccomp filter: those that make namespaces, reach other
processes, allocate memory that no limit counts (memfd, System V and other shared memory), or make a socket.
"""

import ctypes
import json
import os
import platform
import resource
import runpy
import signal
import struct
import sys

RESOURCES = {
    "data_bytes": "RLIMIT_DATA",
    "address_bytes": "RLIMIT_AS",
    "cpu_seconds": "RLIMIT_CPU",
    "processes": "RLIMIT_NPROC",
    "open_files": "RLIMIT_NOFILE",
    "file_bytes": "RLIMIT_FSIZE",
    "core_bytes": "RLIMIT_CORE",
    "locked_bytes": "RLIMIT_MEMLOCK",
    "queue_bytes": "RLIMIT_MSGQUEUE",
}

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2

# Numbers of linux/audit.h and of each architecture's unistd.h, in the order of `_ARCHITECTURES`.
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_REFUSED = {
    # namespaces, mounts, the machine itself
    **{"unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41)},
    **{"chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430)},
    **{"fsconfig": (431, 431), "fsmount": (432, 432), "mount_setattr": (442, 442), "init_module": (175, 105)},
    **{"finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104)},
    **{"kexec_file_load": (320, 294), "reboot": (169, 142), "bpf": (321, 280), "swapon": (167, 224)},
    # other processes
    **{"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272)},
    **{"pidfd_getfd": (438, 438), "perf_event_open": (298, 241), "userfaultfd": (323, 282)},
    # memory that outlives a process or that nobody counts
    **{"memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "msgget": (68, 186)},
    **{"semget": (64, 190), "mq_open": (240, 180), "add_key": (248, 217), "request_key": (249, 218)},
    **{"keyctl": (250, 219), "vmsplice": (278, 75)},
    # the network, and kernel interfaces with a long history of holes
    **{"socket": (41, 198), "socketpair": (53, 199), "syslog": (103, 116), "io_uring_setup": (425, 425)},
    **{"io_uring_enter": (426, 426), "io_uring_register": (427, 427)},
    **{"name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265)},
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_NEW_NAMESPACE = 0x7E020080  # all CLONE_NEW* flags
_MMAP = (9, 222)
# MAP_SHARED and MAP_HUGETLB: pages that stay when a process no longer maps them, and that it is not charged for.
_UNCOUNTED = 0x40001
_X32 = 0x40000000

_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000


def seccomp_filter(machine):
    """The filter as bytes of ``struct sock_filter``; None for an architecture that has no table here.

    Parameters
    ----------
    machine : str
        As from `platform.machine`.
    """
    if machine not in _ARCHITECTURES:
        return None
    column, audit = _ARCHITECTURES[machine]
    load, equal, at_least, any_of, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    program = [(load, 0, 0, 4), (equal, 1, 0, audit), (answer, 0, 0, _KILL), (load, 0, 0, 0)]
    if machine == "x86_64":
        program += [(at_least, 0, 1, _X32), (answer, 0, 0, _EPERM)]
    for numbers in _REFUSED.values():
        program += [(equal, 0, 1, numbers[column]), (answer, 0, 0, _EPERM)]
    # clone3 hides its flags in memory, where a filter cannot look; without it the C library uses clone.
    program += [(equal, 0, 1, _CLONE3[column]), (answer, 0, 0, _ENOSYS)]
    # The flags are the first argument of one, and the fourth of the other.
    for number, argument, flags in ((_CLONE[column], 16, _NEW_NAMESPACE), (_MMAP[column], 40, _UNCOUNTED)):
        program += [(equal, 0, 4, number), (load, 0, 0, argument), (any_of, 0, 1, flags), (answer, 0, 0, _EPERM)]
        program += [(answer, 0, 0, _ALLOW)]
    program += [(answer, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in program)


def _prctl(*arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(*(ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:5])):
        raise OSError(ctypes.get_errno(), f"prctl({arguments[0]}) failed")


def confine(limits):
    """Become the user, set the limits and install the filter.

    Parameters
    ----------
    limits : dict
        As in the module's docstring; a missing resource is left as it is.

    Raises
    ------
    OSError, ValueError
        If a step fails.
    SystemExit
        If the user may not read the interpreter; the sentence says what to do.
    """
    if limits.get("user") is not None:
        needed = [path for path in (*sys.path, *sys.argv[2:]) if os.path.exists(path)]
        os.setgroups([])
        os.setresgid(*[limits["user"]] * 3)
        os.setresuid(*[limits["user"]] * 3)
        for path in needed:
            if not os.access(path, os.R_OK | os.X_OK if os.path.isdir(path) else os.R_OK):
                sys.exit(
                    f"other users may not read '{path}', which the worker needs: use a Python and packages that "
                    "everybody may read (for example /usr/bin/python3 and a new environment below /opt)"
                )
    parent = os.getppid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # after setresuid, which would clear it
    if os.getppid() != parent:
        raise OSError("the grader ended")
    os.umask(0o077)
    for name, constant in RESOURCES.items():
        if limits.get(name) is not None:
            hard = resource.getrlimit(getattr(resource, constant))[1]
            room = hard - (name == "cpu_seconds")
            value = limits[name] if hard == resource.RLIM_INFINITY else min(limits[name], room)
            # A second more for the hard limit of CPU time, at which the signal would say nothing of the reason.
            resource.setrlimit(getattr(resource, constant), (value, value + (name == "cpu_seconds")))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if "readable" in limits:
        _allow_only(limits["readable"], limits["writable"])
    program = seccomp_filter(platform.machine())
    if program is not None:
        steps = ctypes.create_string_buffer(program, len(program))
        fprog = _Program(len(program) // 8, ctypes.addressof(steps))
        _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(fprog))


# Landlock (landlock.h): its system calls have one number everywhere.
_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many bits an ABI knows; 16 in later ones
_READ = 0b1101  # execute, read a file, list a folder
_OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # those that a rule for a single file may name
_WRITE = 0b1_0001_1011_0010  # write a file, remove files and folders, make folders, files and symbolic links
_TRUNCATE = 1 << 14


def _allow_only(readable, writable):
    """Close the file system but for these files and folders, where the kernel has Landlock; else do nothing."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long

    def call(*arguments):
        value = libc.syscall(*(a if isinstance(a, ctypes.Array) else ctypes.c_long(a) for a in arguments))
        if value < 0:
            raise OSError(ctypes.get_errno(), "Landlock failed")
        return value

    try:
        abi = call(_CREATE, 0, 0, 1)
    except OSError:
        return
    known = (1 << _RIGHTS.get(abi, 16)) - 1
    rules = call(_CREATE, ctypes.create_string_buffer(struct.pack("=Q", known), 8), 8, 0)
    for path, rights in [(p, _READ) for p in readable] + [(p, _READ | _WRITE | _TRUNCATE) for p in writable]:
        try:
            target = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:  # not on this machine
            continue
        rights &= known if os.path.isdir(path) else known & _OF_FILES
        call(_ADD_RULE, rules, 1, ctypes.create_string_buffer(struct.pack("=Qi", rights, target), 12), 0)
        os.close(target)
    call(_RESTRICT, rules, 0)
    os.close(rules)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


if __name__ == "__main__":
    confine(json.loads(sys.argv[1]))
    del sys.argv[:2]
    runpy.run_path(sys.argv[0], run_name="__main__")
