"""Detect saved exercise files by polling, because file notifications of the operating system are a limited resource."""

import hashlib
import stat
from pathlib import Path

SETTLED = 0.25
"""Seconds without a change after which a file counts as saved: an editor may delete it first or write it in parts."""
_LARGEST = 1 << 20  # bytes; a larger file is no exercise, and its content is not read at every look


class Saves:
    """Finds the files that were saved since they were last reported or passed to `deal_with`.

    Parameters
    ----------
    files : dict
        Name -> path; the file may be missing.
    """

    def __init__(self, files):
        self._files = {name: Path(path) for name, path in files.items()}
        self._known = {name: stamp(path) for name, path in self._files.items()}
        self._changing = {}  # name -> (stamp, when it was first seen)

    def deal_with(self, name):
        """Treat the current content of a file as known, so that it is not reported."""
        self._known[name] = stamp(self._files[name])
        self._changing.pop(name, None)

    def look(self, now):
        """Return the files that were saved and are unchanged for `SETTLED` seconds, each of them once.

        Parameters
        ----------
        now : float
            Seconds on a monotonic clock.

        Returns
        -------
        list of str
            Their names.
        """
        saved = []
        for name, path in self._files.items():
            seen = stamp(path)
            if seen == self._known[name]:
                self._changing.pop(name, None)
                continue
            before, since = self._changing.setdefault(name, (seen, now))
            if seen != before:
                self._changing[name] = seen, now
            elif now - since >= SETTLED:
                self._known[name] = seen
                del self._changing[name]
                saved.append(name)
        return saved


def stamp(path):
    """Return a value that changes whenever a file is saved, made of its time and content; None if it does not exist."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return None
        content = hashlib.sha256(path.read_bytes()).digest() if status.st_size <= _LARGEST else status.st_size
        return status.st_mtime_ns, content
    except OSError:  # just deleted, or not readable
        return None
