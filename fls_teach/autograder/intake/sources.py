"""Reading the folders, files and zips of people nobody trusts: no link is followed, and nothing is read without end.

A source is a context manager that gives (items, read): the `Item` objects in it, and a function that
returns the bytes of one of them or raises `Refused` or `Unreadable`.
"""

import errno
import heapq
import io
import os
import stat
import zipfile
from contextlib import contextmanager

from fls_teach.autograder.intake.layout import Item, canvas, is_junk, shown
from fls_teach.sandbox.session import MAX_SOURCE_BYTES

MAX_ENTRIES = 20_000
MAX_CONTENTS_BYTES = 4 * 2**20  # of a zip's list of contents, which zipfile reads as a whole
_TOO_LARGE = f"it is larger than {MAX_SOURCE_BYTES // 2**20} MiB"
_LINK = "it is a link, and links are not followed"
_SPECIAL = "it is not an ordinary file"
_OUTSIDE = "its path leads out of the zip"
# A link where none may be, a file or a link in the place of a folder, a socket: all else is this machine's failure.
_MADE_SO = {errno.ELOOP: _LINK, errno.ENOTDIR: "it is no folder any more", errno.ENXIO: _SPECIAL}
PROBLEMS = {"file": "", "link": _LINK, "special": _SPECIAL}
"""Kind, as of `listing` -> why it must not be opened."""

# NOFOLLOW and NONBLOCK: between a look at a path and its opening, it may become a link or a pipe.
_FLAGS = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
_SAFELY = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in _FLAGS)
FOLDER = getattr(os, "O_DIRECTORY", 0)


class Refused(Exception):
    """Something must not be read, as its author made it; the text says why ("it is a link, ...")."""


class Unreadable(Exception):
    """Something cannot be read here, whatever its author did: no mark follows from that. The text is a sentence."""

    def __init__(self, name, error):
        what = shown(os.path.basename(os.fspath(name)) or os.fspath(name))
        super().__init__(f"'{what}' cannot be read ({error.strerror or error})")


@contextmanager
def opened(name, folder=None, flags=0):
    """A descriptor of what is called `name` in the folder with the descriptor `folder`.

    Raises
    ------
    Refused, Unreadable
    """
    try:
        descriptor = os.open(name, _SAFELY | flags, dir_fd=folder)
    except OSError as error:
        if error.errno in _MADE_SO:
            raise Refused(_MADE_SO[error.errno]) from None
        raise Unreadable(name, error) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_below(folder, parts, flags=0):
    """The same for a path, each part of which is opened in the one before; `folder` itself if there is none."""
    if not parts:
        yield folder
    elif len(parts) == 1:
        with opened(parts[0], folder, flags) as descriptor:
            yield descriptor
    else:
        with opened(parts[0], folder, FOLDER) as inner, opened_below(inner, parts[1:], flags) as descriptor:
            yield descriptor


def listing(descriptor, most, name="."):
    """What lies in an open folder, as a sorted list of (name, "folder" | "file" | "link" | "special").

    Raises
    ------
    Refused
        If that is more than `most`.
    Unreadable
        Of the folder called `name`.
    """
    found = []
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                if len(found) == most:
                    raise Refused("it holds too many entries")
                found.append((entry.name, _kind(entry)))
    except OSError as error:
        raise Unreadable(name, error) from None
    return sorted(found)


def _kind(entry):
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "special"


@contextmanager
def folder_source(path, expected):
    """An unpacked submission."""
    with opened(path, flags=FOLDER) as top:

        def read(item):
            with opened_below(top, item.parts) as descriptor:
                return _content(descriptor, item.parts[-1])

        yield _items_below(top, expected, path), read


def _items_below(top, expected, path):
    """The files of a folder, of the folders in it, and of folders in those that are called like an exercise."""
    exercises = {name.casefold() for name in expected}
    # The exercises come first: a heap of other files must not use up what may be listed.
    items, listed, folders = [], 0, [(False, ())]
    while folders:
        _, parts = heapq.heappop(folders)
        try:
            with opened_below(top, parts, FOLDER) as descriptor:
                found = listing(descriptor, MAX_ENTRIES - listed, "/".join(parts) or path)
        except Refused as reason:
            if not parts:
                raise
            items.append(Item(parts, str(reason)))
            continue
        listed += len(found)
        for name, kind in found:
            inner = (*parts, name)
            if is_junk(inner):
                continue
            if kind != "folder":
                items.append(Item(inner, PROBLEMS[kind]))
            elif not parts or (len(parts) == 1 and name.casefold() in exercises):
                heapq.heappush(folders, (name.casefold() not in exercises, inner))
    return items


