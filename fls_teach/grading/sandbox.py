"""Where a worker that runs untrusted code is locked in: bubblewrap, another user, or nowhere.

A sandbox is handed to `Session`; whether it keeps what it promises on this machine is for `selftest` to prove.

`Bubblewrap`
    The worker sees a read-only interpreter with its packages, a private /tmp, and nothing else: no fls_teach, no
    course, no submission, no other process, no network. Root switches to an unprivileged user inside.
`OtherUser`
    For root in a container where bubblewrap may not make namespaces: an unprivileged user of its own for each worker.
    Where the kernel has Landlock, it may read an interpreter and write in one folder; else what it must not read has
    to be unreadable by its permissions. The self-test looks.
`NoSandbox`
    The same process as `fls check` uses, for submissions that are trusted.

In the first two, `confine` then sets limits and a seccomp filter from inside.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fls_teach.grading.processes import descendants, kill_all_of, processes_of
from fls_teach.grading.view import SYSTEM, WORKER, WORKER_FILES, ViewError, bubblewrap_view, interpreter_trees

_INSIDE = "/fls"  # where the worker's own files appear
_FIRST_USER, _LAST_USER = 61_000, 61_183  # Debian leaves 60,000 to 64,999 to such uses, systemd's begin at 61,184
_KILLER = _LAST_USER  # never a worker's
_OPEN_TO_ALL = "/tmp", "/var/tmp", "/dev/shm", "/run/lock"
# What numpy and torch look at to choose their code and their number of threads.
_DEVICES = (
    *("/dev/urandom", "/dev/random", "/dev/zero", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat"),
    *("/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu"),
)

MIB = 2**20


class SandboxError(RuntimeError):
    """A sandbox cannot be had here; the text says why. Never the student's fault."""


