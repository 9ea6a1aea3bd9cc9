"""Does a sandbox keep its promises on this machine? Nothing untrusted runs in one that has not just been tried."""

import contextlib
import dataclasses
import os
import platform
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fls_teach.sandbox.isolation.other_user import OtherUser
from fls_teach.sandbox.isolation.sandboxes import MIB, Bubblewrap, NoSandbox, ResourceLimits, SandboxError
from fls_teach.sandbox.isolation.seccomp import seccomp_filter
from fls_teach.sandbox.proc.table import process, process_table
from fls_teach.sandbox.session import Session
from fls_teach.sandbox.worker_process import WorkerStartError

PROBE = Path(__file__).with_name("probe.py")
ISOLATIONS = "bwrap", "uid", "process"
"""Strongest first."""

_IMPORT_LIMIT = 60.0  # torch from a cold disk
_END_LIMIT = 5.0  # until a killed worker is gone
_RIGHTS = {  # what the probe has to answer, whether it takes the filter, and what any other answer means
    "capabilities": (False, False, "a submission keeps capabilities"),
    "no_new_privs": (1, False, "a submission could gain privileges"),
    "seccomp": (2, True, "no filter of system calls is in force"),
    "processors": (1, True, "a submission could run on several processors"),
    "uncounted_memory": (False, True, "a submission could get memory that is not counted"),
}


def make_sandbox(name: str, hidden: Sequence[str | Path] = (), limits: ResourceLimits | None = None) -> NoSandbox:
    """A sandbox by its name, not yet tried.

    Raises
    ------
    SandboxError
        If it cannot be had on this machine.
    """
    if name == "process":
        return NoSandbox(limits)
    if not sys.platform.startswith("linux"):
        raise SandboxError(f"it needs Linux, and this is {platform.system()}")
    if not os.path.exists("/proc/self/stat"):
        raise SandboxError("it needs /proc, by which processes are watched, and nothing is mounted there")
    return Bubblewrap(hidden, limits) if name == "bwrap" else OtherUser(limits)


class Demands(NamedTuple):
    """What an isolation has to keep, and to offer.

    Attributes
    ----------
    secrets : sequence of path
        What must not be readable.
    folders : sequence of path
        Where nothing must be written.
    modules : sequence of str
        Packages that have to be importable.
    limits : ResourceLimits, optional
    """

    secrets: Sequence[str | Path] = ()
    folders: Sequence[str | Path] = ()
    modules: Sequence[str] = ("numpy",)
    limits: ResourceLimits | None = None


def weaknesses(sandbox: NoSandbox, demands: Demands = Demands()) -> list[str]:  # noqa: B008 (it is a tuple)
    """What an untrusted submission could do in a sandbox although it must not.

    Returns
    -------
    list of str
        Sentences; empty if the sandbox works.
    """
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            tempfile.NamedTemporaryFile(prefix="fls-secret-") as secret,
            Session(PROBE, sandbox=sandbox, time_limit=_IMPORT_LIMIT) as session,
        ):
            secret.write(b"secret")
            secret.flush()
            port = listener.getsockname()[1]
            return list(_seen(session, sandbox, [secret.name, *demands.secrets], port, demands))
    except (WorkerStartError, SandboxError) as problem:
        return [str(problem)]


