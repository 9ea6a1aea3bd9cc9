"""An instructor's own course goes through everything that ours does, and no command mixes the two up."""

import json
import shutil

import pytest
from click.testing import CliRunner

from fls_teach.cli import main
from fls_teach.course.checking.check import load_specification
from fls_teach.course.registry import check_course, course_root, exercises, own_root

from . import other_course

SPEC = "tests/spec/test_01_spread.py"


@pytest.fixture
def course(tmp_path):
    return other_course.write(tmp_path / "a course")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in this process; nothing of its course may remain afterwards."""
    monkeypatch.delenv("FLS_COURSE", raising=False)
    monkeypatch.chdir(tmp_path)

    def start(*words, code=0, **variables):
        done = CliRunner(env=variables).invoke(main, [str(word) for word in words])
        assert done.exit_code == code, done.output
        assert course_root() == own_root(), "the course of one command stays for the next"
        return done

    return start


def test_a_workspace_remembers_its_course(course, run, tmp_path):
    """Catches a check by another course's specification, and a listing of ours, once --course is left out."""
    assert "Made" in run("start", "work", "--course", course).stdout
    readme = (tmp_path / "work" / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("# Statistics by hand\n\n1 exercise, 3 points.") and "science.md" not in readme
    listed = json.loads(run("list", "--json", "--workspace", "work").stdout)
    assert [row["name"] for row in listed["exercises"]] == ["01_spread"] and listed["of"] == 3
    shutil.copy(course / "solutions/01_spread/01_spread.py", tmp_path / "work/01_spread")
    assert "3/3 points" in run("check", "spread", "--workspace", "work").stdout
    assert "Which entries count?" in run("hint", "1", "--workspace", "work").stdout
    assert "np.max" in run("solution", "1", "--workspace", "work").stdout
    assert "01_spread/01_spread.py   3/3 points" in run("submit", "--workspace", "work").stdout
    assert "is the stub again" in run("reset", "1", "--workspace", "work").stdout


def test_a_shell_completes_the_workspace_s_own_exercises(course, run, tmp_path):
    """Catches names of our exercises offered in a workspace of another course."""
    run("start", "work", "--course", course)
    line = {"COMP_WORDS": "fls check --workspace work 0", "COMP_CWORD": "4", "_FLS_COMPLETE": "bash_complete"}
    assert CliRunner(env=line).invoke(main, [], prog_name="fls").stdout == "plain,01_spread\n"
    assert course_root() == own_root()


def test_a_specification_is_that_of_its_course(course, tmp_path):
    """Catches a module that is taken for another course's of the same name, or for one that was changed since."""
    other = other_course.write(tmp_path / "another course")
    exercise, strange = exercises(course)[0], exercises(other)[0]
    module = load_specification(exercise)
    assert load_specification(strange) is not module
    assert load_specification(exercise) is module
    path = course / SPEC
    path.write_text(path.read_text(encoding="utf-8") + "\nADDED = 1\n", encoding="utf-8")
    check_course(course)
    assert load_specification(exercises(course)[0]).ADDED == 1 and not hasattr(load_specification(exercise), "ADDED")


def test_a_name_of_two_exercises_is_no_name(course, run, tmp_path):
    """Catches a command that takes the first of two exercises without a word, and one that cannot be named at all."""
    shutil.copytree(other_course.write(tmp_path / "second"), course, dirs_exist_ok=True)
    for name in ("02_spread", "02_gap"):
        for path in [*course.rglob("*01_spread*")][::-1]:
            again = path.with_name(path.name.replace("01_spread", name))
            shutil.copytree(path, again) if path.is_dir() else shutil.copy(path, again)
        (course / f"exercises/{name}/01_spread.py").rename(course / f"exercises/{name}/{name}.py")
    run("start", "work", "--course", course)
    for words in (["check", "spread"], ["hint", "spread"], ["check", "01", "spread"]):
        said = run(*words, "--workspace", "work", code=2).stderr
        assert "'spread' may mean 01_spread or 02_spread: give the full name" in said
    assert "'2' may mean 02_gap or 02_spread" in run("hint", "2", "--workspace", "work", code=2).stderr
    assert "Which entries count?" in run("hint", "02_spread", "--workspace", "work").stdout
    said = run(
        "grade", course / "solutions/01_spread", "--course", course, "--out", "o", "--exercise", "spread", code=2
    )
    assert "01_spread or 02_spread" in said.stderr


def test_a_course_that_moved_is_named_again(course, run, tmp_path):
    """Catches a traceback, or our own course, where the noted folder is gone."""
    run("start", "work", "--course", course)
    moved = course.rename(tmp_path / "elsewhere")
    said = run("list", "--workspace", "work", code=2).stderr
    assert "is not in" in said and "fls start" in said and said.count("\n") == 1
    assert "start" in run("start", "work", code=2).stderr
    run("start", "work", "--course", moved)
    assert "01_spread" in run("list", "--workspace", "work").stdout


@pytest.mark.parametrize("command", ["start work", "list", "check", "hint 1", "grade x --out y", "release z"])
@pytest.mark.parametrize("how", ["option", "variable"])
def test_what_is_no_course_is_one_sentence(command, how, run, tmp_path):
    """Catches an index error, or a silent fall back to our own course."""
    (tmp_path / "empty").mkdir()
    words, variables = command.split(), {}
    if how == "option":
        words += ["--course", "empty"]
    else:
        variables["FLS_COURSE"] = "empty"
    said = run(*words, code=2, **variables).stderr
    assert "'empty' is not a course" in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "tests/spec/test_01_spread.py",
            '    """The spread is the largest entry less the smallest"""\n',
            "",
            "docstring",
        ),
        (SPEC, "@graded(2,", "@graded(2.5,", "wanted a whole number"),
        (SPEC, "@graded(2,", "@graded(TWO,", "with a literal number and a literal string"),
        (SPEC, "@graded", "@not_graded", "no function that is marked @graded"),
        (SPEC, "def test", "def (test", "is not valid Python: line "),
        ("exercises/01_spread/01_spread.py", None, None, "is missing"),
        ("exercises/01_spread/README.md", None, None, "is missing"),
    ],
)
def test_a_course_that_is_not_whole_is_one_sentence(course, run, file, old, new, words):
    """Catches a traceback for an author's slip, where it is first met and not in the middle of a batch."""
    path = course / file
    if old is None:
        path.unlink()
    else:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    said = run("start", "work", "--course", course, code=2).stderr
    assert words in said and said.count("\n") == 1


