"""One submission, marked in this process: verdicts, whose fault it was, time, and what one answer must not change."""

import shutil
import time
import types
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from fls_teach.autograder.intake.submission import Submission
from fls_teach.autograder.marking import mark as marking
from fls_teach.autograder.marking.budget import TimedSession
from fls_teach.autograder.marking.course_key import seed_from
from fls_teach.autograder.marking.mark import mark
from fls_teach.autograder.record import as_json, check_record, properties
from fls_teach.autograder.settings import TimeLimits
from fls_teach.course.checking import check as engine
from fls_teach.course.checking.check import load_specification, verdict_of
from fls_teach.course.checking.failures import Abandoned, CallFailed, Mismatch
from fls_teach.course.checking.search import Failure, Limits, TooSlow, run_property
from fls_teach.course.checking.spec import expect, graded
from fls_teach.course.checking.student import Student
from fls_teach.course.registry import course_root, find_exercise
from fls_teach.course.workspace import actions
from fls_teach.course.workspace.folder import Workspace
from fls_teach.sandbox import InProcess, Outcome, Session, protocol
from fls_teach.sandbox.isolation.sandboxes import NoSandbox, ResourceLimits, SandboxError

from .handed_in import misconception, solution

pytestmark = pytest.mark.usefixtures("forked_workers")
BAYES = find_exercise("8")
QUICK = TimeLimits(call=0.4, exercise=0.6, load=20.0)


def marked(texts, seed=3, sandbox=None, limits=TimeLimits(), exercises=None):  # noqa: B008
    """The record of {number: text}, after the checks that hold for every record."""
    chosen = exercises or tuple(find_exercise(number) for number in texts)
    files = {find_exercise(number).name: text.encode() for number, text in texts.items()}
    submission = Submission("somebody", "somebody", files=files)
    record = mark(submission, chosen, seed, sandbox or NoSandbox(), limits)
    check_record(record)
    listed = [item["id"] for _, item in properties(record)]
    assert listed == [item.id for exercise in chosen for item in exercise.properties], "every property, in order"
    return record


def verdicts(record):
    return [item["verdict"] for _, item in properties(record)]


# ------------------------------------------------------------------ verdicts


def outcome(kind, **fields):
    return Outcome(kind, "linear_error", **fields)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Mismatch(1.0, 2.0, "because", "result"), "wrong"),
        (CallFailed(outcome("not_plain")), "wrong"),
        (CallFailed(outcome("exception", exception="ValueError")), "crashed"),
        (CallFailed(outcome("exception", exception="KeyboardInterrupt")), "crashed"),
        (Abandoned(outcome("load_error", exception="ImportError")), "crashed"),
        (Abandoned(outcome("load_error", detail="is saved as UTF-16")), "crashed"),
        (Abandoned(outcome("crash", detail="signal 11: segmentation fault")), "crashed"),
        (Abandoned(outcome("crash", detail="signal 24: cpu time limit exceeded")), "timeout"),
        (Abandoned(outcome("timeout")), "timeout"),
        (TooSlow("it took long"), "timeout"),
        (CallFailed(outcome("exception", exception="MemoryError")), "memory"),
        (CallFailed(outcome("exception", exception="_ArrayMemoryError")), "memory"),
        (Abandoned(outcome("load_error", exception="MemoryError")), "memory"),
        (Abandoned(outcome("memory")), "memory"),
        (Abandoned(outcome("output")), "output"),
        (Abandoned(outcome("protocol_error")), "tampered"),
        (Abandoned(outcome("missing")), "missing"),
        (Abandoned(outcome("not_done")), "missing"),
        (CallFailed(outcome("exception", exception="Skipped")), "skipped-by-submission"),
        (CallFailed(outcome("exception", exception="UnsatisfiedAssumption")), "skipped-by-submission"),
        (Abandoned(outcome("load_error", exception="SkipTest")), "skipped-by-submission"),
        (ZeroDivisionError("in the specification"), "grader-fault"),
    ],
)
def test_the_verdict_on_every_kind_of_failure(error, verdict):
    assert verdict_of(Failure(error)) == verdict


def test_the_reference_earns_everything():
    record = marked({"8": BAYES.solution.read_text(encoding="utf-8")})
    assert (record["score"], record["fault"], set(verdicts(record))) == (BAYES.points, False, {"passed"})
    assert record["exercises"][0]["state"] == "passed"


SKIPS = "class Skipped(BaseException): pass\ndef linear_error(*a, **k): raise Skipped"


