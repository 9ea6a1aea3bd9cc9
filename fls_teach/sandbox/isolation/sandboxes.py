"""Sandboxes for a worker that runs untrusted code: bubblewrap, another user, or none.

A sandbox is passed to `Session`; `selftest` tests whether it works on this machine.

`Bubblewrap`
    The worker sees a read-only interpreter with its packages, a private /tmp, and nothing else: no fls_teach, no
    course, no submission, no other process, no network. Root switches to an unprivileged user inside.
`other_user.OtherUser`
    For root in a container where bubblewrap may not create namespaces: each worker runs as an unprivileged user of its
    own. Where the kernel has Landlock, the worker may read the interpreter and write in one folder; elsewhere only file
    permissions protect what it must not read, which the self-test checks.
`NoSandbox`
    An ordinary process, as `fls check` uses it; only for trusted submissions.

In the first two, `confine` then sets limits and a seccomp filter from inside.
"""

import base64
import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fls_teach.sandbox.isolation import SandboxError
from fls_teach.sandbox.isolation.leases import lease_processor, lease_user
from fls_teach.sandbox.isolation.seccomp import seccomp_filter
from fls_teach.sandbox.isolation.view import WORKER, bubblewrap_view
from fls_teach.sandbox.proc.ending import adopt_orphans
from fls_teach.sandbox.proc.table import Process, descendants

_INSIDE = "/fls"  # where the worker's own files appear

MIB = 2**20


