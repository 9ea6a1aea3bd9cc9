"""Leases, which decide which of the processes that share a folder trains which run (no torch).

A lease is a file OUT/leases/DIGEST.N, owned by the process that succeeded in creating it exclusively. The owner touches
the file regularly. A lease is stale if it has not been touched for EXPIRE_SECONDS, or if its process on this machine
has ended. The next owner creates DIGEST.N+1, so only one of several processes that find a lease stale takes it over.
Files with lower numbers are kept until the newest lease is released; without them another process would start again at
0. Ages are measured by the clock of the folder's file system.
"""

import json
import os
import platform
import threading
import time
from pathlib import Path

from fls_teach.files import because

REFRESH_SECONDS = 20.0
EXPIRE_SECONDS = 150.0
"""Seconds without a touch after which a lease is stale. Network file systems may show a touch a minute late."""


class Leases:
    """The leases of this process in `folder`; a context manager that refreshes them, and releases them at the end."""

    def __init__(self, folder):
        self.folder = Path(folder) / "leases"
        self.held = {}
        self._over, self._thread = threading.Event(), threading.Thread(target=self._refresh, daemon=True)

    def __enter__(self):
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise ValueError(f"cannot write '{self.folder}' ({because(problem)})") from None
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        for name in list(self.held):
            self.release(name)

    def take(self, name):
        """Try to take the lease of `name`; return whether it succeeded. Only then check whether the run is finished."""
        newest = self._newest(name)
        if newest is not None and not self._is_stale(newest):
            return False
        path = self.folder / f"{name}.{0 if newest is None else _number(newest) + 1}"
        owner = {"machine": _machine(), "host": platform.node(), "pid": os.getpid(), "time": round(time.time())}
        try:
            with path.open("x", encoding="utf-8") as file:
                self.held[name] = path
                file.write(json.dumps(owner))
        except FileExistsError:
            return False
        except OSError as problem:
            raise ValueError(f"cannot write '{path}' ({because(problem)}); finished runs are kept") from None
        return self._is_newest(name, path)

    def _is_newest(self, name, path):
        """Return whether the lease just created is the newest; give it up if not (others were being released)."""
        newest = self._newest(name)
        if newest == path:
            return True
        del self.held[name]
        fills_hole = newest is not None and _number(newest) > _number(path) and self._is_stale(newest)
        if not fills_hole:  # a hole is left by a process that is killed in `release`
            path.unlink(missing_ok=True)
        return False

    def release(self, name):
        """Release the lease of `name`, if it is held and was not taken over."""
        path = self.held.pop(name, None)
        for older in range(_number(path) + 1) if path and self._newest(name) == path else ():
            path.with_suffix(f".{older}").unlink(missing_ok=True)

    def state(self, name):
        """Return a value that changes when the lease of `name` is refreshed or taken over; None if none is live."""
        newest = self._newest(name)
        try:
            return (newest.name, newest.stat().st_mtime_ns) if newest and not self._is_stale(newest) else None
        except OSError:
            return None

    def owner(self, name):
        """Return a phrase that says which process is training `name`."""
        newest = self._newest(name)
        told = _read(newest) if newest else {}
        return f"process {told['pid']} on {told['host']}" if told else "another process"

    def _newest(self, name):
        """Return the last of NAME.0, NAME.1, ...; listing the folder would be slow if it contains many leases."""
        newest = None
        while (path := self.folder / f"{name}.{0 if newest is None else _number(newest) + 1}").exists():
            newest = path
        return newest

    def _is_stale(self, path):
        """Return whether the lease is no longer refreshed; False if it has just been released."""
        try:
            told, touched = _read(path), path.stat().st_mtime
        except OSError:
            return False
        if told.get("machine") == _machine() and not _is_running(told["pid"]):
            return True
        return self._now() - touched >= EXPIRE_SECONDS

    def _now(self):
        """Return the time by the clock of the folder's file system, which may differ from this machine's."""
        probe = self.folder / f".now-{platform.node()}-{os.getpid()}"
        try:
            probe.touch()
            now = probe.stat().st_mtime
            probe.unlink()
        except OSError:
            return time.time()
        return now

    def _refresh(self):
        while not self._over.wait(REFRESH_SECONDS):
            for path in list(self.held.values()):
                try:
                    os.utime(path)
                except OSError:  # just released, or the disk is temporarily unavailable
                    continue


def _number(path):
    return int(path.suffix[1:])


def _read(path):
    """Return the owner of a lease; an empty dict if it has not been written yet."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return told if isinstance(told, dict) and isinstance(told.get("pid"), int) and "host" in told else {}
    except ValueError:
        return {}


def _machine():
    """Return a name that differs between machines and containers that do not share process numbers."""
    try:
        return f"{platform.node()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return platform.node()


def _is_running(pid):
    if os.name != "posix":  # on Windows signal 0 is CTRL_C_EVENT
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
