"""Files without a name that processes keep alive: unlinked, but still open or mapped, they take up the disk unseen."""

import contextlib
import os
import stat

_DELETED = b" (deleted)\n"
# linux/capability.h: to look at other users' processes, and at the files behind their maps (since Linux 5.9; SYS_ADMIN
# could before).
_SYS_PTRACE, _SYS_ADMIN, _CHECKPOINT_RESTORE = 1 << 19, 1 << 21, 1 << 40


def can_see_held_files():
    """Whether this process may look at the open and mapped files of other users' processes."""
    try:
        with open("/proc/self/status", "rb") as file:
            (line,) = (line for line in file if line.startswith(b"CapEff:"))
    except (OSError, ValueError):
        return False
    effective = int(line.split()[1], 16)
    return bool(effective & _SYS_PTRACE and effective & (_SYS_ADMIN | _CHECKPOINT_RESTORE))


def held_bytes(pids):
    """Bytes of disk behind files without a name that some processes hold, each file counted once.

    Parameters
    ----------
    pids : iterable of int

    Returns
    -------
    int
        Of processes that this one may look at, as `can_see_held_files` says.
    """
    found = {}
    for pid in pids:
        # A thread may have a table of descriptors of its own, and outlive the first one, which then shows nothing.
        threads = [pid]
        with contextlib.suppress(OSError):
            threads = os.listdir(f"/proc/{pid}/task")
        for thread in threads:
            for path in (*_descriptors(thread), *_unnamed_maps(thread)):
                with contextlib.suppress(OSError):
                    file = os.stat(path)
                    if stat.S_ISREG(file.st_mode) and file.st_nlink == 0:
                        found[file.st_dev, file.st_ino] = 512 * file.st_blocks
    return sum(found.values())


def _descriptors(thread):
    folder = f"/proc/{thread}/fd"
    with contextlib.suppress(OSError):
        return [f"{folder}/{name}" for name in os.listdir(folder)]
    return []


def _unnamed_maps(thread):
    """The links to those mapped files that have lost their names; /proc/PID/maps says which in one reading."""
    with contextlib.suppress(OSError), open(f"/proc/{thread}/maps", "rb") as file:
        ranges = (line.partition(b" ")[0].decode() for line in file if line.endswith(_DELETED))
        # maps pads addresses with zeros, map_files does not.
        return [
            f"/proc/{thread}/map_files/" + "-".join(f"{int(end, 16):x}" for end in each.split("-")) for each in ranges
        ]
    return []