@dataclass(frozen=True)
class ResourceLimits:
    """Limits for one worker with all its descendants.

    Attributes
    ----------
    memory_mib : int
        Memory of all processes together, sampled by the parent ten times a second; and of the heap of each process,
        enforced by the kernel.
    address_mib : int
        Address space of each process; libraries for accelerators map many times what they use.
    cpu_seconds : int
        Processor time over all calls: of all processes together, sampled by the parent, and of each process, enforced
        by the kernel. A backstop, since each call has its own limit and the processes share one processor.
    processes, open_files : int
    file_mib, scratch_mib : int
        Size of one file, and of all files in the folder for temporary files.
    scratch_files : int
        Number of files and folders in that folder; an empty one takes a kibibyte of the kernel's memory.
    output_mib : int
        Text printed by one call.
    """

    memory_mib: int = 2048
    address_mib: int = 16_384
    cpu_seconds: int = 600
    processes: int = 16
    open_files: int = 64
    file_mib: int = 4
    scratch_mib: int = 64
    scratch_files: int = 1024
    output_mib: int = 4

    def resources(self) -> dict[str, int]:
        """Return the limits that the kernel enforces per process, in the form that `confine` takes."""
        return {
            "RLIMIT_DATA": self.memory_mib * MIB,
            "RLIMIT_AS": self.address_mib * MIB,
            "RLIMIT_CPU": self.cpu_seconds,
            "RLIMIT_NPROC": self.processes,
            "RLIMIT_SIGPENDING": self.processes,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_FSIZE": self.file_mib * MIB,
            **dict.fromkeys(("RLIMIT_CORE", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE"), 0),
        }


# The variables by which Python, numpy and torch find their files, a home and a temporary folder. No PYTHON* variables:
# the checker's paths are not meant for the student's code.
_INHERITED = (
    *("PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP", "PATHEXT", "COMSPEC"),
    *("USERPROFILE", "USERNAME", "APPDATA", "LOCALAPPDATA"),
)
SET_VARIABLES = {
    # One thread, because the threads of many workers would slow one another down, and because sums in a fixed order
    # make a mark repeatable, as does the hash seed.
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    "PYTHONHASHSEED": "0",
    "PYTHONSAFEPATH": "1",
}


class NoSandbox:
    """An ordinary process: it can do whatever the current user can.

    Attributes
    ----------
    name : str
    limits : ResourceLimits or None
        Limits that `worker_process` enforces from outside.
    """

    name = "process"
    inherited = _INHERITED

    def __init__(self, limits: ResourceLimits | None = None) -> None:
        self.limits = limits

    def command(self, command: list[str]) -> tuple[list[str], tuple[int, ...]]:
        """Return the command that runs `command`, which contains `WORKER`, in the sandbox; and descriptors to pass."""
        return command, ()

    def environment(self) -> dict[str, str]:
        """Return the worker's environment: the variables it inherits, and those that are set."""
        return {name: os.environ[name] for name in os.environ if name.upper() in self.inherited} | SET_VARIABLES

    def folder(self, folder: str | Path) -> str | Path:
        """Return the worker's working directory; `folder` is that of the student's file."""
        return folder

    def members(self, pid: int) -> set[Process]:
        """Return all processes of the worker `pid`, as a set of `proc.table.Process`."""
        return descendants(pid)

    def overflows(self, pid: int, members: set[Process]) -> bool:
        """Return whether the folder for temporary files holds more than the limits allow."""
        return False

    def sweep(self) -> None:
        """Remove everything that a worker left behind; called before each start and after each end of a worker."""

    def close(self) -> None:
        """Release what the sandbox holds for all its workers."""


class Confined(NoSandbox):
    """A sandbox whose worker is started by `confine`, on one processor and, for root, as a user of its own."""

    scratch = "/tmp"
    removing = True
    """Whether the worker may remove the names of files."""

    inherited = "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH"

    def __init__(self, limits: ResourceLimits | None = None) -> None:
        super().__init__(limits or ResourceLimits())
        self._lease = lease_user() if os.geteuid() == 0 else None
        self._processor = lease_processor()  # so that its processes take no time from workers on other processors
        adopt_orphans(True)  # in a container, process 1 may not wait for its children

    def _confined(self, command, folder, **more):
        """Return `command` with `confine` in front of the worker, and both files in `folder`.

        Every user can see a command line, so it must not contain secrets.
        """
        program = seccomp_filter(platform.machine(), self.removing)
        limits = {
            "resources": self.limits.resources(),
            "user": self._lease.number if self._lease else None,
            "processor": self._processor.number,
            "filter": program and base64.b64encode(program).decode(),
            **more,
        }
        k = command.index(str(WORKER))
        return [*command[:k], f"{folder}/confine.py", json.dumps(limits), f"{folder}/worker.py", *command[k + 1 :]]

    def environment(self) -> dict[str, str]:
        fixed = {"HOME": self.scratch, "TMPDIR": self.scratch, "PATH": "/usr/bin:/bin", "PYTHONNOUSERSITE": "1"}
        return super().environment() | fixed

    def folder(self, folder: str | Path) -> str | Path:
        return self.scratch

    def close(self) -> None:
        adopt_orphans(False)
        self._processor.close()
        if self._lease:
            self._lease.close()


class Bubblewrap(Confined):
    """A worker in bubblewrap (https://github.com/containers/bubblewrap).

    Parameters
    ----------
    hidden : sequence of path
        Files and folders that must not be visible, wherever they are.
    limits : ResourceLimits, optional

    Notes
    -----
    Requires bubblewrap 0.5. Before 0.7 (Ubuntu 22.04), bubblewrap cannot limit the size of a private /tmp; then only
    the parent enforces that limit, by `overflows`.

    Raises
    ------
    SandboxError
        If there is no suitable ``bwrap``.
    """

    name = "bwrap"

    def __init__(self, hidden: Iterable[str | Path] = (), limits: ResourceLimits | None = None) -> None:
        self._program = shutil.which("bwrap")
        if self._program is None:
            raise SandboxError("bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap)")
        version = _version(self._program)
        if version < (0, 5):
            raise SandboxError(f"'{self._program}' is bubblewrap {version[0]}.{version[1]}; 0.5 or newer is needed")
        limits = limits or ResourceLimits()
        view = bubblewrap_view(hidden, _INSIDE, limits.scratch_mib * MIB if version >= (0, 7) else None)
        super().__init__(limits)
        self._arguments = [*self._namespaces(), *view]

    def _namespaces(self):
        common = ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
        if self._lease is None:
            return ["--unshare-all", *common]
        # Root's processes are exempt from the limit on their number, even in a user namespace. So `confine` becomes
        # another user, for which it needs two capabilities; the filter that it then sets refuses new namespaces.
        namespaces = [f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup-try")]
        return [*namespaces, *common, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]

    def command(self, command: list[str]) -> tuple[list[str], tuple[int, ...]]:
        # Passed by a descriptor, so that process listings inside the sandbox do not show paths of this machine.
        arguments = os.memfd_create("bwrap-arguments", 0)
        os.write(arguments, b"".join(os.fsencode(argument) + b"\0" for argument in self._arguments))
        os.lseek(arguments, 0, os.SEEK_SET)
        return [self._program, "--args", str(arguments), "--", *self._confined(command, _INSIDE)], (arguments,)

    def overflows(self, pid: int, members: set[Process]) -> bool:
        outside = os.stat("/tmp").st_dev, os.stat("/").st_dev
        for member in {each.pid for each in members} - {pid}:  # `pid` itself is outside the sandbox
            with contextlib.suppress(OSError):
                inside = f"/proc/{member}/root/tmp"
                if os.stat(inside).st_dev not in outside:  # the private /tmp is mounted
                    scratch = os.statvfs(inside)
                    used = (scratch.f_blocks - scratch.f_bfree) * scratch.f_frsize
                    files = scratch.f_files - scratch.f_ffree
                    return files > self.limits.scratch_files or used > self.limits.scratch_mib * MIB
        return False


def _version(program):
    """Return the major and minor number of bubblewrap's version; (0, 0) if it prints none."""
    try:
        result = subprocess.run([program, "--version"], capture_output=True, text=True, errors="replace", timeout=30)
    except (OSError, subprocess.SubprocessError) as problem:
        raise SandboxError(f"'{program}' cannot be run ({problem})") from None
    numbers = re.search(r"(\d+)\.(\d+)", result.stdout)
    return tuple(map(int, numbers.groups())) if numbers else (0, 0)
