"""The processes of this machine, read from /proc: their descendants, and what they use."""

import contextlib
import os

_PAGE_TABLES = b"VmPTE:"  # a process that only reads has much more of these than of anything else
_STATE, _PARENT, _THREADS, _START = 0, 1, 17, 19  # places in `stat_fields`


def pids():
    """The numbers of all processes that can be seen."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def stat_fields(path):
    """The fields of a file like /proc/PID/stat from the state on, the third of proc(5); [] if the process is gone."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return file.read().rpartition(b")")[2].split()
    return []


def start_of(pid):
    """When a process started, zombie or not: tells it from an earlier one of its number. None if it is gone."""
    fields = stat_fields(f"/proc/{pid}/stat")
    return int(fields[_START]) if fields else None


def process_table():
    """Parent and start time of every living process, as a dict pid -> (parent, start).

    A zombie has ended, unless it is one because only its first thread has: the others run on.
    """
    found = {pid: stat_fields(f"/proc/{pid}/stat") for pid in pids()}
    return {
        pid: (int(fields[_PARENT]), int(fields[_START]))
        for pid, fields in found.items()
        if fields and (fields[_STATE] != b"Z" or int(fields[_THREADS]) > 1)
    }


def descendants(pid):
    """The process and all its descendants, as a set; empty where there is no /proc."""
    if not os.path.isdir("/proc/self"):
        return set()
    table, found = process_table(), {pid}
    while more := {child for child, (parent, _) in table.items() if parent in found} - found:
        found |= more
    return found & table.keys()


def processes_of(uid, ended=False):
    """Living processes of a user, as a set; or those that have ended, but that no parent has waited for."""
    found = set()
    for pid in pids():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb") as file:
            status = file.read()
            zombie = b"\nState:\tZ" in status and b"\nThreads:\t1\n" in status
            if b"\nUid:\t%d\t" % uid in status and zombie == ended:
                found.add(pid)
    return found


def memory_of(members):
    """Bytes of memory of these processes, what they share without a file counted once for each of them."""
    fields = b"RssAnon:", b"RssShmem:", b"VmSwap:", b"HugetlbPages:", _PAGE_TABLES
    total = 0
    for pid in members:
        used = _sum_of(pid, "status", fields)
        if used == 0:  # its first thread may have ended, and shows nothing; any other shows all
            with contextlib.suppress(OSError):
                threads = os.listdir(f"/proc/{pid}/task")
                used = max((_sum_of(pid, f"task/{thread}/status", fields) or 0 for thread in threads), default=0)
        total += used or 0
    return total


def exact_memory_of(members):
    """The same with shared memory counted once, as far as the kernel tells; takes longer."""
    total = 0
    for pid in members:
        # A process may hide it from all but root; then it counts in full.
        used = _sum_of(pid, "smaps_rollup", (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:"))
        total += used + (_sum_of(pid, "status", (_PAGE_TABLES,)) or 0) if used else memory_of([pid])
    return total


def _sum_of(pid, file_name, fields):
    """The sum of some lines in bytes, or None if the file cannot be read."""
    try:
        with open(f"/proc/{pid}/{file_name}", "rb") as file:
            lines = [line for line in file if line.startswith(fields)]
    except OSError:
        return None
    return sum(1024 * int(line.split()[1]) for line in lines)
