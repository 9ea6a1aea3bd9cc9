"""The student distribution, installed and used; and that no answer is in it."""

import ast
import filecmp
import json
import re
import shutil
import sys
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from fls_teach.autograder.packaging import release as releasing
from fls_teach.autograder.packaging.release import MARKER, release, student_files
from fls_teach.cli import main
from fls_teach.course.registry import CourseError, exercises, find_exercise

from .environments import Environment, copy_of_clone
from .handed_in import hand_in, misconception

EXERCISE = find_exercise("08")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A release, made by the command."""
    folder = tmp_path_factory.mktemp("release") / "fls for students"
    done = CliRunner().invoke(main, ["release", str(folder)])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def student(released, tmp_path_factory):
    """The environment of a student who installed a copy of the release."""
    copy = shutil.copytree(released, tmp_path_factory.mktemp("download") / "fls")  # a build writes into the folder
    return Environment(tmp_path_factory.mktemp("student") / "venv").install(copy)


@pytest.fixture(scope="module")
def started(student, tmp_path_factory):
    """A workspace made by the installed release."""
    folder = tmp_path_factory.mktemp("started")
    made = student.fls("start", folder / "my work", cwd=folder)
    assert made.returncode == 0, made.stderr
    return folder / "my work"


@pytest.fixture
def work(started, tmp_path):
    """A copy of that workspace, to work in."""
    return shutil.copytree(started, tmp_path / "my work")


def submission(work):
    return work / EXERCISE.name / f"{EXERCISE.name}.py"


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def without_marker(folder):
    return {name: data for name, data in contents(folder).items() if name != MARKER}


# --- a student's day ---------------------------------------------------------------------------------------------


def test_it_is_the_release_that_runs(student, released):
    asked = "import fls_teach; print(fls_teach.__file__)"
    assert student.run("-c", asked).stdout.strip() == str(student.packages / "fls_teach" / "__init__.py")


def test_the_workspace_holds_every_exercise_and_promises_no_solution(work):
    for exercise in exercises():
        for source in exercise.handout:
            assert filecmp.cmp(source, work / exercise.name / source.name, shallow=False)
        assert (work / "specification" / exercise.specification.name).is_file()
    assert "fls solution" not in (work / "README.md").read_text(encoding="utf-8")


def test_right_work_passes_and_is_submitted(student, work):
    shutil.copyfile(EXERCISE.solution, submission(work))
    passed = student.fls("check", "08", cwd=work)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert f"{EXERCISE.points}/{EXERCISE.points} points" in passed.stdout
    packed = student.fls("submit", cwd=work)
    assert packed.returncode == 0
    assert (work / "submission.zip").is_file()


def test_wrong_work_gets_its_counterexample_without_a_diagnosis(student, work):
    """The misconceptions are answers in disguise, so they are not at hand; everything else on the card is."""
    submission(work).write_text(misconception("8", "no_sigma"), encoding="utf-8")
    failed = student.fls("check", "08", cwd=work)
    assert failed.returncode == 1
    for part in ("input", "kappa = ", "you  ", "expected", "because", "replay"):
        assert part in failed.stdout
    assert "likely" not in failed.stdout


@pytest.mark.parametrize("passed", [False, True])
def test_solution_says_that_there_is_none(student, work, passed):
    if passed:
        shutil.copyfile(EXERCISE.solution, submission(work))
        assert student.fls("check", "08", cwd=work).returncode == 0
    refused = student.fls("solution", "08", cwd=work)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "not part of this distribution; ask your instructor" in refused.stderr
    assert "once yours has passed" not in refused.stderr


@pytest.mark.parametrize("words", [("release", "again"), ("bundle", "gradescope", "--out", "again")])
def test_what_needs_the_solutions_is_refused(student, tmp_path, words):
    refused = student.fls(*words, cwd=tmp_path)
    assert refused.returncode == 2
    assert "without the reference solutions" in refused.stderr
    assert not (tmp_path / "again").exists()


def test_what_cannot_work_is_not_offered(student, tmp_path):
    listed = re.findall(r"^  ([\w-]+)  ", student.fls("--help", cwd=tmp_path).stdout, re.MULTILINE)
    assert {"check", "submit", "grade", "doctor"} <= set(listed)
    assert not {"solution", "release", "bundle", "new-exercise", "lint"} & set(listed)
    refused = student.fls("new-exercise", "ridge", "--course", "mine", cwd=tmp_path)
    assert refused.returncode == 2 and "student distribution" in refused.stderr and refused.stderr.count("\n") == 1
    assert "solution" not in student.fls("zzz", cwd=tmp_path).stderr


def test_grading_needs_no_solutions(student, tmp_path):
    """Somebody who helps to mark may have the student's distribution alone; only diagnoses are missing then."""
    hand_in(tmp_path / "work", {"8": misconception("8", "one_minus_cdf")})
    words = ("grade", "work", "--out", "out", "--isolation", "process", "--exercise", "08", "--seed", "1", "--json")
    done = student.fls(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["submissions"]
    assert 0 < row["score"] < row["max_score"] == EXERCISE.points
    (record,) = (tmp_path / "out").glob("*/record.json")
    (exercise,) = json.loads(record.read_text())["exercises"]
    assert {item["likely"] for item in exercise["properties"]} == {""}
    assert any(item["card"] for item in exercise["properties"])


# --- no answers --------------------------------------------------------------------------------------------------


@cache
def answers():
    """(what it is, text) of everything that may not be in a release, with white space made one."""
    return list(_answers())


def _answers():
    for exercise in exercises():
        given = " ".join(_unparsed(exercise.stub.read_text(encoding="utf-8")).split())
        sources = {path.name: path.read_text(encoding="utf-8") for path in (exercise.solution, *exercise.alternatives)}
        sources |= {each.name: each.source for each in exercise.misconceptions}
        for each in exercise.misconceptions:
            yield f"{exercise.name}: {each.name}", " ".join(each.sentence.split())
        for name, source in sources.items():
            yield f"{exercise.name}: {name}", " ".join(source.split())
            for node in ast.parse(source).body:
                if isinstance(node, ast.FunctionDef):
                    body = " ".join("\n".join(map(ast.unparse, node.body)).split())
                    if len(body) > 60 and body not in given:  # a function that the stub gives is no answer
                        yield f"{exercise.name}: {name}", body


@cache
def _unparsed(source):
    return "\n".join(
        "\n".join(map(ast.unparse, node.body)) for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
    )


@pytest.mark.parametrize("where", ["released", "installed"])
def test_no_answer_is_in_it(where, released, student):
    folder = released if where == "released" else student.packages / "fls_teach"
    files = contents(folder)
    telling = re.compile("solution|misconception|alternatives")
    named = {Path(name) for name in files if telling.search(name)}
    # The room `feedback` has the code, and the byte code, that looks for the likely one.
    assert {path for path in named if "feedback" not in path.parts} == set()
    texts = []
    for name, data in files.items():
        if name.endswith(".py"):
            texts += [data.decode(), _unparsed(data.decode())]
        elif not name.endswith((".png", ".pyc")):
            texts.append(data.decode(errors="replace"))
    everything = "\n".join(" ".join(text.split()) for text in texts)
    assert EXERCISE.title in everything
    found = [(name, text) for name, text in answers() if text in everything]
    assert not found


def test_a_stub_that_holds_an_answer_is_refused(tmp_path, environment, fls):
    clone = copy_of_clone(tmp_path / "clone")
    shutil.copyfile(EXERCISE.solution, clone / "exercises" / EXERCISE.name / f"{EXERCISE.name}.py")
    refused = fls("release", tmp_path / "out", check=2, PYTHONPATH=str(clone))
    assert "is not a stub" in refused.stderr
    assert EXERCISE.name in refused.stderr
    assert not (tmp_path / "out").exists()


# --- the folder --------------------------------------------------------------------------------------------------


def test_the_same_course_gives_the_same_bytes_from_a_clone_and_from_a_wheel(tmp_path, fls):
    clone = copy_of_clone(tmp_path / "clone")
    fls("release", "from clone", check=0, PYTHONPATH=str(clone))
    (clone / "exercises" / EXERCISE.name / "tried.py").write_text("left over")
    installed = Environment(tmp_path / "venv").install(clone)
    done = installed.fls("release", "from wheel", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "from wheel") == contents(tmp_path / "from clone")


def test_every_file_is_listed_with_its_digest(released):
    marker = json.loads((released / MARKER).read_text())
    assert marker["files"] == {name: releasing._digest(data) for name, data in without_marker(released).items()}
    assert marker["solutions"] is False


def test_another_folder_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="holds other files"):
        release(tmp_path)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("marker", ["", "[]", "{}", '{"files": 3}', "[" * 100_000, "\udcff"])
