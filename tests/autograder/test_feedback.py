"""What goes back into the learning platform: every report, called as the platform called what came."""

import shutil
import zipfile
from pathlib import Path

import pytest

from fls_teach.autograder.grade import grade
from fls_teach.autograder.intake.collect import collect
from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.marking import batch
from fls_teach.autograder.packaging import feedback
from fls_teach.autograder.packaging.feedback import bundle_feedback
from fls_teach.autograder.reports.folder import write
from fls_teach.autograder.reports.gradebook import write_gradebook
from fls_teach.autograder.results_folder import save_settings
from fls_teach.autograder.settings import RunSettings
from fls_teach.course.registry import CourseError, find_exercise

from .handed_in import hand_in, options
from .records import record

pytestmark = pytest.mark.usefixtures("forked_graders")
LONG = "Maximiliane-Charlotte von und zu Hohenlohe-Bartenstein-Jagstberg the Second_411_assignsubmission_file_"


@pytest.mark.parametrize(
    "members, path, kind, name",
    [
        ([f"{LONG}08_bayes_error.py"], "in", "folder", f"{LONG}report.html"),
        ([f"{LONG}/08_bayes_error.py"], "in", "folder", f"{LONG}/report.html"),
        (["lovelaceada_41_99_08_bayes_error-1.py"], "in", "folder", "lovelaceada_41_99_report.html"),
        (["Ada_411_assignsubmission_file_all.zip"], "in", "folder", "Ada_411_assignsubmission_file_all_report.html"),
        ([], "ada", "folder", "ada/report.html"),
        ([], "ada.zip", "archive", "ada_report.html"),
        ([], "08_bayes_error.py", "file", "report.html"),
    ],
)
def test_a_report_is_called_as_its_work_was(members, path, kind, name):
    """Catches names that are cut at 60 characters or lose the number by which the platform knows the person."""
    found = tuple((each, each) for each in members)
    entry = Submission(name="x", path=Path("/in", path), kind=kind, expected=("08_bayes_error",), members=found)
    assert entry.feedback() == name


@pytest.mark.parametrize(
    "layout, name",
    [
        (
            "{first} {last}_41{k}_assignsubmission_file_/08_bayes_error.py",
            "{first} {last}_41{k}_assignsubmission_file_/",
        ),
        ("{last}{first}_{k}_99_08_bayes_error.py", "{last}{first}_{k}_99_"),
    ],
)
def test_a_folder_around_everything_is_no_name(tmp_path, layout, name):
    """Catches reports that are all called as the one folder that a Mac packs what it was given into."""
    people = [{"first": "Jo\u0308rg", "last": "Hof", "k": 1}, {"first": "Bo", "last": "Diddley", "k": 2}]
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for k, each in enumerate(people):
            archive.writestr(f"homework-1/{layout.format(**each)}", f"x = {k}")
    found = collect([tmp_path / "all.zip"], [find_exercise("8")])
    assert sorted(entry.feedback() for entry in found) == sorted(f"{name.format(**each)}report.html" for each in people)


@pytest.mark.parametrize(
    "path, name",
    [
        ("Ada Lovelace/Homework 1/Version 2/08_bayes_error.py", "Ada Lovelace/report.html"),
        ("Lovelace, Ada(u1)/Submission attachment(s)/08_bayes_error.py", "Lovelace, Ada(u1)/report.html"),
        ("08_bayes_error_Ada.py", "08_bayes_error_Ada_report.html"),
    ],
)
def test_no_report_is_called_as_everybodys(path, name, tmp_path):
    """Of a folder, all of a class were "Version 2/report.html", with a number for each that says nothing."""
    for each in (path, path.replace("Ada", "Bo").replace("u1", "u2")):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text("x = 1")
    assert collect([tmp_path], [find_exercise("8")])[0].feedback() == name


def results(folder, **names):
    run = RunSettings((), folder, isolation="process", exercises=("08_bayes_error",), seed=1)
    save_settings(folder, run.saved())
    found = [record(name) | {"intake": about} for name, about in names.items()]
    for each in found:
        write(folder / each["submission"], each)
    write_gradebook(folder / "gradebook.csv", ["08_bayes_error"], found)
    return folder


