"""The counterexample card: what failed, told apart from others, and drawn where it is a curve."""

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st
from rich.console import Console
from scipy.special import ndtr

from fls_teach.course.checking import replays
from fls_teach.course.checking.failures import Mismatch
from fls_teach.course.checking.results import CheckResult, PropertyResult
from fls_teach.course.checking.search import Failure, run_property
from fls_teach.course.checking.show import named, pair_shown, show
from fls_teach.course.checking.spec import expect, graded
from fls_teach.course.checking.student import Call
from fls_teach.course.feedback.cards import make_card
from fls_teach.course.feedback.code import call_as_code
from fls_teach.course.feedback.misconceptions import likely_misconception
from fls_teach.course.feedback.pictures import curves, save_picture
from fls_teach.course.feedback.terminal import print_result
from fls_teach.course.registry import CourseError, find_exercise
from fls_teach.sandbox.outcome import Outcome

from .students import below_twenty, calling, changing

EXERCISE = find_exercise("08")


def test_a_changed_argument_fails_a_property_that_holds_and_is_named():
    """Sixteen specifications asked it of the last call of one property, and most arguments were asked of never."""
    found = run_property(below_twenty, changing("X", "y", only=lambda x: x >= 5))
    assert found.inputs == {"x": 5} and found.error.names == ("X", "y")
    card = make_card(EXERCISE, EXERCISE.properties[0], found, path=EXERCISE.stub).as_dict()
    assert card["you"] == "f() changed X and y in place" and "a copy" in card["because"]


def test_an_answer_that_changes_from_call_to_call_is_said_to():
    asked = []
    found = run_property(below_twenty, calling(lambda x: 99 if len(asked.append(x) or asked) == 5 else 0))
    assert found.flaky
    card = make_card(EXERCISE, EXERCISE.properties[0], found, path=EXERCISE.stub)
    assert "passed when it was tried again" in card.as_dict()["note"]


def test_a_specification_that_stumbles_blames_what_came_back():
    @graded(1, "f(x)[0] = 0", x=st.just(1))
    def first_is_zero(student, x):
        """The first is zero"""
        expect(student.f(x)["first"] == 0, you=1, expected=0, because="")

    card = make_card(
        EXERCISE, EXERCISE.properties[0], run_property(first_is_zero, calling(lambda x: None)), path=EXERCISE.stub
    )
    assert card.as_dict()["you"] == "f() = None"
    assert "TypeError" in card.as_dict()["expected"]


@pytest.mark.parametrize(
    "value, text",
    [
        (np.float64(0.1), "0.1"),
        (float("inf"), "inf"),
        (True, "True"),
        ([1, 2.5], "[1, 2.5]"),
        ((np.array([1.0]),), "([1],)"),
        ({"a": None}, "{a: None}"),
        (np.zeros((0, 3)), "empty, of shape (0, 3)"),
        ("\x1b[2J\u202e", repr("\x1b[2J\u202e")),
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
    ],
)
def test_values_are_shown_as_a_person_writes_them(value, text):
    assert show(value) == text
    assert show(value).isprintable()


def test_angles_come_in_degrees_too_and_close_numbers_with_more_digits():
    assert named("phi", np.pi / 6) == "phi = 0.5236 (30°)"
    assert named("alpha", 0.5) == "alpha = 0.5"
    assert pair_shown(1.0, 1.0 + 1e-9) == ("1", "1.000000001")


def call_of(value, **given):
    return Call("linear_error", (), given, Outcome("value", "linear_error", value))


CASE = {"w": np.array([1.0, 1.0]), "signal": np.array([1.0, 0.0]), "kappa": 1.0, "sigma": 2.0}


def failing(answer, *cases, fresh=()):
    """A failure on the first of these cases, of a student that answers like this."""
    calls = [call_of(answer(**case), **case) for case in (*cases, *fresh)]
    history, fresh = calls[: len(cases)], [[call] for call in calls[len(cases) :]]
    error = Mismatch(history[0].outcome.value, 0.0, "so it is", "result")
    return Failure(error, {}, history[:1], history, fresh=lambda: fresh)


OTHERS = [CASE | {"kappa": kappa} for kappa in (0.5, 2.0, 3.0)]


def cosine(w, signal, **more):
    return w @ signal / np.linalg.norm(w)


def no_sigma(kappa, sigma, **given):
    return ndtr(-kappa * cosine(**given))


def right(kappa, sigma, **given):
    return ndtr(-kappa / sigma * cosine(**given))


def test_a_misconception_is_named_that_shows_on_the_failing_input_and_on_another():
    """It was shown for 3 of 41 files that had one, where it had to fit nearly all other calls of one property."""
    sentence = "the noise level sigma is missing"
    assert likely_misconception(EXERCISE, failing(no_sigma, CASE, *OTHERS)) == sentence
    assert likely_misconception(EXERCISE, failing(no_sigma, CASE, fresh=OTHERS)) == sentence, "asked once more"
    assert likely_misconception(EXERCISE, failing(no_sigma, CASE)) == "", "nothing but the failing input"
    alike = [CASE | {"sigma": 1.0, "kappa": kappa} for kappa in (0.5, 2.0)]
    assert likely_misconception(EXERCISE, failing(no_sigma, CASE, *alike)) == "", "where sigma is 1 it does not show"
    assert likely_misconception(EXERCISE, failing(right, CASE, *OTHERS)) == "", "the right answer"
    absent = replace(EXERCISE, root=EXERCISE.root / "absent")
    assert likely_misconception(absent, failing(no_sigma, CASE, *OTHERS)) == ""