@pytest.mark.parametrize(
    ("text", "state", "verdict"),
    [
        (BAYES.stub.read_text(encoding="utf-8"), "missing", "missing"),
        ("def another():\n    return 1\n", "missing", "missing"),
        ("def linear_error(:\n", "unusable", "crashed"),
        (SKIPS, "failed", "skipped-by-submission"),
        ("import os\ndef linear_error(*a, **k): os._exit(0)", "failed", "crashed"),
    ],
)  # fmt: skip
def test_states_of_an_exercise(text, state, verdict):
    record = marked({"8": text})
    assert record["exercises"][0]["state"] == state
    assert (set(verdicts(record)), record["score"]) == ({verdict}, 0)


def test_an_exercise_that_was_not_handed_in_is_missing():
    record = marked({}, exercises=(BAYES,))
    assert (set(verdicts(record)), record["score"], record["exercises"][0]["state"]) == ({"missing"}, 0, "missing")


@pytest.mark.parametrize("value", ["2**4000", "[2**4000]", "float('nan')", "'x' * 10**5", "np.zeros((0, 3))", "{}"])
def test_no_answer_is_too_odd_to_be_wrong(value):
    """2**4000 is an int beyond every float: drawing the card used to raise OverflowError."""
    record = marked({"8": f"import numpy as np\ndef linear_error(*a, **k): return {value}"})
    assert set(verdicts(record)) == {"wrong"}
    assert all(item["summary"] and item["card"] for _, item in properties(record))


def test_a_card_that_cannot_be_drawn_leaves_the_verdict(monkeypatch):
    def broken(*args, **kwargs):
        raise OverflowError("too large to draw")

    monkeypatch.setattr(marking, "make_card", broken)
    record = marked({"8": "def linear_error(*a, **k): return 2.0"})
    assert set(verdicts(record)) == {"wrong"}
    assert "too large to draw" in as_json(record)


def test_a_student_and_an_instructor_are_told_the_same(tmp_path):
    """Two loops with two forms of result used to give them: a property had a state here, a verdict there."""
    text = "def linear_error(w, signal, kappa, sigma):\n    if kappa > sigma:\n        return None\n    return 2 * w"
    workspace = Workspace(tmp_path)
    workspace.file(BAYES).parent.mkdir()
    workspace.file(BAYES).write_text(text)
    told = actions.check_one(workspace, BAYES, seed=3).as_dict()
    (graded,) = marked({"8": text}, seed=3)["exercises"]
    same = ("id", "verdict", "points", "of", "sentence", "formula")
    assert told.keys() == graded.keys() and told["properties"][0].keys() == graded["properties"][0].keys()
    for mine, theirs in zip(told.pop("properties"), graded.pop("properties"), strict=True):
        assert [mine[name] for name in same] == [theirs[name] for name in same]
    assert told == graded


# ------------------------------------------------------------------ whose fault


def specify(monkeypatch, check, **strategies):
    """Let every property of exercise 08 be `check(student)`."""

    def body(student, **inputs):
        """A property"""
        check(student, **inputs)

    test = graded(1, "a = b", examples=5, **strategies)(body)
    module = types.SimpleNamespace(**{item.function: test for item in BAYES.properties})
    monkeypatch.setattr(engine, "load_specification", lambda exercise: module)


ASKED = {"w": np.array([1.0, 0.0]), "signal": np.array([1.0, 0.0]), "kappa": 1.0, "sigma": 1.0}


@pytest.mark.parametrize("drawn", [{}, {"x": st.floats(0, 1)}])
def test_a_specification_that_stumbles_over_an_answer_says_wrong(monkeypatch, drawn):
    specify(monkeypatch, lambda student, **inputs: 1 / student.linear_error(**ASKED), **drawn)
    assert set(verdicts(marked({"8": "def linear_error(*a, **k): return 0"}))) == {"wrong"}


def test_a_specification_that_stumbles_over_the_reference_is_ours(monkeypatch):
    specify(monkeypatch, lambda student, **inputs: student.linear_error(**ASKED) / 0)
    record = marked({"8": solution("8")})
    assert set(verdicts(record)) == {"grader-fault"}
    assert (record["score"], record["fault"], record["exercises"][0]["state"]) == (None, True, "fault")
    assert "ZeroDivisionError" in record["exercises"][0]["message"]


def test_a_specification_that_stumbles_before_it_asks_is_ours(monkeypatch):
    specify(monkeypatch, lambda student, **inputs: 1 / 0)
    assert marked({"8": "def linear_error(*a, **k): return 0"})["score"] is None


