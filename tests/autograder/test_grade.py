"""`fls grade` as an instructor meets it: the key, refusals in one sentence, odd names, and what is printed."""

import dataclasses
import errno
import io
import json
import resource
import shutil
import stat
import sys
import types
import zipfile

import pytest
from click.testing import CliRunner

from fls_teach import terminal
from fls_teach.autograder import grade as grading
from fls_teach.autograder.grade import grade
from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.packaging.feedback import bundle_feedback
from fls_teach.autograder.record import read_record
from fls_teach.autograder.reports.batch_result import BatchResult, SubmissionResult
from fls_teach.autograder.reports.summary import needs_review, print_summary
from fls_teach.autograder.results_folder import exclusive_use, private_folder
from fls_teach.autograder.selection import select, selection_text
from fls_teach.cli import main
from fls_teach.course import registry
from fls_teach.course.registry import CourseError
from fls_teach.sandbox.isolation.sandboxes import SandboxError

from .handed_in import KEY, contents, finish, graded_here, hand_in, options, solution, start

pytestmark = pytest.mark.usefixtures("forked_graders")
BAYES, RIGHT = registry.find_exercise("8"), solution("8")


@pytest.fixture(autouse=True)
def no_key_around(monkeypatch):
    monkeypatch.delenv("FLS_COURSE_KEY", raising=False)


@pytest.fixture
def ada(tmp_path):
    """One submission."""
    return hand_in(tmp_path / "in/ada", {"8": RIGHT})


@pytest.fixture
def unmarked(monkeypatch):
    """Tasks of batches, none of which is marked."""
    tasks = []

    def run(crew, entries, work, progress):
        tasks.append(crew.settings)
        raise CourseError("enough")

    monkeypatch.setattr(grading.batch, "spread", run)
    return tasks


def key_of(given, tasks):
    with pytest.raises(CourseError, match="enough"):
        grade(given)
    return bytes.fromhex(tasks[-1].key)


@pytest.mark.parametrize("time_limit", [5.0, 60.0, 3600.0])
def test_no_worker_is_ended_before_its_calls_have_used_their_time(ada, tmp_path, unmarked, time_limit):
    """The backstop for all calls together was 600 s, whatever one of them was allowed."""
    key_of(options([ada], tmp_path / "out", time_limit=time_limit), unmarked)
    allowed, call = unmarked[0].sandbox_limits().cpu_seconds, time_limit
    assert allowed >= 30 + 3 * (6 * call + call) and allowed >= 600
    assert isinstance(allowed, int), "as setrlimit wants it"


# ------------------------------------------------------------------ the course key


def test_a_key_is_made_once_and_nobody_else_can_read_it(ada, tmp_path, unmarked):
    given = options([ada], tmp_path / "out")
    made = key_of(given, unmarked)
    path = tmp_path / "out/course.key"
    assert path.read_bytes().strip() == made and len(made) >= 32
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]
    assert key_of(given, unmarked) == made
    assert key_of(options([ada], tmp_path / "other"), unmarked) != made


def test_where_the_key_comes_from(ada, tmp_path, unmarked, monkeypatch):
    old = key_of(options([ada], tmp_path / "old"), unmarked)
    monkeypatch.setattr(grading.against, "compare", lambda *given: [])
    assert key_of(options([ada], tmp_path / "new", against=tmp_path / "old"), unmarked) == old
    monkeypatch.setenv("FLS_COURSE_KEY", "  out of the environment\n")
    assert key_of(options([ada], tmp_path / "new"), unmarked) == b"out of the environment"
    (tmp_path / "key").write_text("out of a file\n")
    assert key_of(options([ada], tmp_path / "new", key_file=tmp_path / "key"), unmarked) == b"out of a file"
    assert not list((tmp_path / "new").glob("*/record.json")), "no mark was made with any of these"


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """One submission, in/ada, graded into out/."""
    folder = tmp_path_factory.mktemp("once")
    (folder / "key").write_text("a key for tests")
    (folder / "other").write_text("another key for tests")
    grade(options([hand_in(folder / "in/ada", {"8": RIGHT})], folder / "out", key_file=folder / "key"))
    return folder


