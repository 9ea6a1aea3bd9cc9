"""`fls new-exercise` writes an exercise that works as it is, and writes over nothing."""

import ast

import pytest
from click.testing import CliRunner

from fls_teach.cli import main
from fls_teach.course.checking.check import check
from fls_teach.course.new_exercise import new_exercise
from fls_teach.course.registry import CourseError, exercises
from fls_teach.course.workspace.folder import Workspace
from fls_teach.sandbox import InProcess


@pytest.fixture
def course(tmp_path):
    return tmp_path / "a course"


def state(exercise, source, folder):
    path = folder / f"{exercise.name}.py"
    path.write_text(source, encoding="utf-8")
    with InProcess(path) as session:
        return check(exercise, session, lambda item, failure, verdict: (verdict, ()))


def test_what_it_writes_is_a_whole_exercise(course, tmp_path):
    """Catches a template of which solution, alternative or wrong answers no longer fit the specification."""
    done = new_exercise("widest_gap", course)
    (exercise,) = exercises(course)
    assert exercise.name == done.name == "01_widest_gap" and exercise.title == "Widest gap"
    assert [item.points for item in exercise.properties] == [1, 2, 2] and len(exercise.hints) == 3
    for path in (exercise.solution, *exercise.alternatives):
        assert state(exercise, path.read_text(encoding="utf-8"), tmp_path).state == "passed"
    assert len(exercise.alternatives) == 1 and len(exercise.misconceptions) == 3
    for wrong in exercise.misconceptions:
        assert state(exercise, wrong.source, tmp_path).state == "failed", wrong.name
    assert Workspace(course / "exercises", clone=True).untouched(exercise)


def test_every_file_has_its_names_filled_in(course):
    """Catches a mark of the template that is left, a line that a linter refuses, and a file that is no Python."""
    done = new_exercise("12_ridge", course)
    assert len(done.files) == 7
    for path in done.files:
        text = path.read_text(encoding="utf-8")
        assert "@" not in text.replace("@graded", "") and text.endswith("\n"), path
        assert max(map(len, text.splitlines())) <= 120, path
        assert "ridge" in text or path.name in ("hints.md", "misconceptions.toml")
        if path.suffix == ".py":
            ast.parse(text)


def test_numbers_follow_one_another_up_to_99(course):
    """Catches a number that is given twice, and a three-digit folder that no command finds."""
    names = [new_exercise(slug, course).name for slug in ("ridge", "98_lasso", "huber")]
    assert names == ["01_ridge", "98_lasso", "99_huber"]
    assert [exercise.name for exercise in exercises(course)] == names
    with pytest.raises(CourseError, match="numbered from 1 to 99, and 100 is outside"):
        new_exercise("more", course)
    with pytest.raises(CourseError, match="exercise 98 is already 98_lasso"):
        new_exercise("98_other", course)


@pytest.mark.parametrize(
    "slug", ["", "Ridge", "ridge-2", "2ridge", "../ridge", "lambda", "0_", "00_ridge", "123_ridge"]
)
def test_a_slug_that_is_no_name_is_one_sentence(course, slug):
    """Catches a folder outside the course, and a function that Python cannot define."""
    done = CliRunner().invoke(main, ["new-exercise", slug, "--course", str(course)])
    assert done.exit_code == 2 and done.stderr.count("\n") == 1 and not course.exists()


@pytest.mark.parametrize("kind", ["file", "other files", ""])
def test_a_place_that_is_no_course_is_left_alone(tmp_path, kind):
    """Catches an exercise that is written into somebody's photographs."""
    place = tmp_path / "place"
    if kind == "file":
        place.touch()
    elif kind:
        place.mkdir()
        (place / "cat.jpg").touch()
    before = sorted(tmp_path.rglob("*"))
    done = CliRunner().invoke(main, ["new-exercise", "ridge", "--course", str(place) if kind else ""])
    assert done.exit_code == 2 and done.stderr.count("\n") == 1 and sorted(tmp_path.rglob("*")) == before


def test_the_command_says_what_to_replace(course):
    """Catches a file that the author is not told about."""
    done = CliRunner().invoke(main, ["new-exercise", "ridge", "--course", str(course)])
    assert done.exit_code == 0
    written = {path.relative_to(course).as_posix() for path in course.rglob("*") if path.is_file()}
    assert {line.split()[0] for line in done.stdout.splitlines()[1:-1]} == written
    assert f"fls lint 01 --course '{course}'" in done.stdout
