"""The processes of this machine, read from /proc: their descendants, what they use, and how to end them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

_PAGE_TABLES = b"VmPTE:"  # a process that only reads has much more of these than of anything else


def process_table():
    """Parent and start time of every living process, as a dict pid -> (parent, start).

    A zombie has ended, unless it is one because only its first thread has: the others run on.
    """
    table = {}
    for pid in _pids():
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            if fields[0] != b"Z" or int(fields[17]) > 1:
                table[pid] = int(fields[1]), int(fields[19])
    return table


def descendants(pid):
    """The process and all its descendants, as a set; empty where there is no /proc."""
    if not os.path.isdir("/proc/self"):
        return set()
    table, found = process_table(), {pid}
    while more := {child for child, (parent, _) in table.items() if parent in found} - found:
        found |= more
    return found & table.keys()


def processes_of(uid):
    """Living processes of a user, as a set."""
    found = set()
    for pid in _pids():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb") as file:
            status = file.read()
            ended = b"\nState:\tZ" in status and b"\nThreads:\t1\n" in status
            if b"\nUid:\t%d\t" % uid in status and not ended:
                found.add(pid)
    return found


def adopt_orphans(adopted):
    """Be the parent of whatever descendants leave behind (Linux), to wait for it, or no longer."""
    ctypes.CDLL(None).prctl(*map(ctypes.c_ulong, (36, adopted, 0, 0, 0)))  # PR_SET_CHILD_SUBREAPER


def end(members, seconds=5.0):
    """Wait for processes that are being killed, kill the others, and leave none as a zombie.

    Parameters
    ----------
    members : dict
        As from `process_table`.
    seconds : float
    """
    deadline, living = time.monotonic() + seconds, members
    while living and time.monotonic() < deadline:
        table = process_table()
        living = {pid for pid in living if pid in table and table[pid][1] == members[pid][1]}
        for pid in living:
            with contextlib.suppress(OSError):  # another user's, whom the sandbox sweeps away
                os.kill(pid, signal.SIGKILL)
        if living:
            time.sleep(0.005)
    _bury({pid: start for pid, (_, start) in members.items()})


def _bury(processes):
    """Wait for those of some ended processes, given as {pid: start}, that are ours by now."""
    for pid, start in processes.items():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            if int(fields[1]) == os.getpid() and int(fields[19]) == start:
                os.waitpid(pid, os.WNOHANG)


def bury_all_of(uid):
    """Wait for the ended children of a user: they count as its processes until then."""
    for pid in _pids():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb") as file:
            status = file.read()
            if b"\nUid:\t%d\t" % uid in status and b"\nPPid:\t%d\n" % os.getpid() in status:
                os.waitpid(pid, os.WNOHANG)


def memory_of(pids):
    """Bytes of memory of these processes, what they share without a file counted once for each of them."""
    fields = b"RssAnon:", b"RssShmem:", b"VmSwap:", b"HugetlbPages:", _PAGE_TABLES
    total = 0
    for pid in pids:
        used = _sum_of(pid, "status", fields)
        if used == 0:  # its first thread may have ended, and shows nothing; any other shows all
            with contextlib.suppress(OSError):
                threads = os.listdir(f"/proc/{pid}/task")
                used = max((_sum_of(pid, f"task/{thread}/status", fields) or 0 for thread in threads), default=0)
        total += used or 0
    return total


def exact_memory_of(pids):
    """The same with shared memory counted once, as far as the kernel tells; takes longer."""
    total = 0
    for pid in pids:
        # A process may hide it from all but root; then it counts in full.
        used = _sum_of(pid, "smaps_rollup", (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:"))
        total += used + (_sum_of(pid, "status", (_PAGE_TABLES,)) or 0) if used else memory_of([pid])
    return total


def kill_all_of(uid, killer):
    """End all processes of a user at once, so that none can start another in between.

    Parameters
    ----------
    uid : int
    killer : int
        An unused uid. The helper keeps it as its effective uid, so the victim cannot signal the helper.
    """
    subprocess.run(_killing(uid, killer), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def kill_all_later(uid, killer, lease):
    """The same as soon as this process has ended, however it ends.

    Parameters
    ----------
    uid, killer : int
    lease : int
        A descriptor to be kept open until then.

    Returns
    -------
    subprocess.Popen
        To be killed if it is not wanted any more.
    """
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(
        _killing(uid, killer), stdin=subprocess.PIPE, **silent, pass_fds=[lease], start_new_session=True
    )


def _killing(uid, killer):
    """The command line that does it once its standard input ends."""
    become = "user, killer = map(int, sys.argv[1:]); os.setgroups([]); os.setresgid(*[killer] * 3)"
    steps = f"import os, sys; sys.stdin.read(); {become}; os.setresuid(killer, user, killer); os.kill(-1, 9)"
    return [sys.executable, "-I", "-S", "-c", steps, str(uid), str(killer)]


def _pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _sum_of(pid, file_name, fields):
    """The sum of some lines in bytes, or None if the file cannot be read."""
    try:
        with open(f"/proc/{pid}/{file_name}", "rb") as file:
            lines = [line for line in file if line.startswith(fields)]
    except OSError:
        return None
    return sum(1024 * int(line.split()[1]) for line in lines)
