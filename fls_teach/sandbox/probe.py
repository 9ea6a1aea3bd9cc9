"""The submission that `selftest` runs: it tries what a hostile one would try, and reports what succeeded.

It runs where untrusted code runs, so it imports nothing from this package.
"""

import contextlib
import ctypes
import importlib.util
import mmap
import os
import shutil
import signal
import socket
import tempfile
import time
from functools import partial


def escapes(secrets: list[bytes], port: int, grader: tuple[int, int], files: list[bytes]) -> list[str]:
    """Try to break out of the sandbox.

    Parameters
    ----------
    secrets : list of bytes
        Files and folders that must not be readable.
    port : int
        A port of 127.0.0.1 on which the self-test listens.
    grader : tuple of int
        Process number and start time of the grading process.
    files : list of bytes
        Files to create; the caller checks whether they exist outside the sandbox.

    Returns
    -------
    list of str
        The attempts that succeeded, each as the end of "a submission could ...".
    """
    tries = {f"read '{path.decode('utf-8', 'replace')}'": partial(_read, path) for path in secrets}
    tries["use the network"] = lambda: socket.create_connection(("127.0.0.1", port), timeout=2).close()
    # Reading the file, because a finder also finds an empty folder of that name and a file without read permission.
    package = importlib.util.find_spec("fls_teach")
    tries["import fls_teach"] = partial(_read, package and package.origin or "")
    pid, start = grader
    # In another pid namespace the number may be another process's; with no access to /proc, assume the grader's.
    if _start_time(pid) in (start, None):
        for secret in ("environ", "mem", "maps", "fd/0"):
            tries[f"read the grader's /proc/{pid}/{secret}"] = partial(_read, f"/proc/{pid}/{secret}")
        tries["send signals to the grader"] = partial(os.kill, pid, 0)
    succeeded = [attempt for attempt, action in tries.items() if _works(action)]
    if any(_works(os.open, f"/proc/{pid}/mem", os.O_WRONLY) for pid in _other_pids()):
        succeeded.append("write to the memory of another process")
    for path in files:
        _works(os.open, path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    return succeeded


def rights() -> dict[str, int]:
    """Return what the kernel says that this process may do; the keys are those of `selftest._RIGHTS`.

    Processors are counted after an attempt to run on all of them.
    """
    libc = ctypes.CDLL(None)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # _LINUX_CAPABILITY_VERSION_3
    if libc.capget(header, sets):
        return {}
    _works(os.sched_setaffinity, 0, range(1024))
    return {
        "capabilities": any(sets[k] for k in (0, 1, 3, 4)),
        "no_new_privs": libc.prctl(*map(ctypes.c_ulong, (39, 0, 0, 0, 0))),  # PR_GET_NO_NEW_PRIVS
        "seccomp": libc.prctl(*map(ctypes.c_ulong, (21, 0, 0, 0, 0))),  # PR_GET_SECCOMP
        "processors": len(os.sched_getaffinity(0)),
        "uncounted_memory": _shares_memory(),
    }


def start_processes(number: int) -> bool:
    """Have `number` child processes at the same time."""
    started = []
    try:
        for _ in range(number):
            if (pid := os.fork()) == 0:
                signal.pause()
                os._exit(0)
            started.append(pid)
    finally:
        for pid in started:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return True


def open_files(number: int) -> int:
    """Have `number` files open at the same time."""
    return len([open(os.devnull) for _ in range(number)])  # noqa: SIM115 (closed with the list)


def fill(bytes_per_file: int, files: int, named: bool = True) -> bool:
    """Write files into the folder for temporary files and keep them for a second.

    Unless `named`, the files are unlinked, and memory maps keep them in existence.
    """
    libc, folder, block = ctypes.CDLL(None), tempfile.mkdtemp(), b"x" * 2**20
    libc.mmap.restype = ctypes.c_void_p
    try:
        for k in range(files):
            path = os.path.join(folder, str(k))
            with open(path, "w+b", buffering=0) as file:
                if not named:
                    os.unlink(path)
                while file.tell() < bytes_per_file:
                    file.write(block[: bytes_per_file - file.tell()])
                if not named:  # one page; not by Python's mmap, which would also keep a descriptor open
                    flags = mmap.PROT_READ, mmap.MAP_PRIVATE
                    libc.mmap(None, ctypes.c_size_t(4096), *flags, file.fileno(), ctypes.c_long(0))
        time.sleep(1.0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # the seccomp filter may refuse it
    return True


def leave_behind() -> bool:
    """Start a process that outlives its parent."""
    if os.fork() == 0:
        _works(os.setsid)  # the seccomp filter may refuse it
        if os.fork() == 0:
            signal.alarm(20)  # in case nothing else ends it
            while True:
                time.sleep(1.0)
        os._exit(0)
    os.wait()
    return True


def use_memory(processes: int, size: int) -> int:
    """Write to `size` bytes in each of `processes` processes, including this one, and keep them for a second."""
    child = any(os.fork() == 0 for _ in range(processes - 1))  # `any` ends at once in a child, which forks no further
    try:
        kept = b"x" * size
        time.sleep(1.0)
        return len(kept)
    finally:
        if child:
            os._exit(0)


def import_module(name: str) -> bool:
    """Import a package."""
    __import__(name)
    return True


def _works(action, *arguments):
    """Return whether `action` raises no OSError; a descriptor that it opens is left open."""
    try:
        action(*arguments)
    except OSError:
        return False
    return True


def _shares_memory():
    """Return whether this process can get shared memory, which stays when unmapped and is charged to no process."""
    with contextlib.suppress(OSError), mmap.mmap(-1, 2**20):
        return True
    with contextlib.suppress(OSError), open("/dev/zero", "r+b") as file, mmap.mmap(file.fileno(), 2**20):
        return True
    return False


def _read(path):
    if not os.path.isdir(path):
        with open(path, "rb") as file:
            file.read(1)
    elif not os.listdir(path):
        raise OSError(f"{path} is empty")


def _other_pids():
    """Return the numbers of all visible processes but this one; always of its parent and of process 1."""
    pids = {1, os.getppid()}
    with contextlib.suppress(OSError):
        pids |= {int(name) for name in os.listdir("/proc") if name.isdigit()}
    return pids - {os.getpid()}


def _start_time(pid):
    """Return when a process started, in clock ticks since boot, or None if it cannot be read."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[19])
    return None
