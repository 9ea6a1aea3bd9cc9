"""Where a worker that runs untrusted code is locked in: bubblewrap, another user, or nowhere.

A sandbox is handed to `Session`; whether it keeps what it promises on this machine is for `selftest` to prove.

`Bubblewrap`
    The worker sees a read-only interpreter with its packages, a private /tmp, and nothing else: no fls_teach, no
    course, no submission, no other process, no network. Root switches to an unprivileged user inside.
`OtherUser`
    For root in a container where bubblewrap may not make namespaces: an unprivileged user of its own for each worker.
    What that user must not read has to be unreadable by its permissions; the self-test looks.
`NoSandbox`
    The same process as `fls check` uses, for submissions that are trusted.

In the first two, `confine` then sets limits and a seccomp filter from inside.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent
WORKER = _HERE / "worker.py"
_FILES = WORKER, _HERE / "protocol.py", _HERE / "confine.py"
_INSIDE = "/fls"  # where the worker's own files appear

# What the dynamic linker and the C library need beside /usr; absent ones are left out.
_SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime"),
)
_FIRST_USER, _LAST_USER = 61_000, 61_183  # Debian leaves 60,000 to 64,999 to such uses, systemd's begin at 61,184

MIB = 2**20


class SandboxError(RuntimeError):
    """A sandbox cannot be had here; the text says why. Never the student's fault."""


@dataclass(frozen=True)
class Limits:
    """What one worker with all its descendants may use.

    Attributes
    ----------
    memory_mib : int
        Memory of all processes together, by the parent's count ten times a second; and of each one's heap, by the
        kernel.
    address_mib : int
        Address space of a process; libraries for accelerators map many times what they use.
    cpu_seconds : int
        Of one process, over all its calls; a backstop, since each call has its own limit.
    processes, open_files : int
    file_mib, scratch_mib : int
        Size of one file, and of all that is in the private /tmp.
    output_mib : int
        What one call may print.
    """

    memory_mib: int = 2048
    address_mib: int = 16_384
    cpu_seconds: int = 600
    processes: int = 32
    open_files: int = 64
    file_mib: int = 16
    scratch_mib: int = 64
    output_mib: int = 4

    def resources(self):
        """As `confine` wants them."""
        return {
            "data_bytes": self.memory_mib * MIB,
            "address_bytes": self.address_mib * MIB,
            "cpu_seconds": self.cpu_seconds,
            "processes": self.processes,
            "open_files": self.open_files,
            "file_bytes": self.file_mib * MIB,
            "core_bytes": 0,
            "locked_bytes": 0,
            "queue_bytes": 0,
        }


class NoSandbox:
    """The worker as it is: as much as the student's own machine would protect itself.

    Attributes
    ----------
    name : str
    limits : Limits or None
        What `process` watches from outside: memory and output.
    """

    name = "process"

    def __init__(self, limits=None):
        self.limits = limits

    def command(self, command):
        """The command line to run instead of `command`, which contains `WORKER`."""
        return command

    def environment(self, environment):
        """The environment for it."""
        return environment

    def folder(self, folder):
        """The folder to start in."""
        return folder

    def open_descriptors(self):
        """Descriptors that it inherits beside the standard ones; closed once it has started."""
        return ()

    def members(self, pid):
        """All processes of the worker `pid`."""
        return descendants(pid)

    def sweep(self):
        """Called when a worker is about to start, and after it was killed: nothing of it may be left."""

    def close(self):
        """Give back what is held beyond one worker."""


class _Confined(NoSandbox):
    """A sandbox whose worker is started through `confine`."""

    def __init__(self, limits=None):
        super().__init__(limits or Limits())
        self._claim = _UserClaim() if os.geteuid() == 0 else None

    def _confined(self, command, folder):
        """`command` with its own files in `folder` and `confine` in front of the worker."""
        limits = self.limits.resources() | {"user": self._claim.uid if self._claim else None}
        k = command.index(str(WORKER))
        return [*command[:k], f"{folder}/confine.py", json.dumps(limits), f"{folder}/worker.py", *command[k + 1 :]]

    def environment(self, environment):
        kept = {
            name: environment[name] for name in environment if name in _INNER_VARIABLES or name.startswith("PYTHON")
        }
        threads = {name: value for name, value in environment.items() if name.endswith("_NUM_THREADS")}
        fixed = {"HOME": "/tmp", "TMPDIR": "/tmp", "PATH": "/usr/bin:/bin", "PYTHONNOUSERSITE": "1"}
        return kept | threads | {"VECLIB_MAXIMUM_THREADS": "1"} | fixed

    def folder(self, folder):
        return "/"

    def close(self):
        if self._claim:
            self._claim.close()