@pytest.fixture
def graded_once(once, tmp_path):
    """The options of a run that is over."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return options([tmp_path / "in/ada"], tmp_path / "out", key_file=tmp_path / "key")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"exercises": ("9",)}, "exercises: 08 -> 09"),
        ({"exercises": ("8", "9")}, "exercises: 08 -> 08 09"),
        ({"key_file": None, "seed": 5}, "seed: from the course key -> 5"),
        ({"time_limit": 10.0}, "time limit: 5 s -> 10 s"),
        ({"memory_mib": 4096}, "memory: 2048 MiB -> 4096 MiB"),
        ({"key_file": "other"}, "course key: digest "),
        ({"key_file": None}, "with a course key that is not kept there; give the same one again, by --key-file"),
    ],
)
def test_marks_made_otherwise_do_not_come_beside_those_that_are_there(graded_once, tmp_path, more, words):
    """They would be replaced, or mixed, and nobody would know which mark is whose."""
    before = contents(tmp_path / "out")
    more = {name: tmp_path / value if value == "other" else value for name, value in more.items()}
    with pytest.raises(CourseError) as refusal:
        grade(dataclasses.replace(graded_once, **more))
    assert words in str(refusal.value)
    assert ("name another --out" in str(refusal.value)) == ("give the same one" not in str(refusal.value))
    assert contents(tmp_path / "out") == before


def test_another_isolation_is_another_setting(graded_once, monkeypatch):
    monkeypatch.setattr(grading, "_tested_isolation", lambda *given: ("bwrap", []))
    with pytest.raises(CourseError, match="isolation: process -> bwrap"):
        grade(graded_once)


def test_the_same_settings_go_on_and_the_key_is_not_among_them(graded_once, tmp_path, monkeypatch):
    before = contents(tmp_path / "out")
    hand_in(tmp_path / "in/bob", {"8": RIGHT})
    assert [row[0] for row in grade(dataclasses.replace(graded_once, jobs=2)).counted] == ["ada"]
    assert contents(tmp_path / "out") == before
    monkeypatch.setenv("FLS_COURSE_KEY", "a key for tests")
    later = grade(options([tmp_path / "in"], tmp_path / "out"))
    assert [row[:2] for row in later.counted] == [("ada", 4), ("bob", 4)]
    assert not any(b"a key for tests" in text for text in contents(tmp_path / "out").values())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fls_grade": 2}', '{"fls_grade": 1, "exercises": 0}', "[" * 10**5])
def test_settings_that_are_none_are_refused(graded_once, tmp_path, text):
    (tmp_path / "out/settings.json").write_text(text)
    with pytest.raises(CourseError, match="does not hold the settings of an fls grade .*; name another --out"):
        grade(graded_once)


def test_marks_of_unknown_settings_are_not_mixed_either(graded_once, tmp_path):
    (tmp_path / "out/settings.json").unlink()
    with pytest.raises(CourseError, match="there is no settings.json to say with which"):
        grade(graded_once)


def test_a_key_that_is_not_kept_in_the_older_out_has_to_be_given(graded_once, tmp_path):
    """Otherwise every submission would get other examples, and a changed mark would mean nothing."""
    again = dataclasses.replace(graded_once, key_file=None, out=tmp_path / "new", against=tmp_path / "out")
    with pytest.raises(CourseError, match="out' was graded with a course key that is not kept there"):
        grade(again)
    done = grade(dataclasses.replace(again, key_file=graded_once.key_file))
    assert done.changes == ["No mark changes."]


def test_keys_that_are_none(ada, tmp_path, unmarked, monkeypatch):
    (tmp_path / "short").write_text("short")
    for path, reason in (
        (tmp_path / "short", "does not hold a course key, which has 8 to 4096 bytes"),
        (tmp_path / "absent", "cannot read"),
        (tmp_path, "cannot read"),
        ("/dev/zero", "does not hold a course key, which has 8 to 4096 bytes"),
        ("a\0b", "cannot read"),
    ):
        with pytest.raises(CourseError, match=reason):
            grade(options([ada], tmp_path / "out", key_file=path))
    monkeypatch.setenv("FLS_COURSE_KEY", "short")
    with pytest.raises(CourseError, match="FLS_COURSE_KEY does not hold a course key, which has 8 to"):
        grade(options([ada], tmp_path / "out"))
    assert not unmarked


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize("option", ["--out", "--overrides", "--key-file", "--roster", "--against"])
@pytest.mark.parametrize("name", ["circle", "x" * 300])
def test_a_path_that_leads_nowhere_is_one_sentence(ada, tmp_path, option, name):
    """Catches a traceback of pathlib's, which raises where a name is too long or links go round in a circle."""
    (tmp_path / "circle").symlink_to("circle")
    words = [ada, "--exercise", "8", "--isolation", "process", "--out", tmp_path / "out"]
    assert f"{tmp_path}/{name[:6]}" in refused(*words, option, tmp_path / name)


