"""The zip for Gradescope: what is in it; test_run_autograder.py runs it."""

import os
import subprocess
import zipfile

import pytest
from click.testing import CliRunner

from fls_teach.autograder.packaging.bundle import SCRIPTS, bundle_gradescope
from fls_teach.cli import main
from fls_teach.course.registry import CourseError, exercises

KEY = "a key for the tests"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bundle of this course."""
    return bundle_gradescope(tmp_path_factory.mktemp("bundle") / "autograder.zip", KEY).path


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: (archive.read(entry), entry.external_attr >> 16) for entry in archive.infolist()}


def test_the_scripts_are_at_the_root_and_can_be_run(whole):
    found = entries(whole)
    for name in SCRIPTS:
        data, mode = found[name]
        assert mode == 0o755
        assert data.startswith(b"#!/usr/bin/env bash\n")
        assert b"\r" not in data
        done = subprocess.run(["bash", "-n"], input=data, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")


def test_all_exercises_and_their_solutions_are_in_it(whole):
    names = set(entries(whole))
    for exercise in exercises():
        for path in (exercise.stub, exercise.specification, exercise.solution, *exercise.misconception_files):
            assert f"fls-teach/fls_teach/course_files/{path.relative_to(exercise.root).as_posix()}" in names
    assert not [name for name in names if "__pycache__" in name or "/." in name or name.startswith(("/", ".."))]


def test_its_readme_says_what_to_set(whole):
    readme = entries(whole)["README.md"][0].decode()
    assert f"{len(exercises())} exercises, {sum(each.points for each in exercises())} points" in readme
    assert "10 minutes" in readme
    assert "{" not in readme


def test_secrets_are_closed_to_others(whole):
    assert entries(whole)["course.key"] == (KEY.encode() + b"\n", 0o600)
    if os.name != "nt":
        assert whole.stat().st_mode & 0o777 == 0o600


def test_the_same_course_and_key_give_the_same_bytes(whole, tmp_path):
    assert entries(bundle_gradescope(tmp_path / "again.zip", KEY).path) == entries(whole)
    first, second = (bundle_gradescope(tmp_path / f"{k}.zip", KEY, minutes=40).path.read_bytes() for k in range(2))
    assert first == second
    assert entries(tmp_path / "0.zip")["settings.sh"][0].startswith(b"seconds=2370\n")


def command(*words):
    done = CliRunner().invoke(main, ["bundle", "gradescope", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def key_in(path):
    return entries(path)["course.key"][0].decode().removesuffix("\n")


def test_a_new_key_is_shown_once_and_kept_when_the_bundle_is_made_again(tmp_path):
    done = command("--out", tmp_path / "a.zip")
    key = key_in(tmp_path / "a.zip")
    assert len(key) == 32
    assert done.output.count(key) == 1
    again = command("--out", tmp_path / "a.zip")
    assert again.exit_code == 0
    assert key not in again.output
    assert key_in(tmp_path / "a.zip") == key
    command("--out", tmp_path / "b.zip")
    assert key_in(tmp_path / "b.zip") != key


def test_a_key_may_be_given_or_lie_in_a_file(tmp_path):
    (tmp_path / "key.txt").write_text("from a file\r\n", newline="")
    for given, key in ((KEY, KEY), (f"@{tmp_path / 'key.txt'}", "from a file")):
        done = command("--out", tmp_path / "a.zip", "--key", given)
        assert done.exit_code == 0, done.output
        assert key_in(tmp_path / "a.zip") == key
        assert key not in done.output


@pytest.mark.parametrize("key", ["", "  \n", "1234567", "two\nlines", "NUL is no text\0", "x" * 1001, "@missing"])
def test_a_key_that_is_none_is_refused(tmp_path, key):
    done = command("--out", tmp_path / "a.zip", "--key", key)
    assert done.exit_code == 2
    assert "key" in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_zip_that_is_no_bundle_gives_no_key(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\3\4 not a zip")
    assert command("--out", tmp_path / "a.zip").output.count(key_in(tmp_path / "a.zip")) == 1


def test_a_folder_as_the_zip_is_a_sentence_that_says_what_to_do(tmp_path):
    done = command("--out", tmp_path)
    assert done.exit_code == 2
    assert f"'{tmp_path}' is a folder; name the zip to write, such as '{tmp_path / 'autograder.zip'}'" in done.output


@pytest.mark.parametrize("out", ["missing/a.zip", "nul\0"])
def test_what_cannot_be_written_is_a_sentence(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CourseError, match="cannot"):
        bundle_gradescope(out, KEY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("index", ["http://plain/", "$(reboot)", "https://x/'; reboot; '"])
def test_an_index_that_is_no_address_is_refused(tmp_path, index):
    done = command("--out", tmp_path / "a.zip", "--key", KEY, "--torch-index", index)
    assert done.exit_code == 2 and "index" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("minutes", [1, 41, "nan"])
def test_gradescopes_time_limits_are_known(tmp_path, minutes):
    assert command("--out", tmp_path / "a.zip", "--minutes", minutes).exit_code == 2