def test_a_misconception_that_fits_one_example_by_accident_is_not_named():
    def at_one_input(wrong):
        return lambda kappa, **given: no_sigma(kappa, **given) if kappa == CASE["kappa"] else wrong(kappa, **given)

    for wrong in (right, lambda kappa, **given: kappa, lambda kappa, **given: 0.5):
        assert likely_misconception(EXERCISE, failing(at_one_input(wrong), CASE, *OTHERS)) == ""

    def mostly(kappa, **given):
        return (right if kappa == 3.0 else no_sigma)(kappa, **given)

    assert likely_misconception(EXERCISE, failing(mostly, CASE, *OTHERS)) == "", "once with the reference against it"


def test_a_constant_is_named_as_such_unless_the_questions_are_alike():
    assert "same answer" in likely_misconception(EXERCISE, failing(lambda **given: 0.25, CASE, *OTHERS))
    alike = [CASE | {"w": factor * CASE["w"]} for factor in (2.0, 4.0)]
    assert likely_misconception(EXERCISE, failing(lambda **given: 0.25, CASE, *alike)) == "", "so is the right answer"


def test_two_misconceptions_that_nothing_tells_apart_are_not_guessed_between():
    (first,) = [each for each in EXERCISE.misconceptions if each.name == "no_sigma"]
    twins = first, replace(first, name="its_twin", sentence="it is another mistake")
    exercise = SimpleNamespace(solution=EXERCISE.solution, support=None, misconceptions=twins)
    assert likely_misconception(exercise, failing(no_sigma, CASE, *OTHERS)) == ""
    exercise.misconceptions = twins[:1]
    assert likely_misconception(exercise, failing(no_sigma, CASE, *OTHERS)) == first.sentence


def test_the_input_is_what_the_failing_call_was_given_and_the_call_can_be_pasted():
    """Cards showed the drawn case where another was asked about, and cut the call that failed."""

    @graded(1, "f(x) = 0", k=st.just(1))
    def third_is_zero(student, k):
        """The third is zero"""
        answers = [student.f(np.arange(4.0) / 3 + i, scale=np.float32(i)) for i in range(6)]
        expect(answers[3]["sum"] == 0, you=answers[3]["sum"], expected=0.0, because="so it is")

    student = calling(lambda x, scale: {"sum": x.sum()})
    card = make_card(EXERCISE, EXERCISE.properties[0], run_property(third_is_zero, student), path=EXERCISE.stub)
    rows = card.as_dict()
    assert rows["input"].startswith("scale = 3") and "argument 1 (4,) = [3, 3.333, 3.667, 4]" in rows["input"]
    before, failed, after = rows["call"].partition("→ ")
    assert before.splitlines()[0] == "  ... 1 before these" and after.count("\n  f(") == 2
    code = after.partition("\n  f(")[0]
    x, scale = eval(code, {"np": np, "f": lambda x, scale: (x, scale)})
    assert x.tolist() == (np.arange(4.0) / 3 + 3).tolist() and scale == 3.0


def test_only_what_nobody_would_paste_is_left_out_of_a_call():
    large, small = np.arange(5000.0), np.arange(30.0) / 7
    call = Call("train", (large, small), {"data": {"X": large, "lr": 0.1}}, Outcome("value"))
    text = call_as_code(call)
    assert "<array of shape (5000,)>, np.array([0.0, 0.142857" in text and "'lr': 0.1" in text
    assert max(map(len, text.splitlines())) <= 76


@pytest.mark.parametrize("width", [60, 80, 120])
def test_points_stay_at_the_right_margin(width):
    console = Console(width=width, file=io.StringIO())
    results = [PropertyResult(item, "passed") for item in EXERCISE.properties]
    print_result(console, CheckResult(EXERCISE.name, "passed", EXERCISE.points, results=results))
    lines = console.file.getvalue().splitlines()
    for item in EXERCISE.properties:
        (line,) = (line for line in lines if item.id in line)
        assert line.endswith(f"{item.points}/{item.points}") and len(line) == min(width, 84)
    assert all(line.startswith((EXERCISE.name, "  ✓", " " * 10)) for line in lines)


def test_curves_are_drawn_only_where_the_exercise_is_about_curves(tmp_path):
    x = np.array([0.01, 0.1, 1.0, 10.0])
    error = Mismatch(x**2, x, "so it is", "risk")
    failure = SimpleNamespace(error=error, calls=[], inputs={"case": {"alphas": x}})
    assert [(name, label) for name, label, *_ in curves(EXERCISE, failure)] == [("risk", "alphas")]
    item = EXERCISE.properties[0]
    assert save_picture(EXERCISE, item, failure, tmp_path) is None
    path = save_picture(replace(EXERCISE, number="10"), item, failure, tmp_path / "pictures")
    assert path.read_bytes().startswith(b"\x89PNG")
    failure.error = Mismatch(1.0, 2.0, "", "risk")
    assert save_picture(replace(EXERCISE, number="10"), item, failure, tmp_path) is None


def test_replays_keep_what_they_were_given(tmp_path):
    case = replays.keep(tmp_path, "08.2", CASE)
    item, inputs = replays.recall(tmp_path, case, EXERCISE)
    assert case.startswith("8.2-")
    assert item.id == "08.2"
    assert inputs.keys() == CASE.keys()
    assert (inputs["w"] == CASE["w"]).all()
    assert replays.keep(tmp_path, "08.2", {"x": object()}) == ""
    for wrong in ("8.2", "9.2-abcd", "8.2-abcd", "8.99-abcd", "../8.2-abcd", "8.2-abcd\n/"):
        with pytest.raises(CourseError):
            replays.recall(tmp_path, wrong, EXERCISE)
    (tmp_path / f"{case}.bin").write_bytes(b"damaged")
    with pytest.raises(CourseError):
        replays.recall(tmp_path, case, EXERCISE)
