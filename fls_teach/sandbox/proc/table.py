"""The processes of this machine, read from /proc: their descendants and their memory."""

import contextlib
import os
from collections.abc import Iterable
from typing import NamedTuple

_MEMORY = b"RssAnon:", b"RssShmem:", b"VmSwap:", b"HugetlbPages:"
_PAGE_TABLES = b"VmPTE:"  # most of the memory of a process that only reads a large mapping
_STATE, _PARENT, _THREADS, _START = 0, 1, 17, 19  # positions in `stat_fields`


class Process(NamedTuple):
    """A process number, and the start in clock ticks that tells it from an earlier process with the same number.

    `start` is None if no such process exists.
    """

    pid: int
    start: int | None


def pids() -> list[int]:
    """Return the numbers of all visible processes; [] without /proc."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if os.path.isdir("/proc/self") else []


def threads(pid: int) -> list[str]:
    """Return the numbers of a process's threads, as text; [] if it has ended."""
    with contextlib.suppress(OSError):
        return os.listdir(f"/proc/{pid}/task")
    return []


def stat_fields(path: str) -> list[bytes]:
    """Return the fields of a /proc/PID/stat file from the third (the state; see proc(5)); [] if it cannot be read."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return file.read().rpartition(b")")[2].split()
    return []


def process(pid: int) -> Process:
    """Return the process that has this number now, even if it is a zombie; its start is None if there is none."""
    fields = stat_fields(f"/proc/{pid}/stat")
    return Process(pid, int(fields[_START]) if fields else None)


def process_table() -> dict[Process, int]:
    """Return {process: parent's number} of all living processes.

    A zombie is not living, unless only its first thread has ended and others still run.
    """
    stats = {pid: stat_fields(f"/proc/{pid}/stat") for pid in pids()}
    return {
        Process(pid, int(fields[_START])): int(fields[_PARENT]) for pid, fields in stats.items() if _is_living(fields)
    }


def living(members: Iterable[Process]) -> set[Process]:
    """Return those of some processes that live, as `process_table` would say of each, without reading all others."""
    stats = {each: stat_fields(f"/proc/{each.pid}/stat") for each in members}
    return {each for each, fields in stats.items() if _is_living(fields) and int(fields[_START]) == each.start}


def _is_living(fields):
    return bool(fields) and (fields[_STATE] != b"Z" or int(fields[_THREADS]) > 1)


def descendants(pid: int) -> set[Process]:
    """Return a process and all its descendants; empty without /proc."""
    table, found = process_table(), {pid}
    while more := {child.pid for child, parent in table.items() if parent in found} - found:
        found |= more
    return {each for each in table if each.pid in found}


def processes_of(uid: int, ended: bool = False) -> set[Process]:
    """Return a user's living processes or, if `ended`, its zombies."""
    found = set()
    for pid in pids():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb") as file:
            status = file.read()
            zombie = b"\nState:\tZ" in status and b"\nThreads:\t1\n" in status
            if b"\nUid:\t%d\t" % uid in status and zombie == ended:
                found.add(process(pid))
    return found


def memory_of(members: Iterable[Process]) -> int:
    """Return the bytes of memory of these processes; memory shared without a file counts in each of them."""
    # A process whose first thread has ended reports nothing; each of its other threads reports the whole.
    names = *_MEMORY, _PAGE_TABLES
    return sum(
        _sum_of(f"{pid}/status", names)
        or max((_sum_of(f"{pid}/task/{thread}/status", names) for thread in threads(pid)), default=0)
        for pid, _ in members
    )


def exact_memory_of(members: Iterable[Process]) -> int:
    """Return the same with shared memory counted once, as far as the kernel reports it; slower than `memory_of`."""
    total = 0
    for each in members:
        # A process can hide this file from all but root; its memory then counts as in `memory_of`.
        used = _sum_of(f"{each.pid}/smaps_rollup", (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:"))
        total += used + _sum_of(f"{each.pid}/status", (_PAGE_TABLES,)) if used else memory_of([each])
    return total


def _sum_of(path, names):
    """Return the sum in bytes of the named fields of a file in /proc; 0 if it cannot be read."""
    with contextlib.suppress(OSError), open(f"/proc/{path}", "rb") as file:
        return sum(1024 * int(line.split()[1]) for line in file if line.startswith(names))
    return 0