@dataclass(frozen=True)
class Limits:
    """What one worker with all its descendants may use.

    Attributes
    ----------
    memory_mib : int
        Memory of all processes together, by the parent's count ten times a second; and of each one's heap, by the
        kernel.
    address_mib : int
        Address space of a process; libraries for accelerators map many times what they use.
    cpu_seconds : int
        Of one process, over all its calls; a backstop, since each call has its own limit.
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
    processes: int = 32
    open_files: int = 64
    file_mib: int = 4
    scratch_mib: int = 64
    scratch_files: int = 1024
    output_mib: int = 4

    def resources(self):
        """As `confine` wants them."""
        return {
            "data_bytes": self.memory_mib * MIB,
            "address_bytes": self.address_mib * MIB,
            "cpu_seconds": self.cpu_seconds,
            "processes": self.processes,
            "open_files": self.open_files,
            "file_bytes": self.file_mib * MIB,
            "core_bytes": 0,
            "locked_bytes": 0,
            "queue_bytes": 0,
        }


class NoSandbox:
    """The worker as it is: as much as the student's own machine would protect itself.

    Attributes
    ----------
    name : str
    limits : Limits or None
        What `process` watches from outside: memory and output.
    """

    name = "process"

    def __init__(self, limits=None):
        self.limits = limits

    def command(self, command):
        """The command line to run instead of `command`, which contains `WORKER`."""
        return command

    def environment(self, environment):
        """The environment for it."""
        return environment

    def folder(self, folder):
        """The folder to start in."""
        return folder

    def open_descriptors(self):
        """Descriptors that it inherits beside the standard ones; closed once it has started."""
        return ()

    def members(self, pid):
        """All processes of the worker `pid`."""
        return descendants(pid)

    def overflows(self, pid, members):
        """Whether there is more in the folder for temporary files than the limits allow."""
        return False

    def sweep(self):
        """Called when a worker is about to start, and after it was killed: nothing of it may be left."""

    def close(self):
        """Give back what is held beyond one worker."""


class _Confined(NoSandbox):
    """A sandbox whose worker is started through `confine`."""

    scratch = "/tmp"

    def __init__(self, limits=None):
        super().__init__(limits or Limits())
        self._claim = _UserClaim() if os.geteuid() == 0 else None

    def _confined(self, command, folder, **more):
        """`command` with its own files in `folder` and `confine` in front of the worker.

        All users may see it: nothing secret may be in it.
        """
        limits = self.limits.resources() | {"user": self._claim.uid if self._claim else None} | more
        k = command.index(str(WORKER))
        return [*command[:k], f"{folder}/confine.py", json.dumps(limits), f"{folder}/worker.py", *command[k + 1 :]]

    def environment(self, environment):
        kept = {
            name: environment[name] for name in environment if name in _INNER_VARIABLES or name.startswith("PYTHON")
        }
        threads = {name: value for name, value in environment.items() if name.endswith("_NUM_THREADS")}
        fixed = {"HOME": self.scratch, "TMPDIR": self.scratch, "PATH": "/usr/bin:/bin", "PYTHONNOUSERSITE": "1"}
        return kept | threads | {"VECLIB_MAXIMUM_THREADS": "1"} | fixed

    def folder(self, folder):
        return "/"

    def close(self):
        if self._claim:
            self._claim.close()


_INNER_VARIABLES = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")


class Bubblewrap(_Confined):
    """A worker in bubblewrap (https://github.com/containers/bubblewrap).

    Parameters
    ----------
    hidden : sequence of path
        Files and folders that must not be seen, wherever they lie.
    limits : Limits, optional

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

    def __init__(self, hidden=(), limits=None):
        self._program = shutil.which("bwrap")
        if self._program is None:
            raise SandboxError("bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap)")
        version = _version(self._program)
        if version < (0, 5):
            raise SandboxError(f"'{self._program}' is bubblewrap {version[0]}.{version[1]}; it takes 0.5 or newer")
        limits = limits or Limits()
        try:
            view = bubblewrap_view(hidden, _INSIDE, limits.scratch_mib * MIB if version >= (0, 7) else None)
        except ViewError as problem:
            raise SandboxError(str(problem)) from None
        super().__init__(limits)
        self._arguments = [*self._namespaces(), *view]
        self._descriptors = []

    def _namespaces(self):
        common = ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
        if self._claim is None:
            return ["--unshare-all", *common]
        # Root's processes are exempt from limits on their number, in a user namespace too: `confine` becomes another
        # user, for which it needs the right to. The filter it sets refuses new namespaces.
        apart = [f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup-try")]
        return [*apart, *common, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]

    def command(self, command):
        # By a descriptor, so that the sandbox's own process list does not show the paths of this machine.
        read, write = os.pipe()
        with open(write, "wb") as pipe:  # far less than a pipe holds
            pipe.write(b"".join(os.fsencode(argument) + b"\0" for argument in self._arguments))
        self._descriptors.append(read)
        return [self._program, "--args", str(read), "--", *self._confined(command, _INSIDE)]

    def open_descriptors(self):
        descriptors, self._descriptors = self._descriptors, []
        return tuple(descriptors)

    def overflows(self, pid, members):
        outside = os.stat("/tmp").st_dev, os.stat("/").st_dev
        for member in members - {pid}:  # the first is outside
            with contextlib.suppress(OSError):
                inside = f"/proc/{member}/root/tmp"
                if os.stat(inside).st_dev not in outside:  # it is where it belongs
                    scratch = os.statvfs(inside)
                    used = (scratch.f_blocks - scratch.f_bfree) * scratch.f_frsize
                    files = scratch.f_files - scratch.f_ffree
                    return files > self.limits.scratch_files or used > self.limits.scratch_mib * MIB
        return False


class OtherUser(_Confined):
    """A worker that runs as an unprivileged user of its own; only root can make one.

    Raises
    ------
    SandboxError
        If this is not root.
    """

    name = "uid"

    def __init__(self, limits=None):
        if os.geteuid() != 0:
            raise SandboxError("only root can run a worker as another user")
        super().__init__(limits)
        self._closed = False
        # Our package may well be closed to others; these three files have to be open. Whoever holds the number owns
        # the name, and what a grader that was killed has left there.
        self._folder = Path(tempfile.gettempdir(), f"fls-worker-{self._claim.uid}")
        self.scratch = str(self._folder / "scratch")
        try:
            _remove([self._folder])
            self._folder.mkdir()
            self._folder.chmod(0o755)
            for path in WORKER_FILES:
                os.chmod(shutil.copyfile(path, self._folder / path.name), 0o644)
            self._readable = [*SYSTEM, *_DEVICES, *interpreter_trees(), str(self._folder)]
            self._new_scratch()
        except (OSError, ViewError) as problem:
            super().close()
            raise SandboxError(str(problem)) from None

    def command(self, command):
        return self._confined(command, str(self._folder), readable=self._readable, writable=[self.scratch, "/dev/null"])

    def folder(self, folder):
        return self.scratch

    def members(self, pid):
        return descendants(pid) | processes_of(self._claim.uid)

    def overflows(self, pid, members):
        return _holds_more(self.scratch, self.limits.scratch_files, self.limits.scratch_mib * MIB)

    def sweep(self):
        if self._closed:  # the number may be another's by now
            return
        uid, deadline = self._claim.uid, time.monotonic() + 10.0
        while processes_of(uid):
            if time.monotonic() > deadline:
                raise SandboxError(f"processes of user {uid} cannot be ended")
            kill_all_of(uid, _KILLER)
        for folder in _OPEN_TO_ALL:  # without Landlock it could write there
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                _remove([entry.path for entry in entries if _belongs_to(entry, uid)])
        if os.listdir(self.scratch):
            _remove([self.scratch])
            self._new_scratch()

    def close(self):
        try:
            self.sweep()
        finally:
            self._closed = True
            _remove([self._folder])
            super().close()

    def _new_scratch(self):
        os.mkdir(self.scratch, 0o700)
        os.chown(self.scratch, self._claim.uid, self._claim.uid)


class _UserClaim:
    """A user number that nobody else on this machine is using, until `close`.

    Held by an abstract socket, which vanishes with the process that holds it.
    """

    def __init__(self):
        import pwd

        taken = {entry.pw_uid for entry in pwd.getpwall()}
        for uid in range(_FIRST_USER, _LAST_USER):
            if uid in taken:
                continue
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                self._socket.bind(f"\0fls-teach-user-{uid}")
            except OSError:
                self._socket.close()
                continue
            self.uid = uid
            return
        raise SandboxError(f"no free user number between {_FIRST_USER} and {_LAST_USER}")

    def close(self):
        self._socket.close()


def _version(program):
    """Major and minor number of bubblewrap's version; (0, 0) if it does not say."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, errors="replace", timeout=30)
    except (OSError, subprocess.SubprocessError) as problem:
        raise SandboxError(f"'{program}' cannot be run ({problem})") from None
    numbers = re.search(r"(\d+)\.(\d+)", said.stdout)
    return tuple(map(int, numbers.groups())) if numbers else (0, 0)


def _remove(paths):
    """Remove files and whole folders; `rm` has no limit on depth, as Python's own function has."""
    if paths:
        subprocess.run(["rm", "-rf", "--one-file-system", "--", *paths], stderr=subprocess.DEVNULL, check=False)


def _belongs_to(entry, uid):
    with contextlib.suppress(OSError):
        return entry.stat(follow_symlinks=False).st_uid == uid
    return False


def _holds_more(folder, files, size):
    """Whether a folder holds more than so many entries or bytes; looks at no more than that."""
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    files -= 1
                    with contextlib.suppress(FileNotFoundError):
                        size -= 512 * entry.stat(follow_symlinks=False).st_blocks
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                    if files < 0 or size < 0:
                        return True
        except FileNotFoundError:  # just removed
            continue
        except OSError:  # deeper than a path can say
            return True
    return False