def refused(*words):
    """The sentence of a refusal, which is one, and no traceback."""
    result = CliRunner().invoke(main, ["grade", *map(str, words)])
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("Error: "), result.stderr
    return lines[0]


def test_refusals_of_the_command_line(ada, tmp_path):
    out = tmp_path / "out"
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("text")
    for words, reason in (
        ([tmp_path / "absent", "--out", out], "does not exist"),
        ([ada, "--out", tmp_path / "file"], "is a file"),
        ([ada, "--out", "/proc/out"], "cannot write"),
        ([ada, "--out", " "], "--out is empty"),
        ([ada, "--out", out, "--exercise", "99"], "no exercise '99'"),
        ([ada, "--out", out, "--against", tmp_path / "empty"], "earlier fls grade"),
        ([ada, "--out", out, "--against", tmp_path / "absent"], "earlier fls grade"),
        ([ada, "--out", out, "--jobs", "0"], "--jobs"),
        ([ada, "--out", out, "--time-limit", "nan"], "nan"),
        ([ada, "--out", out, "--memory", "1"], "--memory"),
        ([ada, "--out", out, "--isolation", "none"], "--isolation"),
        ([ada, "--out", out, "--seed", "-1"], "--seed"),
        ([ada], "--out"),
        (["--out", out], "PATH"),
        ([tmp_path / "file", "--out", out], "neither"),
    ):
        assert reason in refused("--isolation", "process", *words), words
    assert not out.exists() or not list(out.glob("*/*")), "nothing was graded"


def test_an_empty_folder_among_others_is_a_submission_with_nothing_in_it(ada, tmp_path):
    (tmp_path / "in/empty").mkdir()
    done = grade(options([tmp_path / "in"], tmp_path / "out"))
    assert (done.counted[1][:2], done.remarks["noted"], done.faults) == (("empty", 0), ["empty"], [])
    assert "no submissions in" in refused(tmp_path / "in/empty", "--out", tmp_path / "other")


def test_a_batch_from_which_everything_was_refused_needs_review(tmp_path):
    """A class in a layout that nobody knows used to be one row with 0, and exit code 0."""
    for who in ("ada", "bo"):
        (tmp_path / "in" / who).mkdir(parents=True)
        (tmp_path / "in" / who / "homework.py").write_text(RIGHT)
    words = (
        "grade",
        tmp_path / "in",
        "--out",
        tmp_path / "out",
        "--exercise",
        "8",
        "--isolation",
        "process",
        "--seed",
        "1",
    )
    result = CliRunner().invoke(main, [*map(str, words), "--json"])
    assert result.exit_code == 1, result.output
    done = json.loads(result.stdout)
    assert done["review"].keys() == {"ada", "bo"} and "No file of an exercise was found" in done["review"]["ada"]
    assert "bo,0,4,0," in (tmp_path / "out/gradebook.csv").read_text()


def test_lists_of_people_are_hidden(tmp_path):
    """Catches submissions that may read names and marks where the sandbox shows the file system."""
    given = {name: tmp_path / name for name in ("roster", "groups", "overrides")}
    settings = options([tmp_path / "in"], tmp_path / "out", **given)
    _, hidden = grading._tested_isolation(settings, [types.SimpleNamespace(path=tmp_path / "in")])
    assert set(map(str, given.values())) <= set(hidden)


