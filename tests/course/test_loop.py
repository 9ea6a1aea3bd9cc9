"""A student's day, command by command."""

import errno
import hashlib
import importlib.util
import json
import os
import shutil
import sys
import time
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from fls_teach.cli import main
from fls_teach.course.checking.results import CheckResult
from fls_teach.course.registry import CourseError, exercises, find_exercise
from fls_teach.course.workspace import actions
from fls_teach.course.workspace.folder import Workspace
from fls_teach.course.workspace.start import start

from .conftest import NUMBER


def misconception(desk, name="no_sigma"):
    return next(each.source for each in desk.exercise.misconceptions if each.name == name)


def test_an_unchanged_stub_answers_at_once_and_in_words(desk):
    start = time.perf_counter()
    done = desk.process("check", NUMBER)
    seconds = time.perf_counter() - start
    assert done.returncode == 1
    assert "not started yet" in done.stdout
    assert f"{desk.exercise.name}.py" in done.stdout
    assert seconds < 5  # under 1 s on a machine that does nothing else: benchmarks hold it to that


def test_an_unchanged_stub_loads_neither_numpy_nor_hypothesis(desk):
    program = (
        "import sys\nfrom fls_teach.cli import main\ntry:\n    main(['check', '08'], prog_name='fls')\n"
        "except SystemExit:\n    print(sorted({'numpy', 'hypothesis', 'torch', 'matplotlib'} & set(sys.modules)))\n"
    )
    (desk.folder / "probe.py").write_text(program)
    assert desk.run(sys.executable, "probe.py").stdout.endswith("[]\n")


def test_a_failure_shows_one_card_and_a_replay_of_exactly_that_case(desk):
    desk.write(misconception(desk))
    failed = desk.fls("check", NUMBER)
    assert failed.returncode == 1
    for part in ("input", "kappa = ", "you  ", "expected", "because", "the noise level sigma is missing", "replay"):
        assert part in failed.stdout
    assert failed.stdout.count("expected") == 1, "one card: the first failure's"
    words = next(line for line in failed.stdout.splitlines() if "--replay" in line).split()
    again = desk.fls(*words[words.index("fls") + 1 :])
    assert again.returncode == 1
    card = failed.stdout.split("input")[1].split("replay")[0]
    assert again.stdout.split("input")[1].split("replay")[0] == card
    desk.solve()
    assert desk.fls(*words[words.index("fls") + 1 :]).returncode == 0


def test_same_seed_same_answer_and_json_alone_on_stdout(desk):
    """Catches an answer that depends on what its process did before."""
    desk.write(misconception(desk))
    first, second = (run("check", NUMBER, "--json", "--seed", "7") for run in (desk.process, desk.fls))
    assert first.stdout == second.stdout
    record = json.loads(first.stdout)
    assert record["seed"] == 7
    (exercise,) = record["exercises"]
    assert exercise["state"] == "failed"
    assert exercise["of"] == desk.exercise.points == sum(item["of"] for item in exercise["properties"])
    assert all(dict(item["card"])["replay"] for item in exercise["properties"] if item["verdict"] == "wrong")


def test_pass_then_solution_then_on_to_the_next(desk):
    refused = desk.fls("solution", NUMBER)
    assert refused.returncode == 2
    assert f"fls check {NUMBER}" in refused.stderr
    desk.solve()
    passed = desk.process("check", "bayes_error")
    assert passed.returncode == 0
    assert f"{desk.exercise.points}/{desk.exercise.points} points" in passed.stdout
    assert "ndtr" in desk.fls("solution", NUMBER).stdout
    listing = desk.fls("list").stdout
    assert f"{desk.exercise.points}/{desk.exercise.points}" in listing
    assert "not started" in desk.fls("check").stdout, "without a name: the next one"


def test_check_without_a_name_takes_what_was_begun(desk):
    desk.write(misconception(desk))
    assert desk.exercise.name in desk.fls("check").stdout


def test_hints_come_one_at_a_time_and_the_last_stays(desk):
    steps = [desk.fls("hint", NUMBER).stdout for _ in range(4)]
    assert len(set(steps[:3])) == 3
    assert steps[3] == steps[2]


