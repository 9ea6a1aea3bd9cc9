"""The course keeps its promises to students: no false alarm, no miss, and every exercise is complete."""

import functools
import statistics
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest

from fls_teach.course.checking.check import load_specification
from fls_teach.course.checking.search import run_property
from fls_teach.course.checking.shared import SharedWorker
from fls_teach.course.checking.student import Student
from fls_teach.course.registry import exercises, find_exercise
from fls_teach.sandbox import InProcess, protocol
from fls_teach.theory import descend

from .inputs import SEEDS, drawn, try_inputs

EXERCISES = exercises()
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


each_misconception = pytest.mark.parametrize(
    "exercise, misconception",
    [
        pytest.param(exercise, each, id=f"{exercise.number}-{each.name}")
        for exercise in EXERCISES
        for each in exercise.misconceptions
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
@pytest.mark.parametrize("every_pair", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["shares", "pairs"])
def test_honest_solutions_pass_whatever_the_seed(exercise, every_pair):
    """Catches a property that fails right work on some of its inputs.

    Each right answer is tried with a share of the draws, so that each draw is tried once: an input that is not decided,
    or lies too near to a tolerance, fails most answers. What fails one answer alone is looked for in the slow test,
    which tries every answer with every draw.
    """
    need(exercise)
    answers = [exercise.solution, *exercise.alternatives]
    for item in exercise.properties:
        test = getattr(load_specification(exercise), item.function)
        explicit = [pair for pair in drawn(exercise, item) if pair[0] not in SEEDS]
        different = {protocol.encode(pair[1]): pair for pair in drawn(exercise, item) if pair[0] in SEEDS}
        assert len(different) >= 3 or not test.strategies, "the seeds do nothing"
        for k, path in enumerate(answers):
            share = list(different.values())[slice(None) if every_pair else slice(k, None, len(answers))]
            with InProcess(path, support=exercise.support) as session:
                for where, each in [*explicit, *share]:
                    failure = try_inputs(test, Student(session), each)
                    assert failure is None, (path.name, item.id, where, failure.error)


@pytest.mark.parametrize(
    "name, function, seed",
    [
        ("11_lazy", "test_lazier_at_larger_scale", 1675840698272750405),  # a neuron started next to a kink
    ],
)
def test_seeds_that_once_failed_honest_work(name, function, seed):
    exercise = find_exercise(name[:2])
    (path,) = [each for each in (exercise.solution, *exercise.alternatives) if each.match(f"{name}.py")]
    test = getattr(load_specification(exercise), function)
    with InProcess(path, support=exercise.support) as session:
        failure = run_property(test, Student(session), seed)
    assert failure is None, failure.error


@pytest.mark.parametrize("c, degree, seed", [(30.0, 4, 312), (30.0, 2, 403), (10.0, 3, 665), (30.0, 3, 1281)])
def test_roundings_that_a_run_enlarges_are_nobodys_mistake(c, degree, seed):
    exercise = find_exercise("07")
    spec = load_specification(exercise)
    for path in (exercise.solution, *exercise.alternatives):  # lr / alpha^2 and lr c^(-2/L) round differently
        with InProcess(path, support=exercise.support) as session:
            for wanted in ("lr", "weight_decay"):
                options = {"lr": spec.LR["sgd"], "weight_decay": 0.25 * (wanted != "lr"), "optimizer": "sgd"}
                spec.expect_same_deep_run(
                    Student(session), c ** (1 / degree), c, degree, seed, **options, wanted=wanted, because=""
                )


def test_nearly_all_runs_are_compared_to_their_end():
    """Where roundings grow fastest: four layers, and the largest multiplier that is asked for."""
    spec = load_specification(find_exercise("07"))
    known = []
    for seed in range(100):
        X, y, theta = spec.deep_net(4, seed)
        run = functools.partial(
            descend, spec.loss_and_gradient(X, y, 1.0), lr=spec.LR["sgd"], n_steps=spec.STEPS, weight_decay=0.0
        )
        start = [30**0.25 * W for W in theta]
        known.append(spec.known_steps(run, start, run(start)[1], 1e-10))
    assert min(known) >= 5 and known.count(spec.STEPS + 1) >= 95


def test_a_flow_decided_by_the_solver_is_not_asked_for():
    """Catches runs of 04 in which rounding decides whether a neuron lives."""
    spec = load_specification(find_exercise("04"))
    X, y = np.array([[2.0, 0.0], [2.0, 1.0], [-2.0, 0.0]]), np.array([1.0, 1.0, -1.0])
    lives, dies, dead = [1.0, 0.5], [-1.0, 0.5], [-0.5, 4.0]
    assert spec.decided(X, y, np.array([lives, dies]), np.array([1.0, -1.0]))
    # Positive, and active on the negative example alone: it dies, unless the second example comes first.
    assert not spec.decided(X, y, np.array([lives, dies, dies]), np.array([1.0, -1.0, 1.0]))
    # No neuron of its own sees the negative example.
    assert not spec.decided(X, y, np.array([lives, dead]), np.array([1.0, -1.0]))
    assert not spec.decided(X, y, np.array([lives]), np.array([1.0]))


@each_misconception
def test_every_misconception_fails(exercise, misconception, worker_of):
    need(exercise)
    assert not misconception.sentence.endswith("."), "half a sentence, without a full stop"
    session = SimpleNamespace(call=functools.partial(worker_of(exercise).call, misconception), first_timeout=None)
    # A whole search without a failure takes long: begin with the properties that fail on one of few inputs.
    for suspected in True, False:
        for item in exercise.properties:
            test = getattr(load_specification(exercise), item.function)
            few = islice(drawn(exercise, item), len(test.first) + 2)
            if suspected and not any(try_inputs(test, Student(session), inputs) for _, inputs in few):
                continue
            if run_property(test, Student(session), shrink=False):
                return
    raise AssertionError("it passes")


@pytest.mark.parametrize(
    "number, name, function",
    [
        ("04", "default_tolerance", "test_target"),
        ("10", "median_chooses", "test_choosers_choose"),
        ("12", "flat_neurons_dropped", "test_flat_and_dead_neurons"),
        ("12", "infinity_is_a_hundred", "test_exact_along_the_signal"),
        ("17", "without_the_interval", "test_causes"),
    ],
)
def test_what_few_draws_show_is_among_the_explicit_inputs(number, name, function, tmp_path):
    """Catches a wrong answer that is refused by chance alone: each of these passed at some of twenty seeds."""
    exercise = find_exercise(number)
    (misconception,) = [each for each in exercise.misconceptions if each.name == name]
    path, test = tmp_path / exercise.solution.name, getattr(load_specification(exercise), function)
    path.write_text(misconception.source, encoding="utf-8")
    with InProcess(path, support=exercise.support) as session:
        assert any(try_inputs(test, Student(session), inputs) for inputs in test.first)


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
    assert [exercise.number for exercise in EXERCISES] == [f"{k:02}" for k in range(1, 18)]
    assert sum(exercise.points for exercise in EXERCISES) == 100
    lengths = [len(exercise.stub.read_text(encoding="utf-8").splitlines()) for exercise in EXERCISES]
    assert statistics.median(lengths) <= 40