def handed_back(tmp_path):
    """The folders in the zip that goes back to the platform."""
    bundle_feedback(tmp_path / "out", tmp_path / "back.zip")
    with zipfile.ZipFile(tmp_path / "back.zip") as archive:
        return sorted(name.removesuffix("/report.html") for name in archive.namelist() if "/" in name)


def test_of_attempts_the_best_counts(tmp_path):
    """Every attempt is marked and one is counted; a changed choice marks nothing anew."""
    for day, text in ((3, RIGHT), (4, "def linear_error(*a): return 0")):
        hand_in(tmp_path / f"in/7-1 - Ada L - Mar {day}, 2025 1015 AM", {"8": text})
    hand_in(tmp_path / "in/8-1 - Bo D - Mar 3, 2025 1015 AM", {"8": RIGHT})
    common = {"paths": [tmp_path / "in"], "seed": 1, "out": tmp_path / "out"}
    best = grade(options(**common, attempts="best"))
    assert [(*row[:2],) for row in best.counted] == [("Ada L (attempt 1)", 4), ("Bo D", 4)]
    assert (best.remarks["more_attempts"], best.identical) == (
        ["Ada L (attempt 1) (1 more)"],
        [["Ada L (attempt 1)", "Bo D"]],
    )
    assert handed_back(tmp_path) == ["7-1 - Ada L - Mar 3, 2025 1015 AM", "8-1 - Bo D - Mar 3, 2025 1015 AM"]
    drawn = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/report.html")}
    every = grade(options(**common, attempts="all"))
    assert [row[:2] for row in every.counted] == [("Ada L", 0), ("Bo D", 4)]
    lines = (tmp_path / "out/gradebook.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["Ada L (attempt 1)", "Ada L", "Bo D"]
    assert ",2025-03-03 10:15:00,1,2,,," in lines[1]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/report.html")} == drawn
    assert handed_back(tmp_path)[0] == "7-1 - Ada L - Mar 4, 2025 1015 AM"


def test_what_cannot_be_read_is_for_a_person(ada, tmp_path, environment):
    """A folder that vanishes while others are graded stands for a disk that fails, which root does not see."""
    sitecustomize = tmp_path / "early"
    sitecustomize.mkdir()
    (sitecustomize / "sitecustomize.py").write_text(
        "import os\nreally = os.open\n"
        "def acted(name, *args, **kwargs):\n"
        "    if os.path.basename(name) == 'bob.zip':\n        raise OSError(5, 'Input/output error')\n"
        "    return really(name, *args, **kwargs)\n"
        "os.supports_dir_fd.add(acted)\nos.open = acted\n"
    )
    with zipfile.ZipFile(tmp_path / "in/bob.zip", "w") as archive:
        archive.writestr("08_bayes_error.py", RIGHT)
    (tmp_path / "in/cy.zip").write_bytes(b"PK no zip")
    environment["PYTHONPATH"] = f"{sitecustomize}:{environment['PYTHONPATH']}"
    words = tmp_path / "in", "--out", tmp_path / "out", "--exercise", "8", "--isolation", "process", "--json"
    out, _ = finish(start(environment, *words), 1)
    assert [(each["submission"], each["score"]) for each in json.loads(out)["submissions"]] == [
        *(("ada", 4), ("bob", None), ("cy", 0))
    ]
    (told,) = read_record(tmp_path / "out/bob/record.json")["exercises"]
    assert told["message"] == "'bob.zip' cannot be read (Input/output error), so nothing of this submission was marked."


def test_an_earlier_out_among_the_submissions_is_passed_over(ada, tmp_path, once, capsys):
    shutil.copytree(once / "out", tmp_path / "in/marks")
    done = grade(options([tmp_path / "in"], tmp_path / "marks-2"))
    assert [line.folder for line in done.counted] == ["ada"]
    assert done.remarks["earlier_results"] == [str(tmp_path / "in/marks")]
    print_summary(done)
    assert "passed over, as it holds results of an earlier fls grade" in " ".join(capsys.readouterr().out.split())
    assert "holds the results of an earlier" in refused(tmp_path / "in/marks", "--out", tmp_path / "marks-3")


def test_what_may_have_been_handed_in_is_not_believed(ada, tmp_path, monkeypatch):
    """Marks, a key and earlier results, which would look like ours."""
    grade(options([ada], tmp_path / "in/marks"))
    (tmp_path / "in/marks/course.key").write_text("chosen by a student\n")
    out = tmp_path / "out"
    monkeypatch.chdir(tmp_path / "in")
    for path in (tmp_path / "in", ".", "../in/marks"):
        assert "a submission could bring its own" in refused("--single", path, "--out", "marks")
    assert "--against 'marks' lies in '.'" in refused(".", "--out", out, "--against", "marks")
    assert "--key-file 'marks/course.key' lies in '.'" in refused(".", "--out", out, "--key-file", "marks/course.key")
    assert not out.exists()


@pytest.mark.parametrize("name", ["--isolation=process", "--seed", "--", "-\x1b[31m"])
def test_a_file_that_is_called_like_an_option_is_none(name, ada, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "in")
    hand_in(tmp_path / "in" / name, {"8": RIGHT})
    said = refused(*sorted(["ada", name]), "--out", tmp_path / "out")
    assert "write ./* for *" in said and said.isprintable()
    done = grade(options(["ada", f"./{name}"], tmp_path / "out"))
    assert [row[1] for row in done.counted] == [BAYES.points] * 2


@pytest.mark.parametrize("place", ["{}.py", "{0}/{0}.py", "work/{}.py", "work/{0}/{0}.py", "all.ZIP"])
def test_settings_among_somebodys_work_do_not_hide_it(ada, tmp_path, place, once):
    """Wherever the work lies: whoever is passed over is in no gradebook."""
    bob = tmp_path / "in/bob" / place.format(BAYES.name)
    bob.parent.mkdir(parents=True)
    bob.write_text(RIGHT)
    if place == "all.ZIP":
        with zipfile.ZipFile(bob, "w") as archive:
            archive.writestr(f"{BAYES.name}.py", RIGHT)
    shutil.copy(once / "out/settings.json", tmp_path / "in/bob")
    done = grade(options([tmp_path / "in"], tmp_path / "out"))
    assert [row[:2] for row in done.counted] == [("ada", BAYES.points), ("bob", BAYES.points)]
    assert not done.remarks["earlier_results"]


def test_a_circle_of_links_in_a_batch_is_one_persons_zero(ada, tmp_path):
    (tmp_path / "in/bob").symlink_to("bob")
    done = grade(options([tmp_path / "in"], tmp_path / "out"))
    assert [row[:2] for row in done.counted] == [("ada", BAYES.points), ("bob", 0)]


def test_a_single_submission_is_not_searched_for_others(ada, tmp_path, once):
    shutil.copy(once / "out/settings.json", tmp_path / "in")
    (tmp_path / "in/circle").symlink_to("circle")
    done = grade(options([tmp_path / "in"], tmp_path / "out", single=True))
    assert [row[:2] for row in done.counted] == [("in", BAYES.points)], "as it lies in the only folder with any"


def test_a_total_limit_is_written_down_and_kept_to(ada, tmp_path):
    grade(options([ada], tmp_path / "out", total_limit=100.0))
    assert read_record(tmp_path / "out/ada/record.json")["limits"]["submission_seconds"] == 100.0
    with pytest.raises(CourseError, match="total limit: 100 s -> none"):
        grade(options([ada], tmp_path / "out"))


def test_exercises_are_named_by_numbers_and_ranges():
    every = registry.exercises()
    for words, numbers, short in (
        (("8",), "08", "08"),
        (("01-03,16", "07_equivalence"), "01 02 03 07 16", "01-03,07,16"),
        (("12-99", "1", "2"), "01 02 12 13 14 15 16 17", "01,02,12-17"),
        ((), " ".join(each.number for each in every), "01-17"),
    ):
        found = select(words, every)
        assert (" ".join(each.number for each in found), selection_text(found, every)) == (numbers, short)
    for words in ("18-20", "9-8", "1-", "", "01,"):
        with pytest.raises(CourseError):
            select([words], every)


def test_another_out_that_cannot_be_compared_is_refused_first(ada, tmp_path):
    grade(options([ada], tmp_path / "old"))
    assert "are both" in refused(ada, "--out", tmp_path / "old", "--against", tmp_path / "old")
    (tmp_path / "old/settings.json").write_text("{")
    assert "does not hold the settings" in refused(ada, "--out", tmp_path / "new", "--against", tmp_path / "old")


def test_a_missing_module_is_refused_before_anything_is_graded(ada, tmp_path, monkeypatch):
    needy = next(exercise for exercise in registry.exercises() if "torch" in exercise.needs)
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="pip install torch$"):
        grade(options([ada], tmp_path / "out", exercises=(needy.number,)))
    rest = selection_text([each for each in registry.exercises() if not each.needs], registry.exercises())
    assert rest.startswith("01-12,15")
    with pytest.raises(CourseError, match=f"pip install torch; or grade without it: --exercise {rest}$"):
        grade(options([ada], tmp_path / "out", exercises=()))