def test_a_marker_that_is_none_does_not_open_the_folder(tmp_path, marker):
    (tmp_path / MARKER).write_bytes(marker.encode("utf-8", "surrogateescape"))
    with pytest.raises(CourseError, match="holds other files"):
        release(tmp_path)


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(CourseError, match="file"):
            release(folder)
    assert contents(tmp_path) == {"file": b"mine"}
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(CourseError, match="circle"):
        release(tmp_path / "circle")


def test_a_folder_inside_the_package_is_refused():
    with pytest.raises(CourseError, match="name a folder outside"):
        release(releasing.PACKAGE / "out")


@pytest.fixture
def copy(released, tmp_path):
    return shutil.copytree(released, tmp_path / "copy")


def test_an_earlier_release_is_brought_up_to_date(copy):
    """What it has no more goes, what is not ours (a repository) stays, what was lost comes back."""
    marker = json.loads((copy / MARKER).read_text())
    (copy / "gone.py").write_bytes(b"old")
    outside = copy.parent / "outside"
    outside.write_bytes(b"old")
    for name in ("gone.py", "../outside", str(outside)):
        marker["files"][name] = releasing._digest(b"old")
    (copy / "LICENSE").write_bytes(b"an older licence")
    marker["files"]["LICENSE"] = releasing._digest(b"an older licence")
    (copy / MARKER).write_text(json.dumps(marker))
    (copy / ".git").mkdir()
    (copy / ".git" / "HEAD").write_bytes(b"ref")
    (copy / "setup.cfg").unlink()
    done = release(copy)
    assert done.removed == ["gone.py"]
    assert not done.new
    assert without_marker(copy) == student_files() | {".git/HEAD": b"ref"}
    assert outside.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["README.md", "new.txt"])
