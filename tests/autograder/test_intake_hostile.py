"""Folders and zips that were made to harm: a clear verdict, other people's work unread, bounded time and memory."""

import errno
import gzip
import io
import os
import re
import shutil
import socket
import stat
import struct
import tarfile
import time
import tracemalloc
import warnings
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.autograder.intake import archives, by_pattern, sources
from fls_teach.autograder.intake.collect import collect, holds_work
from fls_teach.autograder.intake.file_names import is_work, match_file_name
from fls_teach.autograder.intake.sources import Unreadable
from fls_teach.autograder.intake.submission import Submission
from fls_teach.course.registry import CourseError, exercises
from fls_teach.sandbox.source import MAX_SOURCE_BYTES

EIGHT, NINE = "08_bayes_error", "09_decomposition"
FILE, OTHER = f"{EIGHT}.py", f"{NINE}.py"
LIST_ENTRY, END = 46, 22  # bytes of an entry of the list of contents, without its name, and of the end record


def only(path):
    """The one submission at `path`, read."""
    (entry,) = collect([path], exercises())
    return entry.read()


@pytest.fixture
def zipped(tmp_path):
    """Read a zip with these bytes, or with these (ZipInfo or name, data), next to an honest file."""

    def read(*entries, raw=None):
        if raw is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a name occurs twice
                buffer = io.BytesIO()
                with zipfile.ZipFile(buffer, "w") as archive:
                    archive.writestr(OTHER, b"honest")
                    for name, data in entries:
                        archive.writestr(name, data, None if isinstance(name, zipfile.ZipInfo) else 8)
            raw = buffer.getvalue()
        (tmp_path / "a.zip").write_bytes(raw)
        return only(tmp_path / "a.zip")

    return read


def honest_zip(data=b"x = 1\n" * 50, method=zipfile.ZIP_DEFLATED):
    """A zip of one exercise, to be spoilt."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(FILE, data)
    return bytearray(buffer.getvalue())


def refused(submission, *words, kept=()):
    """Assert that only the honest files are left, and that a note says why."""
    assert submission.files == dict.fromkeys(kept, b"honest")
    text = " | ".join(submission.notes)
    assert all(word in text for word in words), text
    assert all(note.isprintable() and len(note) < 400 for note in submission.notes)
    return True


# Paths and kinds of entries


@pytest.mark.parametrize(
    "name",
    [f"../{FILE}", f"/{FILE}", f"//server/{FILE}", f"C:/{FILE}", f"C:\\{FILE}", f"..\\{FILE}", f"{EIGHT}/../{FILE}"],
)
def test_paths_that_lead_out_of_a_zip(name, zipped):
    assert refused(zipped((name, b"bad")), "leads out of the archive", kept=[NINE])


def test_a_path_that_leads_out_is_no_top_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(f"../{FILE}", b"bad")
        archive.writestr(f"work/{OTHER}", b"honest")
    assert refused(only(tmp_path / "a.zip"), "leads out of the archive", kept=[NINE])


def test_backslashes_of_old_windows_tools_are_understood(zipped):
    assert zipped((f"{EIGHT}\\{FILE}", b"fine")).files == {EIGHT: b"fine", NINE: b"honest"}


@pytest.mark.parametrize("kind, word", [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "ordinary"), (stat.S_IFCHR, "ordinary")])
def test_links_and_devices_in_a_zip(kind, word, zipped):
    info = zipfile.ZipInfo(FILE)
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    assert refused(zipped((info, b"../bob/" + FILE.encode())), word, kept=[NINE])


@pytest.mark.parametrize("person", ["hw-{}", "u{}"])
@pytest.mark.parametrize("inner", [("exercises",), ("exercises", "old")])
@pytest.mark.parametrize("packed", [False, True])
def test_one_person_with_many_folders_makes_no_sections_of_others(packed, inner, person, tmp_path):
    """Catches honest people who all become one row, called as the folder in which each has the exercise."""
    for k in range(4):
        folders = (*inner, *"abcdefgh") if k == 3 else inner
        place = tmp_path / person.format(k if person == "u{}" else "wxyz"[k])
        for folder in folders:
            (place / folder).mkdir(parents=True)
            (place / folder / FILE).write_text(f"{k}")
        if packed:
            with zipfile.ZipFile(place.with_suffix(".zip"), "w") as archive:
                for folder in folders:
                    archive.write(place / folder / FILE, f"{folder}/{FILE}")
            shutil.rmtree(place)
    read = [entry.read() for entry in collect([tmp_path], exercises())]
    assert [entry.files for entry in read] == [{EIGHT: f"{k}".encode()} for k in range(4)]


def test_one_name_twice_in_a_zip(zipped):
    assert refused(zipped((FILE, b"one"), (FILE, b"two")), "claim to be the same exercise", kept=[NINE])


@pytest.mark.parametrize(
    "name", [f"{FILE}\0.txt", f"{EIGHT}\u202eyp.py", f"\ud800{FILE}", "\x1b[2J8.py", f"\x07{FILE}"]
)
def test_names_in_every_encoding(name, zipped, monkeypatch):
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name
    monkeypatch.setattr(
        zipfile.ZipInfo, "_encodeFilenameFlags", lambda self: (self.filename.encode("utf-8", "surrogatepass"), 0x800)
    )
    submission = zipped((info, b"bad"))
    assert refused(submission, kept=[] if "\ud800" in name else [NINE])  # no text at all: the zip is damaged


# Sizes


@contextmanager
def peak_below(limit):
    """Assert that the block needs less memory."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def test_a_bomb_is_not_unpacked(zipped):
    assert refused(zipped((FILE, bytes(10**8))), "larger than 1 MiB", kept=[NINE])


