"""A worker that runs as another user: for root in a container where bubblewrap may not create namespaces."""

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

_END_LIMIT = 60.0  # seconds in which killed processes must end, even if one waits for a slow disk
_TOPS = "/tmp", "/var", "/dev", "/run", "/home", "/srv", "/opt", "/mnt", "/media"
"""Folders that may contain folders in which every user can write."""

# Devices, and the files from which numpy and torch choose their code and their number of threads.
_DEVICES = (
    *("/dev/urandom", "/dev/random", "/dev/zero", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat"),
    *("/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu"),
)


class OtherUser(Confined):
    """A worker that runs as an unprivileged user of its own.

    Raises
    ------
    SandboxError
        If the current user is not root.
    """

    name = "uid"
    removing = False  # an unlinked file is in no folder, so `overflows` would not count it

    def __init__(self, limits: ResourceLimits | None = None) -> None:
        if os.geteuid() != 0:
            raise SandboxError("only root can run a worker as another user")
        if shutil.which("rm") is None:
            raise SandboxError("the program 'rm' is not installed (Debian, Ubuntu: apt-get install coreutils)")
        super().__init__(limits)
        self._closed, self._uid = False, self._lease.number
        # The worker's files are copied, because the user may have no access to the package. The folder's name belongs
        # to the process that leases the uid, so anything there was left by a grader that was killed.
        self._folder = Path(tempfile.gettempdir(), f"fls-worker-{self._uid}")
        self.scratch = str(self._folder / "scratch")
        self._world_writable = [] if landlock() else _world_writable(_TOPS)
        try:
            _remove([self._folder])
            self._folder.mkdir()
            self._folder.chmod(0o755)
            for path in WORKER_FILES:
                os.chmod(shutil.copyfile(path, self._folder / path.name), 0o644)
            self._readable = [*SYSTEM, *_DEVICES, *interpreter_trees(), str(self._folder)]
            self._new_scratch()
            # If the grader is killed, only the worker's first process ends with it; this helper ends the others.
            self._killer = self._new_killer()
        except (OSError, SandboxError) as problem:
            super().close()
            raise SandboxError(str(problem)) from None

    def command(self, command: list[str]) -> tuple[list[str], tuple[int, ...]]:
        writable = [self.scratch, "/dev/null"]
        return self._confined(command, str(self._folder), readable=self._readable, writable=writable), ()

    def members(self, pid: int) -> set[Process]:
        return processes_of(self._uid) | {process(pid)}  # `pid` belongs to root until it has changed its user

    def overflows(self, pid: int, members: set[Process]) -> bool:
        folders, limits = [self.scratch, *self._elsewhere()], self.limits
        return _holds_more(folders, 1 + limits.scratch_files, limits.scratch_mib * MIB)

    def sweep(self) -> None:
        if self._closed:  # another process may have leased the uid by now
            return
        deadline = time.monotonic() + _END_LIMIT
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
        """Return what the worker has created in world-writable folders."""
        paths = []
        for folder in self._world_writable:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):  # just removed
                        if entry.stat(follow_symlinks=False).st_uid == self._uid:
                            paths.append(entry.path)
        return paths

    def _new_scratch(self):
        os.mkdir(self.scratch, 0o700)
        os.chown(self.scratch, self._uid, self._uid)


def _remove(paths):
    """Remove files and whole folders by `rm`, which has no limit on depth, unlike `shutil.rmtree`."""
    if paths:
        subprocess.run(["rm", "-rf", "--one-file-system", "--", *paths], stderr=subprocess.DEVNULL, check=False)


def _world_writable(tops, depth=4, most=5000):
    """Return the world-writable folders on the first `depth` levels from `tops`.

    At most `most` folders per level, and entries per folder, are examined.

    Examples
    --------
    >>> "/tmp" in _world_writable(["/tmp"])
    True
    """
    writable, level = [], list(tops)
    for _ in range(depth):
        next_level = []
        for folder in level[:most]:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                if os.stat(folder).st_mode & 0o002:
                    writable.append(folder)
                entries = itertools.islice(entries, most)
                next_level += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        level = next_level
    return writable


def _holds_more(paths, files, size):
    """Return whether these paths, with everything below them, are more than `files` or take more than `size` bytes.

    The search ends as soon as either is exceeded.
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
        except OSError:  # deeper than the limit on a path's length
            return True
        files, size = files - 1, size - 512 * found.st_blocks
        if files < 0 or size < 0:
            return True
    return False