def test_without_isolation_the_sentence_says_what_to_do(ada, tmp_path, monkeypatch):
    def choose(*given):
        raise SandboxError("bwrap: no user namespaces")

    monkeypatch.setattr(grading, "choose", choose)
    sentence = refused(ada, "--out", tmp_path / "out", "--exercise", "8")
    assert all(part in sentence for part in ("no user namespaces", "fls doctor", "--isolation process"))


def test_results_are_not_written_among_submissions(ada, tmp_path):
    """Or a submission could bring its own record.json."""
    for out, paths in (("in", ["in/ada"]), ("in", ["in/ada", "in/ada/08_bayes_error.py"])):
        with pytest.raises(CourseError, match="where results would be written"):
            grade(options([tmp_path / path for path in paths], tmp_path / out))
    hand_in(tmp_path / "sub/sub", {"8": RIGHT})
    with pytest.raises(CourseError, match="where results would be written"):
        grade(options([tmp_path / "sub"], tmp_path))


def test_a_second_one_on_the_same_out_is_refused(ada, tmp_path):
    out = private_folder(tmp_path / "out")
    with exclusive_use(out), pytest.raises(CourseError, match="another fls grade"):
        grade(options([ada], out))
    assert grade(options([ada], out)).counted[0][1] == 5 - 1