_INNER_VARIABLES = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")


class Bubblewrap(_Confined):
    """A worker in bubblewrap (https://github.com/containers/bubblewrap).

    Parameters
    ----------
    hidden : sequence of path
        Files and folders that must not be seen, wherever they lie.
    limits : Limits, optional

    Notes
    -----
    It takes bubblewrap 0.7, the first that can limit the size of a private /tmp.

    Raises
    ------
    SandboxError
        If there is no ``bwrap``.
    """

    name = "bwrap"

    def __init__(self, hidden=(), limits=None):
        self._program = shutil.which("bwrap")
        if self._program is None:
            raise SandboxError("bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap)")
        super().__init__(limits)
        self._arguments = [*self._namespaces(), *_file_system(hidden, self.limits.scratch_mib * MIB)]
        self._descriptors = []

    def _namespaces(self):
        common = ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
        if self._claim is None:
            return ["--unshare-all", *common]
        # Root's processes are exempt from limits on their number, in a user namespace too: `confine` becomes another
        # user, for which it needs the right to. The filter it sets refuses new namespaces.
        apart = [f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup-try")]
        return [*apart, *common, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]

    def command(self, command):
        # By a descriptor, so that the sandbox's own process list does not show the paths of this machine.
        read, write = os.pipe()
        with open(write, "wb") as pipe:  # far less than a pipe holds
            pipe.write(b"".join(os.fsencode(argument) + b"\0" for argument in self._arguments))
        self._descriptors.append(read)
        return [self._program, "--args", str(read), "--", *self._confined(command, _INSIDE)]

    def open_descriptors(self):
        descriptors, self._descriptors = self._descriptors, []
        return tuple(descriptors)


class OtherUser(_Confined):
    """A worker that runs as an unprivileged user of its own; only root can make one.

    Raises
    ------
    SandboxError
        If this is not root.
    """

    name = "uid"

    def __init__(self, limits=None):
        if os.geteuid() != 0:
            raise SandboxError("only root can run a worker as another user")
        super().__init__(limits)
        # Our package may well be closed to others; these three files have to be open.
        self._folder = tempfile.TemporaryDirectory(prefix="fls-worker-")
        os.chmod(self._folder.name, 0o755)
        for path in _FILES:
            os.chmod(shutil.copyfile(path, Path(self._folder.name, path.name)), 0o644)

    def command(self, command):
        return self._confined(command, self._folder.name)

    def close(self):
        self.sweep()
        self._folder.cleanup()
        super().close()

    def members(self, pid):
        return descendants(pid) | processes_of(self._claim.uid)

    def sweep(self):
        deadline = time.monotonic() + 10.0
        while processes_of(self._claim.uid):
            if time.monotonic() > deadline:
                raise SandboxError(f"processes of user {self._claim.uid} cannot be ended")
            _kill_all_of(self._claim.uid)
        for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run/lock"):
            _remove_files_of(self._claim.uid, folder)


class _UserClaim:
    """A user number that nobody else on this machine is using, until `close`.

    Held by an abstract socket, which vanishes with the process that holds it.
    """

    def __init__(self):
        import pwd

        taken = {entry.pw_uid for entry in pwd.getpwall()}
        for uid in range(_FIRST_USER, _LAST_USER):
            if uid in taken:
                continue
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                self._socket.bind(f"\0fls-teach-user-{uid}")
            except OSError:
                self._socket.close()
                continue
            self.uid = uid
            return
        raise SandboxError(f"no free user number between {_FIRST_USER} and {_LAST_USER}")

    def close(self):
        self._socket.close()


# ------------------------------------------------------------------ what a worker sees


def library_folders():
    """Folders from which the worker imports: where this interpreter found the packages that exercises use.

    They may have come from PYTHONPATH, which a worker does not see.

    Returns
    -------
    list of str
    """
    folders = []
    for name in ("numpy", "scipy", "torch"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            folder = str(Path(spec.origin).parents[1])
            if folder not in folders:
                folders.append(folder)
    return folders


def _file_system(hidden, scratch_bytes):
    """bubblewrap's arguments for what can be seen; later ones lie on top of earlier ones."""
    size = ["--size", str(scratch_bytes)]
    arguments = ["--proc", "/proc", "--dev", "/dev", *size, "--perms", "1777", "--tmpfs", "/dev/shm"]
    arguments += ["--remount-ro", "/dev", *size, "--perms", "1777", "--tmpfs", "/tmp"]
    arguments += ["--perms", "0755", "--dir", "/etc"]
    for path in _SYSTEM:
        if os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            arguments += ["--ro-bind", path, path]
    trees = _interpreter_trees()
    # bubblewrap would make the folders above as closed as root's own are.
    above = {str(parent) for tree in trees for parent in Path(tree).parents} - {"/", "/tmp"}
    for path in sorted(above, key=len):
        arguments += ["--perms", "0755", "--dir", path]
    for tree in trees:
        arguments += ["--ro-bind", tree, tree]
    for path in _to_hide(hidden, ["/usr", *trees]):
        arguments += (
            ["--tmpfs", path, "--remount-ro", path] if os.path.isdir(path) else ["--ro-bind", "/dev/null", path]
        )
    arguments += ["--perms", "0755", "--dir", _INSIDE]
    for path in _FILES:
        arguments += ["--ro-bind", str(path), f"{_INSIDE}/{path.name}"]
    return [*arguments, "--remount-ro", "/", "--chdir", "/tmp"]


def _interpreter_trees():
    """Folders that hold the interpreter and its packages and are not below /usr or one another, shortest first."""
    program = os.path.realpath(sys.executable)
    wanted = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *library_folders()]
    wanted += [os.path.dirname(os.path.dirname(program))]
    wanted += [os.path.realpath(path) for path in wanted]
    trees = ["/usr"]
    for path in sorted({os.path.abspath(path) for path in wanted}, key=lambda path: (len(path), path)):
        if path == "/":
            raise SandboxError("this Python is installed in '/', which cannot be shown without showing everything")
        if not any(_lies_in(path, tree) for tree in trees):
            trees.append(path)
    return trees[1:]


def _to_hide(hidden, trees):
    """Those of `hidden`, by every name they have, that would be visible in `trees`; and our own package."""
    paths = {name(os.path.abspath(path)) for path in (*hidden, _HERE.parent) for name in (str, os.path.realpath)}
    kept = []
    for path in sorted(paths, key=lambda path: (len(path), path)):  # what lies in a hidden folder is hidden with it
        visible = os.path.exists(path) and any(_lies_in(path, tree) for tree in trees)
        if visible and not any(_lies_in(path, other) for other in kept):
            kept.append(path)
    return kept


def _lies_in(path, tree):
    return path == tree or path.startswith(tree.rstrip("/") + "/")


# ------------------------------------------------------------------ processes, read from /proc


def process_table():
    """Parent and start time of every process, as a dict pid -> (parent, start)."""
    table = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
                table[int(name)] = int(fields[1]), int(fields[19])
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
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/status", "rb") as file:
                status = file.read()
                if b"\nUid:\t%d\t" % uid in status and b"\nState:\tZ" not in status:
                    found.add(int(name))
    return found


def memory_of(pids):
    """Bytes of memory of these processes, what they share without a file counted once for each of them."""
    return _sum_of(pids, "status", (b"RssAnon:", b"RssShmem:", b"VmSwap:"))


def exact_memory_of(pids):
    """The same with shared memory counted once; takes longer, and 0 where the kernel does not tell."""
    return _sum_of(pids, "smaps_rollup", (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:"))


def _sum_of(pids, file_name, fields):
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/{file_name}", "rb") as file:
            total += sum(1024 * int(line.split()[1]) for line in file if line.startswith(fields))
    return total


def _kill_all_of(uid):
    """End all processes of a user at once, so that none can start another in between."""
    shell = ["/bin/sh", "-c", f'[ "$(id -u)" = {uid} ] && kill -9 -1']  # never as root
    subprocess.run(shell, user=uid, group=uid, extra_groups=[], stderr=subprocess.DEVNULL, check=False)


def _remove_files_of(uid, folder):
    """Remove what a user has left in a folder that everybody may write to."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.stat(follow_symlinks=False).st_uid != uid:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    os.unlink(entry.path)
