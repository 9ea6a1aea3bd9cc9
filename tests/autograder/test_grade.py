"""`fls grade` as an instructor meets it: the key, refusals in one sentence, odd names, and what is printed."""

import errno
import json
import resource
import stat
import types

import pytest
from click.testing import CliRunner

from fls_teach import terminal
from fls_teach.autograder import grade as grading
from fls_teach.autograder.grade import grade
from fls_teach.autograder.record import read_record
from fls_teach.autograder.summary import Done, print_summary
from fls_teach.cli import main
from fls_teach.course import registry
from fls_teach.course.registry import CourseError
from fls_teach.grading.sandbox import SandboxError

from .handed_in import contents, finish, hand_in, options, solution, start

RIGHT = solution("8")


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

    def run(entries, task, jobs, progress):
        tasks.append(task)
        raise CourseError("enough")

    monkeypatch.setattr(grading.batch, "run", run)
    return tasks


def key_of(given, tasks):
    with pytest.raises(CourseError, match="enough"):
        grade(given)
    return bytes.fromhex(tasks[-1].key)


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
    monkeypatch.setattr(grading.against, "changes", lambda *given: [])
    assert key_of(options([ada], tmp_path / "new", against=tmp_path / "old"), unmarked) == old
    monkeypatch.setenv("FLS_COURSE_KEY", "  out of the environment\n")
    assert key_of(options([ada], tmp_path / "new"), unmarked) == b"out of the environment"
    (tmp_path / "key").write_text("out of a file\n")
    assert key_of(options([ada], tmp_path / "new", key_file=tmp_path / "key"), unmarked) == b"out of a file"


def test_keys_that_are_none(ada, tmp_path, unmarked, monkeypatch):
    (tmp_path / "short").write_text("short")
    for path, reason in (
        (tmp_path / "short", "less than 8"),
        (tmp_path / "absent", "cannot read"),
        (tmp_path, "cannot read"),
        ("/dev/zero", "longer than"),
        ("a\0b", "cannot read"),
    ):
        with pytest.raises(CourseError, match=reason):
            grade(options([ada], tmp_path / "out", key_file=path))
    monkeypatch.setenv("FLS_COURSE_KEY", "short")
    with pytest.raises(CourseError, match="FLS_COURSE_KEY has less than 8"):
        grade(options([ada], tmp_path / "out"))
    assert not unmarked


# ------------------------------------------------------------------ refusals


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


def test_an_empty_folder_is_a_submission_with_nothing_in_it(tmp_path):
    (tmp_path / "empty").mkdir()
    done = grade(options([tmp_path / "empty"], tmp_path / "out"))
    assert (done.rows[0][1], done.noted, done.faults) == (0, ["empty"], [])


def test_a_missing_module_is_refused_before_anything_is_graded(ada, tmp_path, monkeypatch):
    needy = next(exercise for exercise in registry.exercises() if "torch" in exercise.needs)
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="pip install torch"):
        grade(options([ada], tmp_path / "out", exercises=(needy.number,)))


def test_without_isolation_the_sentence_says_what_to_do(ada, tmp_path, monkeypatch):
    def choose(*given):
        raise SandboxError("bwrap: no user namespaces")

    monkeypatch.setattr(grading, "choose", choose)
    sentence = refused(ada, "--out", tmp_path / "out", "--exercise", "8")
    assert all(part in sentence for part in ("no user namespaces", "fls doctor", "--isolation process"))


def test_results_are_not_written_among_submissions(ada, tmp_path):
    """Or a submission could bring its own record.json."""
    for out, paths in (("in", ["in/ada"]), ("in", ["in/ada", "in/ada/08_bayes_error.py"])):
        with pytest.raises(CourseError, match="where results would go"):
            grade(options([tmp_path / path for path in paths], tmp_path / out))
    hand_in(tmp_path / "sub/sub", {"8": RIGHT})
    with pytest.raises(CourseError, match="where results would go"):
        grade(options([tmp_path / "sub"], tmp_path))


def test_a_second_one_on_the_same_out_is_refused(ada, tmp_path):
    out = grading._private_folder(tmp_path / "out")
    with grading._only_one(out), pytest.raises(CourseError, match="another fls grade"):
        grade(options([ada], out))
    assert grade(options([ada], out)).rows[0][1] == 5 - 1