def test_reports_alone_the_same_bytes_each_time(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    results(
        out,
        ada={"feedback": "Ada_1_file_/report.html", "counts": True},
        old={"feedback": "Ada_1_file_/report.html", "counts": False},
        bo={"feedback": "x_report.html", "counts": True},
        twin={"feedback": "x_report.html", "counts": True},
        evil={"feedback": "../../../etc/report.html", "counts": True},
        Müller={},
    )
    assert bundle_feedback(out, tmp_path / "a.zip") == 5
    assert bundle_feedback(out, tmp_path / "b.zip") == 5
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert sorted(archive.namelist()) == [
            "Ada_1_file_/report.html",
            "Müller/report.html",
            "etc/report.html",
            "gradebook.csv",
            "x_report (2).html",
            "x_report.html",
        ]
        assert archive.read("gradebook.csv").decode("utf-8-sig").startswith("submission,")
        assert b"ada" in archive.read("Ada_1_file_/report.html")


def reports_in(path):
    with zipfile.ZipFile(path) as archive:
        return sorted(archive.namelist())


def test_only_what_the_last_run_marked_goes_back(tmp_path):
    """Catches reports of attempts and people that an earlier run marked, which lie in the same folder of results."""
    out = tmp_path / "out"
    hand_in(tmp_path / "in/ada-1", {"8": "x = 1"})
    hand_in(tmp_path / "in/bo", {"8": "x = 2"})
    old = record("bo (attempt 1)", intake={"feedback": "bo/report.html", "counts": True})
    grade(options([tmp_path / "in"], out, seed=1))
    write(out / "bo-attempt-1", old)
    assert bundle_feedback(out, tmp_path / "a.zip") == 2
    assert reports_in(tmp_path / "a.zip") == ["ada-1/report.html", "bo/report.html", "gradebook.csv"]
    (out / "bo-attempt-1/record.json").write_text("damaged")
    shutil.rmtree(tmp_path / "in/bo")
    grade(options([tmp_path / "in"], out, seed=1))
    assert bundle_feedback(out, tmp_path / "a.zip") == 1
    assert reports_in(tmp_path / "a.zip") == ["ada-1/report.html", "gradebook.csv"]
    (out / "ada-1/record.json").unlink()
    with pytest.raises(CourseError, match="lists 'ada-1', of which there is no record; run the same fls grade again"):
        bundle_feedback(out, tmp_path / "a.zip")


def test_two_reports_whose_names_differ_by_case_alone_lie_side_by_side():
    """Catches a report of another student's in place of one's own where the zip is unpacked on Windows or a Mac."""
    taken = {"bo/report.html": ("bo/report.html", None)}
    assert feedback._unused("BO/report.html", taken) == "BO/report (2).html"


def test_what_could_not_be_marked_has_its_platforms_name_too(tmp_path, monkeypatch):
    """Catches a report that the platform cannot bring back, as the record of a fault does not say whose it is."""
    (tmp_path / "in").mkdir()
    for name in ("adalovelace_1_9_08_bayes_error.py", "bodiddley_2_9_08_bayes_error.py"):
        (tmp_path / "in" / name).write_text("x = 1")

    def fault(crew, submission, seed):
        return batch.fault_record(submission, crew.settings, "No disk.")

    monkeypatch.setattr(batch, "record_by", fault)
    done = grade(options([tmp_path / "in"], tmp_path / "out", seed=1))
    assert len(done.faults) == 2 and bundle_feedback(tmp_path / "out", tmp_path / "a.zip") == 2
    assert reports_in(tmp_path / "a.zip")[::2] == ["adalovelace_1_9_report.html", "gradebook.csv"]


def test_what_holds_no_results_is_a_sentence(tmp_path):
    with pytest.raises(CourseError, match="holds no finished results"):
        bundle_feedback(tmp_path, tmp_path / "a.zip")
    results(tmp_path, ada={})
    with pytest.raises(CourseError, match="cannot write"):
        bundle_feedback(tmp_path, tmp_path / "nowhere" / "a.zip")
