"""Zips and tars as trees. Nothing that an archive says about itself is trusted."""

import copy
import functools
import gzip
import io
import itertools
import re
import stat
import tarfile
import threading
import time
import weakref
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from fls_teach.autograder.intake import sources
from fls_teach.autograder.intake.file_names import LONGEST, is_archive, match_file_name, not_taken
from fls_teach.autograder.intake.sources import PROBLEMS, Item, Refused, TooLarge, Tree, Unreadable, go_on
from fls_teach.characters import one_line

MAX_ARCHIVES = 8  # opened for one submission
_ZIP_KINDS = {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "link"}


def tree_at(path: Path, kind: str) -> Tree:
    """Return the tree at a path of kind "folder" or "archive"; for a "file", that of the folder around it."""
    if kind == "archive":
        return inside(sources.FolderTree(path.parent), (path.name, ""))[0]
    return sources.FolderTree(path if kind == "folder" else path.parent)


def inside(tree: Tree, at: tuple[str, ...]) -> tuple[Tree, tuple[str, ...]]:
    """Return the tree that a path leads to, and the path in it. An empty part leads into the archive before it."""
    while "" in at:
        end = at.index("")
        found = tree.named(at[:end])
        if not found:
            raise Refused("it has been replaced since it was found")
        tree, at = _kept(found[0]), at[end + 1 :]
    return tree, at


_open: dict[object, "ArchiveTree"] = {}
_lock = threading.Lock()


def _kept(item):
    """Return the tree of an archive, kept open: many people's work may lie in it, and listing it takes long."""
    with _lock:
        key = item.tree.key(item.handle)
        _open[key] = tree = _open.pop(key, None) or tree_in(item, sources.MAX_UNPACKED_BYTES)
        while len(_open) > 1 and sum(each.cost for each in _open.values()) > 1:
            del _open[next(iter(_open))]
    return tree


def tree_in(item: Item, most: int) -> "ArchiveTree":
    """Return the tree of an archive that lies in another tree; unpacking it may take at most `most` bytes.

    Its first bytes decide the format, and its name only if they do not.
    """
    with ExitStack() as stack:
        file, copied = stack.enter_context(item.tree.file(item.handle, most)), 0
        if isinstance(item.tree, ArchiveTree):
            copied = file.seek(0, io.SEEK_END)
            file.seek(0)
        head = file.read(512)
        file.seek(0)
        if head.startswith((b"BZh", b"\xfd7zXZ", b"Rar!", b"7z\xbc\xaf")):
            raise Refused("it is an archive of a kind that is not opened; zip, tar and tar.gz are")
        is_tar = head[257:262] == b"ustar" or item.parts[-1].casefold().endswith((".tar", ".tgz", ".tar.gz"))
        if head.startswith(b"\x1f\x8b"):
            is_tar = True
            with _sound("tar.gz"), gzip.GzipFile(fileobj=file) as unpacked:
                file = stack.enter_context(sources.copied(unpacked, most - copied))
            copied += file.seek(0, io.SEEK_END)
            file.seek(0)
        tree = ArchiveTree(_tar_entries(file) if is_tar else _zip_entries(file), copied)
        weakref.finalize(tree, stack.pop_all().close)
    return tree


def opened(items: list[Item], expected: tuple[str, ...]) -> tuple[list[Item], list[str]]:
    """Return the items in the archives among `items`, also in archives within them, and notes on unreadable ones."""
    found, refused, count, left = [*items], list[str](), 0, sources.MAX_UNPACKED_BYTES
    for item in found:  # which grows
        if not is_archive(item.parts[-1]) or item.problem or match_file_name(item.parts[-1], expected):
            continue
        count += 1
        try:
            if count > MAX_ARCHIVES:
                raise Refused(f"{MAX_ARCHIVES} archives were opened before")
            inner = tree_in(item, left)
            left -= inner.copied
            found += [replace(each, parts=item.parts + each.parts, archive=item.parts) for each in inner.items()]
        except Refused as reason:
            before = "with the archives before it, " * (count > 1 and isinstance(reason, TooLarge))
            reason = f"{before}{sources.too_large(sources.MAX_UNPACKED_BYTES)}" if before else reason
            refused.append(not_taken(item.parts, reason))
    return found[len(items) :], refused


