"""A worker as another user: for root in a container, where bubblewrap may not make namespaces."""

import contextlib
import itertools
import os
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from fls_teach.sandbox.isolation.confine import landlock
from fls_teach.sandbox.isolation.leases import KILLERS_BELOW
from fls_teach.sandbox.isolation.sandboxes import MIB, Confined, ResourceLimits, SandboxError
from fls_teach.sandbox.isolation.view import SYSTEM, WORKER_FILES, interpreter_trees
from fls_teach.sandbox.proc.ending import bury, killer_of
from fls_teach.sandbox.proc.table import Process, process, processes_of

_ENDING = 60.0  # seconds until the kernel has ended what was killed, even if it was waiting for a slow disk
_TOPS = "/tmp", "/var", "/dev", "/run", "/home", "/srv", "/opt", "/mnt", "/media"
"""Below these are folders in which every user may write."""

# What numpy and torch look at to choose their code and their number of threads.
_DEVICES = (
    *("/dev/urandom", "/dev/random", "/dev/zero", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat"),
    *("/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu"),
)


class OtherUser(Confined):
    """A worker that runs as an unprivileged user of its own; only root can make one.

    Raises
    ------
    SandboxError
        If this is not root.
    """

    name = "uid"
    removing = False  # one without a name stands in no folder, and could not be counted there

    def __init__(self, limits: ResourceLimits | None = None) -> None:
        if os.geteuid() != 0:
            raise SandboxError("only root can run a worker as another user")
        if shutil.which("rm") is None:
            raise SandboxError("the program 'rm' is not installed (Debian, Ubuntu: apt-get install coreutils)")
        super().__init__(limits)
        self._closed, self._uid = False, self._lease.number
        # Our package may well be closed to others; these three files have to be open. The process that leases the uid
        # owns the name, and what a grader that was killed has left there.
        self._folder = Path(tempfile.gettempdir(), f"fls-worker-{self._uid}")
        self.scratch = str(self._folder / "scratch")
        self._open = [] if landlock() else _open_to_all(_TOPS)
        try:
            _remove([self._folder])
            self._folder.mkdir()
            self._folder.chmod(0o755)
            for path in WORKER_FILES:
                os.chmod(shutil.copyfile(path, self._folder / path.name), 0o644)
            self._readable = [*SYSTEM, *_DEVICES, *interpreter_trees(), str(self._folder)]
            self._new_scratch()
            # Only its first process ends with the grader, not what that has started.
            self._killer = self._new_killer()
        except (OSError, SandboxError) as problem:
            super().close()
            raise SandboxError(str(problem)) from None

    def command(self, command: list[str]) -> tuple[list[str], tuple[int, ...]]:
        writable = [self.scratch, "/dev/null"]
        return self._confined(command, str(self._folder), readable=self._readable, writable=writable), ()

    def members(self, pid: int) -> set[Process]:
        return processes_of(self._uid) | {process(pid)}  # which is root's until it has become the user

    def overflows(self, pid: int, members: set[Process]) -> bool:
        folders, limits = [self.scratch, *self._elsewhere()], self.limits
        return _holds_more(folders, 1 + limits.scratch_files, limits.scratch_mib * MIB)

    def sweep(self) -> None:
        if self._closed:  # the number may be another's by now
            return
        deadline = time.monotonic() + _ENDING
        while processes_of(self._uid):
            if time.monotonic() > deadline:
                raise SandboxError(f"processes of user {self._uid} cannot be ended")
            self._new_killer().communicate()
        bury(processes_of(self._uid, ended=True))
        _remove(self._elsewhere())
        if os.listdir(self.scratch):
            _remove([self.scratch])
            self._new_scratch()

    def close(self) -> None:
        try:
            self.sweep()
        finally:
            self._closed = True
            self._killer.kill()
            self._killer.communicate()
            _remove([self._folder])
            super().close()

    def _new_killer(self):
        return killer_of(self._uid, self._uid - KILLERS_BELOW, self._lease.file.fileno())

    def _elsewhere(self):
        """What it has made in folders that are open to all."""
        found = []
        for folder in self._open:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):  # just removed
                        if entry.stat(follow_symlinks=False).st_uid == self._uid:
                            found.append(entry.path)
        return found

    def _new_scratch(self):
        os.mkdir(self.scratch, 0o700)
        os.chown(self.scratch, self._uid, self._uid)


def _remove(paths):
    """Remove files and whole folders; `rm` has no limit on depth, as Python's own function has."""
    if paths:
        subprocess.run(["rm", "-rf", "--one-file-system", "--", *paths], stderr=subprocess.DEVNULL, check=False)


def _open_to_all(tops, depth=4, most=5000):
    """Folders in which everybody may write, of these and of those up to `depth` below; at most so many are looked at.

    Examples
    --------
    >>> "/tmp" in _open_to_all(["/tmp"])
    True
    """
    found, level = [], list(tops)
    for _ in range(depth):
        below = []
        for folder in level[:most]:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                if os.stat(folder).st_mode & 0o002:
                    found.append(folder)
                entries = itertools.islice(entries, most)
                below += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        level = below
    return found


def _holds_more(paths, files, size):
    """Whether these files and folders with all that is in them are more than so many, or hold more bytes on the disk.

    Looks at no more than that.
    """
    pending = list(paths)
    while pending:
        path = pending.pop()
        try:
            found = os.lstat(path)
            if stat.S_ISDIR(found.st_mode):
                with os.scandir(path) as entries:
                    pending += [entry.path for entry in itertools.islice(entries, files + 1)]
        except (FileNotFoundError, NotADirectoryError):  # just removed
            continue
        except OSError:  # deeper than a path can say
            return True
        files, size = files - 1, size - 512 * found.st_blocks
        if files < 0 or size < 0:
            return True
    return False
