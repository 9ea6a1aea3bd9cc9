"""Reading the folders, zips and tars of untrusted people: no link is followed, and nothing is read without a bound.

A tree is an open folder or archive: `children(at)` lists one of its folders, `items(at)` all files below it,
`named(at)` those of one path, `read(item)` gives a file's bytes, and `inside(item)` opens an archive that lies in the
tree. All of them raise `Refused` for what the author made so, and `Unreadable` for what this machine cannot read.
"""

import errno
import gzip
import heapq
import io
import os
import stat
import tarfile
import tempfile
import time
import zipfile
from collections import defaultdict
from contextlib import ExitStack, contextmanager

from fls_teach.autograder.intake.layout import Item, is_junk, shown
from fls_teach.sandbox.source import MAX_SOURCE_BYTES

MAX_ENTRIES = 20_000
MAX_DEPTH = 12
MAX_CONTENTS_BYTES = 4 * 2**20  # of what zipfile and tarfile read at once: a list of contents, a long name
MAX_UNPACKED_BYTES = 256 * 2**20  # of an archive that has to be unpacked before it can be listed
_MANY = "it holds too many entries"
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


class Unreadable(Exception):
    """Something cannot be read here, whatever its author did: no mark follows from that. The text is a sentence."""

    def __init__(self, name, error):
        what = shown(os.path.basename(os.fspath(name)) or os.fspath(name))
        super().__init__(f"'{what}' cannot be read ({error.strerror or error})")


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


def _kind(entry):
    """Of an entry of a folder: "folder", "file", "link" or "special"."""
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "special"


