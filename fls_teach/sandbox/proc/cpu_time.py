"""Processor time, and idle wall time during a call, of a process tree, sampled from /proc."""

import contextlib
import os
import sys
import time
from dataclasses import dataclass

from fls_teach.sandbox.proc.table import stat_fields


@dataclass(frozen=True)
class _Process:
    """One process at one moment; times in clock ticks, `children` of those that ended and were waited for."""

    pid: int
    parent: int
    start: int
    own: int
    children: int


class TreeTime:
    """Processor time of a process tree, added up from one sample to the next.

    Time in which processes come and go counts in full: one that ends between two samples may take its time with it, as
    the kernel does not add it up when its parent ignores the end of its children.

    Attributes
    ----------
    processor : float
        Seconds of processor time of all processes together.
    total : float
        These, and seconds in which the tree was asked something and slept, or was not the same as before.
    """

    def __init__(self):
        self.processor = self.total = 0.0
        self._own = {}  # (pid, start) -> ticks, of all that were ever seen
        self._members = None

    def sample(self, pids, asked):
        """Sample the tree.

        Parameters
        ----------
        pids : iterable of int
        asked : float
            Seconds since the last sample in which it was to answer something.
        """
        found = {(each.pid, each.start): each for pid in pids if (each := _read(pid))}
        tick, before = os.sysconf("SC_CLK_TCK"), self.processor
        gained = sum(each.own - self._own.get(key, 0) for key, each in found.items())
        # Either sees what the other misses: a process that ended between two samples, waited for by its parent or not.
        known = sum(each.own + each.children for each in found.values()) / tick
        self.processor = max(before + gained / tick, known)
        self._own |= {key: each.own for key, each in found.items()}
        changed, self._members = self._members not in (None, found.keys()), found.keys()
        idle = changed or _are_asleep(found.values())
        self.total += max(self.processor - before, asked if idle else 0.0)


def processor_seconds(pid):
    """Processor time of one running process in seconds; None where it is gone, or the system has no such clock."""
    with contextlib.suppress(OSError):
        if sys.platform.startswith("linux"):
            return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of a process: see clock_getcpuclockid(3)
    return None


def charged_seconds(clock, cpu, slack):
    """Seconds charged against a limit: min(clock, max(cpu, clock / slack)); the clock alone where `cpu` is None.

    `cpu` includes time asleep. The rest of the clock is waiting for a processor or a disk, which other processes may
    keep busy; 1/slack of the clock counts all the same, since there are ways to wait on purpose.

    Examples
    --------
    >>> [charged_seconds(9.0, cpu, slack=3.0) for cpu in (5.0, 0.0, 36.0)]
    [5.0, 3.0, 9.0]
    """
    return clock if cpu is None else min(clock, max(cpu, clock / slack))


def _read(pid):
    fields = stat_fields(f"/proc/{pid}/stat")
    if not fields:
        return None
    own, system, children, their_system = map(int, fields[11:15])
    return _Process(pid, int(fields[1]), int(fields[19]), own + system, children + their_system)


def _are_asleep(processes):
    """Whether all threads wait for something else than a processor, a disk or memory.

    A parent that has lent its memory to a child (vfork) is said to wait for a disk.
    """
    parents = {each.parent for each in processes}
    awake = {each.pid: b"R" if each.pid in parents else b"RD" for each in processes}
    states = [state in awake[pid] for pid in awake for state in _states(pid)]
    return bool(states) and not any(states)


def _states(pid):
    """The state of each thread, a letter as in proc(5)."""
    threads = []
    with contextlib.suppress(OSError):
        threads = os.listdir(f"/proc/{pid}/task")
    fields = [stat_fields(f"/proc/{pid}/task/{thread}/stat") for thread in threads]
    return [each[0] for each in fields if each]
