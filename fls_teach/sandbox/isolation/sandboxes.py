"""Sandboxes for a worker that runs untrusted code: bubblewrap, another user, or none.

A sandbox is handed to `Session`; whether it keeps what it promises on this machine is for `selftest` to prove.

`Bubblewrap`
    The worker sees a read-only interpreter with its packages, a private /tmp, and nothing else: no fls_teach, no
    course, no submission, no other process, no network. Root switches to an unprivileged user inside.
`other_user.OtherUser`
    For root in a container where bubblewrap may not make namespaces: an unprivileged user of its own for each worker.
    Where the kernel has Landlock, it may read an interpreter and write in one folder; else what it must not read has
    to be unreadable by its permissions. The self-test looks.
`NoSandbox`
    The same process as `fls check` uses, for submissions that are trusted.

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
    """What one worker with all its descendants may use.

    Attributes
    ----------
    memory_mib : int
        Memory of all processes together, by the parent's count ten times a second; and of each one's heap, by the
        kernel.
    address_mib : int
        Address space of a process; libraries for accelerators map many times what they use.
    cpu_seconds : int
        Of all processes together, by the parent's count, and of each one, by the kernel, over all calls; a backstop,
        since each call has its own limit, and they share one processor.
    processes, open_files : int
    file_mib, scratch_mib : int
        Size of one file, and of all that is in the folder for temporary files.
    scratch_files : int
        How many files and folders may be in it: an empty one takes a kibibyte of the kernel's memory.
    output_mib : int
        What one call may print.
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
        """As `confine` wants them: what the kernel counts, per process."""
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


# What Python, numpy and torch need to find themselves, a home and a temporary folder. PYTHON* stays behind: the
# checker's paths are not the student's.
_INHERITED = (
    *("PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP", "PATHEXT", "COMSPEC"),
    *("USERPROFILE", "USERNAME", "APPDATA", "LOCALAPPDATA"),
)
SET_VARIABLES = {
    # Two threads for each of many workers only get in each other's way, and sums in a fixed order make a mark
    # repeatable; so does the hash seed.
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    "PYTHONHASHSEED": "0",
    "PYTHONSAFEPATH": "1",
}


class NoSandbox:
    """The worker as it is: as much as the student's own machine would protect itself.

    Attributes
    ----------
    name : str
    limits : ResourceLimits or None
        What `worker_process` watches from outside: memory and output.
    """

    name = "process"
    inherited = _INHERITED

    def __init__(self, limits: ResourceLimits | None = None) -> None:
        self.limits = limits

    def command(self, command: list[str]) -> tuple[list[str], tuple[int, ...]]:
        """What to run instead of `command`, which contains `WORKER`, and the descriptors that it inherits."""
        return command, ()

    def environment(self) -> dict[str, str]:
        """The environment for it: what it inherits of ours, and what is set."""
        return {name: os.environ[name] for name in os.environ if name.upper() in self.inherited} | SET_VARIABLES

    def folder(self, folder: str | Path) -> str | Path:
        """The folder to start in."""
        return folder

    def members(self, pid: int) -> set[Process]:
        """All processes of the worker `pid`, as a set of `proc.table.Process`."""
        return descendants(pid)

    def overflows(self, pid: int, members: set[Process]) -> bool:
        """Whether there is more in the folder for temporary files than the limits allow."""
        return False

    def sweep(self) -> None:
        """Called when a worker is about to start, and after it was killed: nothing of it may be left."""

    def close(self) -> None:
        """Give back what is held beyond one worker."""


class Confined(NoSandbox):
    """A sandbox whose worker is started through `confine`, on one processor; root gives it a user of its own."""

    scratch = "/tmp"
    removing = True
    """Whether files may lose their names."""

    inherited = "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH"

    def __init__(self, limits: ResourceLimits | None = None) -> None:
        super().__init__(limits or ResourceLimits())
        self._lease = lease_user() if os.geteuid() == 0 else None
        self._processor = lease_processor()  # whatever it starts, it takes no time from workers on others
        adopt_orphans(True)  # the first process of a container may be one that waits for no child

    def _confined(self, command, folder, **more):
        """`command` with its own files in `folder` and `confine` in front of the worker.

        All users may see it: nothing secret may be in it.
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
        Files and folders that must not be seen, wherever they lie.
    limits : ResourceLimits, optional

    Notes
    -----
    It takes bubblewrap 0.5. Before 0.7 (Ubuntu 22.04) it cannot limit the size of a private /tmp; then the parent's
    count alone does.

    Raises
    ------
    SandboxError
        If there is no ``bwrap`` that can do it.
    """

    name = "bwrap"

    def __init__(self, hidden: Iterable[str | Path] = (), limits: ResourceLimits | None = None) -> None:
        self._program = shutil.which("bwrap")
        if self._program is None:
            raise SandboxError("bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap)")
        version = _version(self._program)
        if version < (0, 5):
            raise SandboxError(f"'{self._program}' is bubblewrap {version[0]}.{version[1]}; it takes 0.5 or newer")
        limits = limits or ResourceLimits()
        view = bubblewrap_view(hidden, _INSIDE, limits.scratch_mib * MIB if version >= (0, 7) else None)
        super().__init__(limits)
        self._arguments = [*self._namespaces(), *view]

    def _namespaces(self):
        common = ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
        if self._lease is None:
            return ["--unshare-all", *common]
        # Root's processes are exempt from limits on their number, in a user namespace too: `confine` becomes another
        # user, for which it needs the right to. The filter it sets refuses new namespaces.
        apart = [f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup-try")]
        return [*apart, *common, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]

    def command(self, command: list[str]) -> tuple[list[str], tuple[int, ...]]:
        # By a descriptor, so that the sandbox's own process list does not show the paths of this machine.
        arguments = os.memfd_create("bwrap-arguments", 0)
        os.write(arguments, b"".join(os.fsencode(argument) + b"\0" for argument in self._arguments))
        os.lseek(arguments, 0, os.SEEK_SET)
        return [self._program, "--args", str(arguments), "--", *self._confined(command, _INSIDE)], (arguments,)

    def overflows(self, pid: int, members: set[Process]) -> bool:
        outside = os.stat("/tmp").st_dev, os.stat("/").st_dev
        for member in {each.pid for each in members} - {pid}:  # the first is outside
            with contextlib.suppress(OSError):
                inside = f"/proc/{member}/root/tmp"
                if os.stat(inside).st_dev not in outside:  # it is where it belongs
                    scratch = os.statvfs(inside)
                    used = (scratch.f_blocks - scratch.f_bfree) * scratch.f_frsize
                    files = scratch.f_files - scratch.f_ffree
                    return files > self.limits.scratch_files or used > self.limits.scratch_mib * MIB
        return False


def _version(program):
    """Major and minor number of bubblewrap's version; (0, 0) if it does not say."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, errors="replace", timeout=30)
    except (OSError, subprocess.SubprocessError) as problem:
        raise SandboxError(f"'{program}' cannot be run ({problem})") from None
    numbers = re.search(r"(\d+)\.(\d+)", said.stdout)
    return tuple(map(int, numbers.groups())) if numbers else (0, 0)