def test_a_full_disk_is_one_sentence_and_the_command_goes_on_later(ada, tmp_path, environment, monkeypatch, capfd):
    """A limit on the size of files stands for the disk: no report may be written whole."""

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    words = ada, "--out", tmp_path / "out", "--exercise", "8", "--isolation", "process"
    _, err = finish(start(environment, *words, preexec_fn=little_room), 2)
    assert "cannot go on, writing to" in err and "File too large" in err
    left = {path.name for path in (tmp_path / "out/ada").iterdir()}
    assert left <= {"results.json"}, "which is short enough to be whole"
    monkeypatch.setenv("FLS_COURSE_KEY", KEY)
    graded_here(capfd, *words)


def test_other_errors_of_the_system_are_sentences_too(ada, tmp_path, monkeypatch):
    def run(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(grading.batch, "spread", run)
    assert "No space left on device" in refused(ada, "--out", tmp_path / "out", "--isolation", "process")


# ------------------------------------------------------------------ names and places


def test_odd_names(tmp_path):
    names = ["=1+1", "[b]x[/b]", "CON", "con ", "ünïcode", "a\x1b[2Jb", "out", "course.key", "-rf", "<script>"]
    for name in names:
        hand_in(tmp_path / "in" / name, {"8": RIGHT})
    hand_in(tmp_path / "in/twin", {"8": RIGHT})
    out = tmp_path / "out"
    given = options([tmp_path / "in"], out, jobs=2)
    first = grade(given)
    assert len(first.counted) == len({line.folder for line in first.counted}) == len(names) + 1
    assert {row[1] for row in first.counted} == {4}
    before = contents(out)
    assert [row[0] for row in grade(given).counted] == [row[0] for row in first.counted]
    assert contents(out) == before


def test_nothing_is_written_outside(ada, tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    before = contents(tmp_path / "in")
    grade(options([ada], tmp_path / "out"))
    assert (list(work.iterdir()), contents(tmp_path / "in")) == ([], before)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("ada", "gradebook.csv", ".gradebook.sha256", "cohort.html", "course.key", "settings.json", ".lock")
    }


# ------------------------------------------------------------------ what is printed


@pytest.fixture
def graded(tmp_path):
    """What came of a batch in which somebody has no mark."""
    lines = [
        SubmissionResult("[red]ada[/red]", 3, 4, {"passed": 3, "wrong": 1}),
        SubmissionResult("bob", None, 4, {"grader-fault": 4}),
        SubmissionResult("cy[/nothing]", 4, 4, {"passed": 4}),
    ]
    return BatchResult(tmp_path, "bwrap", lines, {"noted": ["[/cy]"]}, changes=["[b]a line[/b]"])


def test_the_summary_shows_names_as_they_are(graded, capsys):
    print_summary(graded)
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("[red]ada[/red]", "cy[/nothing]", "1 wrong", "[/cy]", "[b]a line[/b]"))
    assert "1 not graded because of a grader error; review manually: bob" in shown
    assert "2 marked: lowest 3, median 3.5, highest 4" in shown


