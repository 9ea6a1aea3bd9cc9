"""The inner half of every sandbox: it gives up rights of this process for good, then runs the worker in it.

`sandboxes` starts it as ``python confine.py LIMITS worker.py ...``. LIMITS is a JSON object with the keys "resources",
limits by the kernel's names; "processor", the only one to run on; "filter", a program of `seccomp` in base64; "user",
the uid to become first; and "readable" and "writable", the only paths to be accessible where the kernel has Landlock.
This file imports nothing from the package, because the package is hidden where it runs. If a step fails, it ends with
an exception before any student code has run, so that a half-closed sandbox never grades.
"""

import base64
import ctypes
import json
import os
import resource
import runpy
import signal
import struct
import sys

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2


def _call(function, *arguments):
    """Call a function of the C library that returns an int, and raise OSError if that is negative."""
    libc = ctypes.CDLL(None, use_errno=True)
    value = libc[function](*(a if isinstance(a, ctypes.Array) else ctypes.c_long(a) for a in arguments))
    if value < 0:
        raise OSError(ctypes.get_errno(), f"{function}({arguments[0]}) failed")
    return value


def confine(limits: dict) -> None:
    """Become the user, bind to the processor, set the limits and install the filter.

    Parameters
    ----------
    limits : dict
        As in the module's docstring; steps whose keys are missing are skipped.

    Raises
    ------
    OSError, ValueError
        If a step fails.
    SystemExit
        If the user may not read the interpreter; the text says what to do.
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
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after setresuid, which would clear it
    if os.getppid() != parent:
        raise OSError("the grader ended")
    os.umask(0o077)
    if limits.get("processor") is not None:
        os.sched_setaffinity(0, {limits["processor"]})  # child processes inherit it
    for name, value in limits.get("resources", {}).items():
        # The hard limit on CPU time is a second higher, because its signal (SIGKILL) does not tell the reason.
        constant, margin = getattr(resource, name), int(name == "RLIMIT_CPU")
        hard = resource.getrlimit(constant)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard - margin)
        resource.setrlimit(constant, (value, value + margin))
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if "readable" in limits:
        _allow_only(limits["readable"], limits["writable"])
    if limits.get("filter") is not None:
        program = base64.b64decode(limits["filter"])
        steps = ctypes.create_string_buffer(program, len(program))
        fprog = ctypes.create_string_buffer(struct.pack("HP", len(program) // 8, ctypes.addressof(steps)))
        _call("prctl", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, fprog, 0, 0)


# Landlock (landlock.h). Its system calls have the same numbers on all architectures.
_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # ABI version: number of rights; 16 in later versions
_READ = 0b1101  # execute, read a file, list a folder
_OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # rights that a rule for a single file may contain
_WRITE = 0b1_0001_1011_0010  # write a file, remove files and folders, make folders, files and symbolic links
_TRUNCATE = 1 << 14


def landlock() -> int:
    """Return the ABI version of the kernel's Landlock; 0 if it has none."""
    try:
        return _call("syscall", _CREATE, 0, 0, 1)
    except OSError:
        return 0


def _allow_only(readable, writable):
    """Restrict file access to these files and folders if the kernel has Landlock; else do nothing."""
    if not (version := landlock()):
        return
    known = (1 << _RIGHTS.get(version, 16)) - 1
    rules = _call("syscall", _CREATE, ctypes.create_string_buffer(struct.pack("=Q", known), 8), 8, 0)
    for path, rights in [(p, _READ) for p in readable] + [(p, _READ | _WRITE | _TRUNCATE) for p in writable]:
        try:
            target = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:  # not on this machine
            continue
        rights &= known if os.path.isdir(path) else known & _OF_FILES
        _call("syscall", _ADD_RULE, rules, 1, ctypes.create_string_buffer(struct.pack("=Qi", rights, target), 12), 0)
        os.close(target)
    _call("syscall", _RESTRICT, rules, 0)
    os.close(rules)


if __name__ == "__main__":
    confine(json.loads(sys.argv[1]))
    del sys.argv[:2]
    runpy.run_path(sys.argv[0], run_name="__main__")
