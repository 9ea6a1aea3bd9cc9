"""Which process trains which run of a folder that several share: a file per run under way, which expires (no torch).

A lease is OUT/leases/DIGEST.N, made by the one process whose exclusive creation succeeds. Its owner touches it while it
lives. A lease that is not touched for long, or whose process is gone from this machine, is stale: the next owner makes
DIGEST.N+1, so of several that find it stale one alone gets it. The numbers below the newest stay until its owner
releases it: without them another process would begin again at 0. Ages are told by the clock of the folder's file
system.
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
"""Without a touch. Network file systems may show a touch a minute late."""


class Leases:
    """The leases that this process holds in `folder`; a context manager, which refreshes them and releases all."""

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
        """Whether `name` is now this process's; look whether the run is finished afterwards, not before."""
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
        """Whether the lease just made is the newest; if others were released at the same time, it is given up."""
        newest = self._newest(name)
        if newest == path:
            return True
        del self.held[name]
        fills_hole = newest is not None and _number(newest) > _number(path) and self._is_stale(newest)
        if not fills_hole:  # as a process leaves that is killed while it releases a lease
            path.unlink(missing_ok=True)
        return False

    def release(self, name):
        """Give `name` up, where it is held and was not taken over."""
        path = self.held.pop(name, None)
        for older in range(_number(path) + 1) if path and self._newest(name) == path else ():
            path.with_suffix(f".{older}").unlink(missing_ok=True)

    def state(self, name):
        """What changes whenever the live lease of `name` is refreshed or changes hands; None if there is none."""
        newest = self._newest(name)
        try:
            return (newest.name, newest.stat().st_mtime_ns) if newest and not self._is_stale(newest) else None
        except OSError:
            return None

    def owner(self, name):
        """Where `name` is being trained, in words."""
        newest = self._newest(name)
        told = _read(newest) if newest else {}
        return f"process {told['pid']} on {told['host']}" if told else "another process"

    def _newest(self, name):
        """The last of NAME.0, NAME.1, ...; to list the folder would cost more the more runs are under way."""
        newest = None
        while (path := self.folder / f"{name}.{0 if newest is None else _number(newest) + 1}").exists():
            newest = path
        return newest

    def _is_stale(self, path):
        """Whether nothing refreshes the lease; one that was released just now is not stale but gone."""
        try:
            told, touched = _read(path), path.stat().st_mtime
        except OSError:
            return False
        if told.get("machine") == _machine() and not _is_running(told["pid"]):
            return True
        return self._now() - touched >= EXPIRE_SECONDS

    def _now(self):
        """By the clock that gives the leases their times, which need not be this machine's."""
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
                except OSError:  # released just now, or a disk that is away for a moment
                    continue


def _number(path):
    return int(path.suffix[1:])


def _read(path):
    """Who made a lease; empty in the moment before that is written."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return told if isinstance(told, dict) and isinstance(told.get("pid"), int) and "host" in told else {}
    except ValueError:
        return {}


def _machine():
    """Machines and containers between which a process number means nothing have different names."""
    try:
        return f"{platform.node()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return platform.node()


def _is_running(pid):
    if os.name != "posix":  # where signal 0 is a signal
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