def spoil(raw, offset, form, *values):
    """Overwrite fields of the only entry in the list of contents."""
    struct.pack_into(form, raw, raw.rindex(b"PK\1\2") + offset, *values)
    return raw


@pytest.mark.parametrize("quoted", [0, 5, MAX_SOURCE_BYTES])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_size_that_lies_is_found_out_by_what_is_unpacked(quoted, method, zipped):
    large = spoil(honest_zip(bytes(10**7), method), 24, "<I", quoted)
    with peak_below(8 * 2**20):
        assert refused(zipped(raw=large), "larger than 1 MiB")
    small = spoil(honest_zip(b"x = 1\n", method), 24, "<I", quoted)
    assert refused(zipped(raw=small), "it has 6 bytes, where the archive says")


def test_a_size_that_lies_with_the_checksum_of_its_beginning(zipped):
    """zipfile alone would return the first bytes, and every unzip tool others."""
    raw = spoil(honest_zip(b"x = 1\nx = 2\n"), 16, "<III", zlib.crc32(b"x = 1\n"), 14, 6)
    assert refused(zipped(raw=raw), "damaged")


def test_exactly_one_mebibyte_is_fine_and_one_byte_more_is_not(zipped, tmp_path):
    data = os.urandom(MAX_SOURCE_BYTES)
    assert zipped((FILE, data)).files[EIGHT] == data
    assert refused(zipped((FILE, data + b"x")), "larger than 1 MiB", kept=[NINE])
    (tmp_path / FILE).write_bytes(data)
    assert only(tmp_path / FILE).files == {EIGHT: data}
    (tmp_path / FILE).write_bytes(data + b"x")
    assert refused(only(tmp_path / FILE), "larger than 1 MiB")


def test_a_list_of_ten_million_entries_is_not_read(tmp_path):
    size = 10**7 * (LIST_ENTRY + 1)
    with open(tmp_path / "a.zip", "wb") as file:
        file.truncate(size)  # sparse
        file.seek(size)
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, size, 0, 0))
    with peak_below(8 * 2**20):
        assert refused(only(tmp_path / "a.zip"), "list of contents is too long")


def test_more_entries_than_any_course_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_ENTRIES", 3)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in (FILE, "a", "b", "c"):
            archive.writestr(name, b"")
    assert refused(only(tmp_path / "a.zip"), "too many entries")


# Damage


@pytest.mark.parametrize(
    "raw",
    [b"", b"PK\5\6", b"\x1f\x8b not a zip", bytes(honest_zip()[:-30]), bytes(honest_zip()[20:])],
    ids=["empty", "two letters", "gzip", "no end", "no beginning"],  # the zips hold the time of day
)
def test_what_is_no_zip(raw, zipped):
    submission = zipped(raw=raw)
    assert submission.files == {} and len(submission.notes) == 2


@pytest.mark.parametrize(
    "offset, form, values, word",
    [
        (8, "<H", [1], "encrypted"),
        (8, "<H", [0x41], "encrypted"),
        (8, "<H", [0x20], "damaged"),
        (10, "<H", [9], "method 9"),
        (10, "<H", [14], "method 14"),
        (10, "<H", [12], "method 12"),
        (10, "<H", [0], "damaged"),
        (16, "<I", [1], "damaged"),
        (20, "<I", [3], "damaged"),
        (20, "<I", [2**31], "larger than 1 MiB"),
        (42, "<I", [7], "damaged"),
        (42, "<I", [2**31], "damaged"),
        (6, "<H", [99], "damaged"),
        (28, "<H", [5], "damaged"),
    ],
)
def test_every_field_of_an_entry_spoilt(offset, form, values, word, zipped):
    assert refused(zipped(raw=spoil(honest_zip(), offset, form, *values)), word)


def test_entries_that_overlap(zipped):
    """As in Fifield's bomb: one entry's data holds the other entry."""
    inner = zipfile.ZipInfo(OTHER)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(inner, b"y = 2\n")
    local = buffer.getvalue()[: 30 + len(OTHER) + 6]
    raw = honest_zip(local, zipfile.ZIP_STORED)
    entry = buffer.getvalue()[len(local) : len(local) + LIST_ENTRY + len(OTHER)]
    entry = entry[:42] + struct.pack("<I", 30 + len(FILE)) + entry[LIST_ENTRY:]
    start = raw.rindex(b"PK\1\2", 0, len(raw) - END)
    listed = bytes(raw[start:-END]) + entry
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(listed), start, 0)
    assert refused(zipped(raw=bytes(raw[:start]) + listed + end), "shares its place in the zip")


