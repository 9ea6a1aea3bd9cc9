"""How editors save: each way is noticed once, and half a file is not checked."""

import os
import shutil

import pytest

from fls_teach.course.workspace.saves import SETTLED, Saves

OLD, NEW = "def f(x):\n    return x\n", "def f(x):\n    return y\n"


def in_place(path):
    path.write_text(NEW)


def rename_over(path):
    beside = path.with_name(".saving~")
    beside.write_text(NEW)
    beside.replace(path)


def backup_then_new(path):
    path.rename(path.with_name(path.name + "~"))
    path.write_text(NEW)


def with_the_old_time(path):
    status = path.stat()
    path.write_text(NEW)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def unchanged(path):
    status = path.stat()
    path.write_text(OLD)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def folder_swapped(path):
    copy = path.parent.with_name("copy")
    shutil.copytree(path.parent, copy)
    (copy / path.name).write_text(NEW)
    path.parent.rename(path.parent.with_name("old"))
    copy.rename(path.parent)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "01" / "a.py"
    path.parent.mkdir()
    path.write_text(OLD)
    return path


@pytest.mark.parametrize("save", [in_place, rename_over, backup_then_new, with_the_old_time, unchanged, folder_swapped])
def test_every_way_to_save_is_noticed_once(file, save):
    """Catches a save that changes neither time nor size, or that puts another file in the old one's place."""
    saves = Saves({"a": file, "b": file.with_name("b.py")})
    assert saves.look(0.0) == []
    save(file)
    assert [saves.look(1.0), saves.look(1.0 + SETTLED), saves.look(9.0)] == [[], ["a"], []]


def test_half_a_file_waits_for_the_other_half(file):
    """Catches a check of what an editor was still writing, or of a file that it had deleted to write it anew."""
    saves = Saves({"a": file})
    file.unlink()
    assert saves.look(1.0) == []
    file.write_text(NEW[:5])
    assert saves.look(1.0 + SETTLED) == []
    file.write_text(NEW)
    assert saves.look(1.1 + SETTLED) == []
    assert saves.look(1.1 + 2 * SETTLED) == ["a"]


def test_a_file_that_comes_back_as_it_was_is_no_save(file):
    """Catches a check for every temporary absence."""
    saves, status = Saves({"a": file}), file.stat()
    file.unlink()
    assert saves.look(1.0) == []
    file.write_text(OLD)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert saves.look(2.0) == [] and saves.look(3.0) == []


def test_a_save_during_a_check_counts(file):
    """Catches a save that is taken for what was just checked."""
    saves = Saves({"a": file})
    in_place(file)
    saves.deal_with("a")
    file.write_text(NEW + "# more\n")
    assert saves.look(1.0) == [] and saves.look(2.0) == ["a"]


def test_a_file_that_goes_is_told_and_what_is_no_file_is_not_read(file):
    """Catches a pipe that is read for ever, and a deletion that stays unnoticed."""
    saves = Saves({"a": file})
    file.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(file)
    assert saves.look(1.0) == [] and saves.look(2.0) == ["a"]
