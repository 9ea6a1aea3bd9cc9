"""Ending processes; no other module kills any."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Any

from fls_teach.sandbox.proc.table import Process, living, process


def adopt_orphans(adopted: bool) -> None:
    """Start or stop being the parent of orphaned descendants (Linux), so as to wait for them."""
    ctypes.CDLL(None).prctl(*map(ctypes.c_ulong, (36, adopted, 0, 0, 0)))  # PR_SET_CHILD_SUBREAPER


def kill_group(leader: subprocess.Popen[bytes]) -> None:
    """End the leader of a process group and the processes that have stayed in the group."""
    leader.kill()
    if os.name == "posix":
        # No process is left: Linux raises the first error, macOS the second.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()


def end(members: set[Process], seconds: float = 5.0) -> None:
    """Kill processes, wait at most so many seconds for them to end, and leave none as a zombie."""
    deadline = time.monotonic() + seconds
    while (alive := living(members)) and time.monotonic() < deadline:
        for each in alive:
            with contextlib.suppress(OSError):  # another user's process, which the sandbox ends by `sweep`
                os.kill(each.pid, signal.SIGKILL)
        time.sleep(0.005)
    bury(members)


def bury(members: Iterable[Process]) -> None:
    """Wait for those processes that have ended and are our children; until then they count for their user's limits."""
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
        An unused uid, which the helper keeps as its real uid, so that the user's processes cannot signal the helper.
        Helpers with the same `killer` could signal one another, so each needs its own.
    lease : int
        A descriptor that the helper keeps open.

    Returns
    -------
    subprocess.Popen
        The helper, which acts when its standard input is closed: by ``communicate()``, or by the end of this process,
        however it ends.
    """
    become = "user, killer = map(int, sys.argv[1:]); os.setgroups([]); os.setresgid(*[killer] * 3)"
    steps = f"import os, sys; sys.stdin.read(); {become}; os.setresuid(killer, user, killer); os.kill(-1, 9)"
    command = [sys.executable, "-I", "-S", "-c", steps, str(uid), str(killer)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, **dict.fromkeys(("stdout", "stderr"), subprocess.DEVNULL)}
    return subprocess.Popen(command, **pipes, pass_fds=[lease], start_new_session=True)