class _Bounded(io.BufferedReader):
    """A file of which little is read at once: zipfile and tarfile ask for what a header quotes.

    Entries need no such bound, as they are read in pieces. A disk that fails is told from an archive that is damaged.
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
def _file(parts, folder=None):
    """An ordinary file, as a `_Bounded`."""
    with opened(parts, folder) as descriptor:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(_SPECIAL)
        with _Bounded(io.FileIO(descriptor, closefd=False), parts[-1]) as file:
            yield file


def _copied(source, out, most):
    """Copy all that can be read, if it is not more than `most`, and return how much it was."""
    while piece := source.read(2**16):
        if out.tell() + len(piece) > most:
            raise Refused(f"it is larger than {most // 2**20} MiB")
        try:
            if out.write(piece) < len(piece):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise Unreadable("a temporary file", error) from None
    return out.tell()


class _Tree:
    """What is open; `children` lists its folders, and `copy(handle, out, most)` reads a file of it."""

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
                if kind == "folder" and depth < MAX_DEPTH and not is_junk((name,)):
                    heapq.heappush(folders, (name.casefold() not in first, depth + 1, (*parts, name)))
                elif kind == "outside" or kind != "folder" and not is_junk((name,)):
                    items.append(Item((*parts, name), PROBLEMS[kind], self, handle))
        return items

    def read(self, item):
        with io.BytesIO() as out:
            self.copy(item.handle, out, MAX_SOURCE_BYTES)
            return out.getvalue()


class FolderTree(_Tree):
    """A folder, by its descriptor."""

    def __init__(self, top, path="."):
        self._top, self._path = top, path

    def children(self, at=(), most=None):
        """(name, kind, handle) of what lies in one folder, sorted."""
        found, most = [], MAX_ENTRIES if most is None else most
        with opened(at, self._top, FOLDER) as descriptor:
            try:
                with os.scandir(descriptor) as entries:
                    for entry in entries:
                        if len(found) == most:
                            raise Refused(_MANY)
                        found.append((entry.name, _kind(entry), (*at, entry.name)))
            except OSError as error:
                raise Unreadable("/".join(at) or self._path, error) from None
        return sorted(found)

    def named(self, parts):
        """The file with this path, whatever it is by now."""
        return [Item(parts, "", self, parts)]

    def copy(self, handle, out, most):
        with _file(handle, self._top) as file:
            _copied(file, out, most)

    @contextmanager
    def inside(self, item):
        with _file(item.handle, self._top) as file, _archive(file, item.parts[-1]) as tree:
            yield tree


class _Archive(_Tree):
    """An open zip or tar.

    Parameters
    ----------
    entries : list of (name, kind, object, time)
        With "/" between the parts of a name.
    copy : callable
        Unpacks one: (object, out, most).
    """

    def __init__(self, entries, copy):
        self._entries, self._unpack, self._inside = entries, copy, defaultdict(set)
        self.newest = max((time for _, kind, _, time in entries if kind != "folder"), default=())
        for number, (name, kind, _, _) in enumerate(entries):
            parts = tuple(part for part in name.split("/") if part != ".")
            outside = not parts or ".." in parts or "" in parts or parts[0][1:2] == ":"
            if outside and kind != "folder":
                parts, kind = (name or ".",), "outside"
            for k in range(len(parts)) if len(parts) <= 2 * MAX_DEPTH and (kind != "folder" or not outside) else ():
                own = k + 1 == len(parts) and kind != "folder"
                self._inside[parts[:k]].add((parts[k], kind, number) if own else (parts[k], "folder", -1))

    def children(self, at=(), most=None):
        return sorted(self._inside[at])

    def named(self, parts):
        found = [each for each in self.children(parts[:-1]) if each[0] == parts[-1]]
        return [Item(parts, PROBLEMS[kind], self, handle) for _, kind, handle in found if kind != "folder"]

    def copy(self, handle, out, most):
        self._unpack(self._entries[handle][2], out, most)

    @contextmanager
    def inside(self, item):
        with tempfile.TemporaryFile(buffering=0) as out:
            self.copy(item.handle, out, MAX_UNPACKED_BYTES)
            with _reopened(out) as file, _archive(file, item.parts[-1]) as tree:
                yield tree


def _reopened(out):
    out.seek(0)
    return _Bounded(io.FileIO(out.fileno(), closefd=False), "a temporary file")


@contextmanager
def tree_at(path, kind):
    """The tree at a path: kind "folder" or "archive"; a "file" is a tree of its own with nothing else in it."""
    if kind == "archive":
        with _file([path]) as file, _archive(file, path.name) as tree:
            yield tree
    else:
        with opened([path if kind == "folder" else path.parent], flags=FOLDER) as top:
            yield FolderTree(top, path)


@contextmanager
def _archive(file, name):
    """The tree of an archive; its first bytes say what it is, and its name only if they say nothing."""
    head = file.read(512)
    file.seek(0)
    name = name.casefold()
    if head.startswith((b"BZh", b"\xfd7zXZ", b"Rar!", b"7z\xbc\xaf")):
        raise Refused("it is an archive of a kind that is not opened; zip, tar and tar.gz are")
    if head.startswith(b"\x1f\x8b"):
        with tempfile.TemporaryFile(buffering=0) as out:
            with _sound("tar.gz"), gzip.GzipFile(fileobj=file) as packed:
                _copied(packed, out, MAX_UNPACKED_BYTES)
            with _reopened(out) as plain, _tar(plain) as tree:
                yield tree
    else:
        is_tar = head[257:262] == b"ustar" or name.endswith((".tar", ".tgz", ".tar.gz"))
        with _tar(file) if is_tar else _zip(file) as tree:
            yield tree


@contextmanager
def _sound(kind):
    """What the standard library raises at a damaged archive, almost anything, as a `Refused`."""
    try:
        yield
    except (Refused, Unreadable):
        raise
    except Exception as error:
        words = shown(str(error) or type(error).__name__)
        what = f"it is not a {kind} or a damaged one" if kind else "it is damaged"
        raise Refused(f"{what} ({words})") from None


@contextmanager
def _tar(file):
    def copy(member, out, most):
        if member.size > most:
            raise Refused(f"it is larger than {most // 2**20} MiB")
        with _sound(""), archive.extractfile(member) as content:
            if _copied(content, out, most) != member.size:
                raise Refused("it is damaged (it is cut off)")

    entries = []
    with _sound("tar"):
        archive = tarfile.TarFile(fileobj=file)
        for member in archive:
            if len(entries) == MAX_ENTRIES:
                raise Refused(_MANY)
            kind = "folder" if member.isdir() else "link" if member.issym() or member.islnk() else "special"
            kind = "file" if member.isreg() and not member.issparse() else kind
            entries.append((_slashes(member.name), kind, member, time.gmtime(member.mtime % 2**33)[:6]))
        file.seek(archive.offset)  # tarfile takes a damaged header for the end
        if file.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise Refused("it is damaged (an entry in it is not one)")
    yield _Archive(entries, copy)


@contextmanager
def _zip(file):
    with _sound("zip"):
        archive = zipfile.ZipFile(file)
    with archive:
        infos = archive.infolist()
        if len(infos) > MAX_ENTRIES:
            raise Refused(_MANY)
        shared = _overlapping(infos)

        def copy(info, out, most):
            if info.header_offset in shared:
                raise Refused("it shares its place in the zip with another entry")
            _unpack(archive, info, out, most)

        entries, kinds = [], {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "link"}
        for info in infos:
            name = _slashes(info.orig_filename)  # zipfile cuts `filename` at a NUL
            kind = "folder" if name.endswith("/") else kinds.get(stat.S_IFMT(info.external_attr >> 16), "special")
            entries.append((name.removesuffix("/"), kind, info, info.date_time))
        yield _Archive(entries, copy)


def _slashes(name):
    """The name of an entry; old Windows tools write backslashes."""
    return name.replace("\\", "/")


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


def _unpack(archive, info, out, most):
    """Write the bytes of an entry, if they are what the zip says of them and not too many."""
    if info.flag_bits & 0x1:
        raise Refused("it is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a bound
        raise Refused(f"it is compressed by method {info.compress_type}; use the usual one (deflate)")
    # zipfile would cut the content to the quoted size; it looks ahead by up to 4 KiB.
    quoted, info.file_size = info.file_size, most + 2**17
    try:
        if quoted > most or info.compress_size > 2 * most:
            raise Refused(f"it is larger than {most // 2**20} MiB")
        with _sound(""), archive.open(info) as file:
            size = _copied(file, out, most)
    finally:
        info.file_size = quoted
    if size != quoted:
        raise Refused(f"it is damaged (it has {size} bytes, where the zip says {quoted})")
