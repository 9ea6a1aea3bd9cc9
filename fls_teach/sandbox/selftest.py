"""The self-test of a sandbox on this machine. Untrusted code runs only in a sandbox that has just passed it."""

import contextlib
import dataclasses
import os
import platform
import socket
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fls_teach.sandbox.isolation.other_user import OtherUser
from fls_teach.sandbox.isolation.sandboxes import MIB, Bubblewrap, NoSandbox, ResourceLimits, SandboxError
from fls_teach.sandbox.isolation.seccomp import seccomp_filter
from fls_teach.sandbox.isolation.view import PACKAGE
from fls_teach.sandbox.proc.table import living, process
from fls_teach.sandbox.session import Session
from fls_teach.sandbox.worker_process import WorkerStartError

PROBE = Path(__file__).with_name("probe.py")
ISOLATIONS = "bwrap", "uid", "process"
"""Strongest first."""

_IMPORT_LIMIT = 60.0  # seconds; enough to import torch from a cold disk
_END_LIMIT = 5.0  # seconds until all processes of a killed worker must have ended
_RIGHTS = {  # the required answer of the probe, whether it requires the filter, and what any other answer means
    "capabilities": (False, False, "a submission keeps capabilities"),
    "no_new_privs": (1, False, "a submission could gain privileges"),
    "seccomp": (2, True, "no filter of system calls is in force"),
    "processors": (1, True, "a submission could run on several processors"),
    "uncounted_memory": (False, True, "a submission could get memory that is not counted"),
}


def make_sandbox(name: str, hidden: Sequence[str | Path] = (), limits: ResourceLimits | None = None) -> NoSandbox:
    """Return a sandbox by name, without testing it.

    Raises
    ------
    SandboxError
        If it is not available on this machine.
    """
    if name == "process":
        return NoSandbox(limits)
    if not sys.platform.startswith("linux"):
        raise SandboxError(f"it needs Linux, and this is {platform.system()}")
    if not os.path.exists("/proc/self/stat"):
        raise SandboxError("it needs /proc to watch processes, and nothing is mounted there")
    return Bubblewrap(hidden, limits) if name == "bwrap" else OtherUser(limits)


class Demands(NamedTuple):
    """What a sandbox has to prevent and to provide.

    Attributes
    ----------
    secrets : sequence of path
        Files and folders that must not be readable.
    folders : sequence of path
        Folders that must not be writeable, besides `protected_folders`.
    modules : sequence of str
        Packages that must be importable.
    limits : ResourceLimits, optional
    """

    secrets: Sequence[str | Path] = ()
    folders: Sequence[str | Path] = ()
    modules: Sequence[str] = ("numpy",)
    limits: ResourceLimits | None = None


def protected_folders() -> list[str | Path]:
    """Return the folders of this machine that no submission must be able to write to."""
    return [PACKAGE, Path.home(), Path.cwd(), sysconfig.get_path("purelib"), "/", "/usr", "/etc", "/dev", "/var"]


def weaknesses(sandbox: NoSandbox, demands: Demands = Demands()) -> list[str]:  # noqa: B008 (it is a tuple)
    """Return what a submission could do in a sandbox although it must not, one sentence each; [] if it passes."""
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            tempfile.NamedTemporaryFile(prefix="fls-secret-") as secret,
            Session(PROBE, sandbox=sandbox, time_limit=_IMPORT_LIMIT) as session,
        ):
            secret.write(b"secret")
            secret.flush()
            port = listener.getsockname()[1]
            return list(_find_weaknesses(session, sandbox, [secret.name, *demands.secrets], port, demands))
    except (WorkerStartError, SandboxError) as problem:
        return [str(problem)]


