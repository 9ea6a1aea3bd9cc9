"""Machine-wide leases: one uid and one processor per worker.

A lease is a lock on a file in a folder that belongs to this user; it ends with the process that holds it.
"""

import contextlib
import itertools
import os
import random
import stat
from typing import IO, NamedTuple

from fls_teach.sandbox.isolation import SandboxError

FIRST_USER, LAST_USER = 61_000, 61_183  # Debian leaves 60,000 to 64,999 to such uses; systemd uses 61,184 and up
KILLERS_BELOW = 200  # the helper that ends a worker's processes has the worker's uid minus this; also unused
_NAME = "fls-teach"
_TOPS = "/run", "/tmp", "/dev/shm"  # not TMPDIR, which can differ between processes


class Lease(NamedTuple):
    """A uid or processor number, leased by no other process of this machine until all copies of `file` are closed."""

    number: int
    file: IO

    def close(self) -> None:
        """End the lease."""
        self.file.close()


def lease_user() -> Lease:
    """Lease a uid that belongs to no user, and with it the uid smaller by `KILLERS_BELOW`.

    Only root can become another user, and no two workers may share one.

    Raises
    ------
    SandboxError
        If every uid is taken, or root has no folder for locks.
    """
    import pwd  # not on Windows

    taken = {entry.pw_uid for entry in pwd.getpwall()}
    for uid in range(FIRST_USER, LAST_USER):
        if taken.isdisjoint((uid, uid - KILLERS_BELOW)) and (file := _locked(f"user-{uid}")):
            return Lease(uid, file)
    raise SandboxError(f"no free user number between {FIRST_USER} and {LAST_USER}")


def lease_processor() -> Lease:
    """Lease a processor that this process may use and that as few other workers as possible have leased.

    Raises
    ------
    SandboxError
        If root has no folder for locks.
    """
    processors = sorted(os.sched_getaffinity(0))
    # In random order: containers on one machine do not see one another's leases, and must not all start with the same.
    random.SystemRandom().shuffle(processors)
    attempts = ((number, _locked(f"processor-{number}-{k}")) for k in itertools.count() for number in processors)
    return next(Lease(number, file) for number, file in attempts if file)


def _locked(name):
    """Return the open file `name`, locked until it is closed; None if another process holds the lock."""
    import fcntl  # not on Windows

    folder = _folder()
    if folder is None and os.geteuid() == 0:
        raise SandboxError(f"in none of {', '.join(_TOPS)} can root have a folder of its own, '{_NAME}-0', for locks")
    if folder is None:  # no lock, then; at worst, two workers share a processor
        return open(os.devnull)
    file = open(f"{folder}/{name}", "w")  # noqa: SIM115 (the caller closes it)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        file.close()
        if isinstance(problem, BlockingIOError):
            return None
        raise
    return file


def _folder():
    """Return a folder in which no other user can create files, or None."""
    for top in _TOPS:
        folder = f"{top}/{_NAME}-{os.geteuid()}"
        with contextlib.suppress(OSError):
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, 0o700)
            found = os.lstat(folder)
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022:
                return folder
    return None