class _Entry(NamedTuple):
    """An entry of an archive, as the archive describes it; `kind` is "folder", "file", "link" or "special"."""

    name: str
    kind: str
    time: tuple
    size: int
    packed_size: int
    problem: str
    open: Callable


class ArchiveTree(Tree):
    """An archive, by its entries. While it is open it takes `copied` bytes on the disk."""

    def __init__(self, entries: Iterable[_Entry], copied: int) -> None:
        self.copied, self._lock = copied, threading.Lock()
        self._entries = list(itertools.islice(entries, sources.MAX_ENTRIES + 1))
        if len(self._entries) > sources.MAX_ENTRIES:
            raise Refused(sources.MANY)
        # The share of disk, memory and open files that it takes; open archives may take 1 together.
        self.cost = copied / sources.MAX_UNPACKED_BYTES + len(self._entries) / (4 * sources.MAX_ENTRIES) + 1 / 64
        self.newest = max((each.time for each in self._entries if each.kind != "folder"), default=())
        self._children = defaultdict(lambda: defaultdict(set))  # folder -> name -> (kind, handle)
        for number, entry in enumerate(self._entries):
            go_on()
            self._place(number, entry.name.replace("\\", "/"), entry.kind)  # old Windows tools write backslashes

    def _place(self, number, name, kind):
        """Add an entry, and the folders around it, to `_children`."""
        parts = tuple(part for part in name.removesuffix("/" * (kind == "folder")).split("/") if part != ".")
        outside = not parts or ".." in parts or "" in parts or parts[0][1:2] == ":"
        if outside and kind != "folder":
            parts, kind = (name.rstrip("/") or ".",), "outside"
        elif outside or len(parts) > 2 * sources.MAX_DEPTH:
            return
        *above, own = parts
        self._children[(*above,)][own].add((kind, -1 if kind == "folder" else number))
        for k, folder in enumerate(above):
            self._children[parts[:k]][folder].add(("folder", -1))

    def children(self, at: tuple[str, ...] = (), most: int = 0) -> list[tuple[str, str, Any]]:
        return sorted((name, *each) for name, found in self._children[at].items() for each in found)

    def named(self, parts: tuple[str, ...]) -> list[Item]:
        found = sorted(self._children[parts[:-1]].get(parts[-1], ()))
        return [Item(parts, PROBLEMS[kind], self, handle) for kind, handle in found if kind != "folder"]

    def key(self, handle: int) -> tuple["ArchiveTree", int]:
        return self, handle

    @contextmanager
    def file(self, handle: int, most: int) -> Iterator[BinaryIO]:
        entry = self._entries[handle]
        if entry.problem:
            raise Refused(entry.problem)
        if entry.size > most or entry.packed_size > 2 * most:
            raise sources.too_large(most)
        with ExitStack() as stack:
            with _sound(""), self._lock, entry.open() as content:
                file = stack.enter_context(sources.copied(content, most))
            size = file.seek(0, io.SEEK_END)
            if size != entry.size:
                raise Refused(f"it is damaged (it has {size} bytes, where the archive says {entry.size})")
            file.seek(0)
            yield file


@contextmanager
def _sound(kind):
    """Turn whatever the standard library raises for a damaged archive, which is almost anything, into `Refused`."""
    try:
        yield
    except (Refused, Unreadable):
        raise
    except Exception as error:
        words = one_line(str(error) or type(error).__name__)
        what = f"it is not a {kind} or a damaged one" if kind else "it is damaged"
        raise Refused(f"{what} ({words})") from None


