"""A worker as another user: for root in a container, where bubblewrap may not make namespaces."""

import contextlib
import itertools
import os
import platform
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from fls_teach.sandbox.isolation.confine import landlock
from fls_teach.sandbox.isolation.leases import LAST_USER
from fls_teach.sandbox.isolation.sandboxes import MIB, Confined, SandboxError
from fls_teach.sandbox.isolation.seccomp import seccomp_filter
from fls_teach.sandbox.isolation.view import SYSTEM, WORKER_FILES, ViewError, interpreter_trees
from fls_teach.sandbox.proc.ending import bury_all_of, kill_all_later, kill_all_of
from fls_teach.sandbox.proc.held import can_see_held_files, held_bytes
from fls_teach.sandbox.proc.table import processes_of

_KILLER = LAST_USER  # never a worker's
_ENDING = 60.0  # seconds until the kernel has ended what was killed, even if it was waiting for a slow disk
_TOPS = "/tmp", "/var", "/dev", "/run", "/home", "/srv", "/opt", "/mnt", "/media"
"""Below these are folders in which everybody may write."""

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

    def __init__(self, limits=None):
        if os.geteuid() != 0:
            raise SandboxError("only root can run a worker as another user")
        if shutil.which("rm") is None:
            raise SandboxError("the program 'rm' is not installed (Debian, Ubuntu: apt-get install coreutils)")
        super().__init__(limits)
        self._closed, self._sees_held = False, can_see_held_files()
        # Our package may well be closed to others; these three files have to be open. Whoever holds the number owns
        # the name, and what a grader that was killed has left there.
        self._folder = Path(tempfile.gettempdir(), f"fls-worker-{self._lease.uid}")
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
            self._executor = kill_all_later(self._lease.uid, _KILLER, self._lease.fileno())
        except (OSError, ViewError) as problem:
            super().close()
            raise SandboxError(str(problem)) from None

    def command(self, command):
        writable = [self.scratch, "/dev/null"]
        return self._confined(command, str(self._folder), readable=self._readable, writable=writable), ()

    def folder(self, folder):
        return self.scratch

    def members(self, pid):
        return processes_of(self._lease.uid) | {pid}  # which is root's until it has become the user

    def overflows(self, pid, members):
        unnamed = held_bytes(members) if self._sees_held else 0
        left = self.limits.scratch_mib * MIB - unnamed
        return _holds_more([self.scratch, *self._elsewhere()], 1 + self.limits.scratch_files, left)

    def _filter(self):
        # Files that cannot be counted once they have lost their names keep them.
        return seccomp_filter(platform.machine(), removing=self._sees_held)

    def sweep(self):
        if self._closed:  # the number may be another's by now
            return
        uid, deadline = self._lease.uid, time.monotonic() + _ENDING
        while processes_of(uid):
            if time.monotonic() > deadline:
                raise SandboxError(f"processes of user {uid} cannot be ended")
            kill_all_of(uid, _KILLER)
        bury_all_of(uid)
        _remove(self._elsewhere())
        if os.listdir(self.scratch):
            _remove([self.scratch])
            self._new_scratch()

    def close(self):
        try:
            self.sweep()
        finally:
            self._closed = True
            self._executor.kill()
            self._executor.communicate()
            _remove([self._folder])
            super().close()

    def _elsewhere(self):
        """What it has made in folders that are open to all."""
        found = []
        for folder in self._open:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                found += [entry.path for entry in entries if _belongs_to(entry, self._lease.uid)]
        return found

    def _new_scratch(self):
        os.mkdir(self.scratch, 0o700)
        os.chown(self.scratch, self._lease.uid, self._lease.uid)


def _remove(paths):
    """Remove files and whole folders; `rm` has no limit on depth, as Python's own function has."""
    if paths:
        subprocess.run(["rm", "-rf", "--one-file-system", "--", *paths], stderr=subprocess.DEVNULL, check=False)


def _belongs_to(entry, uid):
    with contextlib.suppress(OSError):
        return entry.stat(follow_symlinks=False).st_uid == uid
    return False


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
