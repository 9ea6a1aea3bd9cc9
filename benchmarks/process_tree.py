"""What a command and all processes below it use, read from /proc while it runs.

`resource.getrusage` is not enough: no parent waits for a process in bubblewrap's namespace, so none is charged for it.
Here each process is sampled every `INTERVAL` seconds, and its last count is kept: what it uses after the last sample,
0.01 s on average, is lost, and so are parts of a clock tick (0.01 s).
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 0.02  # seconds
_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass
class Seen:
    """One process.

    Attributes
    ----------
    parent : int
    command : str
    seconds : float
        Of processor time, its own.
    """

    parent: int
    command: str
    seconds: float


@dataclass
class Run:
    """A command that has ended.

    Attributes
    ----------
    wall : float
        Seconds.
    rusage : float
        Processor seconds by ``wait4``: those of the command and of whatever was waited for below it.
    peak_mib : float
        Most memory of the command's own process.
    processes : dict of int to Seen
    root : int
        The command's process.
    """

    wall: float
    rusage: float
    peak_mib: float
    processes: dict
    root: int

    def below(self, pid):
        """The processes below one, itself not among them, as a set."""
        found, more = set(), {pid}
        while more := {child for child, each in self.processes.items() if each.parent in more}:
            found |= more
        return found

    def seconds(self, pids):
        """Processor seconds of some processes."""
        return sum(self.processes[pid].seconds for pid in pids)


def fls(*arguments, interval=INTERVAL):
    """Run ``fls ARGUMENTS`` and watch it; one that refuses ends the benchmark with its own sentence.

    Parameters
    ----------
    *arguments : str or path
    interval : float
        Seconds between two looks.

    Returns
    -------
    Run
    """
    started, processes, peak = time.perf_counter(), {}, 0.0
    with tempfile.TemporaryFile("w+") as said:
        process = start(*arguments, stderr=said)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, peak_mib(process.pid))
            _look(process.pid, processes)
            time.sleep(interval)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            sentence = said.read().strip().rpartition("\n")[2]
            raise SystemExit(f"fls {arguments[0]} ended with exit code {process.returncode}: {sentence}")
    return Run(wall, usage.ru_utime + usage.ru_stime, peak, processes, process.pid)


def start(*arguments, stderr=subprocess.DEVNULL):
    """``fls ARGUMENTS`` as a process in a process group of its own."""
    command = [sys.executable, "-m", "fls_teach", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True)


def peak_mib(pid):
    """The most memory that a process has had resident, in MiB; 0 if it has ended."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
    return 0.0


def processor_seconds(root):
    """Processor seconds of a process and of those living below it."""
    processes = {}
    _look(root, processes)
    return sum(each.seconds for each in processes.values())


def _stat(pid):
    """(parent, processor seconds) of a process, or None."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return int(fields[1]), _TICK * (int(fields[11]) + int(fields[12]))
    except (OSError, ValueError, IndexError):
        return None


def _look(root, processes):
    now = {int(name): _stat(name) for name in os.listdir("/proc") if name.isdigit()}
    ours = {root}
    while more := {pid for pid, stat in now.items() if stat and stat[0] in ours} - ours:
        ours |= more
    for pid in ours:
        if now.get(pid) is None:
            continue
        if pid in processes:
            processes[pid].seconds = max(processes[pid].seconds, now[pid][1])
        else:
            processes[pid] = Seen(now[pid][0], _command(pid), now[pid][1])
    # Known ones whose parent has ended are still ours.
    for pid in processes.keys() - ours:
        if stat := now.get(pid):
            processes[pid].seconds = max(processes[pid].seconds, stat[1])


def _command(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return ""