def test_the_summary_names_those_of_whom_nothing_was_marked(graded, capsys):
    graded.lines += [SubmissionResult("dot", 0, 4, {"missing": 4})]
    print_summary(graded)
    shown = capsys.readouterr().out
    assert "1 without any work that could be marked, so 0 points: dot" in shown and "all of them" not in shown
    graded.lines = [SubmissionResult("dot", 0, 4, {"missing": 4})]
    print_summary(graded)
    assert "That is all of them: is PATH the folder that holds the submissions?" in capsys.readouterr().out


def test_no_name_is_a_row_of_question_marks(graded, monkeypatch):
    """Two people could not be told apart where a terminal has ASCII alone."""
    stream = io.TextIOWrapper(io.BytesIO(), "ascii", errors="fls_plain")
    monkeypatch.setattr("sys.stdout", stream)
    graded.lines = [SubmissionResult("李雷", 0, 4, {}), SubmissionResult("Ünal", 1, 4, {})]
    print_summary(graded)
    stream.flush()
    shown = stream.buffer.getvalue().decode("ascii")
    assert "\\u674e\\u96f7" in shown and "Unal" in shown


def test_a_large_batch_is_cut_short(graded, capsys):
    graded.lines = [SubmissionResult(f"s{k:04}", k % 5, 4, {}) for k in range(1000)]
    print_summary(graded)
    assert "... and 960 more" in (shown := capsys.readouterr().out) and len(shown.splitlines()) < 60


