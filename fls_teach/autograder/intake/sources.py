"""Read folders and files of untrusted people: no link is followed, and nothing is read without a bound.

`Refused` is raised for what the author is responsible for, and `Unreadable` for what fails on this machine.
"""

import errno
import heapq
import io
import itertools
import math
import os
import stat
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fls_teach.autograder.intake.file_names import is_junk
from fls_teach.characters import one_line
from fls_teach.sandbox.source import MAX_SOURCE_BYTES

MAX_ENTRIES = 20_000
MAX_DEPTH = 12
MAX_CONTENTS_BYTES = 4 * 2**20  # of what zipfile and tarfile read at once: a list of contents, a long name
MAX_UNPACKED_BYTES = 256 * 2**20  # of an archive that must be unpacked to be listed, and of all archives within another
MAX_SECONDS = 60  # of processor time, to list or read one archive or one submission
MANY, LONG = "it holds too many entries", "its list of contents is too long"
_LINK = "it is a link, and links are not followed"
_SPECIAL = "it is not an ordinary file"
# Errors that an author can cause: a link, a file in the place of a folder, a socket. Others are this machine's.
_MADE_SO = {errno.ELOOP: _LINK, errno.ENOTDIR: "it is no folder any more", errno.ENXIO: _SPECIAL}
PROBLEMS = {"file": "", "link": _LINK, "special": _SPECIAL, "outside": "its path leads out of the archive"}
"""Kind of an entry -> why it must not be opened."""

# NOFOLLOW and NONBLOCK: between listing and opening, a file may be replaced by a link or a pipe.
_FLAGS = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
_SAFELY = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in _FLAGS)
FOLDER = getattr(os, "O_DIRECTORY", 0)


class Refused(Exception):
    """Something must not be read because of how its author made it; the text says why ("it is a link, ...")."""


class TooLarge(Refused):
    """It is larger than the bound."""


class Unreadable(Exception):
    """Something cannot be read on this machine, which must not cost its author a mark. The text is a sentence."""

    def __init__(self, name: str | os.PathLike[str], error: OSError) -> None:
        what = one_line(os.path.basename(os.fspath(name)) or os.fspath(name))
        super().__init__(f"'{what}' cannot be read ({error.strerror or error})")


def too_large(most: int) -> TooLarge:
    """Return the `TooLarge` for more than `most` bytes."""
    return TooLarge(f"it is larger than {most // 2**20} MiB")


_clock = threading.local()


@contextmanager
def limited() -> Iterator[None]:
    """Limit the block to `MAX_SECONDS`, or to what an enclosing limit leaves: then `go_on` raises `Refused`."""
    before = getattr(_clock, "end", math.inf)
    _clock.end = min(before, time.thread_time() + MAX_SECONDS)
    try:
        yield
    finally:
        _clock.end = before


def go_on() -> None:
    """Check the time limit; called in every loop whose length an author decides."""
    if time.thread_time() > getattr(_clock, "end", math.inf):
        raise Refused(f"reading it took more than {MAX_SECONDS} s")


@contextmanager
def opened(parts: Collection[Any], folder: int | None = None, flags: int = 0) -> Iterator[Any]:
    """Open a path below an open folder, part by part, and give its descriptor for the block."""
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
    """A file that bounds each read: zipfile and tarfile ask for as much as a header says.

    Entries are read in pieces anyway. A failing disk raises `Unreadable`, so that it is not taken for a bad archive.
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
def ordinary_file(parts: tuple[str, ...], folder: int | None = None) -> Iterator[BinaryIO]:
    """Open the ordinary file at a path, as `opened` does."""
    with opened(parts, folder) as descriptor:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(_SPECIAL)
        with _BoundedFile(io.FileIO(descriptor, closefd=False), parts[-1]) as file:
            yield file


@contextmanager
def copied(source: Any, most: int) -> Iterator[BinaryIO]:
    """Copy what can be read of a file, at most `most` bytes, into a temporary file."""
    with tempfile.TemporaryFile(buffering=0) as out:
        while piece := source.read(2**16):
            go_on()
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
    """A file in a submission, or anything else that is not an ordinary folder.

    Attributes
    ----------
    parts : tuple of str
        Its path from the submission's top.
    problem : str
        Why it must not be opened ("it is a link, ..."), or "".
    tree, handle : object
        The tree that it lies in, and the tree's handle to open it.
    archive : tuple of str
        The path of the archive in the submission that holds it; () if it is in none.
    """

    parts: tuple[str, ...]
    problem: str = ""
    tree: Any = None
    handle: Any = None
    archive: tuple[str, ...] = ()


class Tree:
    """An open folder or archive.

    Subclasses have `children(at, most)`, which lists a folder as sorted (name, kind, handle); `named(parts)`, the items
    with a path; `file(handle, most)`, a context manager for an open file of at most `most` bytes; and `key(handle)`,
    which changes when the file may have changed.
    """

    children: Callable[..., list[tuple[str, str, Any]]]
    named: Callable[..., list[Item]]
    file: Callable[..., AbstractContextManager[BinaryIO]]
    key: Callable[..., Any]

    def items(self, at: tuple[str, ...] = (), first: Collection[str] = ()) -> list[Item]:
        """Return the files below a folder, shallow ones and those in folders named in `first` before others.

        So a heap of other files cannot use up the number that may be listed.
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
                go_on()
                if kind == "folder" and depth < MAX_DEPTH and not is_junk(name):
                    heapq.heappush(folders, (name.casefold() not in first, depth + 1, (*parts, name)))
                elif kind == "outside" or kind != "folder" and not is_junk(name):
                    items.append(Item((*parts, name), PROBLEMS[kind], self, handle))
        return items

    def read(self, item: Item) -> bytes:
        """Return the bytes of a source file."""
        if item.problem:
            raise Refused(item.problem)
        with self.file(item.handle, MAX_SOURCE_BYTES) as file:
            data = file.read(MAX_SOURCE_BYTES + 1)
        if len(data) > MAX_SOURCE_BYTES:
            raise too_large(MAX_SOURCE_BYTES)
        return data


class FolderTree(Tree):
    """A folder on the disk, read as it is at each call."""

    def __init__(self, path: Path) -> None:
        self._path, stack = path, ExitStack()
        self._top = stack.enter_context(opened([path], flags=FOLDER))
        weakref.finalize(self, stack.close)

    def children(self, at: tuple[str, ...] = (), most: int = MAX_ENTRIES) -> list[tuple[str, str, Any]]:
        try:
            with opened(at, self._top, FOLDER) as descriptor, os.scandir(descriptor) as entries:
                found = [(each.name, _kind(each), (*at, each.name)) for each in itertools.islice(entries, most + 1)]
        except OSError as error:
            raise Unreadable("/".join(at) or self._path, error) from None
        if len(found) > most:
            raise Refused(MANY)
        return sorted(found)

    def named(self, parts: tuple[str, ...]) -> list[Item]:
        """Return the file with this path, without looking whether it is still there."""
        return [Item(parts, "", self, parts)]

    def file(self, handle: tuple[str, ...], most: int = 0) -> AbstractContextManager[BinaryIO]:
        return ordinary_file(handle, self._top)

    def key(self, handle: tuple[str, ...]) -> tuple[int, ...]:
        with self.file(handle) as file:
            now = os.fstat(file.fileno())
        return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns


def _kind(entry):
    """Return the kind of a folder's entry: "folder", "file", "link" or "special"."""
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "special"