@contextmanager
def canvas_source(path):
    """The files of one person in a folder of everybody's, as Canvas packs them; `path` is its path and the person."""
    with opened(path.parent, flags=FOLDER) as everybody:

        def read(item):
            with opened(item.handle, everybody) as descriptor:
                return _content(descriptor, item.handle)

        items = []
        for name, kind in listing(everybody, MAX_ENTRIES, path.parent):
            who, file = (name.startswith(f"{path.name}_") and canvas(name)) or ("", "")
            if who == path.name:
                items.append(Item((file,), PROBLEMS.get(kind, ""), name))
        yield items, read


@contextmanager
def file_source(path):
    """A single file."""

    def read(item):
        with opened(path) as descriptor:
            return _content(descriptor, path)

    yield [Item((path.name,))], read


def _content(descriptor, name):
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise Refused(_SPECIAL)
    try:
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        raise Unreadable(name, error) from None
    if len(data) > MAX_SOURCE_BYTES:
        raise Refused(_TOO_LARGE)
    return data


class _Bounded(io.BufferedReader):
    """A file of which nobody reads much at once: zipfile asks for the list of contents in the size that the zip quotes.

    Entries need no such bound, as zipfile reads them in pieces. A disk that fails is told from a zip that is damaged.
    """

    def __init__(self, raw, name):
        super().__init__(raw)
        self._name = name

    def read(self, size=-1):
        if size > MAX_CONTENTS_BYTES:
            raise Refused("its list of contents is too long")
        try:
            return super().read(MAX_CONTENTS_BYTES if size < 0 else size)
        except OSError as error:
            raise Unreadable(self._name, error) from None


@contextmanager
def zip_source(name, folder=None):
    """A zip, by its path or by its name in an open folder."""
    with opened(name, folder) as descriptor:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(_SPECIAL)
        with _Bounded(io.FileIO(descriptor, closefd=False), name) as file, _archive(file) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ENTRIES:
                raise Refused("it holds too many entries")
            shared = _overlapping(infos)

            def read(item):
                if item.handle.header_offset in shared:
                    raise Refused("it shares its place in the zip with another entry")
                return _unpacked(archive, item.handle)

            items = [Item(parts, _problem(info, parts), info) for info in infos if (parts := _parts(info))]
            yield [item for item in items if item.problem == _OUTSIDE or not is_junk(item.parts)], read


def _archive(file):
    try:
        return zipfile.ZipFile(file)
    except (Refused, Unreadable):
        raise
    except Exception as error:  # a damaged zip raises almost anything: struct.error, UnicodeDecodeError, OSError, ...
        raise Refused(f"it is not a zip or a damaged one ({_words(error)})") from None


def _words(error):
    return shown(str(error) or type(error).__name__)


def _parts(info):
    """The path of an entry; () for a folder."""
    name = info.orig_filename.replace("\\", "/")  # as old Windows tools write it; zipfile cuts `filename` at a NUL
    return () if name.endswith("/") else tuple(part for part in name.split("/") if part != ".")


def _problem(info, parts):
    kind = stat.S_IFMT(info.external_attr >> 16)
    if ".." in parts or "" in parts or any(":" in part for part in parts):
        return _OUTSIDE
    if kind == stat.S_IFLNK:
        return _LINK
    if kind not in (0, stat.S_IFREG):
        return _SPECIAL
    return ""


def _overlapping(infos):
    """Offsets of entries that reach into one another: no honest tool writes them, and what they hold is a trick."""
    shared, end, last = set(), -1, None
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            shared |= {info.header_offset, last}
        reaches = info.header_offset + zipfile.sizeFileHeader + len(info.orig_filename) + info.compress_size
        if reaches > end:
            end, last = reaches, info.header_offset
    return shared


def _unpacked(archive, info):
    """The bytes of an entry, if they are what the zip says of them and not too many."""
    if info.flag_bits & 0x1:
        raise Refused("it is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a bound
        raise Refused(f"it is compressed by method {info.compress_type}; use the usual one (deflate)")
    # zipfile would cut the content to the quoted size; it looks ahead by up to 4 KiB.
    quoted, info.file_size = info.file_size, MAX_SOURCE_BYTES + 2**16
    try:
        if quoted > MAX_SOURCE_BYTES or info.compress_size > 2 * MAX_SOURCE_BYTES:
            raise Refused(_TOO_LARGE)
        with archive.open(info) as file:
            data = file.read(MAX_SOURCE_BYTES + 1)
    except (Refused, Unreadable):
        raise
    except Exception as error:
        raise Refused(f"it is damaged ({_words(error)})") from None
    finally:
        info.file_size = quoted
    if len(data) > MAX_SOURCE_BYTES:
        raise Refused(_TOO_LARGE)
    if len(data) != quoted:
        raise Refused(f"it is damaged (it has {len(data)} bytes, where the zip says {quoted})")
    return data
