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


def escapes(secrets, port, grader):
    """Try to get out.

    Parameters
    ----------
    secrets : list of bytes
        Files and folders that must not be readable.
    port : int
        Somebody listens there, on 127.0.0.1.
    grader : tuple of int
        The process that marks, and when it started.

    Returns
    -------
    list of str
        What succeeded, each as the end of "a submission could ...".
    """
    found = []
    for path in secrets:
        if _readable(path):
            found.append(f"read '{_shown(path)}'")
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        found.append("use the network")
    except OSError:
        pass
    package = importlib.util.find_spec("fls_teach")
    # An empty folder of that name says nothing, nor does a finder that knows where a closed file lies.
    if package is not None and package.origin is not None and _readable(package.origin):
        found.append("import fls_teach")
    pid, start = grader
    if _start(pid) == start:
        for secret in ("environ", "mem", "maps", "fd/0"):
            if _readable(f"/proc/{pid}/{secret}"):
                found.append(f"read the grader's /proc/{pid}/{secret}")
        try:
            os.kill(pid, 0)
            found.append("send signals to the grader")
        except OSError:
            pass
    if any(map(_writable, {1, os.getppid(), *_others()} - {os.getpid()})):
        found.append("write to the memory of another process")
    return found


def make_files(paths):
    """Try to make these files, given as bytes; whether they came to be anywhere but here is not for us to see."""
    for path in paths:
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return True


def rights():
    """What this process may do, as the kernel answers it: dict of capabilities, no_new_privs, seccomp and processors.

    Processors are counted after an attempt to run on all.
    """
    libc = ctypes.CDLL(None)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # _LINUX_CAPABILITY_VERSION_3
    if libc.capget(header, sets):
        return {}
    numbers = {"no_new_privs": 39, "seccomp": 21}  # PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP
    answers = {name: libc.prctl(*map(ctypes.c_ulong, (number, 0, 0, 0, 0))) for name, number in numbers.items()}
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, range(1024))
    answers["processors"] = len(os.sched_getaffinity(0))
    return {"capabilities": any(sets[k] for k in (0, 1, 3, 4))} | answers


def start_processes(number):
    """How many of so many processes could be started at once."""
    started = []
    try:
        for _ in range(number):
            pid = os.fork()
            if pid == 0:
                signal.pause()
                os._exit(0)
            started.append(pid)
    except OSError:
        pass
    for pid in started:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(started)


def open_files(number):
    """How many of so many files could be open at once."""
    opened = []
    try:
        for _ in range(number):
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    for descriptor in opened:
        os.close(descriptor)
    return len(opened)


def fill(bytes_a_file, files):
    """Write so much for a while into the folder that programs use for temporary files; return bytes written."""
    folder, written, block = tempfile.mkdtemp(), 0, b"x" * 2**20
    try:
        for k in range(files):
            with open(os.path.join(folder, str(k)), "wb", buffering=0) as file:
                while file.tell() < bytes_a_file:
                    written += file.write(block[: bytes_a_file - file.tell()])
        time.sleep(1.0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # a filter may keep every file's name
    return written


def fill_unseen(bytes_per_file, files, allowed):
    """Write so much into files that have no name any more, kept alive by maps; return bytes written.

    More than `allowed` is kept for a while, in which it may be seen; less needs no wait.
    """
    libc, folder, written, block = ctypes.CDLL(None), tempfile.mkdtemp(), 0, b"x" * bytes_per_file
    libc.mmap.restype = ctypes.c_void_p
    for k in range(files):
        path = os.path.join(folder, str(k))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.unlink(path)
            written += os.write(descriptor, block)
            # Python's own mmap would keep a descriptor as well. One page to read, for this process alone.
            libc.mmap(None, ctypes.c_size_t(4096), mmap.PROT_READ, mmap.MAP_PRIVATE, descriptor, ctypes.c_long(0))
        except OSError:  # no room, or a filter that keeps every file's name
            break
        finally:
            os.close(descriptor)
    if written > allowed:
        time.sleep(1.0)
    return written


def leave_behind():
    """Start a process that outlives its parent."""
    if os.fork() == 0:
        with contextlib.suppress(OSError):  # a filter may refuse it
            os.setsid()
        if os.fork() == 0:
            signal.alarm(20)  # where nothing else ends it
            while True:
                time.sleep(1.0)
        os._exit(0)
    os.wait()
    return True


def use_memory(processes, size):
    """Write to `size` bytes in each of some processes, this one among them, and keep them for a while."""
    for _ in range(processes - 1):
        if os.fork() == 0:
            try:
                kept = b"x" * size
                time.sleep(1.0)
                del kept
            finally:
                os._exit(0)
    kept = b"x" * size
    time.sleep(1.0)
    return len(kept)


def share_memory():
    """Get memory that no process is charged for: it stays when it is no longer mapped."""
    with contextlib.suppress(OSError), mmap.mmap(-1, 2**20):
        return True
    with contextlib.suppress(OSError), open("/dev/zero", "r+b") as file, mmap.mmap(file.fileno(), 2**20):
        return True
    return False


def import_module(name):
    """Import a package that exercises use."""
    __import__(name)
    return True


def _shown(path):
    return path.decode("utf-8", "replace")


def _readable(path):
    try:
        if os.path.isdir(path):
            return bool(os.listdir(path))
        with open(path, "rb") as file:
            file.read(1)
        return True
    except OSError:
        return False


def _others():
    """Numbers of the processes that can be seen."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _writable(pid):
    try:
        os.close(os.open(f"/proc/{pid}/mem", os.O_WRONLY))
        return True
    except OSError:
        return False


def _start(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[19])
    except OSError:
        return None