_PER_ENTRY = 8 * tarfile.BLOCKSIZE  # its header, and usually another one before it with a block or two of records
_RECORD = re.compile(rb"(\d{1,7}) [^=]*=")  # in a header of records: its length in bytes, its name


class _Listing:
    """A tar file while `tarfile` lists it: bounds what is read per entry."""

    def __init__(self, file):
        self._file, self.left = file, sources.MAX_CONTENTS_BYTES
        self.seek, self.tell = file.seek, file.tell

    def read(self, size=-1):
        data = self._file.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise Refused(sources.LONG)
        return data


class _Member(tarfile.TarInfo):
    """An entry whose records are checked before `tarfile` parses them: on malformed ones it may spend hours."""

    def _proc_pax(self, archive):
        start = archive.fileobj.tell()
        data, at = archive.fileobj.read(self.size).rstrip(b"\0"), 0
        while at < len(data):
            record = _RECORD.match(data, at)
            end = at + int(record[1]) if record else 0
            if not record or record.end() > end or data[end - 1 : end] != b"\n":
                raise Refused("it is damaged (a record in it is not one)")
            at = end
        if any(len(digits) > LONGEST for digits in re.findall(rb"\d+", data)):
            raise Refused("it is damaged (a number in it is too long)")
        archive.fileobj.seek(start)
        return super()._proc_pax(archive)


def _tar_entries(file):
    """Yield the entries of a tar."""
    with _sound("tar"):
        listing = _Listing(file)
        archive = tarfile.TarFile(fileobj=listing, tarinfo=_Member)
        for member in archive:
            listing.left = min(listing.left + _PER_ENTRY, sources.MAX_CONTENTS_BYTES)
            kind = "folder" if member.isdir() else "link" if member.issym() or member.islnk() else "special"
            kind = "file" if member.isreg() and not member.issparse() else kind
            when, content = time.gmtime(member.mtime % 2**33)[:6], functools.partial(archive.extractfile, member)
            yield _Entry(member.name, kind, when, member.size, 0, "", content)
        archive.fileobj = file
        file.seek(archive.offset)  # tarfile takes a damaged header for the end of the archive
        if file.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise Refused("it is damaged (an entry in it is not one)")


def _zip_entries(file):
    """Yield the entries of a zip."""
    with _sound("zip"):
        archive = zipfile.ZipFile(file)
    infos = archive.infolist()
    shared = _overlapping(infos)
    for info in infos:
        name = _zip_name(info)
        kind = (
            "folder" if name.endswith(("/", "\\")) else _ZIP_KINDS.get(stat.S_IFMT(info.external_attr >> 16), "special")
        )
        whole = copy.copy(info)
        whole.file_size = 2**62  # or zipfile would cut the content at the size that the zip says
        content = functools.partial(archive.open, whole)
        problem = _zip_problem(info, shared)
        yield _Entry(name, kind, info.date_time, info.file_size, info.compress_size, problem, content)


def _zip_name(info):
    """Return the whole name, which zipfile cuts at a NUL. Names without the UTF-8 flag often are UTF-8, not cp437."""
    try:
        return info.orig_filename if info.flag_bits & 0x800 else info.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return info.orig_filename


def _overlapping(infos):
    """Return the offsets of entries that overlap; no honest tool writes such, but zip bombs do."""
    shared, end, last = set(), -1, None
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            shared |= {info.header_offset, last}
        reaches = info.header_offset + zipfile.sizeFileHeader + len(info.orig_filename) + info.compress_size
        if reaches > end:
            end, last = reaches, info.header_offset
    return shared


def _zip_problem(info, shared):
    if info.header_offset in shared:
        return "it shares its place in the zip with another entry"
    if info.flag_bits & 0x1:
        return "it is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # other methods unpack without a bound
        return f"it is compressed by method {info.compress_type}; use the usual one (deflate)"
    return ""