def test_a_full_disk_is_one_sentence_and_the_command_goes_on_later(ada, tmp_path, environment):
    """A limit on the size of files stands for the disk: no report may be written whole."""

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    words = ada, "--out", tmp_path / "out", "--exercise", "8", "--isolation", "process"
    _, err = finish(start(environment, *words, preexec_fn=little_room), 2)
    assert "cannot go on, writing to" in err and "File too large" in err
    left = {path.name for path in (tmp_path / "out/ada").iterdir()}
    assert left <= {"results.json"}, "which is short enough to be whole"
    finish(start(environment, *words))


def test_other_errors_of_the_system_are_sentences_too(ada, tmp_path, monkeypatch):
    def run(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(grading.batch, "run", run)
    assert "No space left on device" in refused(ada, "--out", tmp_path / "out", "--isolation", "process")


# ------------------------------------------------------------------ names and places


def test_odd_names(tmp_path):
    names = ["=1+1", "[b]x[/b]", "CON", "con ", "ünïcode", "a\x1b[2Jb", "out", "course.key", "-rf", "<script>"]
    for name in names:
        hand_in(tmp_path / "in" / name, {"8": RIGHT})
    hand_in(tmp_path / "in/twin", {"8": RIGHT})
    out = tmp_path / "in/out-of-grading"
    given = options([tmp_path / "in"], out, jobs=2)
    first = grade(given)
    assert len(first.rows) == len(set(first.folders)) == len(names) + 1
    assert {row[1] for row in first.rows} == {4}
    before = contents(out)
    assert [row[0] for row in grade(given).rows] == [row[0] for row in first.rows], "OUT itself is no submission"
    assert contents(out) == before


def test_nothing_is_written_outside(ada, tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    before = contents(tmp_path / "in")
    grade(options([ada], tmp_path / "out"))
    assert (list(work.iterdir()), contents(tmp_path / "in")) == ([], before)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("ada", "gradebook.csv", "cohort.html", "course.key", ".lock")
    }


# ------------------------------------------------------------------ what is printed


@pytest.fixture
def graded(tmp_path):
    """What came of a batch in which somebody has no mark."""
    rows = [
        ("[red]ada[/red]", 3, 4, {"passed": 3, "wrong": 1}),
        ("bob", None, 4, {"grader-fault": 4}),
        ("cy[/nothing]", 4, 4, {"passed": 4}),
    ]
    return Done(tmp_path, "bwrap", ["ada", "bob", "cy"], rows, ["[/cy]"], None, ["[b]a line[/b]"], 1.0)


def test_the_summary_shows_names_as_they_are(graded, capsys):
    print_summary(graded)
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("[red]ada[/red]", "cy[/nothing]", "1 wrong", "[/cy]", "[b]a line[/b]"))
    assert "1 without a mark, for no fault of theirs, to be looked at by a person: bob" in shown
    assert "2 marked: lowest 3, median 3.5, highest 4" in shown


def test_a_large_batch_is_cut_short(graded, capsys):
    graded.rows = [(f"s{k:04}", k % 5, 4, {}) for k in range(1000)]
    print_summary(graded)
    assert "... and 960 more" in (shown := capsys.readouterr().out) and len(shown.splitlines()) < 60


@pytest.mark.parametrize(("score", "code"), [(4, 0), (0, 0), (None, 1)])
def test_json_is_one_object_and_the_exit_code_tells_of_faults(ada, tmp_path, monkeypatch, score, code):
    done = Done(tmp_path, "process", ["ada"], [("ada", score, 4, {})])
    monkeypatch.setattr(grading, "grade", lambda given, progress: done)
    result = CliRunner().invoke(main, ["grade", str(ada), "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == code
    assert json.loads(result.stdout)["faults"] == ([] if code == 0 else ["ada"])


def test_progress_names_who_was_last_and_what_is_left(monkeypatch):
    told, now = [], iter([0.0, 30.0, 60.0, 100.0])
    monkeypatch.setattr(grading, "time", types.SimpleNamespace(monotonic=lambda: next(now)))
    tell = grading._told(lambda fraction, what: told.append((fraction, what)), 10)
    tell(1, "ada")
    tell(6, "bob")
    tell(10, "cy")
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
