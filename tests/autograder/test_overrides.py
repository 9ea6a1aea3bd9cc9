"""Marks that people correct: read strictly, applied in every run, shown everywhere, never lost."""

import csv

import pytest

from fls_teach.autograder import conclude
from fls_teach.autograder.grade import grade
from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.marking import overrides
from fls_teach.autograder.marking.late import late_rule
from fls_teach.autograder.record import as_json, check_record, final_marks, read_record
from fls_teach.autograder.reports import gradebook, summary
from fls_teach.autograder.reports.gradescope import as_results
from fls_teach.autograder.reports.html import report_page
from fls_teach.autograder.reports.lines import corrections
from fls_teach.course.registry import CourseError, find_exercise

from .handed_in import hand_in, options
from .records import exercise, item, record

pytestmark = pytest.mark.usefixtures("forked_graders")
BAYES = find_exercise("08")


def given(tmp_path, *lines, heading="submission,exercise,points,reason"):
    path = tmp_path / "overrides.csv"
    path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8-sig")
    return overrides.read(path, [BAYES])


def items(corrected):
    return [each["item"] for each in corrected["ada"]]


def test_what_people_write_is_read(tmp_path):
    """Catches a reader that knows one spelling only: numbers for exercises, decimal commas, semicolons, blank lines."""
    assert given(tmp_path, "ada,08,2,she is right", ",,,", 'bo,08.1,"0,5",half') == {
        "ada": [{"item": "08_bayes_error", "points": 2, "reason": "she is right"}],
        "bo": [{"item": "08.1", "points": 0.5, "reason": "half"}],
    }
    assert items(given(tmp_path, "ada;08.2;0;copied", heading="Submission;Property;Points;Reason")) == ["08.2"]
    assert items(given(tmp_path, "ada,8,2,a spreadsheet made a number of it,,")) == ["08_bayes_error"]
    assert items(given(tmp_path, "ada,8.2,1,and of this one", "ada,8.1,1,x")) == ["08.2", "08.1"]