def test_a_zip64_is_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, archive.open(FILE, "w", force_zip64=True) as file:
        file.write(b"fine")
    assert only(tmp_path / "a.zip").files == {EIGHT: b"fine"}


def checked(submission, contents=None):
    """Whatever went in, only expected names and bounded bytes come out."""
    assert set(submission.files) <= {exercise.name for exercise in exercises()}
    assert all(type(data) is bytes and len(data) <= MAX_SOURCE_BYTES for data in submission.files.values())
    assert submission.files or submission.notes
    assert all(note.isprintable() for note in submission.notes) and len(submission.notes) <= 21
    assert contents is None or all(data == contents[name] for name, data in submission.files.items())


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_as_a_zip(tmp_path_factory, data, ended):
    path = tmp_path_factory.getbasetemp() / "any.zip"
    path.write_bytes(data + (b"PK\5\6" + data[:18] if ended else b""))
    checked(only(path))


CONTENTS = {EIGHT: b"x = 1\n" * 9, NINE: bytes(range(200))}


@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6), st.booleans()
)
def test_any_change_to_a_zip(tmp_path_factory, changes, in_contents):
    """A file either comes out as it went in (the checksum covers it) or not at all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in CONTENTS.items():
            archive.writestr(f"{name}/{name}.py", data)
        start = archive.fp.tell() if in_contents else 0
    raw = bytearray(buffer.getvalue())
    for where, value in changes:
        raw[start + int(where * (len(raw) - start))] = value
    path = tmp_path_factory.getbasetemp() / "changed.zip"
    path.write_bytes(raw)
    checked(only(path), CONTENTS)


# Folders


@pytest.fixture
def folder(tmp_path):
    """A submission with one honest file, and a secret beside it."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / OTHER).write_bytes(b"honest")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / FILE).write_bytes(b"another's work")
    return tmp_path / "a"


@pytest.mark.parametrize("target", [f"../secret/{FILE}", "/dev/zero", "nowhere", FILE, OTHER])
def test_links_to_files_are_not_followed(target, folder):
    (folder / FILE).symlink_to(target)
    assert refused(only(folder), f"'{FILE}' was not taken: it is a link", kept=[NINE])


@pytest.mark.parametrize("name", [EIGHT, "work"])
def test_links_to_folders_are_not_followed(name, folder):
    (folder / name).symlink_to("../secret")
    assert refused(only(folder), f"'{name}' was not taken: it is a link", kept=[NINE])


def test_a_link_in_a_batch_is_nobodys_work(folder, tmp_path):
    (tmp_path / "bob").symlink_to("secret")
    (tmp_path / "carl.zip").symlink_to("nowhere")
    submissions = {entry.name: entry.read() for entry in collect([tmp_path], exercises())}
    assert submissions["a"].files and submissions["secret"].files
    assert refused(submissions["bob"], "link") and refused(submissions["carl.zip"], "link")


def test_pipes_sockets_and_folders_are_not_read(folder, tmp_path, monkeypatch):
    os.mkfifo(folder / FILE)
    assert refused(only(folder), "not an ordinary file", kept=[NINE])
    (folder / FILE).unlink()
    monkeypatch.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(FILE)
        assert refused(only(folder), "not an ordinary file", kept=[NINE])
    (folder / FILE).unlink()
    (folder / FILE).mkdir()
    assert refused(only(folder), kept=[NINE])


def exchange(what):
    """Put a link or a pipe in the place of a path."""

    def to_link(path):
        path.rename(path.with_name("gone"))
        path.symlink_to(path.parent.parent / "secret" / (FILE if path.name == FILE else ""))

    def to_pipe(path):
        path.rename(path.with_name("gone"))
        os.mkfifo(path)

    return {"link": to_link, "pipe": to_pipe}[what]


@pytest.mark.parametrize("what, place", [("link", FILE), ("pipe", FILE), ("link", EIGHT), ("pipe", EIGHT)])
def test_a_change_between_looking_and_opening_gains_nothing(what, place, folder, monkeypatch):
    """Everything lies still while it is listed, and is exchanged right after."""
    inside = folder / place / FILE if place == EIGHT else folder / FILE
    inside.parent.mkdir(exist_ok=True)
    inside.write_bytes(b"own work")
    (entry,), listed = collect([folder], exercises()), sources.FolderTree.items

    def then_exchange(*args):
        items = listed(*args)
        exchange(what)(folder / place)
        return items

    monkeypatch.setattr(sources.FolderTree, "items", then_exchange)
    assert refused(entry.read(), f"{FILE}' was not taken", kept=[NINE])


def test_a_submission_exchanged_after_it_was_found(folder):
    (entry,) = collect([folder], exercises())
    folder.rename(folder.with_name("gone"))
    with pytest.raises(Unreadable, match="'a' cannot be read .No such file"):
        entry.read()
    folder.symlink_to("secret")
    assert refused(entry.read(), "'a' was not taken")


