"""Ending processes: whatever kills, kills here."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Any

from fls_teach.sandbox.proc.table import Process, process, process_table


def adopt_orphans(adopted: bool) -> None:
    """Be the parent of whatever descendants leave behind (Linux), to wait for it, or no longer."""
    ctypes.CDLL(None).prctl(*map(ctypes.c_ulong, (36, adopted, 0, 0, 0)))  # PR_SET_CHILD_SUBREAPER


def kill_group(leader: subprocess.Popen[bytes]) -> None:
    """End a process that leads a group, and whatever has stayed in the group.

    Parameters
    ----------
    leader : subprocess.Popen
    """
    leader.kill()
    if os.name == "posix":
        # Either error says that none is left (Linux, macOS).
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()


def end(members: set[Process], seconds: float = 5.0) -> None:
    """Wait for processes that are being killed, kill the others, and leave none as a zombie.

    Parameters
    ----------
    members : set of Process
    seconds : float
    """
    deadline = time.monotonic() + seconds
    while (living := members & process_table().keys()) and time.monotonic() < deadline:
        for each in living:
            with contextlib.suppress(OSError):  # another user's, whom the sandbox sweeps away
                os.kill(each.pid, signal.SIGKILL)
        time.sleep(0.005)
    bury(members)


def bury(members: Iterable[Process]) -> None:
    """Wait for those of some processes that have ended and were left to us: until then they count as their user's."""
    for each in members:
        with contextlib.suppress(ChildProcessError):
            if process(each.pid) == each:
                os.waitpid(each.pid, os.WNOHANG)


def killer_of(uid: int, killer: int, lease: int) -> subprocess.Popen[bytes]:
    """Start a helper that ends all processes of a user at once, so that none can start another in between.

    Parameters
    ----------
    uid : int
    killer : int
        An unused uid. The helper keeps it as its real uid, so the victim cannot signal the helper; but it can signal
        whatever has this uid, so no other helper may have the same.
    lease : int
        A descriptor that the helper keeps open.

    Returns
    -------
    subprocess.Popen
        It begins when its standard input ends: by ``communicate()``, or when this process ends, in whatever way.
    """
    become = "user, killer = map(int, sys.argv[1:]); os.setgroups([]); os.setresgid(*[killer] * 3)"
    steps = f"import os, sys; sys.stdin.read(); {become}; os.setresuid(killer, user, killer); os.kill(-1, 9)"
    command = [sys.executable, "-I", "-S", "-c", steps, str(uid), str(killer)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, **dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)}
    return subprocess.Popen(command, **pipes, pass_fds=[lease], start_new_session=True)
