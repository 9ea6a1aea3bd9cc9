"""A batch: the same bytes whatever happens around it, and nothing lost or left running when it is killed."""

import json
import os
import shutil
import signal

import pytest

from fls_teach.autograder.grade import grade
from fls_teach.autograder.marking import batch, grader
from fls_teach.autograder.record import read_record
from fls_teach.autograder.reports.folder import DRAWN
from fls_teach.autograder.reports.summary import as_dict
from fls_teach.autograder.settings import RunSettings, TimeLimits

from .handed_in import (
    alive,
    contents,
    finish,
    graded_here,
    graders,
    hand_in,
    kill,
    misconception,
    offspring,
    options,
    records,
    solution,
    start,
    wait_for,
)

pytestmark = pytest.mark.usefixtures("forked_graders")
BWRAP = shutil.which("bwrap") or os.environ.get("CI")  # in CI it has to be there
SLOWLY = "import time\ntime.sleep(0.4)\n"
ZERO = "def linear_error(w, signal, kappa, sigma):\n    return object()\n"  # marked in a fifth of the time


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("FLS_COURSE_KEY", "a key for tests")


@pytest.fixture
def mixed(tmp_path):
    """Submissions with failures of many kinds."""
    odd, crash = (f"import os\ndef linear_error(*a, **k): {end}" for end in ("return object()", "os._exit(0)"))
    angle = misconception("8", "angle_for_cosine")
    hand_in(tmp_path / "in/ada", {"3": misconception("3", "factor_two"), "8": angle})
    hand_in(tmp_path / "in/bob", {"3": misconception("3", "in_place"), "8": odd})
    hand_in(tmp_path / "in/cy", {"3": "def velocity(X, y, W, v): return 0.0", "8": crash})
    (hand_in(tmp_path / "in/dot", {}) / "notes.txt").touch()
    return tmp_path / "in"


def test_the_same_bytes_in_any_order_and_company(mixed, tmp_path, key, real_graders, monkeypatch):
    """A grader process carries nothing from one submission to the next, and no file names a place or a time."""
    names = ("ada", "bob", "cy", "dot")
    grade(options([mixed], tmp_path / "one", exercises=("3", "8"), jobs=1))
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    moved = shutil.copytree(mixed, tmp_path / "a longer path/in")
    turned = [moved / name for name in reversed(names)]
    grade(options(turned, tmp_path / "elsewhere/two", exercises=("8", "3", "8"), jobs=2))
    one, two = contents(tmp_path / "one"), contents(tmp_path / "elsewhere/two")
    assert one.keys() == two.keys() and len(one) == 4 * 4 + 3
    differing = [path for path in one if one[path] != two[path]]
    assert differing == ["gradebook.csv"], "whose lines come in the order of the command line"
    assert sorted(one["gradebook.csv"].splitlines()) == sorted(two["gradebook.csv"].splitlines())
    assert not any(b"a key for tests" in text or os.fsencode(tmp_path) in text for text in one.values())

    grade(options([mixed / "cy"], tmp_path / "alone", exercises=("3", "8")))
    alone = contents(tmp_path / "alone")
    assert [alone[f"cy/{name}"] for name in (*DRAWN, "record.json")] == [
        one[f"cy/{name}"] for name in (*DRAWN, "record.json")
    ]


def test_the_seed_in_the_record_reproduces_the_run(mixed, tmp_path, key):
    grade(options([mixed / "ada"], tmp_path / "one"))
    first = read_record(tmp_path / "one/ada/record.json")
    grade(options([mixed / "ada"], tmp_path / "two", seed=first["seed"]))
    second = read_record(tmp_path / "two/ada/record.json")
    assert (first.pop("keyed"), second.pop("keyed")) == (True, False)
    assert first == second
    assert not (tmp_path / "two/course.key").exists(), "no key was needed"


@pytest.mark.skipif(not BWRAP, reason="bubblewrap is not installed")
def test_kill_minus_nine_loses_nothing_and_leaves_nothing(tmp_path, environment, key, capfd):
    """fls grade is killed twice, the second time after one of its graders."""
    for k in range(5):
        hand_in(tmp_path / f"in/s{k}", {"8": f"{SLOWLY}{solution('8') if k == 0 else ZERO}# {k}\n"})
    common = (tmp_path / "in", "--exercise", "8", "--isolation", "bwrap", "--jobs", "2")
    graded_here(capfd, *common, "--out", tmp_path / "undisturbed")
    out, finished = tmp_path / "out", {}
    for goal in (1, 3):
        process = start(environment, *common, "--out", out)
        if finished:
            os.kill(wait_for(lambda process=process: graders(process.pid))[0], signal.SIGKILL)
        wait_for(lambda goal=goal: len(records(out)) >= goal)
        family, said = kill(process)
        assert len(family) >= 2 and "Traceback" not in said
        wait_for(lambda family=family: not alive(family), 5.0)  # 0.2 s, when nobody else needs the machine
        kept = records(out)
        assert finished.items() <= kept.items(), "what was finished was not done again"
        finished = kept
    finish(start(environment, *common, "--out", out))
    assert finished.items() <= records(out).items()
    assert contents(out) == contents(tmp_path / "undisturbed")


