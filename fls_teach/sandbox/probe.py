"""What `selftest` hands in as a submission: it tries what a hostile one would, and reports what it could do.

It runs where untrusted code runs, so it imports nothing of ours.
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
    """Try to get out.

    Parameters
    ----------
    secrets : list of bytes
        Files and folders that must not be readable.
    port : int
        A port of 127.0.0.1 on which the self-test listens.
    grader : tuple of int
        The process that marks, and when it started.
    files : list of bytes
        Files to make; whether they came to be anywhere but here is not for us to see.

    Returns
    -------
    list of str
        What succeeded, each as the end of "a submission could ...".
    """
    tries = {f"read '{path.decode('utf-8', 'replace')}'": partial(_read, path) for path in secrets}
    tries["use the network"] = lambda: socket.create_connection(("127.0.0.1", port), timeout=2).close()
    # An empty folder of that name says nothing, nor does a finder that knows where a closed file lies.
    package = importlib.util.find_spec("fls_teach")
    tries["import fls_teach"] = partial(_read, package and package.origin or "")
    pid, start = grader
    if _start(pid) in (start, None):  # the number may be another's here; and where /proc is closed, it cannot be told
        for secret in ("environ", "mem", "maps", "fd/0"):
            tries[f"read the grader's /proc/{pid}/{secret}"] = partial(_read, f"/proc/{pid}/{secret}")
        tries["send signals to the grader"] = partial(os.kill, pid, 0)
    found = [what for what, action in tries.items() if _works(action)]
    if any(_works(os.open, f"/proc/{other}/mem", os.O_WRONLY) for other in _others()):
        found.append("write to the memory of another process")
    for path in files:
        _works(os.open, path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    return found


def rights() -> dict[str, int]:
    """What this process may do, as the kernel answers it: a dict of what `selftest` wants to know.

    Processors are counted after an attempt to run on all.
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
    """Have so many processes at once."""
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
    """Have so many files open at once."""
    return len([open(os.devnull) for _ in range(number)])  # noqa: SIM115 (closed when the list is forgotten)


def fill(bytes_per_file: int, files: int, named: bool = True) -> bool:
    """Write so much for a while into the folder that programs use for temporary files.

    Files that are not `named` have lost their names, and are kept alive by maps.
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
                if not named:  # Python's own mmap would keep a descriptor as well. One page to read, for us alone.
                    flags = mmap.PROT_READ, mmap.MAP_PRIVATE
                    libc.mmap(None, ctypes.c_size_t(4096), *flags, file.fileno(), ctypes.c_long(0))
        time.sleep(1.0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # a filter may keep every file's name
    return True


def leave_behind() -> bool:
    """Start a process that outlives its parent."""
    if os.fork() == 0:
        _works(os.setsid)  # a filter may refuse it
        if os.fork() == 0:
            signal.alarm(20)  # where nothing else ends it
            while True:
                time.sleep(1.0)
        os._exit(0)
    os.wait()
    return True


def use_memory(processes: int, size: int) -> int:
    """Write to `size` bytes in each of some processes, this one among them, and keep them for a while."""
    child = any(os.fork() == 0 for _ in range(processes - 1))  # which forks no further
    try:
        kept = b"x" * size
        time.sleep(1.0)
        return len(kept)
    finally:
        if child:
            os._exit(0)


def import_module(name: str) -> bool:
    """Import a package that exercises use."""
    __import__(name)
    return True


def _works(action, *arguments):
    """Whether the system lets it happen; a descriptor that comes of it is left open."""
    try:
        action(*arguments)
    except OSError:
        return False
    return True


def _shares_memory():
    """Whether it gets memory that no process is charged for: it stays when it is no longer mapped."""
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


def _others():
    """Numbers of the processes that can be seen, of this one's parent and of the first."""
    seen = {1, os.getppid()}
    with contextlib.suppress(OSError):
        seen |= {int(name) for name in os.listdir("/proc") if name.isdigit()}
    return seen - {os.getpid()}


def _start(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[19])
    return None
