"""Machine-wide leases: one uid and one processor per worker.

A lease ends with the process that holds it. Root's is the lock of a file in a folder of its own, which no other user
can take first; that of another user, or where there is no such folder, an abstract socket.
"""

import contextlib
import errno
import itertools
import os
import random
import socket
import stat

FIRST_USER, LAST_USER = 61_000, 61_183  # Debian leaves 60,000 to 64,999 to such uses, systemd's begin at 61,184
_NAMES = "fls-teach"
_LOCKS = "/run"


class NoUserLeft(RuntimeError):
    """Every number is taken."""


class UserLease:
    """A uid that no other process on this machine is using, until `close`.

    Only root can become another user, and no two workers may share one.

    Attributes
    ----------
    uid : int

    Raises
    ------
    NoUserLeft
        If all are taken.
    """

    def __init__(self):
        import pwd  # not on Windows

        taken = {entry.pw_uid for entry in pwd.getpwall()}
        for uid in range(FIRST_USER, LAST_USER):
            if uid not in taken and (held := _leased(f"user-{uid}")):
                self._held, self.uid = held, uid
                return
        raise NoUserLeft(f"no free user number between {FIRST_USER} and {LAST_USER}")

    def fileno(self):
        """A descriptor: the lease ends once all its copies are closed."""
        return self._held.fileno()

    def close(self):
        """Let others have it."""
        self._held.close()


class ProcessorLease:
    """A processor that this process may use and that as few other workers as possible have leased, until `close`.

    Attributes
    ----------
    number : int
    """

    def __init__(self):
        processors = sorted(os.sched_getaffinity(0))
        # By chance: containers side by side do not see one another's leases, and must not all begin with the same.
        random.SystemRandom().shuffle(processors)
        for sharing in itertools.count():
            for number in processors:
                if held := _leased(f"processor-{number}-{sharing}"):
                    self._held, self.number = held, number
                    return

    def close(self):
        """Let others have it."""
        self._held.close()


def _leased(name):
    """What holds this name until it is closed, or None if another process has it."""
    # Locks and sockets do not see each other: what goes wrong once the folder is there must not lead to a socket.
    if os.geteuid() == 0 and (folder := _lock_folder()):
        return _locked(f"{folder}/{name}")
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        held.bind(f"\0{_NAMES}-{name}")
    except OSError as problem:
        held.close()
        if problem.errno != errno.EADDRINUSE:
            raise
        return None
    return held


def _lock_folder():
    """A folder that is root's alone, or None where there can be none."""
    folder = f"{_LOCKS}/{_NAMES}"
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        found = os.lstat(folder)
    except OSError:
        return None
    return folder if stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022 else None


def _locked(path):
    """The file whose lock is held, or None if another process has it."""
    import fcntl  # not on Windows

    file = open(path, "w")  # noqa: SIM115 (the caller closes it)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    except OSError:
        file.close()
        raise
    return file