SHADOWS = "numpy", "click", "json", "hypothesis", "sortedcontainers", "rapidfuzz", "sitecustomize", "traceback"


def test_nothing_is_imported_from_where_the_submissions_lie(tmp_path, environment):
    """Neither by `fls`, nor by its graders, though a folder may be called like a package that they import.

    Nor is anything opened there: Python quotes what does not parse from a file that has the name it gave it.
    """
    hand_in(tmp_path / "in/ada", {"8": "def linear_error(w, signal, kappa, sigma):\n    return 0.75\n"})
    for name in SHADOWS:
        (tmp_path / "in" / name).mkdir()
        (tmp_path / "in" / name / "__init__.py").write_text(f"open({str(tmp_path / name)!r}, 'w')")
    os.mkfifo(tmp_path / "in/<unknown>")
    words = ".", "--out", tmp_path / "out", "--exercise", "8", "--isolation", "process"
    finish(start(environment, *words, cwd=tmp_path / "in"), 1)  # of most, no file can be taken
    assert [name for name in SHADOWS if (tmp_path / name).exists()] == []
    assert read_record(tmp_path / "out/ada/record.json")["score"] == 0


def test_a_gradebook_is_there_only_when_all_are_marked(mixed, tmp_path, key, monkeypatch):
    out = tmp_path / "out"
    grade(options([mixed], out))
    old = contents(out)
    (mixed / "ada/08_bayes_error.py").write_text(solution("8"))
    with monkeypatch.context() as patch:
        patch.setattr(batch, "mark_entry", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            grade(options([mixed], out))
    assert not {"gradebook.csv", "cohort.html"} & contents(out).keys()
    grade(options([mixed], out))
    assert contents(out).keys() == old.keys() and contents(out)["gradebook.csv"] != old["gradebook.csv"]


@pytest.mark.skipif(not BWRAP, reason="bubblewrap is not installed")
def test_ctrl_c_ends_everything(tmp_path, environment):
    for k in range(3):
        hand_in(tmp_path / f"in/s{k}", {"8": f"import time\ntime.sleep(10)\n# {k}\n"})
    process = start(environment, tmp_path / "in", "--exercise", "8", "--isolation", "bwrap", "--out", tmp_path / "out")
    wait_for(lambda: graders(process.pid))
    wait_for(lambda: any(b"worker.py" in command for _, command in offspring(process.pid).values()))
    family = offspring(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = finish(process, 130)
    assert "Stopped" in err
    wait_for(lambda: not alive(family), 5.0)


# ------------------------------------------------------------------ what is done again


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A folder with one submission, in/, graded, out/."""
    folder = tmp_path_factory.mktemp("once")
    (folder / "key").write_text("a key for tests")
    grade(options([hand_in(folder / "in/ada", {"8": ZERO})], folder / "out", key_file=folder / "key"))
    return folder


@pytest.fixture
def done(once, tmp_path, key):
    """One graded submission: (its options, its results)."""
    for name in ("in", "out"):
        shutil.copytree(once / name, tmp_path / name)
    return options([tmp_path / "in/ada"], tmp_path / "out"), tmp_path / "out/ada"


def changed(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "record.json").write_bytes((folder / "record.json").read_bytes()[:-100]),
        lambda folder: (folder / "record.json").write_text("[]"),
        lambda folder: (folder / "record.json").unlink(),
        lambda folder: (folder / "report.html").unlink(),
        lambda folder: changed(folder / "record.json", score=3),
        lambda folder: changed(folder / "record.json", seed=1),
        lambda folder: changed(folder / "record.json", submission="somebody else"),
        lambda folder: changed(folder / "record.json", versions={"fls_teach": "0.0"}),
        lambda folder: changed(folder / "record.json", isolation="bwrap"),
    ],
)
def test_a_harmed_result_is_made_again(done, harm):
    given, folder = done
    before = contents(folder)
    harm(folder)
    grade(given)
    assert contents(folder) == before


def test_what_is_whole_is_left_alone(done, monkeypatch):
    given, folder = done
    before = records(folder.parent)
    grade(given)
    assert records(folder.parent) == before
    (given.paths[0] / "08_bayes_error.py").write_text(solution("8"))
    assert grade(given).counted[0][1] == 4, "a changed submission is marked again"


def test_a_name_that_has_to_be_escaped_is_not_done_again(tmp_path, key):
    """In the record it is not quite the name of the folder."""
    given = options([hand_in(tmp_path / "in/a\u3164b", {"8": ZERO})], tmp_path / "out")
    grade(given)
    before = records(tmp_path / "out")
    grade(given)
    assert records(tmp_path / "out") == before


# ------------------------------------------------------------------ graders that fail


PRELUDE = """
import json, os, sys, time
from multiprocessing.connection import Connection
channel = Connection(int(sys.argv[1]))
channel.recv_bytes()
def say(answer):
    channel.send_bytes(json.dumps(answer).encode())
"""


class Script:
    """A grader process that was replaced by a few lines of Python."""

    def __init__(self, monkeypatch, lines):
        self.starts, popen = 0, grader.subprocess.Popen

        def start(command, **more):
            self.starts += 1
            return popen([command[0], "-c", PRELUDE + lines, command[-1]], **more)

        monkeypatch.setattr(grader.subprocess, "Popen", start)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("os._exit(3)", "status 3"),
        ("os.write(channel.fileno(), b'123')", "status 0"),
        ("say({'problem': 'RuntimeError: no'})", "RuntimeError: no"),
        ("time.sleep(60)", "busy for more than 1 s in 08_bayes_error 2 times; the submission provokes it"),
    ],
)
def test_a_grader_that_fails_is_tried_twice_and_is_never_a_zero(tmp_path, key, monkeypatch, lines, reason):
    if "sleep" in lines:  # the limit for an exercise is then a second
        monkeypatch.setattr(grader, "STARTING", 1.0 - TimeLimits().exercise_timeout())
    script = Script(monkeypatch, lines)
    done = grade(options([hand_in(tmp_path / "in/ada", {"8": solution("8")})], tmp_path / "out"))
    assert script.starts == 2
    assert (done.counted[0][1], done.faults) == (None, ["ada"])
    record = read_record(tmp_path / "out/ada/record.json")
    assert reason in record["exercises"][0]["message"]
    if reason == "status 3":
        monkeypatch.undo()
        monkeypatch.setenv("FLS_COURSE_KEY", "a key for tests")
        assert grade(options([tmp_path / "in/ada"], tmp_path / "out")).faults == [], "it is tried again the next time"


def test_a_grader_is_not_told_the_course_key(monkeypatch, tmp_path):
    """From the key follow the examples of everybody; a grader inherited it where the environment had it."""
    seen = {}
    monkeypatch.setenv("FLS_COURSE_KEY", "hush, hush")
    monkeypatch.setattr(grader.subprocess, "Popen", lambda command, **options: seen.update(options["env"]) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        grader.Grader(RunSettings((), tmp_path))._start()
    assert "PATH" in seen and "hush, hush" not in seen.values()


def test_what_was_marked_before_the_grader_was_ended_is_kept(tmp_path, key, monkeypatch):
    ada = hand_in(tmp_path / "in/ada", {"1": solution("1"), "8": solution("8")})
    grade(options([ada], tmp_path / "whole", exercises=("1", "8")))
    first = read_record(tmp_path / "whole/ada/record.json")["exercises"][0]
    monkeypatch.setattr(grader, "STARTING", 2.0 - TimeLimits().exercise_timeout())
    Script(monkeypatch, f"say({{'exercise': json.loads({json.dumps(first)!r})}})\ntime.sleep(60)")
    assert grade(options([ada], tmp_path / "out", exercises=("1", "8"))).faults == ["ada"]
    kept, lost = read_record(tmp_path / "out/ada/record.json")["exercises"]
    assert (kept, kept["points"], lost["state"]) == (first, first["of"], "fault")
    assert "08_bayes_error" in lost["message"]


def test_one_that_cannot_be_marked_does_not_disturb_the_others(mixed, tmp_path, key, monkeypatch):
    """A submission on which graders die, amid others."""
    fields = grader.Submission.as_json
    monkeypatch.setattr(grader.Submission, "as_json", lambda own: "rubbish" if own.name == "bob" else fields(own))
    done = grade(options([mixed], tmp_path / "out", jobs=2))
    assert done.faults == ["bob"]
    assert [score is None for _, score, *_ in done.counted] == [False, True, False, False]
    assert as_dict(done)["faults"] == ["bob"]


def test_reports_that_cannot_be_drawn_are_one_submissions_fault(tmp_path, key, monkeypatch):
    """Catches a batch that ends with a traceback in the middle, and a grader process that is told the course key."""
    sent, as_json, write = [], RunSettings.as_json, batch.write

    def failing(folder, record):
        if record["submission"] == "ada" and not record["fault"]:
            raise RuntimeError("no such filter")
        write(folder, record)

    monkeypatch.setattr(batch, "write", failing)
    monkeypatch.setattr(RunSettings, "as_json", lambda own: sent.append(as_json(own)) or sent[-1])
    work = [hand_in(tmp_path / "in" / name, {"8": "x = 1"}) for name in ("ada", "bo")]
    assert grade(options(work, tmp_path / "out")).faults == ["ada"]
    message = read_record(tmp_path / "out/ada/record.json")["exercises"][0]["message"]
    assert message == "The grader could not mark this submission: RuntimeError: no such filter."
    assert len(sent) == 1 and json.loads(sent[0])["key"] == "" and b"a key for tests".hex() not in sent[0]