@pytest.mark.parametrize(("score", "code"), [(4, 0), (0, 0), (None, 1)])
def test_json_is_one_object_and_the_exit_code_tells_of_faults(ada, tmp_path, monkeypatch, score, code):
    done = BatchResult(tmp_path, "process", [SubmissionResult("ada", score, 4, {})])
    monkeypatch.setattr(grading, "grade", lambda given, progress: done)
    result = CliRunner().invoke(main, ["grade", str(ada), "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == code
    assert json.loads(result.stdout)["faults"] == ([] if code == 0 else ["ada"])


def test_progress_names_who_was_last_and_what_is_left(monkeypatch):
    told, now = [], iter([0.0, 30.0, 60.0, 100.0])
    monkeypatch.setattr(grading, "time", types.SimpleNamespace(monotonic=lambda: next(now)))
    tell = grading._reporter(lambda fraction, what: told.append((fraction, what)), 10)
    for done, name in ((1, "ada"), (6, "bob"), (10, "cy")):
        tell(done, Submission(name))
    assert told == [(0.1, "1/10, 4 min left, last ada"), (0.6, "6/10, 40 s left, last bob"), (1.0, "10/10, last cy")]


def test_a_name_on_the_progress_bar_is_no_markup(monkeypatch):
    monkeypatch.setattr(terminal, "_is_terminal", lambda stream: True)
    with terminal.progress("grading") as tell:
        tell(0.5, "last [/red]")  # rich would complain of a tag that closes nothing


def test_a_log_gets_few_lines(capsys):
    with terminal.progress("grading", seconds_between_lines=60.0) as tell:
        for k in range(1000):
            tell(k / 1000, "last somebody")
    assert capsys.readouterr().err == ""


def test_against_an_older_out(ada, tmp_path):
    grade(options([ada], tmp_path / "old"))
    (ada / "08_bayes_error.py").write_text("def linear_error(*a, **k): return 2.0")
    done = grade(options([ada], tmp_path / "new", against=tmp_path / "old"))
    assert done.changes[-1] == "1 submission differs: 1 changed." and "4" in done.changes[0]
    assert (tmp_path / "old/course.key").read_bytes() == (tmp_path / "new/course.key").read_bytes()
    assert read_record(tmp_path / "new/ada/record.json")["score"] == 0


def test_a_seed_and_a_key_are_one_too_many(tmp_path):
    given = ["grade", str(tmp_path), "--out", str(tmp_path / "out"), "--seed", "1", "--key-file", str(tmp_path / "key")]
    done = CliRunner().invoke(main, given)
    assert done.exit_code == 2 and "--seed and --key-file" in done.output
    assert not (tmp_path / "out").exists()


def test_a_rule_for_late_work_that_cannot_judge_says_so(ada, tmp_path):
    """Catches late work that keeps its score because its name bears no time, without a word."""
    due = {"late": "10%/day", "due": "2025-03-04"}
    assert grade(options([ada], tmp_path / "out", **due)).remarks["undated"] == ["ada"]
    assert grade(options([ada], tmp_path / "out", late="10%/day")).remarks["undated"] == []


def test_a_column_of_no_roster_is_refused(ada, tmp_path):
    """Catches an option that is passed over: with it there would be a roster.csv, and there is none."""
    assert "--column alone changes nothing" in refused(ada, "--out", tmp_path / "out", "--column", "Homework 1")
    assert not (tmp_path / "out").exists()


def test_settings_that_only_the_old_run_had_are_named():
    """Catches a refusal that cannot say what differs."""
    from fls_teach.autograder.results_folder import differing

    assert differing({"memory": "1 MiB", "gone": "x"}, {"memory": "1 MiB"}) == ["gone: x -> none"]


def test_a_roster_is_filled_in_with_what_counts_in_the_end(tmp_path):
    """Catches a roster with the grader's marks beside a gradebook with the corrected ones, and a person who is lost."""
    for name in ("ada", "guest"):
        hand_in(tmp_path / "in" / name, {"8": "x = 1"})
    (tmp_path / "people.csv").write_text("Username,Grade\nada,\nbo,7\n")
    (tmp_path / "marks.csv").write_text("submission,exercise,points,reason\nada,08,3,on paper\n")
    files = {"roster": tmp_path / "people.csv", "overrides": tmp_path / "marks.csv"}
    done = grade(options([tmp_path / "in"], tmp_path / "out", **files))
    assert (tmp_path / "out/roster.csv").read_text("utf-8-sig") == "Username,Grade\nada,3\nbo,7\n"
    assert (done.remarks["absent"], done.remarks["not_on_the_roster"]) == (["bo"], ["guest"]) and needs_review(done)
    rows = (tmp_path / "out/gradebook.csv").read_text("utf-8-sig").splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == ["ada", "guest", "bo"]


def test_without_rapidfuzz_all_else_is_done(ada, tmp_path, monkeypatch):
    """Catches a batch that ends, hours later, without its page of the cohort."""
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    done = grade(options([ada], tmp_path / "out"))
    assert done.pairs is None and "pip install rapidfuzz" in (tmp_path / "out/cohort.html").read_text("utf-8")