def copy_of(exercise, folder):
    """The same exercise in another place, to be changed there."""
    for name in (f"exercises/{exercise.name}", f"solutions/{exercise.name}"):
        shutil.copytree(course_root() / name, folder / name)
    (folder / "tests/spec").mkdir(parents=True)
    shutil.copyfile(exercise.specification, folder / "tests/spec" / exercise.specification.name)
    return replace(exercise, root=folder)


def test_without_a_reference_to_ask_a_stumble_is_ours(monkeypatch, tmp_path):
    specify(monkeypatch, lambda student, **inputs: 1 / student.linear_error(**ASKED))
    elsewhere = copy_of(BAYES, tmp_path)
    elsewhere.solution.unlink()
    record = marked({"8": "def linear_error(*a, **k): return 0"}, exercises=(elsewhere,))
    assert set(verdicts(record)) == {"grader-fault"}


def test_where_not_even_the_reference_loads_nobody_gets_a_zero(tmp_path):
    """A sandbox that cannot import what an exercise needs would look like a submission that does not load."""
    elsewhere = copy_of(BAYES, tmp_path)
    reference = BAYES.solution.read_text(encoding="utf-8")
    elsewhere.solution.write_text(f"import a_package_that_the_sandbox_does_not_show\n{reference}")
    record = marked({"8": "import a_package_that_the_sandbox_does_not_show"}, exercises=(elsewhere,))
    assert (record["score"], set(verdicts(record))) == (None, {"grader-fault"})


class BreaksAfter(NoSandbox):
    """A sandbox that starts so many workers, and then no more."""

    def __init__(self, count):
        super().__init__()
        self.count = count

    def command(self, command):
        self.count -= 1
        if self.count < 0:
            raise SandboxError("no more namespaces")
        return super().command(command)


@pytest.mark.parametrize("count", [0, 1])
def test_a_sandbox_that_breaks_is_ours(count):
    """At the first worker, or in the middle of an exercise whose file brings each worker down."""
    record = marked({"8": "import os\ndef linear_error(*a, **k): os._exit(0)"}, sandbox=BreaksAfter(count))
    assert (record["score"], record["fault"]) == (None, True)
    assert verdicts(record)[count:] == ["grader-fault"] * (4 - count), "and what was seen before is no zero either"
    assert "no more namespaces" in record["exercises"][0]["message"]


# ------------------------------------------------------------------ time


@pytest.fixture
def asked(monkeypatch):
    """What the submission's worker is asked, one entry a question."""
    questions, ask = [], Session._ask

    def counted(session, function, *args):
        questions.append(function or "load")
        return ask(session, function, *args)

    monkeypatch.setattr(Session, "_ask", counted)
    return questions


def test_a_hang_costs_one_time_out_a_property_and_what_the_exercise_may_take(asked):
    record = marked({"8": "def linear_error(*a, **k):\n    while True: pass"}, limits=QUICK)
    assert set(verdicts(record)) == {"timeout"}
    assert asked == ["load", "linear_error"] * 2, "0.4 s twice is more than 0.6 s"
    summaries = [item["summary"] for _, item in properties(record)]
    assert "still running" in summaries[0] and "used up" in summaries[2] == summaries[3]
    assert all("traceback" not in dict(item["card"] or ()) for _, item in properties(record)), "which line is chance"


def test_an_endless_load_costs_one_load_limit(asked, monkeypatch):
    monkeypatch.setattr(marking, "_reference_loads", lambda *given: True)
    record = marked({"8": "while True: print('.')"}, limits=replace(QUICK, load=0.5))
    assert (set(verdicts(record)), asked) == ({"timeout"}, ["load"])
    exercise = record["exercises"][0]
    assert (exercise["state"], exercise["traceback"], exercise["printed"]) == ("unusable", "", ""), "how far is chance"


class Answers:
    """A session that answers from a function."""

    def __init__(self, answer):
        self.answer = answer

    def call(self, function, /, *args, **kwargs):
        return self.answer(*args)


def test_slow_loads_after_crashes_count(monkeypatch):
    """Sleeping at import and then ending the worker would otherwise cost a load limit for each property."""
    session = Answers(lambda *given: outcome("crash", seconds=0.01))
    session.load = lambda: Outcome("value", seconds=0.5)  # a new one each time, as after each crash
    budgeted = TimedSession(session, QUICK)
    kinds = [budgeted.call("linear_error").kind for _ in range(5)]
    assert kinds == ["crash"] * 3 + ["timeout"] * 2


