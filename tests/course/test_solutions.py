"""The course keeps its promises to students: no false alarm, no miss, and every exercise is complete."""

import statistics

import pytest

from fls_teach.course.check import load_specification
from fls_teach.course.likely import half_sentence
from fls_teach.course.registry import exercises
from fls_teach.course.shared import SharedSession, SharedWorker
from fls_teach.course.spec import Student
from fls_teach.course.trial import run_property
from fls_teach.grading import InProcess, protocol

from .inputs import drawn, try_inputs

EXERCISES = exercises()
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


each_misconception = pytest.mark.parametrize(
    "exercise, path",
    [
        pytest.param(exercise, path, id=f"{exercise.number}-{path.stem}")
        for exercise in EXERCISES
        for path in exercise.misconceptions
    ],
)


def need(exercise):
    for module in exercise.needs:
        pytest.importorskip(module)


@pytest.fixture(scope="module")
def worker_of():
    """The shared worker of an exercise; one at a time."""
    running = {}

    def worker(exercise):
        if exercise not in running:
            close()
            running[exercise] = SharedWorker(exercise, time_limit=5.0)
        return running[exercise]

    def close():
        while running:
            running.popitem()[1].close()

    yield worker
    close()


@each_exercise
def test_honest_solutions_pass_whatever_the_seed(exercise):
    need(exercise)
    for item in exercise.properties:
        test = getattr(load_specification(exercise), item.function)
        inputs = list(drawn(exercise, item))
        assert len({protocol.encode(each) for _, each in inputs}) >= 3 or not test.strategies, "the seeds do nothing"
        for path in (exercise.solution, *exercise.alternatives):
            with InProcess(path, support=exercise.support) as session:
                for seed, each in inputs:
                    failure = try_inputs(test, Student(session), each)
                    assert failure is None, (path.name, item.id, seed, failure.error)


@each_misconception
def test_every_misconception_fails(exercise, path, worker_of):
    need(exercise)
    sentence = half_sentence(path)
    assert sentence and not sentence.endswith("."), "half a sentence, without a full stop"
    session = SharedSession(worker_of(exercise), path)
    for item in exercise.properties:
        test = getattr(load_specification(exercise), item.function)
        if run_property(test, Student(session), shrink=False):
            return
    raise AssertionError("it passes")


@each_exercise
def test_exercise_is_complete(exercise):
    source = exercise.stub.read_text(encoding="utf-8")
    lesson = exercise.lesson.read_text(encoding="utf-8")
    assert source.count("# TODO") == 1
    assert f'raise NotImplementedError("exercise {exercise.number}: ' in source
    assert "fls_teach" not in source
    assert len(exercise.alternatives) >= 2
    assert len(exercise.misconceptions) >= 5
    assert 4 <= len(exercise.properties) <= 10
    assert len({item.sentence for item in exercise.properties}) == len(exercise.properties)
    for item in exercise.properties:
        assert item.sentence and item.formula and item.points >= 1
        assert not item.sentence.endswith(".")
    assert len(exercise.hints) == 3
    assert all(text for _, text in exercise.hints)
    assert lesson.startswith(f"# {exercise.number} ")
    assert (exercise.folder / "picture.png").is_file()
    assert "(picture.png)" in lesson
    assert lesson.count("<details>") >= 2


@each_exercise
def test_what_is_read_is_what_runs(exercise):
    need(exercise)
    module = load_specification(exercise)
    graded = [name for name, item in vars(module).items() if hasattr(item, "graded")]
    assert graded == [item.function for item in exercise.properties]
    for item in exercise.properties:
        run = getattr(module, item.function).graded
        assert (run.points, run.formula, run.sentence) == (item.points, item.formula, item.sentence)


def test_the_course_as_a_whole():
    assert [exercise.number for exercise in EXERCISES] == [f"{k:02}" for k in range(1, 17)]
    assert sum(exercise.points for exercise in EXERCISES) == 100
    lengths = [len(exercise.stub.read_text(encoding="utf-8").splitlines()) for exercise in EXERCISES]
    assert statistics.median(lengths) <= 40
