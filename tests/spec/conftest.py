"""Runs the graded specification against every honest solution; `fls check` runs it against a student's file."""

import pytest

from fls_teach.course.checking.spec import Student
from fls_teach.course.registry import find_exercise
from fls_teach.sandbox import InProcess

collect_ignore_glob = ["support_*.py"]  # they hold no tests, and one of them imports half of torch


def pytest_generate_tests(metafunc):
    if "student" in metafunc.fixturenames:
        exercise = find_exercise(metafunc.module.__file__.removesuffix(".py").rpartition("test_")[2])
        cases = [(exercise, path) for path in (exercise.solution, *exercise.alternatives)]
        metafunc.parametrize("student", cases, indirect=True, ids=lambda case: case[1].stem, scope="module")


@pytest.fixture(scope="module")
def student(request):
    """A solution, in this process for speed."""
    exercise, path = request.param
    for module in exercise.needs:
        pytest.importorskip(module)
    with InProcess(path, support=exercise.support) as session:
        yield Student(session)