def test_what_a_person_changed_is_not_written_over(copy, name, monkeypatch):
    files = student_files() | {"new.txt": b"ours"}
    monkeypatch.setattr(releasing, "student_files", lambda: files)
    (copy / name).write_bytes(b"the deadline is Monday")
    before = contents(copy)
    with pytest.raises(CourseError, match="changed since it was released"):
        release(copy)
    assert contents(copy) == before


def test_a_release_that_was_interrupted_is_completed(tmp_path, monkeypatch):
    written = []

    def until_the_disk_is_full(path, data, write=releasing._write):
        if len(written) == 20:
            raise KeyboardInterrupt
        written.append(path)
        write(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(releasing, "_write", until_the_disk_is_full)
        with pytest.raises(KeyboardInterrupt):
            release(tmp_path / "out")
    assert (tmp_path / "out").is_dir()
    release(tmp_path / "out")
    assert without_marker(tmp_path / "out") == student_files()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions")
def test_the_command_says_what_went_wrong_in_one_sentence(tmp_path):
    (tmp_path / "mine").write_text("mine")
    done = CliRunner().invoke(main, ["release", str(tmp_path)])
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert "holds other files" in done.output
    done = CliRunner().invoke(main, ["release", str(tmp_path / "mine")])
    assert done.exit_code == 2 and "is a file" in done.output
