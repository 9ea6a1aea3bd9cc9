"""The processes of this machine, read from /proc: their descendants, and what they use."""

import contextlib
import os
from collections.abc import Iterable
from typing import NamedTuple

_MEMORY = b"RssAnon:", b"RssShmem:", b"VmSwap:", b"HugetlbPages:"
_PAGE_TABLES = b"VmPTE:"  # a process that only reads has much more of these than of anything else
_STATE, _PARENT, _THREADS, _START = 0, 1, 17, 19  # places in `stat_fields`


class Process(NamedTuple):
    """A process: its start, in clock ticks, tells it from an earlier one of its number; None if there is none."""

    pid: int
    start: int | None


def pids() -> list[int]:
    """The numbers of all processes that can be seen; [] where there is no /proc."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if os.path.isdir("/proc/self") else []


def threads(pid: int) -> list[str]:
    """The numbers of a process's threads, as text; [] if it is gone."""
    with contextlib.suppress(OSError):
        return os.listdir(f"/proc/{pid}/task")
    return []


def stat_fields(path: str) -> list[bytes]:
    """The fields of a file like /proc/PID/stat from the state on, the third of proc(5); [] if the process is gone."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return file.read().rpartition(b")")[2].split()
    return []


def process(pid: int) -> Process:
    """The process that has this number now, zombie or not; its start is None if there is none."""
    fields = stat_fields(f"/proc/{pid}/stat")
    return Process(pid, int(fields[_START]) if fields else None)


def process_table() -> dict[Process, int]:
    """Every living process and its parent's number, as a dict of `Process` to int.

    A zombie has ended, unless it is one because only its first thread has: the others run on.
    """
    found = {pid: stat_fields(f"/proc/{pid}/stat") for pid in pids()}
    return {
        Process(pid, int(fields[_START])): int(fields[_PARENT])
        for pid, fields in found.items()
        if fields and (fields[_STATE] != b"Z" or int(fields[_THREADS]) > 1)
    }


def descendants(pid: int) -> set[Process]:
    """A process and all its descendants, as a set of `Process`; empty where there is no /proc."""
    table, found = process_table(), {pid}
    while more := {child.pid for child, parent in table.items() if parent in found} - found:
        found |= more
    return {each for each in table if each.pid in found}


def processes_of(uid: int, ended: bool = False) -> set[Process]:
    """A user's living processes, as a set of `Process`; or those that have ended, but no parent has waited for."""
    found = set()
    for pid in pids():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb") as file:
            status = file.read()
            zombie = b"\nState:\tZ" in status and b"\nThreads:\t1\n" in status
            if b"\nUid:\t%d\t" % uid in status and zombie == ended:
                found.add(process(pid))
    return found


def memory_of(members: Iterable[Process]) -> int:
    """Bytes of memory of these processes, what they share without a file counted once for each of them."""
    # One whose first thread has ended shows nothing; any other thread shows all.
    wanted = *_MEMORY, _PAGE_TABLES
    return sum(
        _sum_of(f"{pid}/status", wanted)
        or max((_sum_of(f"{pid}/task/{thread}/status", wanted) for thread in threads(pid)), default=0)
        for pid, _ in members
    )


def exact_memory_of(members: Iterable[Process]) -> int:
    """The same with shared memory counted once, as far as the kernel tells; takes longer."""
    total = 0
    for each in members:
        # A process may hide it from all but root; then it counts in full.
        used = _sum_of(f"{each.pid}/smaps_rollup", (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:"))
        total += used + _sum_of(f"{each.pid}/status", (_PAGE_TABLES,)) if used else memory_of([each])
    return total


def _sum_of(path, fields):
    """The sum of some lines of a file in /proc, in bytes; 0 if it cannot be read."""
    with contextlib.suppress(OSError), open(f"/proc/{path}", "rb") as file:
        return sum(1024 * int(line.split()[1]) for line in file if line.startswith(fields))
    return 0
