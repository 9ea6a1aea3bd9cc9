"""Processor time, and wall-clock time asleep during a call, of a process tree, sampled from /proc."""

import contextlib
import os
import sys
import time
from collections.abc import Iterable

from fls_teach.sandbox.proc.table import Process, stat_fields, threads

# Positions in `stat_fields`; the last two are times in clock ticks.
_STATE, _PARENT, _OWN_TIME, _WAITED_CHILDREN_TIME = 0, 1, slice(11, 13), slice(13, 15)


class TreeTime:
    """Processor time of a process tree, accumulated over samples.

    Wall-clock time in which processes start or end counts in full: the time of a process that ends between two samples
    may be lost, because the kernel does not add it to its parent's if the parent ignores the end of its children.

    Attributes
    ----------
    processor : float
        Seconds of processor time of all processes together.
    total : float
        `processor`, plus the seconds during calls in which all processes slept or the set of processes changed.
    """

    def __init__(self) -> None:
        self.processor = self.total = 0.0
        self._ticks = {}  # last known time of every process ever seen
        self._members = None

    def sample(self, members: Iterable[Process], asked: float) -> None:
        """Sample the tree.

        Parameters
        ----------
        members : iterable of Process
        asked : float
            Seconds since the last sample during which a question was unanswered.
        """
        tick, before = os.sysconf("SC_CLK_TCK"), self.processor
        stats = {each: fields for each in members if (fields := stat_fields(f"/proc/{each.pid}/stat"))}
        own = {each: sum(map(int, fields[_OWN_TIME])) for each, fields in stats.items()}
        gained = sum(ticks - self._ticks.get(each, 0) for each, ticks in own.items())
        # The first count misses processes that ended between two samples and were waited for; the second, those that
        # were not. Take the larger one.
        of_waited = sum(int(ticks) for fields in stats.values() for ticks in fields[_WAITED_CHILDREN_TIME])
        self.processor = max(before + gained / tick, (sum(own.values()) + of_waited) / tick)
        self._ticks |= own
        changed, self._members = self._members not in (None, stats.keys()), stats.keys()
        idle = changed or _are_asleep({pid: int(fields[_PARENT]) for (pid, _), fields in stats.items()})
        self.total += max(self.processor - before, asked if idle else 0.0)


def processor_seconds(pid: int) -> float | None:
    """Return the processor time of one process in seconds; None if it has ended or the system does not report it."""
    with contextlib.suppress(OSError):
        if sys.platform.startswith("linux"):
            return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of a process: see clock_getcpuclockid(3)
    return None


def charged_seconds(clock: float, cpu: float | None, slack: float) -> float:
    """Return the seconds charged against a limit: min(clock, max(cpu, clock / slack)), or `clock` if `cpu` is None.

    `clock` is wall-clock time; `cpu` includes time asleep. In the remaining time the process waited for a processor or
    a disk, which other processes may have kept busy. At least 1/slack of `clock` is charged, since a submission can
    cause such waiting on purpose.

    Examples
    --------
    >>> [charged_seconds(9.0, cpu, slack=3.0) for cpu in (5.0, 0.0, 36.0)]
    [5.0, 3.0, 9.0]
    """
    return clock if cpu is None else min(clock, max(cpu, clock / slack))


def _are_asleep(parents):
    """Return whether no thread of the processes {pid: parent} runs or waits for a processor, a disk or memory.

    A parent that has lent its memory to a child (vfork) has the state of waiting for a disk (D), so that this state
    counts as awake only in processes without children.
    """
    awake_states = {pid: b"R" if pid in parents.values() else b"RD" for pid in parents}
    awake = [state in awake_states[pid] for pid in awake_states for state in _thread_states(pid)]
    return bool(awake) and not any(awake)


def _thread_states(pid):
    """Return the state of each thread, a letter as in proc(5)."""
    fields = [stat_fields(f"/proc/{pid}/task/{thread}/stat") for thread in threads(pid)]
    return [each[_STATE] for each in fields if each]
