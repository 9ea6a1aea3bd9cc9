"""CSV files from and for people: read whole or refused in one sentence, and opened by spreadsheets as they are."""

import codecs
import csv

import pytest

from fls_teach.autograder import tables
from fls_teach.autograder.tables import read_table, write_table
from fls_teach.course.registry import CourseError


def saved(tmp_path, data):
    path = tmp_path / "given.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_excels_own_first_line_says_the_separator(tmp_path, first, mark):
    """Catches that line as a heading, a separator that is guessed all the same, and lines counted without it."""
    path = saved(tmp_path, mark + first.encode() + 'a,a,a;b\n"1\n2";é\n3;4\n'.encode())
    assert read_table(path, "it") == (["a,a,a", "b"], {4: ["1\n2", "é"], 5: ["3", "4"]}, ";")


def test_what_is_too_long_is_refused_and_not_cut(tmp_path, monkeypatch):
    """Catches people at the end of a long list who are left out without a word."""
    monkeypatch.setattr(tables, "LARGEST", 1 << 20)
    path = saved(tmp_path, b"a\n" + b"b\n" * (1 << 19))
    with pytest.raises(CourseError, match="^it cannot be read .it is larger than 1 MiB.$"):
        read_table(path, "it")
    path.write_bytes(path.read_bytes()[: 1 << 20])
    assert len(read_table(path, "it")[1]) == (1 << 19) - 1


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_is_written_is_read_back(tmp_path, separator):
    rows = [["name", "mark"], ["Jörg; A, \"B\"\t'C'", ""], ["two\nlines", "4"]]
    write_table(tmp_path / "t.csv", iter([rows[0], [rows[1][0], None], ["two\nlines", 4]]), separator)
    data = (tmp_path / "t.csv").read_bytes()
    assert data.startswith(codecs.BOM_UTF8), "without it spreadsheets take ö for two other letters"
    assert [*csv.reader(data.decode("utf-8-sig").splitlines(True), delimiter=separator)] == rows
    heading, found, said = read_table(tmp_path / "t.csv", "it")
    assert ([heading, *found.values()], said) == (rows, separator)