def _seen(session, sandbox, secrets, port, demands):
    # Whether the probe could make a file says nothing: a private /tmp is no part of this machine's.
    name = f"fls-probe-{os.urandom(8).hex()}"
    files = {os.path.join(folder, name): folder for folder in (*demands.folders, "/", "/usr", "/etc", "/dev", "/var")}
    hidden, made = (list(map(os.fsencode, paths)) for paths in (secrets, files))
    outcome = session.call("escapes", hidden, port, process(os.getpid()), made)
    for file, folder in files.items():
        if os.path.lexists(file):
            yield f"a submission could write into '{folder}'"
            os.unlink(file)
    if not outcome.ok:
        yield f"the probe failed: {outcome.message}"
        return
    yield from (f"a submission could {escape}" for escape in outcome.value)
    rights, filtered = session.call("rights").value or {}, bool(seccomp_filter(platform.machine()))
    for right, (wanted, by_filter, weakness) in _RIGHTS.items():
        if rights.get(right) != wanted and (filtered or not by_filter):
            yield weakness
    for module in demands.modules:
        outcome = session.call("import_module", module)
        if not outcome.ok:
            yield f"a submission cannot import {module}: {outcome.message}"
    # Ends the session: thirty copies of a process that has torch in it would meet the limit on memory first.
    yield from _left_behind(session, sandbox)
    yield from _without_limit(session, sandbox.limits)
    yield from _without_memory_limit(session, sandbox)


def _left_behind(session, sandbox):
    """Close the session, and see whether what a submission has started ends with it."""
    could = session.call("leave_behind").value is True
    members = sandbox.members(session.worker_pid)
    session.close()
    if not could:
        yield "the probe could not start a process"
        return
    if len(members) < 2:
        yield "the processes of a submission cannot be listed"
    deadline = time.monotonic() + _END_LIMIT
    while alive := members & process_table().keys():
        if time.monotonic() > deadline:
            yield f"{len(alive)} processes of a submission outlive it"
            return
        time.sleep(0.02)


def _without_limit(session, limits):
    """Try to use more than the limits say: the kernel refuses it, or the worker is stopped for it."""
    most, full = limits.file_mib * MIB, limits.scratch_mib // limits.file_mib
    for function, arguments, words in (
        ("start_processes", (limits.processes + 1,), "start processes without a limit"),
        ("open_files", (limits.open_files + 1,), "open files without a limit"),
        ("fill", (most + MIB, 1), "write files of any size"),
        ("fill", (most, full + 4), "fill the disk"),
        ("fill", (0, limits.scratch_files + 100), "make any number of files"),
        ("fill", (most // 2, 2 * full + 8, False), "fill the disk with files that have no name"),
    ):
        if session.call(function, *arguments).kind not in ("exception", "output"):
            yield f"a submission could {words}"


def _without_memory_limit(session, sandbox):
    """The same for memory, with a limit so small that even a small machine can pass it."""
    limits, small = sandbox.limits, 256
    session.close()
    sandbox.limits = dataclasses.replace(limits, memory_mib=small)
    try:
        for processes, kind, where in ((1, "exception", ""), (4, "memory", " on several processes together")):
            if session.call("use_memory", processes, (small // processes + 16) * MIB).kind != kind:
                yield f"the limit on memory has no effect{where}"
    finally:
        session.close()
        sandbox.limits = limits


def tried(name: str, demands: Demands) -> list[str]:
    """What speaks against an isolation on this machine, as `weaknesses` of its sandbox."""
    try:
        with contextlib.closing(make_sandbox(name, demands.secrets, demands.limits)) as sandbox:
            return weaknesses(sandbox, demands)
    except SandboxError as problem:
        return [str(problem)]


def choose(isolation: str, demands: Demands = Demands()) -> str:  # noqa: B008 (it is a tuple)
    """The name of the isolation to use.

    Parameters
    ----------
    isolation : str
        One of `ISOLATIONS`, or "auto" for the strongest that works here; never "process", which has to be asked for.
    demands : Demands

    Returns
    -------
    str

    Raises
    ------
    SandboxError
        If none works: the sentence says why, and what to do.
    """
    if isolation == "process":
        return isolation
    reasons = []
    for name in ISOLATIONS[:2] if isolation == "auto" else (isolation,):
        found = tried(name, demands)
        if not found:
            return name
        more = f" (and {len(found) - 1} more; fls doctor lists them)" if len(found) > 1 else ""
        reasons.append(f"{name}: {found[0]}{more}")
    raise SandboxError("; ".join(reasons))