def test_reset_keeps_the_file_beside_it(desk):
    desk.write("mine = 1\n")
    assert desk.fls("reset", NUMBER).returncode == 0
    desk.write("mine = 2\n")
    desk.fls("reset", NUMBER)
    kept = [desk.file.with_name(f"{desk.file.name}.bak-{k}").read_text() for k in (1, 2)]
    assert kept == ["mine = 1\n", "mine = 2\n"]
    assert desk.file.read_bytes() == desk.exercise.stub.read_bytes()


@pytest.mark.parametrize("change", [lambda stub: stub, lambda stub: stub.replace(b"\n", b"\r\n") + b"\n"])
def test_reset_of_an_untouched_stub_keeps_no_copy(desk, change):
    """Catches a .bak of nothing: of the stub itself, or of one of which an editor changed the ends of lines."""
    stub = desk.exercise.stub.read_bytes()
    desk.file.write_bytes(change(stub))
    assert desk.fls("reset", NUMBER).stdout.rstrip().endswith("is the stub again")
    assert desk.file.read_bytes() == stub
    assert sorted(path.name for path in desk.file.parent.glob("*.bak*")) == []


def test_start_never_touches_work_but_completes_what_is_missing(desk):
    desk.write("mine = 1\n")
    again = desk.fls("start", str(desk.folder))
    assert again.returncode == 2
    assert desk.exercise.name in again.stderr
    lesson = desk.folder / "README.md"
    lesson.unlink()
    completed = desk.fls("start", ".")
    assert completed.returncode == 0
    assert "README.md" in completed.stdout
    assert lesson.is_file()
    assert desk.file.read_text() == "mine = 1\n"


