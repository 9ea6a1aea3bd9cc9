"""Ending processes: whatever kills, kills here."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

from fls_teach.sandbox.proc.table import process_table, processes_of, start_of


def adopt_orphans(adopted):
    """Be the parent of whatever descendants leave behind (Linux), to wait for it, or no longer."""
    ctypes.CDLL(None).prctl(*map(ctypes.c_ulong, (36, adopted, 0, 0, 0)))  # PR_SET_CHILD_SUBREAPER


def kill_group(process):
    """End a process that leads a group, and whatever has stayed in the group.

    Parameters
    ----------
    process : subprocess.Popen
    """
    process.kill()
    if os.name == "posix":
        # Either error says that none is left (Linux, macOS).
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


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
    for pid, (_, start) in members.items():
        if start_of(pid) == start:
            _bury(pid)


def bury_all_of(uid):
    """Wait for the ended children of a user: they count as its processes until then."""
    for pid in processes_of(uid, ended=True):
        _bury(pid)


def _bury(pid):
    with contextlib.suppress(ChildProcessError):  # not one that was left to us
        os.waitpid(pid, os.WNOHANG)


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
