"""Processor time, and idle wall time during a call, of a process tree, sampled from /proc."""

import contextlib
import os
import sys
import time
from collections.abc import Iterable

from fls_teach.sandbox.proc.table import Process, stat_fields, threads

_STATE, _PARENT, _OWN, _ENDED_CHILDREN = 0, 1, slice(11, 13), slice(13, 15)  # in `stat_fields`; clock ticks


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

    def __init__(self) -> None:
        self.processor = self.total = 0.0
        self._own = {}  # Process -> ticks, of all that were ever seen
        self._members = None

    def sample(self, members: Iterable[Process], asked: float) -> None:
        """Sample the tree.

        Parameters
        ----------
        members : iterable of Process
        asked : float
            Seconds since the last sample in which it was to answer something.
        """
        tick, before = os.sysconf("SC_CLK_TCK"), self.processor
        found = {each: fields for each in members if (fields := stat_fields(f"/proc/{each.pid}/stat"))}
        own = {key: sum(map(int, fields[_OWN])) for key, fields in found.items()}
        gained = sum(ticks - self._own.get(key, 0) for key, ticks in own.items())
        # Either sees what the other misses: a process that ended between two samples, waited for by its parent or not.
        known = sum(own.values()) + sum(int(ticks) for fields in found.values() for ticks in fields[_ENDED_CHILDREN])
        self.processor = max(before + gained / tick, known / tick)
        self._own |= own
        changed, self._members = self._members not in (None, found.keys()), found.keys()
        idle = changed or _are_asleep({pid: int(fields[_PARENT]) for (pid, _), fields in found.items()})
        self.total += max(self.processor - before, asked if idle else 0.0)


def processor_seconds(pid: int) -> float | None:
    """Processor time of one running process in seconds; None where it is gone, or the system has no such clock."""
    with contextlib.suppress(OSError):
        if sys.platform.startswith("linux"):
            return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of a process: see clock_getcpuclockid(3)
    return None


def charged_seconds(clock: float, cpu: float | None, slack: float) -> float:
    """Seconds charged against a limit: min(clock, max(cpu, clock / slack)); the clock alone where `cpu` is None.

    `cpu` includes time asleep. The rest of the clock is waiting for a processor or a disk, which other processes may
    keep busy; 1/slack of the clock counts all the same, since there are ways to wait on purpose.

    Examples
    --------
    >>> [charged_seconds(9.0, cpu, slack=3.0) for cpu in (5.0, 0.0, 36.0)]
    [5.0, 3.0, 9.0]
    """
    return clock if cpu is None else min(clock, max(cpu, clock / slack))


def _are_asleep(parents):
    """Whether all threads of processes {pid: parent} wait for something else than a processor, a disk or memory.

    A parent that has lent its memory to a child (vfork) is said to wait for a disk.
    """
    awake = {pid: b"R" if pid in parents.values() else b"RD" for pid in parents}
    states = [state in awake[pid] for pid in awake for state in _states(pid)]
    return bool(states) and not any(states)


def _states(pid):
    """The state of each thread, a letter as in proc(5)."""
    fields = [stat_fields(f"/proc/{pid}/task/{thread}/stat") for thread in threads(pid)]
    return [each[_STATE] for each in fields if each]