def test_the_variable_names_a_course_and_the_option_another(course, run, tmp_path):
    """Catches an option that loses against the environment."""
    other = other_course.write(tmp_path / "b", "07_spread")
    named = {"FLS_COURSE": str(course)}
    run("start", "a work", **named)
    run("start", "b work", "--course", other, **named)
    assert (tmp_path / "a work/01_spread").is_dir() and (tmp_path / "b work/07_spread").is_dir()
    assert "07_spread" in run("list", "--workspace", "b work", **named).stdout


def test_our_clone_is_no_workspace_of_another_course(course, run):
    """Catches a listing of another course's exercises, all of them missing, in our own exercises/."""
    said = run("list", "--course", course, "--workspace", own_root(), code=2).stderr
    assert "is not a workspace" in said


def test_release_holds_the_course_and_nothing_of_ours(course, run, tmp_path):
    """Catches a student distribution that mixes two courses, or that holds a solution."""
    assert "no solutions" in run("release", "students", "--course", course).stdout
    held = {path.relative_to(tmp_path / "students").as_posix() for path in (tmp_path / "students").rglob("*.py")}
    files = {name for name in held if name.startswith("fls_teach/course_files/")}
    assert files == {
        f"fls_teach/course_files/{name}"
        for name in ("exercises/01_spread/01_spread.py", "tests/spec/test_01_spread.py")
    }
    readme = (tmp_path / "students" / "README.md").read_text(encoding="utf-8")
    assert (
        readme.startswith("# Statistics by hand\n") and "science.md" not in readme and "fls_teach/theory" not in readme
    )


def test_bundle_holds_the_course(course, run):
    """Catches an autograder that grades our course under the instructor's name."""
    assert "1 exercise, 3 points" in run("bundle", "gradescope", "--course", course).stdout


def test_our_own_exercises_are_as_they_were(run):
    """Catches a cache that confuses two courses."""
    assert exercises()[0].root == own_root()


def test_grade_marks_by_the_course_and_keeps_it_apart(course, run, tmp_path):
    """Catches marks by our own exercises, and a course that a submission may have brought."""
    work = tmp_path / "submissions" / "ada"
    work.mkdir(parents=True)
    shutil.copy(course / "solutions/01_spread/01_spread.py", work)
    run("grade", tmp_path / "submissions", "--out", "marks", "--isolation", "process", "--course", course)
    record = json.loads((tmp_path / "marks/ada/record.json").read_text(encoding="utf-8"))
    assert (record["score"], record["max_score"]) == (3, 3)
    inside = shutil.copytree(course, work / "course")
    said = run("grade", tmp_path / "submissions", "--out", "more", "--isolation", "process", "--course", inside, code=2)
    assert "--course" in said.stderr and "lies in" in said.stderr
