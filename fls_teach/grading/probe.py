"""What `selftest` hands in as a submission: it tries what a hostile one would, and reports what it could do.

It runs where untrusted code runs, so it imports nothing of ours.
"""

import importlib.util
import os
import socket


def escapes(secrets, folders, port, grader):
    """Try to get out.

    Parameters
    ----------
    secrets : list of bytes
        Files and folders that must not be readable.
    folders : list of bytes
        Folders in which nothing must be written.
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
    for folder in [*folders, b"/", b"/usr", b"/etc", b"/dev", b"/var"]:
        if _writable(folder):
            found.append(f"write into '{_shown(folder)}'")
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        found.append("use the network")
    except OSError:
        pass
    package = importlib.util.find_spec("fls_teach")
    if package is not None and package.origin is not None:  # an empty folder of that name says nothing
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
    return found


def rights():
    """Fields of /proc/self/status that tell what a process may do, or {} if it may not even read that."""
    try:
        with open("/proc/thread-self/status") as file:
            lines = dict(line.split(":", 1) for line in file)
    except OSError:
        return {}
    return {name: lines[name].strip() for name in ("CapEff", "NoNewPrivs", "Seccomp") if name in lines}


def leave_behind():
    """Start a process that outlives its parent."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                os.sched_yield()
        os._exit(0)
    os.wait()
    return True


def use_memory(size):
    """Write to `size` bytes."""
    return len(b"x" * size)


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


def _writable(folder):
    path = os.path.join(folder, b"fls-probe-%d" % os.getpid())
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.unlink(path)
        return True
    except OSError:
        return False


def _start(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[19])
    except OSError:
        return None