def act(monkeypatch, denied, error):
    """Have `os.open` fail on what is called so: root may read everything."""
    really = os.open

    def acted(name, *args, **kwargs):
        if os.path.basename(name) == denied:
            raise OSError(error, os.strerror(error), name)
        return really(name, *args, **kwargs)

    monkeypatch.setattr(os, "open", acted)
    monkeypatch.setattr(os, "supports_dir_fd", {acted})


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO, errno.EMFILE])
@pytest.mark.parametrize("denied", [FILE, EIGHT, "a", "b.zip"])
def test_what_this_machine_cannot_read_is_not_taken_for_missing(denied, error, folder, tmp_path, monkeypatch):
    (folder / EIGHT).mkdir()
    (folder / (FILE if denied == FILE else f"{EIGHT}/{FILE}")).write_bytes(b"own work")
    (tmp_path / "b.zip").write_bytes(honest_zip())
    act(monkeypatch, denied, error)
    (entry,) = [each for each in collect([tmp_path], exercises()) if each.name == ("b" if denied == "b.zip" else "a")]
    with pytest.raises(Unreadable, match=f"'{denied}' cannot be read .{os.strerror(error)}"):
        entry.read()


def test_a_path_that_cannot_be_read_is_refused(folder, monkeypatch):
    act(monkeypatch, "a", errno.EACCES)
    with pytest.raises(CourseError, match="'a' cannot be read .Permission denied"):
        collect([folder], exercises())


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_disk_that_fails_within_a_zip_is_no_damaged_zip(after, tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_bytes(honest_zip(os.urandom(100_000)))
    (entry,) = collect([tmp_path / "a.zip"], exercises())
    reads = []

    class Failing(io.FileIO):
        def readinto(self, buffer):
            reads.append(buffer)
            if len(reads) > after:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().readinto(buffer)

    os.utime(tmp_path / "a.zip", (1, 1))  # so it is opened anew
    monkeypatch.setattr(io, "FileIO", Failing)
    with pytest.raises(Unreadable, match="'a.zip' cannot be read .Input/output error"):
        entry.read()


def test_a_heap_of_files_hides_no_exercise(folder, monkeypatch):
    monkeypatch.setattr(sources, "MAX_ENTRIES", 12)
    for name in ("0 data", EIGHT):
        (folder / name).mkdir()
    for k in range(9):  # just as many as may be listed, if they come first
        (folder / "0 data" / f"{k}.dat").write_bytes(b"")
    (folder / EIGHT / FILE).write_bytes(b"honest")
    assert refused(only(folder), "'0 data' was not taken: it holds too many entries", kept=[EIGHT, NINE])
    for k in range(12):
        (folder / f"{k}.dat").write_bytes(b"")
    assert refused(only(folder), "'a' was not taken: it holds too many entries")


def test_deep_folders_cost_nothing(folder, monkeypatch):
    """A virtual environment that was handed in with the rest."""
    monkeypatch.setattr(sources, "MAX_ENTRIES", 12)
    for k in range(20):
        (folder / "venv" / "lib" / str(k)).mkdir(parents=True)
    assert only(folder).files == {NINE: b"honest"} and not only(folder).notes


def test_folders_in_folders_are_looked_into_once(tmp_path, monkeypatch):
    """Catches time that doubles with each folder in another, where a zip lies beside it."""
    within, looked, children = tmp_path / "all", [], sources.FolderTree.children
    for _ in range(12):
        within /= "deep"
        within.mkdir(parents=True)
        (within / "a.zip").write_bytes(honest_zip())
    monkeypatch.setattr(sources.FolderTree, "children", lambda tree, *at: looked.append(at) or children(tree, *at))
    assert len(collect([tmp_path], exercises())) == 1
    assert len(looked) < 280


@pytest.mark.parametrize("name", [FILE, EIGHT])
@pytest.mark.parametrize("what", ["link", "pipe"])
def test_what_only_looks_like_an_exercise_does_not_swallow_a_batch(what, name, folder, tmp_path):
    """A link to nowhere, at the top, used to turn the whole batch into one submission without files."""
    (tmp_path / name).symlink_to("nowhere") if what == "link" else os.mkfifo(tmp_path / name)
    found = {entry.name: entry.read() for entry in collect([tmp_path], exercises())}
    assert found["a"].files and found["secret"].files and len(found) == 3


def test_whether_a_folder_holds_work_is_seen_without_following_links(tmp_path):
    """Path.glob followed them: it raised for a name too long, and took for ever in circles."""
    assert not holds_work(tmp_path, exercises())
    (tmp_path / "long").symlink_to("x" * 300)
    for k in range(1000):
        (tmp_path / f"circle-{k}").symlink_to(".")
    (tmp_path / "alice").mkdir()
    (tmp_path / "alice" / "record.json").write_text("{}")
    start = time.monotonic()
    assert not holds_work(tmp_path, exercises()) and time.monotonic() - start < 5
    (tmp_path / "alice" / "x.ipynb").symlink_to("nowhere")
    assert holds_work(tmp_path, exercises())
    assert holds_work(tmp_path / "long", exercises()), "who cannot be looked into is graded, which says why"


# Tars, and archives in archives


@pytest.fixture
def tarred(tmp_path):
    """Read a tar of (TarInfo or name, data) next to an honest file, or of these bytes."""

    def read(*entries, raw=None, mode="w", form=tarfile.GNU_FORMAT):
        if raw is None:
            buffer = io.BytesIO()
            with tarfile.open(fileobj=buffer, mode=mode, format=form) as archive:
                for name, data in [(OTHER, b"honest"), *entries]:
                    info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
                    info.size = info.size or len(data)
                    archive.addfile(info, io.BytesIO(data))
            raw = buffer.getvalue()
        (tmp_path / "a.tar").write_bytes(raw)
        return only(tmp_path / "a.tar")

    return read


def special(kind, target=""):
    """An entry that is no file."""
    info = tarfile.TarInfo(FILE)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", [f"../{FILE}", f"/{FILE}", f"C:/{FILE}", f"..\\{FILE}", f"{EIGHT}/../{FILE}"])
def test_paths_that_lead_out_of_a_tar(name, form, tarred):
    assert refused(tarred((name, b"bad"), form=form), "leads out of the archive", kept=[NINE])


@pytest.mark.parametrize(
    "kind, target, word",
    [
        (tarfile.SYMTYPE, "/etc/passwd", "link"),
        (tarfile.LNKTYPE, OTHER, "link"),
        (tarfile.LNKTYPE, "/etc/passwd", "link"),
        (tarfile.CHRTYPE, "", "ordinary"),
        (tarfile.BLKTYPE, "", "ordinary"),
        (tarfile.FIFOTYPE, "", "ordinary"),
    ],
)
def test_links_and_devices_in_a_tar(kind, target, word, tarred):
    assert refused(tarred((special(kind, target), b"")), word, kept=[NINE])


@pytest.mark.parametrize("name", [f"{EIGHT}\u202eyp.py", f"\x1b[2J{FILE}", f"\x07{FILE}", f"{FILE}\0.txt"])
def test_names_in_a_tar_that_hide_something(name, tarred):
    submission = tarred((name, b"bad"), form=tarfile.PAX_FORMAT)
    assert set(submission.files) <= {NINE, EIGHT} and all(note.isprintable() for note in submission.notes)
    assert (EIGHT in submission.files) == ("\0" in name), "a tar ends a name there, and so do all that read it"


def test_a_sparse_file_in_a_tar_is_none(tarred):
    """Some hundred bytes that would unpack to a tebibyte."""
    info = tarfile.TarInfo(FILE)
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(2**40)}
    info.pax_headers["GNU.sparse.name"] = FILE
    with peak_below(8 * 2**20):
        assert refused(tarred((info, b"1\n0\n1\n".ljust(512, b"\0")), form=tarfile.PAX_FORMAT), "ordinary", kept=[NINE])


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_tar_that_quotes_a_long_header_is_not_believed(kind, tarred):
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 2**33 - 1
    with peak_below(8 * 2**20):
        submission = tarred(raw=info.tobuf(tarfile.GNU_FORMAT) + bytes(2**16))
    assert submission.files == {} and submission.about["review"]