def test_a_full_disk_leaves_no_half_file_that_passes_for_work(tmp_path, monkeypatch):
    """What is there is never written again: half a stub used to stay for ever."""
    write, stub = Path.write_bytes, find_exercise("05").stub.read_bytes()

    def acted(path, data):
        if data == stub:
            write(path, data[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", acted)
    with pytest.raises(CourseError, match="cannot use '.*work/05_alignment/05_alignment.py' .No space left on device"):
        start(tmp_path / "work")
    monkeypatch.undo()
    assert start(tmp_path / "work").written
    assert (tmp_path / "work/05_alignment/05_alignment.py").read_bytes() == stub


def test_start_leaves_a_folder_with_other_things_alone(desk, tmp_path):
    other = tmp_path / "photos"
    other.mkdir()
    (other / "cat.jpg").touch()
    refused = desk.fls("start", str(other))
    assert refused.returncode == 2
    assert [path.name for path in other.iterdir()] == ["cat.jpg"]


def test_submit_to_what_is_no_file_is_one_sentence(desk):
    desk.solve()
    done = desk.fls("submit", "--out", "/")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_submit_packs_work_and_only_work_always_the_same(desk):
    assert desk.fls("submit").returncode == 2, "nothing was begun"
    desk.solve()
    desk.fls("check", NUMBER)
    told = desk.fls("submit").stdout
    first = (desk.folder / "submission.zip").read_bytes()
    with zipfile.ZipFile(desk.folder / "submission.zip") as archive:
        assert archive.namelist() == [f"{desk.exercise.name}/{desk.file.name}", "progress.json"]
        assert archive.read(archive.namelist()[0]) == desk.file.read_bytes()
    assert all(name in told for name in archive.namelist())
    assert told.count("(not started)") == 1, "one reason, once, for all exercises that have it"
    assert all(exercise.name in told for exercise in exercises())
    desk.fls("submit")
    assert (desk.folder / "submission.zip").read_bytes() == first


def test_submit_says_of_a_notebook_that_it_is_one(desk):
    """Catches "(missing)" for work that lies there, and a second exercise's file for a notebook."""
    desk.file.unlink()
    desk.file.with_suffix(".ipynb").write_text("{}")
    words = f"{desk.exercise.name}.ipynb is a notebook, not a Python file: copy your functions"
    done = desk.fls("submit")
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1
    other = desk.folder / "09_decomposition/09_decomposition.py"
    other.write_text("mine = 1\n")
    assert f"{desk.exercise.name} ({words}" in desk.fls("submit").stdout


def test_submit_packs_of_the_progress_file_what_belongs_there(desk):
    """Catches a packed progress file that carries whatever else was written into it, or that its damage passes on."""
    desk.solve()
    desk.fls("check", NUMBER)
    path, digest = desk.folder / "progress.json", hashlib.sha256(desk.file.read_bytes()).hexdigest()[:16]

    def packed():
        told = json.loads(desk.fls("submit", "--json").stdout)
        with zipfile.ZipFile(told["file"]) as archive:
            return archive.read("progress.json"), told

    first, told = packed()
    (exercise,) = told["packed"]
    assert exercise == {"name": desk.exercise.name, "state": "passed", "points": 4, "of": 4}
    assert len(told["left_out"]) == len(exercises()) - 1
    data = json.loads(path.read_text(encoding="utf-8"))
    record = data["exercises"][desk.exercise.name]
    record |= {"secret": "mine", "properties": record["properties"] | {"08.99": "passed", "08.1": ["passed"]}}
    data |= {"secret": "mine", "exercises": {"99_none": record, desk.exercise.name: record}}
    path.write_text(json.dumps(data), encoding="utf-8")
    second, _ = packed()
    known = json.loads(second)["exercises"]
    assert b"mine" not in second and list(known) == [desk.exercise.name]
    assert known[desk.exercise.name]["file"] == digest
    assert list(known[desk.exercise.name]["properties"]) == ["08.2", "08.3", "08.4"]
    path.write_bytes(b"{")
    assert json.loads(packed()[0]) == {"version": 1, "exercises": {}}


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("linked", ["file", "folder"])
def test_submit_refuses_a_link(desk, tmp_path, linked):
    """Catches a zip that holds whatever file of the computer a link points to."""
    path = desk.file if linked == "file" else desk.file.parent
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    desk.file.write_text("mine = 1\n")
    done = desk.fls("submit")
    assert done.returncode == 2 and "is a link to" in done.stderr and done.stderr.count("\n") == 1
    assert not (desk.folder / "submission.zip").exists()


def test_list_and_hint_in_json(desk):
    """Catches a note or a title on stdout beside the object, and numbers that differ from the words."""
    desk.solve()
    desk.fls("check", NUMBER)
    hint = json.loads(desk.fls("hint", NUMBER, "--json").stdout)
    assert (hint["name"], hint["heading"], hint["hint"], hint["of"]) == (desk.exercise.name, "1. A question", 1, 3)
    listing = json.loads(desk.fls("list", "--json").stdout)
    row = next(row for row in listing["exercises"] if row["name"] == desk.exercise.name)
    assert (row["state"], row["points"], row["of"], row["hints"]) == ("passed", 4, 4, 1)
    assert listing["points"] == 4 and listing["of"] == sum(each.points for each in exercises())


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[1]", b'{"exercises": 3}', b'{"exercises": {"08_bayes_error": 3}}', b"\xff\xfe\0", b"[" * 100_000],
)
def test_a_damaged_progress_file_costs_points_not_work(desk, damage):
    path = desk.folder / "progress.json"
    path.write_bytes(damage)
    assert desk.fls("list").returncode == 0
    assert desk.fls("hint", NUMBER).returncode == 0
    assert json.loads(path.read_text(encoding="utf-8"))["exercises"][desk.exercise.name]["hints"] == 1


def test_what_others_put_into_the_progress_file_stays(desk):
    path = desk.folder / "progress.json"
    path.write_text('{"colour": "blue", "exercises": {"08_bayes_error": {"note": "hard", "hints": "many"}}}')
    desk.fls("hint", NUMBER)
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["colour"] == "blue"
    assert data["exercises"]["08_bayes_error"] == {"note": "hard", "hints": 1}


def test_commands_find_the_workspace_from_below_and_by_name(desk, tmp_path):
    assert desk.fls("check", NUMBER, cwd=desk.file.parent).returncode == 1
    assert desk.fls("list", cwd=tmp_path, FLS_WORKSPACE=str(desk.folder)).returncode == 0
    assert desk.fls("list", "--workspace", str(desk.folder), cwd=tmp_path).returncode == 0
    lost = desk.fls("list", cwd=tmp_path)
    assert lost.returncode == 2
    assert "fls start" in lost.stderr


def test_a_clone_is_a_workspace(desk, tmp_path):
    clone = tmp_path / "clone"
    (clone / "fls_teach" / "course").mkdir(parents=True)
    folder = clone / "exercises" / desk.exercise.name
    shutil.copytree(desk.exercise.folder, folder)
    done = desk.fls("check", NUMBER, cwd=clone)
    assert "not started yet" in done.stdout
    shutil.copy(desk.exercise.solution, folder / desk.file.name)
    assert desk.fls("check", NUMBER, cwd=folder).returncode == 0


def test_in_a_fresh_clone_nothing_is_begun(tmp_path):
    for exercise in exercises():
        (tmp_path / exercise.name).mkdir()
        shutil.copy(exercise.stub, tmp_path / exercise.name)
    workspace = Workspace(tmp_path, clone=True)
    assert {workspace.state(exercise) for exercise in exercises()} == {"not started"}


@pytest.mark.parametrize("words", [["start", ""], ["start", "a" * 300], ["list", "--workspace", "a" * 300]])
def test_a_name_that_cannot_be_a_folder_is_one_sentence(desk, words):
    done = desk.fls(*words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "1e300"])
def test_a_time_limit_is_a_number_of_seconds(desk, seconds):
    desk.solve()
    done = desk.fls("check", NUMBER, "--time-limit", seconds)
    assert done.returncode == 2
    assert "--time-limit" in done.stderr
    assert "08" not in (desk.folder / "progress.json").read_text()


def test_points_that_cannot_be_saved_are_shown_all_the_same(monkeypatch, tmp_path):
    exercise, workspace = exercises()[7], Workspace(tmp_path)
    (tmp_path / exercise.name).mkdir()
    shutil.copy(exercise.solution, workspace.file(exercise))
    monkeypatch.setattr(
        "fls_teach.course.checking.check.check", lambda *_, **__: CheckResult(exercise.name, "passed", 3)
    )
    (tmp_path / "progress.json").mkdir()
    result = actions.check_one(workspace, exercise)
    assert result.state == "passed"
    assert "progress.json" in result.note


def test_json_stays_json_without_torch(monkeypatch, tmp_path):
    """Catches another exit code, or another one to blame, with --json than without."""
    workspace = Workspace(tmp_path)
    exercise = next(each for each in exercises() if "torch" in each.needs)
    shutil.copytree(exercise.folder, tmp_path / exercise.name)
    workspace.file(exercise).write_text("mine = 1\n")
    workspace.progress.save()
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: name != "torch" and found(name, *more) or None)
    done = CliRunner().invoke(main, ["check", exercise.number, "--json", "--workspace", str(tmp_path)])
    (record,) = json.loads(done.stdout)["exercises"]
    assert record["state"] == "not checked", "which is nothing that the student did"
    assert record["message"].endswith("python -m pip install torch")
    words = CliRunner().invoke(main, ["check", exercise.number, "--workspace", str(tmp_path)])
    assert words.exit_code == done.exit_code == 2
    assert record["message"] in words.stderr and words.stdout == ""


