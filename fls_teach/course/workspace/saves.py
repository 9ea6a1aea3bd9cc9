"""Which exercise files were saved: found by looking, because a system's file notifications can be used up."""

import hashlib
import stat
from pathlib import Path

SETTLED = 0.25
"""Seconds for which a file has to stay as it is: an editor may delete it first, or write it in two pieces."""
_LARGEST = 1 << 20  # bytes; of a larger file, which is no exercise, the content is not read twice a second


class Saves:
    """Looks at files, and tells which were saved since the last time that they were dealt with.

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
        """Take the file as it is now for known."""
        self._known[name] = stamp(self._files[name])
        self._changing.pop(name, None)

    def look(self, now):
        """The files that were saved and have settled; each is told once.

        Parameters
        ----------
        now : float
            Seconds, on a clock that never goes back.

        Returns
        -------
        list of str
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
    """What changes whenever a file is saved: its time and its content; None for a file that is not there."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return None
        content = hashlib.sha256(path.read_bytes()).digest() if status.st_size <= _LARGEST else status.st_size
        return status.st_mtime_ns, content
    except OSError:  # deleted just now, or not to be read
        return None
