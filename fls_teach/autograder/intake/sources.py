"""Folders and files of untrusted people: no link is followed, and nothing is read without a bound.

All of it raises `Refused` for what an author made so, and `Unreadable` for what this machine cannot read.
"""

import errno
import heapq
import io
import itertools
import os
import stat
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from fls_teach.autograder.intake.layout import is_junk, shown
from fls_teach.sandbox.source import MAX_SOURCE_BYTES

MAX_ENTRIES = 20_000
MAX_DEPTH = 12
MAX_CONTENTS_BYTES = 4 * 2**20  # of what zipfile and tarfile read at once: a list of contents, a long name
MAX_UNPACKED_BYTES = 256 * 2**20  # of an archive that has to be unpacked before it can be listed; of all in another
MANY, LONG = "it holds too many entries", "its list of contents is too long"
_LINK = "it is a link, and links are not followed"
_SPECIAL = "it is not an ordinary file"
# A link where none may be, a file or a link in the place of a folder, a socket: all else is this machine's failure.
_MADE_SO = {errno.ELOOP: _LINK, errno.ENOTDIR: "it is no folder any more", errno.ENXIO: _SPECIAL}
PROBLEMS = {"file": "", "link": _LINK, "special": _SPECIAL, "outside": "its path leads out of the archive"}
"""Kind of what lies in a folder or archive -> why it must not be opened."""

# NOFOLLOW and NONBLOCK: between a look at a path and its opening, it may become a link or a pipe.
_FLAGS = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
_SAFELY = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in _FLAGS)
FOLDER = getattr(os, "O_DIRECTORY", 0)


class Refused(Exception):
    """Something must not be read, as its author made it; the text says why ("it is a link, ...")."""


class TooLarge(Refused):
    """It has more bytes than are read."""


class Unreadable(Exception):
    """Something cannot be read here, whatever its author did: no mark follows from that. The text is a sentence."""

    def __init__(self, name, error):
        what = shown(os.path.basename(os.fspath(name)) or os.fspath(name))
        super().__init__(f"'{what}' cannot be read ({error.strerror or error})")


def too_large(most):
    """The `TooLarge` of more than so many bytes."""
    return TooLarge(f"it is larger than {most // 2**20} MiB")


@contextmanager
def opened(parts, folder=None, flags=0):
    """A descriptor of a path below an open folder, each part of which is opened in the one before."""
    with ExitStack() as stack:
        for k, name in enumerate(parts, 1):
            try:
                folder = os.open(name, _SAFELY | (flags if k == len(parts) else FOLDER), dir_fd=folder)
            except OSError as error:
                if error.errno in _MADE_SO:
                    raise Refused(_MADE_SO[error.errno]) from None
                raise Unreadable(name, error) from None
            stack.callback(os.close, folder)
        yield folder


class _BoundedFile(io.BufferedReader):
    """A file of which little is read at once: zipfile and tarfile ask for what a header quotes.

    Entries need no such bound, as they are read in pieces. A disk that fails is told from an archive that is damaged.
    """

    def __init__(self, raw, name):
        super().__init__(raw)
        self._name = name

    def read(self, size=-1):
        if size > MAX_CONTENTS_BYTES:
            raise Refused(LONG)
        try:
            return super().read(MAX_CONTENTS_BYTES if size < 0 else size)
        except OSError as error:
            raise Unreadable(self._name, error) from None


@contextmanager
def ordinary_file(parts, folder=None):
    """The file at a path, as of `opened`."""
    with opened(parts, folder) as descriptor:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(_SPECIAL)
        with _BoundedFile(io.FileIO(descriptor, closefd=False), parts[-1]) as file:
            yield file


@contextmanager
def copied(source, most):
    """A file of its own with all that can be read of another one, if it is not more than `most`."""
    with tempfile.TemporaryFile(buffering=0) as out:
        while piece := source.read(2**16):
            if out.tell() + len(piece) > most:
                raise too_large(most)
            try:
                if out.write(piece) < len(piece):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError as error:
                raise Unreadable("a temporary file", error) from None
        out.seek(0)
        with _BoundedFile(out, "a temporary file") as file:
            yield file


@dataclass(frozen=True)
class Item:
    """Something in a submission that is not an ordinary folder.

    Attributes
    ----------
    parts : tuple of str
        Its path from the submission's top.
    problem : str
        Why it must not be opened ("it is a link, ..."), or "".
    tree, handle : object
        The tree that it lies in, and what that needs to open it.
    archive : tuple of str
        The path of the archive in the submission that it lies in; () if in none.
    """

    parts: tuple
    problem: str = ""
    tree: object = None
    handle: object = None
    archive: tuple = ()


class Tree:
    """An open folder or archive.

    Its kinds have `children(at, most)`, which lists one folder; `named(parts)`, the items with one path; and
    `file(handle, most)`, which opens a file of at most so many bytes.
    """

    def items(self, at=(), first=()):
        """The files below a folder, the shallow ones and those in folders called as in `first` before others.

        A heap of other files must not use up what may be listed.
        """
        first = {name.casefold() for name in first}
        items, listed, folders = [], 0, [(False, 0, at)]
        while folders:
            _, depth, parts = heapq.heappop(folders)
            try:
                found = self.children(parts, MAX_ENTRIES - listed)
            except Refused as reason:
                if parts == at:
                    raise
                items.append(Item(parts, str(reason), self, parts))
                continue
            listed += len(found)
            for name, kind, handle in found:
                if kind == "folder" and depth < MAX_DEPTH and not is_junk(name):
                    heapq.heappush(folders, (name.casefold() not in first, depth + 1, (*parts, name)))
                elif kind == "outside" or kind != "folder" and not is_junk(name):
                    items.append(Item((*parts, name), PROBLEMS[kind], self, handle))
        return items

    def read(self, item):
        """The bytes of a source file."""
        if item.problem:
            raise Refused(item.problem)
        with self.file(item.handle, MAX_SOURCE_BYTES) as file:
            data = file.read(MAX_SOURCE_BYTES + 1)
        if len(data) > MAX_SOURCE_BYTES:
            raise too_large(MAX_SOURCE_BYTES)
        return data


class FolderTree(Tree):
    """A folder, by its descriptor."""

    def __init__(self, top, path):
        self._top, self._path = top, path

    def children(self, at=(), most=MAX_ENTRIES):
        """(name, kind, handle) of what lies in one folder, sorted."""
        try:
            with opened(at, self._top, FOLDER) as descriptor, os.scandir(descriptor) as entries:
                found = [(each.name, _kind(each), (*at, each.name)) for each in itertools.islice(entries, most + 1)]
        except OSError as error:
            raise Unreadable("/".join(at) or self._path, error) from None
        if len(found) > most:
            raise Refused(MANY)
        return sorted(found)

    def named(self, parts):
        """The file with this path, whatever it is by now."""
        return [Item(parts, "", self, parts)]

    def file(self, handle, most):
        """A context with the open file."""
        return ordinary_file(handle, self._top)


def _kind(entry):
    """Of an entry of a folder: "folder", "file", "link" or "special"."""
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "special"