@pytest.mark.parametrize(
    "line, words",
    [
        ("ada,99,2,x", "line 2 .* '99' is not an exercise or property"),
        ('ada,"99\nx",2,x', r"line 3 .* '99\?x' is not an exercise or property"),
        ("ada,08,400,x", "points are '400'; wanted a number from 0 to 4"),
        ("ada,08.1,nan,x", "points are 'nan'"),
        ("ada,08,-1,x", "points are '-1'"),
        ("ada,08,,x", "points are ''"),
        ("ada,08,1,", "needs a submission and a reason"),
        (",08,1,x", "needs a submission and a reason"),
        ("ada,08,1,x\nada,08_bayes_error,2,y", "line 3 .* corrected twice"),
        ("ada,08,2,5,a decimal comma", "line 2 has 5 cells, the first line 4"),
        ('ada,08,1,"x\nbo,08,0,a line that was lost in the reason before it', "cannot be read .no CSV: unexpected end"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(tmp_path, line, words):
    with pytest.raises(CourseError, match=words) as refused:
        given(tmp_path, line)
    assert "\n" not in str(refused.value)


def test_a_file_without_the_columns_is_refused(tmp_path):
    with pytest.raises(
        CourseError, match="needs the columns submission, exercise, points and reason in its first line"
    ):
        given(tmp_path, "ada,08,1", heading="submission,exercise,points")
    with pytest.raises(CourseError, match="cannot be read .No such file"):
        overrides.read(tmp_path / "none.csv", [BAYES])


PARTS = [
    exercise("08_bayes_error", [item("08.1", "wrong", of=1), item("08.2", of=3)]),
    exercise("09_decomposition", [item("09.1", of=2), item("09.2", "grader-fault", of=2)]),
]


def corrected(**said):
    reasons = [{"item": name.replace("_", ".") if name[0] == "0" else name, "points": points, "reason": "by hand"}
               for name, points in said.items()]  # fmt: skip
    return record(exercises=PARTS) | {"overrides": reasons}


def test_a_property_changes_its_exercise_and_an_exercise_is_what_was_said():
    """Catches points that are added twice, and a fault of ours that a person has judged but that stays open."""
    assert final_marks(record(exercises=PARTS)).score is None
    marks = final_marks(record(exercises=PARTS) | {"overrides": [{"item": "08.1", "points": 1, "reason": "x"}]})
    assert marks.points == {"08_bayes_error": 4, "09_decomposition": None} and marks.score is None
    said = [("08.1", 1), ("08_bayes_error", 2.5), ("09.2", 1)]
    marks = final_marks(
        record(exercises=PARTS) | {"overrides": [{"item": a, "points": b, "reason": "x"} for a, b in said]}
    )
    assert marks.points == {"08_bayes_error": 2.5, "09_decomposition": 3} and marks.score == marks.final == 5.5


def test_late_work_keeps_a_share_of_the_corrected_score():
    late = {"days": 2, "rule": "10% per day", "kept": 0.8}
    marks = final_marks(record() | {"late": late})
    assert (marks.score, marks.final) == (2, 1.6)
    assert corrections(record() | {"late": late}) == ["2 days late, 10% per day: 80% of the score is left."]


def test_it_stands_in_every_report(tmp_path):
    said = {"overrides": [{"item": "08.1", "points": 1, "reason": "a <b>typo</b> of ours"}]}
    found = record(exercises=PARTS[:1]) | said
    check_record(found)
    results, page = as_results(found), report_page(found)
    assert results["score"] == 4 and [test["score"] for test in results["tests"]] == [1, 3]
    assert "08.1: 1 point by hand: a <b>typo</b> of ours" in results["output"]
    assert "a &lt;b&gt;typo&lt;/b&gt; of ours" in page and ">4 <small>of 4 points" in page
    gradebook.write_gradebook(tmp_path / "g.csv", ["08_bayes_error"], [found])
    (row,) = csv.DictReader((tmp_path / "g.csv").read_text(encoding="utf-8-sig").splitlines())
    assert (row["score"], row["final"], row["08_bayes_error"]) == ("4", "4", "4")
    assert row["corrected"].startswith("08.1: 1 point by hand: ")
    assert as_json(found)


@pytest.mark.parametrize("wrong", [[{"item": "08", "points": "2", "reason": ""}], [{"item": "08"}], ["x"]])
def test_a_record_with_another_form_of_them_is_refused(wrong):
    with pytest.raises(ValueError):
        check_record(record() | {"overrides": wrong})


def test_an_edited_gradebook_is_kept_once(tmp_path):
    """Catches a mark corrected in gradebook.csv that the next run writes over without a word.

    Nor may a run that is killed before it ends leave it unsaid: the next one finds where it lies.
    """
    path, kept = tmp_path / "gradebook.csv", []
    assert gradebook.keep_edited(path) == []
    gradebook.write_gradebook(path, ["08_bayes_error"], [record()])
    for name in ("gradebook-edited.csv", "gradebook-edited-2.csv"):
        assert gradebook.keep_edited(path) == kept and path.exists()
        path.write_text("edited\n")
        kept.append(tmp_path / name)
        assert gradebook.keep_edited(path) == kept == gradebook.keep_edited(path)
        assert (tmp_path / name).read_text() == "edited\n" and not path.exists()
        gradebook.write_gradebook(path, ["08_bayes_error"], [record()])


def test_where_an_edited_gradebook_lies_is_said_in_every_run(tmp_path, capsys):
    """Catches one that the run which put it aside, killed before its end, never mentioned."""
    work = [hand_in(tmp_path / "in/ada", {"8": "x = 1"})]
    grade(options(work, tmp_path / "out", seed=1))
    (tmp_path / "out/gradebook.csv").rename(tmp_path / "out/gradebook-edited.csv")
    done = grade(options(work, tmp_path / "out", seed=1))
    summary.print_summary(done)
    printed = capsys.readouterr().out
    assert "1 edited by hand, kept until you delete it; corrected marks belong in" in " ".join(printed.split())
    assert "gradebook-edited.csv" in "".join(printed.split())
    assert summary.as_dict(done)["edited_gradebooks"] == [str(tmp_path / "out/gradebook-edited.csv")]


def test_a_refused_run_leaves_an_edited_gradebook_where_it_is(tmp_path):
    """Catches one that is put aside by a run that then refuses, so that no run ever says where it is."""
    (tmp_path / "out/ada").mkdir(parents=True)
    (tmp_path / "out/ada/record.json").write_text("{}")
    book = tmp_path / "out/gradebook.csv"
    gradebook.write_gradebook(book, ["08_bayes_error"], [record()])
    book.write_text("edited\n")
    with pytest.raises(CourseError, match="other settings"):
        grade(options([hand_in(tmp_path / "in/ada", {"8": "x = 1"})], tmp_path / "out", seed=1))
    assert book.read_text() == "edited\n"


def test_the_best_attempt_is_that_with_the_best_final_mark(tmp_path):
    """Catches a choice by what the grader found, where a deduction or a person's correction turns the order."""
    made = {
        "early": record("early", PARTS[:1]),
        "late": record("late", [exercise(items=[item(of=9)])]),
        "worst": record("worst", PARTS[:1]),
    }
    entries = []
    for k, (name, found) in enumerate(made.items(), 1):
        (tmp_path / name).mkdir()
        (tmp_path / name / "record.json").write_text(as_json(found), encoding="utf-8")
        when = f"2025-03-0{8 if name == 'late' else 1} 10:00:00"
        entries.append(Submission(name=name, folder=name, path=tmp_path / name, attempt=k, attempts=3, when=when))
    rule = late_rule("20%/day", "2025-03-03 12:00")
    zero = {"worst": [{"item": "08_bayes_error", "points": 0, "reason": "copied"}]}
    counting = conclude.settle(options([], tmp_path, attempts="best"), entries, zero, rule)
    assert [entry.name for entry in counting] == ["early"]
    saved = {name: read_record(tmp_path / name / "record.json") for name in made}
    assert [final_marks(each).final for each in saved.values()] == [3, 0, 0]
    assert [each.get("intake", {}).get("counts", True) for each in saved.values()] == [True, False, False]


@pytest.mark.parametrize("name", ["x;=1+1;", "a|=2", 'say "=1"', "tab\t=1"])
def test_no_other_separator_begins_a_formula(tmp_path, name):
    """A spreadsheet of another country takes ";" or a tab for the end of a cell, unless the cell is quoted."""
    gradebook.write_gradebook(tmp_path / "g.csv", ["08_bayes_error"], [record(name)])
    text = (tmp_path / "g.csv").read_text(encoding="utf-8").split("\n")[1]
    assert text.startswith('"')
    for separator in ",;|\t":
        (cells,) = csv.reader([text], delimiter=separator)
        assert not any(cell.startswith("=") for cell in cells)


def test_a_nul_character_is_one_sentence(tmp_path):
    """Catches a traceback of csv's own error, which Python 3.10 raises where later versions read on."""
    (tmp_path / "o.csv").write_bytes(b"submission,exercise,points,reason\nada,08\0,1,x\n")
    with pytest.raises(CourseError):
        overrides.read(tmp_path / "o.csv", [find_exercise("8")])


def test_an_apostrophe_is_the_gradebooks_and_no_other_name():
    """Catches a mark for 'ada that goes to ada as well; =1 is called '=1 in the gradebook."""
    marks = {"ada", "'=1", "'bo"}
    named = {name: overrides.names_of(name) & marks for name in ("ada", "'ada", "=1", "bo", "'bo")}
    assert named == {"ada": {"ada"}, "'ada": set(), "=1": {"'=1"}, "bo": set(), "'bo": {"'bo"}}