@graded(1, "x < 3", examples=50, x=st.integers(0, 1000))
def small(student, x):
    """Small"""
    expect(student.call("f", x) < 3, you=x, expected="< 3", because="so it is")


@pytest.mark.parametrize("end", ["timeout", "crash"])
def test_looking_for_a_smaller_counterexample_changes_no_verdict(end):
    """It ends with the first one if calls begin to hang: how far it came would be chance."""
    from fls_teach.course.checking.student import Student

    found, seen = [], []

    def answer(x):
        seen.append(x)
        if found and len(seen) > found[0] + 2:
            return Outcome(end, "f")
        return Outcome("value", "f", value=x)

    limits = Limits(float("inf"), float("inf"), tries=120)
    failure = run_property(small, Student(Answers(answer)), 1, limits, found=lambda: found.append(len(seen)))
    assert isinstance(failure.error, Mismatch) and failure.inputs == {"x": seen[found[0] - 1]}
    assert [call.args for call in failure.history] == [(x,) for x in seen[: found[0]]]


def test_time_for_a_smaller_counterexample_is_not_taken_from_the_marks():
    budgeted = TimedSession(session := Answers(lambda *given: outcome("value", seconds=0.5)), QUICK)
    loaded = Outcome("value")
    session.load = lambda: loaded
    budgeted.turn_to("search")
    assert [budgeted.call("f").kind for _ in range(4)] == ["value", "value", "timeout", "timeout"]
    budgeted.turn_to("mark")
    assert budgeted.call("f").kind == "value"


@pytest.mark.parametrize(
    ("clock", "cpu_seconds", "calls"),
    [(0.5, None, 2), (0.5, 0.5, 2), (0.5, 0.0, 4), (0.5, 0.3, 3), (0.5, 7.0, 2)],
)
def test_what_counts_is_what_was_spent_within_bounds(clock, cpu_seconds, calls):
    """A submission on a busy machine used to lose what others had taken: the exercise has 0.6 s, by the clock 1.8 s."""
    session = Answers(lambda *given: outcome("value", seconds=clock, cpu_seconds=cpu_seconds))
    loaded = Outcome("value")
    session.load = lambda: loaded
    budgeted = TimedSession(session, QUICK)
    assert [budgeted.call("f").kind for _ in range(6)].index("timeout") == calls


def test_what_all_exercises_may_take_together():
    """What comes too late is a time-out; something is left for each of those that come after one that never ends."""
    slow = "import time\ndef __getattr__(name):\n    return lambda *a, **k: [time.sleep(2), 1 / 0]"
    start = time.monotonic()
    # With limits to watch, a worker that sleeps is charged for it: 16 s here, where the exercise may have 9.
    sandbox = NoSandbox(ResourceLimits())
    record = marked({"8": slow, "9": solution("9")}, sandbox=sandbox, limits=replace(TimeLimits(), submission=12.0))
    assert time.monotonic() - start < 60
    of = {each["number"]: {item["verdict"] for item in each["properties"]} for each in record["exercises"]}
    assert of == {"08": {"crashed", "timeout"}, "09": {"passed"}}
    late = record["exercises"][0]["properties"][-1]["summary"]
    assert "What this exercise may have of the 12 s for all of them was used up" in late
    assert record["limits"]["submission_seconds"] == 12.0
    assert set(verdicts(marked({"8": solution("8")}, limits=replace(TimeLimits(), submission=30.0)))) == {"passed"}


# ------------------------------------------------------------------ the grader's own time


HURRIED = replace(TimeLimits(), grader=0.3)


def work_for_ever():
    deadline = time.thread_time() + 20.0
    while time.thread_time() < deadline:
        pass


HUGE = "import numpy as np\ndef linear_error(*a, **k): return np.zeros(2**21)"


@pytest.mark.parametrize(
    ("text", "verdict"), [("def linear_error(*a, **k): return 1.0", "grader-fault"), (HUGE, "timeout")]
)
def test_what_takes_the_grader_for_ever_is_its_own_fault_unless_the_answers_are_huge(monkeypatch, text, verdict):
    """An honest submission used to lose its points to a specification that takes too long on a busy machine."""
    specify(monkeypatch, lambda student: [[student.linear_error(**ASKED) for _ in range(5)], work_for_ever()])
    record = marked({"8": text}, limits=HURRIED)
    assert set(verdicts(record)) == {verdict}
    assert "took the grader more than 0.3 s" in record["exercises"][0]["properties"][0]["summary"]