@pytest.mark.parametrize("size", [2**20 + 1, 2**34, 2**60])
def test_a_size_in_a_tar_that_lies(size, tarred):
    """What the next header would be lies far behind the end."""
    info = tarfile.TarInfo(FILE)
    info.size = size
    submission = tarred(raw=info.tobuf(tarfile.GNU_FORMAT) + b"x = 1\n".ljust(512, b"\0") + bytes(1024))
    assert submission.files == {} and "not a tar or a damaged one" in submission.about["review"][0]


def test_a_tar_that_is_damaged_in_the_middle_does_not_end_there(tarred):
    """tarfile takes a damaged header for the end, and whoever comes behind it would be lost."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in (OTHER, FILE):
            archive.addfile(tarfile.TarInfo(name))
    raw = bytearray(buffer.getvalue())
    raw[512:520] = b"\xff" * 8
    assert refused(tarred(raw=bytes(raw)), "an entry in it is not one")


def with_records(body):
    """A tar of a file with a header of these records before it."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(body)
    padding = bytes(-len(body) % 512)
    return info.tobuf(tarfile.USTAR_FORMAT) + body + padding + tarfile.TarInfo(FILE).tobuf() + bytes(1024)


@pytest.mark.parametrize(
    "body, words",
    [
        (b"1" * 2**12, "a record in it is not one"),
        (b"2 " * 2**11 + b"=", "a record in it is not one"),
        (b"0 a=b\n", "a record in it is not one"),
        (b"7 a=bc", "a record in it is not one"),
        (b"4096 a=" + b"1" * 4088 + b"\n", "a number in it is too long"),
        (b"10 abcd=e\n" * (3 * 2**17), "list of contents is too long"),
    ],
)
def test_records_that_tarfile_takes_hours_to_read(body, words, tarred):
    """Expressions of tarfile take the square of their length: 3 MiB of digits, 3 KiB packed, would stop a batch."""
    assert refused(tarred(raw=with_records(body)), words)


def test_records_of_an_honest_tar(tarred):
    """A long path and the attributes that some systems add are no reason to refuse a tar."""
    info = tarfile.TarInfo(f"{'sub' * 60}/{FILE}")
    info.pax_headers = {"SCHILY.xattr.user.note": "x" * 5000, "mtime": "1741000000.123456789"}
    assert set(tarred((FILE, b"fine"), form=tarfile.PAX_FORMAT).files) == {EIGHT, NINE}
    assert set(tarred((info, b"fine"), form=tarfile.PAX_FORMAT).files) == {EIGHT, NINE}