def test_names_are_understood_and_a_miss_suggests_the_nearest(desk):
    for name in ("8", "08", "08_bayes_error", "bayes_error", "08_bayes_error/08_bayes_error.py"):
        assert "not started yet" in desk.fls("check", name).stdout
    missed = desk.fls("check", "bayes_eror")
    assert missed.returncode == 2
    assert "did you mean 08_bayes_error" in missed.stderr
    assert desk.fls("check", "99").returncode == 2


def test_a_windows_console_without_ticks_and_greek(desk):
    desk.write(misconception(desk))
    done = desk.process("check", NUMBER, encoding="cp1252", PYTHONUTF8="0", PYTHONIOENCODING="cp1252")
    assert done.returncode == 1
    assert "x 08.1" in done.stdout


@pytest.mark.parametrize("stub_is_there", [True, False])
def test_a_notebook_in_the_exercise_s_folder_is_told_what_it_is(desk, stub_is_there):
    """Catches "not started yet", read by a student with a solved exercise in a notebook beside the stub."""
    desk.file.with_name("solved.ipynb").write_text("{}")
    if not stub_is_there:
        desk.file.unlink()
    done = desk.fls("check", f"{desk.exercise.name}.ipynb")
    assert done.returncode == 1
    assert "solved.ipynb is a notebook" in done.stdout and f"into {desk.file.name}" in " ".join(done.stdout.split())


def test_debug_runs_the_code_here(desk):
    desk.solve()
    with desk.file.open("a") as file:
        file.write("\nimport sys; print('here:', 'fls_teach.cli' in sys.modules)\n")
    done = desk.process("check", NUMBER, "--debug")
    assert done.returncode == 0
    assert "here: True" in done.stdout