def test_a_smaller_counterexample_that_takes_for_ever_is_not_waited_for(monkeypatch):
    failed = []

    def check(student, x):
        if failed:
            work_for_ever()
        failed.append(x)
        expect(False, you=student.linear_error(**ASKED | {"kappa": x}), expected=1.0, because="so it is")

    specify(monkeypatch, check, x=st.integers(0, 1000))
    record = marked({"8": "def linear_error(*a, **k): return 2.0"}, limits=HURRIED)
    first = record["exercises"][0]["properties"][0]
    assert (first["verdict"], first["summary"]) == ("wrong", "got 2, expected 1")
    assert f"kappa = {failed[0]}," in dict(first["card"])["input"], "the first that was found, not the smallest"


# Where the end of the grader's time meets a callback of the interpreter, Python drops it with a warning; it comes
# again.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_card_that_takes_for_ever_leaves_the_verdict(monkeypatch):
    monkeypatch.setattr(marking, "make_card", lambda *args, **kwargs: work_for_ever())
    record = marked({"8": "def linear_error(*a, **k): return 2.0"}, limits=HURRIED)
    assert set(verdicts(record)) == {"wrong"}
    assert "there is no card" in as_json(record)


def test_the_graders_time_is_over_for_all_of_the_exercise(monkeypatch, asked):
    """Many answers, none of which takes long to compare."""
    specify(monkeypatch, lambda student: [[student.linear_error(**ASKED) for _ in range(5)], work_for_ever()])
    record = marked({"8": HUGE}, limits=HURRIED)
    assert asked == ["load", *["linear_error"] * 5]
    assert "0.3 s of the grader for this exercise were used up" in as_json(record)


def test_only_a_property_is_ended(monkeypatch):
    """Between two of them, or after the last, it would end the grader and look like a fault."""
    specify(monkeypatch, lambda student: student.linear_error(**ASKED))
    finish, started = engine._finished, time.thread_time()

    def late(*args, **texts):
        while time.thread_time() < started + 1.0:
            pass
        return finish(*args, **texts)

    monkeypatch.setattr(engine, "_finished", late)
    record = marked({"8": solution("8")}, limits=replace(TimeLimits(), grader=0.5))
    assert set(verdicts(record)) == {"passed"}


def test_a_fault_says_on_whose_answer_and_why(monkeypatch):
    def broken(*args):
        raise ArithmeticError("one and one is three")

    monkeypatch.setattr(engine, "verdict_of", broken)
    record = marked({"8": "def linear_error(*a, **k): return 2.0"})
    reason = "the grader failed: ArithmeticError: one and one is three, after the answer to linear_error()"
    assert record["exercises"][0]["message"] == reason


# ------------------------------------------------------------------ the same bytes


def test_no_exercise_depends_on_another():
    two = "def linear_error(*a, **k): return 2.0"
    wrong, right = misconception("1", "coin_labels"), solution("1")
    after = [marked({"1": text, "8": two})["exercises"][1] for text in (wrong, right)]
    assert after == [marked({"8": two})["exercises"][0]] * 2


def test_addresses_are_left_out():
    text = "def linear_error(*a, **k): raise ValueError(object())"
    assert "object at 0x..." in as_json(marked({"8": text}))


def test_the_seed_is_derived_from_key_and_digest():
    seeds = {seed_from(key, name) for key in (b"k1", b"k2") for name in ("sha256:a", "sha256:b")}
    assert len(seeds) == 4 and all(0 <= seed < 2**63 for seed in seeds)
    assert seed_from(b"k1", "sha256:a") == seed_from(b"k1", "sha256:a")


class _Listening(InProcess):
    """Remembers what it was asked."""

    def call(self, function, /, *args, **kwargs):
        self.asked.append(protocol.encode((function, args, kwargs)))
        return super().call(function, *args, **kwargs)


def test_another_seed_asks_other_questions():
    """A seed that chose nothing would let a submission be written for the questions of the last one."""
    exercise = find_exercise("8")
    test, asked = getattr(load_specification(exercise), exercise.properties[0].function), []
    for seed in (1, 1, 2):
        session = _Listening(exercise.solution)
        session.asked = []
        assert run_property(test, Student(session), seed) is None
        asked.append(session.asked)
    assert asked[0] == asked[1] and len(set(asked[0]) - set(asked[2])) > len(asked[0]) / 2
