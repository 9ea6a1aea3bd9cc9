"""gradebook.csv: exactly the columns promised, streamed, atomic, and no formula in it."""

import codecs
import csv
import tracemalloc

import pytest

from fls_teach.autograder.reports.batch_result import BatchResult
from fls_teach.autograder.reports.gradebook import INTAKE, columns, escape_formula, write_gradebook
from fls_teach.autograder.reports.html import cohort_page
from fls_teach.autograder.reports.summary import as_dict, print_summary

from .records import HOSTILE, every_verdict, exercise, hostile, item, record

NAMES = ["06_phase_one_bound", "08_bayes_error"]


def read(path):
    """The lines as dicts."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_the_columns_are_these(tmp_path):
    path = tmp_path / "gradebook.csv"
    write_gradebook(path, NAMES, iter([every_verdict(fault=False)]))
    heading, line = path.read_bytes().decode("utf-8-sig").split("\n")[:2]
    assert heading == (
        "submission,score,max_score,06_phase_one_bound,08_bayes_error,digest,"
        "passed,wrong,crashed,timeout,memory,output,tampered,missing,skipped-by-submission,grader-fault,"
        "submitted,attempt,attempts,late,members,review,days_late,final,corrected"
    )
    assert line == f"alice,4,36,2,2,sha256:{'a' * 64},2,2,2,2,2,2,2,2,2,0,,,,,,,,4,"
    assert b"\r" not in path.read_bytes() and path.read_bytes().startswith(codecs.BOM_UTF8)


def test_a_fault_is_an_empty_score_never_a_zero(tmp_path):
    parts = [exercise("06_phase_one_bound"), exercise(items=[item(verdict="grader-fault")])]
    write_gradebook(tmp_path / "g.csv", NAMES, [record(exercises=parts)])
    (row,) = read(tmp_path / "g.csv")
    assert (row["score"], row["max_score"], row["grader-fault"]) == ("", "4", "1")
    assert (row["06_phase_one_bound"], row["08_bayes_error"]) == ("2", "")


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠") + [" =", "\u3000=", "'=", " ' +"])
def test_formulas_are_text(start):
    assert escape_formula(start + "1").startswith("'")


@pytest.mark.parametrize("text", ["alice", "O'Brien", "'t Hooft", "a=b", "Müller, Jörg", "日本"])
def test_names_that_are_no_formula_stay(text):
    assert escape_formula(text) == text


def test_names_that_differ_still_differ():
    names = ["=1", "'=1", "''=1", " =1", "1"]
    assert len(set(map(escape_formula, names))) == len(names)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_keep_to_their_cell(tmp_path, text):
    path = tmp_path / "g.csv"
    write_gradebook(path, ["08_bayes_error", "09_decomposition"], [hostile(text), record("bob")])
    first, second = read(path)
    assert list(first) == columns(["08_bayes_error", "09_decomposition"])
    assert not first["submission"].startswith(tuple("=+-@"))
    assert second["submission"] == "bob"


def test_quotes_commas_and_line_breaks_do_not_end_a_cell(tmp_path):
    name = 'a","b\n=1,"'
    write_gradebook(tmp_path / "g.csv", [], [record(name)])
    assert [row["submission"] for row in read(tmp_path / "g.csv")] == [name]


def test_a_failure_on_the_way_leaves_the_old_file(tmp_path):
    path = tmp_path / "gradebook.csv"
    path.write_text("old")

    def failing():
        yield record()
        raise RuntimeError("full disk")

    with pytest.raises(RuntimeError):
        write_gradebook(path, NAMES, failing())
    assert [entry.name for entry in tmp_path.iterdir()] == ["gradebook.csv"] and path.read_text() == "old"


def test_memory_is_flat_in_the_number_of_submissions(tmp_path):
    def peak(count):
        tracemalloc.start()
        write_gradebook(tmp_path / "g.csv", NAMES, (record(f"student {k}") for k in range(count)))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(10)
    assert peak(400) < peak(50) + 50_000


def test_what_was_handed_in_has_columns(tmp_path):
    """When, which attempt, LATE, whose, and why a person has to look; no cell is a formula."""
    about = {"when": "2025-03-04 10:15:00", "attempt": 2, "attempts": 3, "late": "LATE", "group": ["=Ada", "Bo"]}
    write_gradebook(tmp_path / "g.csv", [], [record(intake=about | {"review": ["Two files compete."]})])
    (row,) = read(tmp_path / "g.csv")
    assert [row[name] for name in INTAKE] == [
        *("2025-03-04 10:15:00", "2", "3", "LATE", "'=Ada; Bo", "Two files compete."),
    ]


def test_who_has_to_be_looked_at_and_who_is_identical_is_on_the_terminal_and_on_the_page(tmp_path, capsys):
    """A reason that only the record had would be read by none."""
    done = BatchResult(tmp_path, "process", pairs=[])
    for name, reasons in (("ada", ["Two files compete."]), ("bo", []), ("cy", [])):
        done.add(record(name, digest=f"sha256:{'b' if name == 'ada' else 'a'}", intake={"review": reasons}))
    print_summary(done)
    said = capsys.readouterr().out
    assert "ada: Two files compete." in said and "Identical files: bo, cy" in said
    page = cohort_page(done)
    assert "Manual review: 1 submission" in page and "Identical submissions" in page and "Two files compete." in page
    assert as_dict(done)["review"] == {"ada": "Two files compete."} and as_dict(done)["identical"] == [["bo", "cy"]]