def test_a_time_in_a_tar_that_is_none(tarred):
    for time_of_it in (-(2.0**70), 2.0**70, 1e300):
        info = tarfile.TarInfo(FILE)
        info.mtime = time_of_it
        assert set(tarred((info, b"fine"), form=tarfile.PAX_FORMAT).files) == {EIGHT, NINE}


@pytest.mark.parametrize("layers", [1, 2])
def test_a_gzip_bomb_is_not_unpacked_to_its_end(layers, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_UNPACKED_BYTES", 2**22)
    bomb = bytes(10**8)
    for _ in range(layers):
        bomb = gzip.compress(bomb, 1)
    (tmp_path / "a.tar.gz").write_bytes(bomb)
    with peak_below(8 * 2**20):
        submission = only(tmp_path / "a.tar.gz")
    assert submission.files == {} and submission.about["review"]


def packed(**files):
    """The bytes of a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_archives_in_an_archive_share_what_is_unpacked(tmp_path, monkeypatch):
    """Eight tar.gz of 256 MiB in a zip of 7 KiB filled a disk with 2 GiB."""
    monkeypatch.setattr(sources, "MAX_UNPACKED_BYTES", 2**20)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in (("plot.png", bytes(600_000)), (FILE, b"x = 1")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    (tmp_path / "all.zip").write_bytes(packed(**{OTHER: b"", "a.tgz": buffer.getvalue(), "b.tgz": buffer.getvalue()}))
    submission = only(tmp_path / "all.zip")
    assert set(submission.files) == {EIGHT, NINE}
    assert "'b.tgz' was not taken: with the archives before it, it is larger than 1 MiB." in submission.notes


def test_a_zip_bomb_in_a_zip_is_not_unpacked_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_UNPACKED_BYTES", 2**22)
    (tmp_path / "all.zip").write_bytes(
        packed(**{OTHER: b"honest", "a.zip": packed(**{FILE: bytes(10**7)}), "b.zip": bytes(10**7)})
    )
    with peak_below(8 * 2**20):
        submission = only(tmp_path / "all.zip")
    words = "'b.zip' was not taken: with the archives before it, it is larger than 4 MiB", "larger than 1 MiB"
    assert refused(submission, *words, kept=[NINE])


def test_archives_in_archives_end_somewhere(zipped):
    """Each of which holds the next, or many beside one another."""
    nested = packed(**{FILE: b"deep"})
    for _ in range(30):
        nested = packed(**{"a.zip": nested})
    assert refused(zipped(("a.zip", nested)), "8 archives were opened before", kept=[NINE])
    many = zipped(*((f"{k}.zip", packed(**{"x.txt": b""})) for k in range(2000)))
    assert refused(many, "8 archives were opened before", kept=[NINE]) and len(many.notes) <= 21


def test_a_disk_without_room_is_no_fault_of_a_submission(zipped, monkeypatch):
    class Full(io.FileIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sources.tempfile, "TemporaryFile", lambda buffering: Full(os.memfd_create("full"), "r+"))
    with pytest.raises(Unreadable, match="No space left"):
        zipped(("a.zip", packed(**{FILE: b"x"})))


def test_paths_of_a_thousand_parts_cost_nothing(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(OTHER, b"honest")
        for k in range(60):
            archive.writestr(f"{k}/" + "a/" * 30_000 + FILE, b"")
    start = time.process_time()
    with peak_below(64 * 2**20):
        assert only(tmp_path / "a.zip").files == {NINE: b"honest"}
    assert time.process_time() - start < 5


SLOW = [
    "a_1" * 84,
    "a - " * 63,
    "1-1 - " + "a - " * 60,
    "1-1 - " + "1999" * 62,
    "x_attempt_" * 25,
    "2025-03-03_" * 23,
    "20250304_" * 25 + "bayes error x",
    "copy_" + "20250304_" * 25 + "bayes error x",
    "copy " * 50,
    "copy " * 48 + "co",
    "late submissions " * 14 + "x",
    "08_bayes_error_" * 16,
    "_" * 250,
    "08" + "_" * 240,
    "1" * 250,
    "a, (" * 62,
]


def test_no_name_takes_long_to_read(tmp_path):
    """Regular expressions can be made to try for ever."""
    for name in SLOW:
        (tmp_path / f"{name[:247]}.py").write_bytes(b"")
        (tmp_path / name[:250]).mkdir(exist_ok=True)
    start = time.process_time()
    for entry in collect([tmp_path], exercises()):
        checked(entry.read())
    for pattern in ("moodle", "blackboard", "brightspace", "canvas", "sakai", "ilias", "google", "vpl"):
        with suppress(CourseError):
            collect([tmp_path], exercises(), pattern=pattern)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "names",
    [[f"ada {'@' * 20_000}{k}" for k in range(2)], [f"ada v{k % 500} ({k // 500})" for k in range(1500)]],
    ids=["one long name", "many versions"],
)
def test_folders_of_one_person_are_compared_in_little_time(names, tmp_path):
    """Catches time that grows with the square: 2,000 folders in a zip took 13 s, and one name of 60,000 signs 300 s."""
    for person, folders in (("aa", names), ("bo", [EIGHT])):
        with zipfile.ZipFile(tmp_path / f"{person}.zip", "w") as archive:
            for each in folders:
                archive.writestr(f"{each}/", b"")
            archive.writestr(f"bo/{FILE}", b"x")
    start = time.process_time()
    assert [entry.name for entry in collect([tmp_path], exercises())] == ["aa", "bo"]
    assert time.process_time() - start < 3


@pytest.mark.parametrize("beside", [(), ("on time",)])
def test_a_folder_called_as_a_platform_s_does_not_speak_for_the_class(beside, tmp_path):
    """Catches a class in one folder that becomes one row, as one person's "Version 1" looks like Teams'."""
    for person in ("ada", "bo", "cy"):
        for place in ("late", *beside):
            folder = tmp_path / place / person / ("Version 1" if (place, person) == ("late", "cy") else "")
            folder.mkdir(parents=True)
            (folder / FILE).write_text(person)
    read = {entry.name: entry.read().files for entry in collect([tmp_path], exercises())}
    assert read == {person: {EIGHT: person.encode()} for person in ("ada", "bo", "cy")}


def test_many_files_of_one_person_take_no_longer_each(tmp_path):
    """Catches a search of the whole archive for each file: 19,000 files of a person's in a zip took minutes."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for k in range(4000):
            archive.writestr(f"Ada Lovelace_4711_assignsubmission_file_{k} {FILE}", str(k))
    (ada,) = collect([tmp_path / "a.zip"], exercises())
    assert len(ada.members) == 4000
    start = time.process_time()
    assert "more claim to be the same exercise" in ada.read().review[0]
    assert time.process_time() - start < 3


@pytest.mark.parametrize("folder", ["w/{}", "w"])
def test_candidates_beyond_the_limit_are_counted(folder, zipped):
    """Catches files that are passed over in silence: of 26 that differ, 6 were not mentioned, perhaps the latest."""
    many = zipped(*((f"{folder.format(k)}/{EIGHT} ({k}).py", str(k)) for k in range(10, 36)))
    assert EIGHT not in many.files and re.search("and (5|23) more claim to be the same", many.review[0])
    same = zipped(*((f"w/{k}/{EIGHT} (1).py", str(k // 35)) for k in range(10, 36)))
    assert same.files[EIGHT] == b"1", "of copies, one is read as well as 30"


@pytest.fixture
def slow(monkeypatch):
    """A zip of 12,000 names, with the limit of time set below what it takes to list them."""
    monkeypatch.setattr(sources, "MAX_SECONDS", 0.02)
    return packed(**{f"{k}.txt": b"" for k in range(12_000)}, **{FILE: b"bad"})


@pytest.mark.parametrize("path", ["ada.zip", "ada/work.zip", "ada_4711_assignsubmission_file_work.zip"])
def test_a_submission_that_takes_too_long_to_read_is_named_and_stops_nobody(path, slow, tmp_path):
    """Catches a submission within all bounds of bytes and names that keeps `fls grade` busy without end."""
    for name, data in ((path, slow), (path.replace("ada", "bo").replace("4711", "4712"), packed(**{FILE: b"honest"}))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    ada, bo = (entry.read() for entry in collect([tmp_path], exercises()))
    assert (ada.name, bo.name, bo.files) == ("ada", "bo", {EIGHT: b"honest"}) and not bo.notes
    assert (
        ada.files == {}
        and "'ada" in ada.review[0]
        and "was not taken: reading it took more than 0.02 s." in ada.review[0]
    )


def test_what_was_not_read_within_the_time_is_named(folder, monkeypatch):
    """Catches files that are passed over in silence, or a zero without review, where the time is up between two."""
    (folder / FILE).write_bytes(b"honest")
    end, read = [0], sources.FolderTree.read

    def slowly(tree, item):
        end[0] += 1
        if end[0] > 1:
            monkeypatch.setattr(sources.time, "thread_time", lambda: 1e9)
        sources.go_on()
        return read(tree, item)

    monkeypatch.setattr(sources.FolderTree, "read", slowly)
    assert refused(only(folder), f"'{OTHER}' was not taken: reading it took more than", kept=[EIGHT])


@pytest.mark.parametrize("end", [".zip", ".tar.gz"])
def test_a_platforms_archive_is_listed_once_for_all_its_people(end, tmp_path, monkeypatch):
    """Catches time that grows with the square of a class, as each of n people has n others' entries listed again."""
    listed = []

    def pack(files):
        with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as archive:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        (tmp_path / "all.zip").write_bytes(packed(**files))

    pack({f"u{k}/{FILE}": b"%d" % k for k in range(9)})
    made = archives.ArchiveTree.__init__
    monkeypatch.setattr(archives.ArchiveTree, "__init__", lambda *given: listed.append(made(*given)))
    entries = collect([tmp_path / f"all{end}"], exercises())
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(Submission.read, entries * 3))
    assert [each.files for each in read] == [{EIGHT: b"%d" % k} for k in range(9)] * 3 and len(listed) == 1
    pack({f"u1/{FILE}": b"later"})
    assert entries[1].read().files == {EIGHT: b"later"} and len(listed) == 2, "what lies there now is read"
    assert entries[2].read().files == {}


def test_archives_do_not_stay_open_without_end(tmp_path):
    """Catches a class of zips that uses up the files that a process may have open."""
    for k in range(100):
        (tmp_path / f"u{k}.zip").write_bytes(packed(**{FILE: b"%d" % k}))
    entries = collect([tmp_path], exercises())
    before = len(os.listdir("/proc/self/fd"))
    assert len({entry.read().files[EIGHT] for entry in entries}) == 100
    assert len(os.listdir("/proc/self/fd")) < before + 70


@pytest.mark.parametrize("line", ["\n", "\n:", "\n - "])
def test_no_list_of_names_takes_long_to_read(line, tmp_path):
    """Catches a pattern that reads all lines again from each of them: half a mebibyte of them would take hours."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for k in (1, 2):
            archive.writestr(f"submission_{k}/{FILE}", b"")
        archive.writestr("submission_metadata.yml", "submission_1:\n" + line * 2**17)
    start = time.process_time()
    assert len(collect([tmp_path / "a.zip"], exercises())) == 2
    assert time.process_time() - start < 2


@given(st.binary(max_size=2000), st.booleans())
def test_any_bytes_as_a_tar(tmp_path_factory, data, compressed):
    path = tmp_path_factory.getbasetemp() / "any.tar"
    path.write_bytes(gzip.compress(data) if compressed else data.ljust(257, b"\1")[:257] + b"ustar" + data[257:])
    checked(only(path))


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_change_to_a_tar(tmp_path_factory, changes):
    """A tar has no checksum of what is in it: what comes out has at least an exercise's name and a bounded size."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in CONTENTS.items():
            info = tarfile.TarInfo(f"{name}/{name}.py")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    raw = bytearray(buffer.getvalue()[:2048])
    for where, value in changes:
        raw[int(where * len(raw))] = value
    path = tmp_path_factory.getbasetemp() / "changed.tar"
    path.write_bytes(raw)
    checked(only(path))


@pytest.mark.parametrize(
    "name",
    [
        "08_bayes_error" + "_2024-01-01 10:20:30" * 11 + "x.py",
        "08_bayes_error.py" + " (1)" * 50 + "x",
        "08_bayes_error" + "_2024-01-01 10:20:30" * 3000 + "x.py",
        "1" * 60_000 + ".py",
    ],
)
def test_a_name_is_read_in_no_time(name):
    """Catches patterns that try every way to read a name: twelve time stamps took seconds, fourteen 15, and so on."""
    began = time.process_time()
    match_file_name(name, ("08_bayes_error",))
    is_work(name)
    assert time.process_time() - began < 0.1


def test_two_archives_of_any_name_are_compared_in_no_time(zipped):
    """Catches the same where the later of two archives is looked for."""
    names = "work.zip", "work" + "_2024-01-01 10:20:30" * 3000 + "x.zip"
    found = zipped(*((name, bytes(honest_zip(b"x = %d" % k))) for k, name in enumerate(names)))
    assert NINE in found.files


@pytest.mark.parametrize("name", [".", "./.", ".\0x", ".\\."])
def test_a_file_called_like_the_folder_it_is_in(zipped, name):
    """Found by benchmarks/fuzz.py: it had no name at all, and reading it was a fault of the grader's."""
    found = zipped((zipfile.ZipInfo(name), b"x = 1\n"))
    assert list(found.files) == [NINE] and any("leads out of" in note or "outside" in note for note in found.notes)


@pytest.mark.parametrize("place", ["eve.zip", "all/eve.zip"])
def test_names_that_take_too_long_to_read_stop_nobody(place, tmp_path, monkeypatch):
    """Catches a class that becomes one row, as one person's names use up the time to look for people."""
    read = by_pattern.read_paths

    def slowly(platform, pattern, paths, *more):
        if any("slow" in path for path in paths):
            raise sources.Refused("reading it took more than 60 s")
        return read(platform, pattern, paths, *more)

    monkeypatch.setattr(by_pattern, "read_paths", slowly)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    for name, inner in (("ada", f"w/{FILE}"), ("bo", f"w/{FILE}"), ("eve", "slow.txt")):
        (tmp_path / place).with_stem(name).write_bytes(packed(**{inner: b"%s" % name.encode()}))
    ada, bo, eve = (entry.read() for entry in collect([tmp_path], exercises()))
    assert (ada.files, bo.files, eve.called, eve.files) == ({EIGHT: b"ada"}, {EIGHT: b"bo"}, "eve", {})


def test_a_name_that_is_an_ending_alone(tmp_path):
    """Found by chance: of "ada - .ipynb" Google's pattern leaves ".ipynb", which stopped the whole batch."""
    for name in ("ada - .ipynb", f"ada - {FILE}", f"bo - {FILE}"):
        (tmp_path / name).write_bytes(name.encode())
    ada, bo = (entry.read() for entry in collect([tmp_path], exercises()))
    assert set(ada.files) == set(bo.files) == {EIGHT} and "it is a notebook" in ada.notes[-1]