def _find_weaknesses(session, sandbox, secrets, port, demands):
    # Files are looked for on this side, because the probe may write into a private folder of the sandbox.
    name = f"fls-probe-{os.urandom(8).hex()}"
    files = {os.path.join(folder, name): folder for folder in (*demands.folders, *protected_folders())}
    encoded = [[os.fsencode(path) for path in paths] for paths in (secrets, files)]
    outcome = session.call("escapes", encoded[0], port, process(os.getpid()), encoded[1])
    for file, folder in files.items():
        if os.path.lexists(file):
            yield f"a submission could write into '{folder}'"
            os.unlink(file)
    if not outcome.ok:
        yield f"the probe failed: {outcome.message}"
        return
    yield from (f"a submission could {escape}" for escape in outcome.value)
    rights, filtered = session.call("rights").value or {}, bool(seccomp_filter(platform.machine()))
    for right, (required, needs_filter, weakness) in _RIGHTS.items():
        if rights.get(right) != required and (filtered or not needs_filter):
            yield weakness
    for module in demands.modules:
        outcome = session.call("import_module", module)
        if not outcome.ok:
            yield f"a submission cannot import {module}: {outcome.message}"
    # Both before the session is closed: such files stay as long as their worker does, and each worker takes time.
    yield from _test_nameless_files(session, sandbox.limits)
    # With torch imported, the copies of a process would exceed the limit on memory first.
    yield from _test_ending(session, sandbox)
    yield from _test_limits(session, sandbox.limits)
    yield from _test_memory_limit(session, sandbox)


def _test_ending(session, sandbox):
    """Close the session, and test whether the processes that a submission has started end with it."""
    started = session.call("leave_behind").value is True
    members = sandbox.members(session.worker_pid)
    session.close()
    if not started:
        yield "the probe could not start a process"
        return
    if len(members) < 2:
        yield "the processes of a submission cannot be listed"
    deadline = time.monotonic() + _END_LIMIT
    while alive := living(members):
        if time.monotonic() > deadline:
            yield f"{len(alive)} processes of a submission outlive it"
            return
        time.sleep(0.02)


def _test_nameless_files(session, limits):
    """As `_test_limits`; what was written before the attempt fails stays until the session is closed."""
    file_size, files = _sizes(limits)
    yield from _test_limit(
        session, "fill the disk with files that have no name", "fill", file_size // 2, 2 * files + 8, False
    )


def _test_limits(session, limits):
    """Try to exceed each limit; the kernel must refuse it, or the worker must be stopped."""
    file_size, files = _sizes(limits)
    for words, *call in (
        ("start processes without a limit", "start_processes", limits.processes + 1),
        ("open files without a limit", "open_files", limits.open_files + 1),
        ("write files of any size", "fill", file_size + MIB, 1),
        ("fill the disk", "fill", file_size, files + 4),
        ("make any number of files", "fill", 0, limits.scratch_files + 100),
    ):
        yield from _test_limit(session, words, *call)


def _test_limit(session, words, function, *arguments):
    if session.call(function, *arguments).kind not in ("exception", "output"):
        yield f"a submission could {words}"


def _sizes(limits):
    """The size of the largest file in bytes, and how many of them fill the folder for temporary files."""
    return limits.file_mib * MIB, limits.scratch_mib // limits.file_mib


def _test_memory_limit(session, sandbox):
    """Try to exceed the limit on memory, lowered so far that a small machine has enough memory for the attempt."""
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


def isolation_problems(name: str, demands: Demands) -> list[str]:
    """Return the `weaknesses` of an isolation on this machine, or why it is not available."""
    try:
        with contextlib.closing(make_sandbox(name, demands.secrets, demands.limits)) as sandbox:
            return weaknesses(sandbox, demands)
    except SandboxError as problem:
        return [str(problem)]


def choose(isolation: str, demands: Demands = Demands()) -> str:  # noqa: B008 (it is a tuple)
    """Return the name of the isolation to use.

    Parameters
    ----------
    isolation : str
        One of `ISOLATIONS`, or "auto" for the strongest that passes the self-test. "auto" never chooses "process".
    demands : Demands

    Raises
    ------
    SandboxError
        If none passes; the text says why.
    """
    if isolation == "process":
        return isolation
    reasons = []
    for name in ISOLATIONS[:2] if isolation == "auto" else (isolation,):
        problems = isolation_problems(name, demands)
        if not problems:
            return name
        more = f" (and {len(problems) - 1} more; fls doctor lists them)" if len(problems) > 1 else ""
        reasons.append(f"{name}: {problems[0]}{more}")
    raise SandboxError("; ".join(reasons))
