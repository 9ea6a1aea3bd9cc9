"""fls lint: what it must find in a course that is not in order; that ours is, by a sample."""

import importlib.util
import json
import re
import sys
import textwrap

import pytest
from click.testing import CliRunner

from fls_teach.cli import main
from fls_teach.cli.lint import command_complaint
from fls_teach.course.lint.lint import lint, try_mutants
from fls_teach.course.lint.mutants import equivalent_mutants, mutants_of
from fls_teach.course.lint.report import Report
from fls_teach.course.lint.texts import complaints
from fls_teach.course.registry import CourseError, Exercise, exercises

mutating = pytest.mark.skipif(importlib.util.find_spec("mutmut") is None, reason="mutmut is not installed")

FILES = {
    "exercises/90_double/90_double.py": '''
        def double(x, extra=0):
            """Twice x."""
            raise NotImplementedError("exercise 90: double")
        ''',
    "exercises/90_double/README.md": "# 90 Twice\n\nWrite `double(x, extra)`; then `fls check 90`.\n",
    "exercises/90_double/hints.md": "# Hints\n\n## 1. A question\n\nWhat is twice?\n\n## 2. Code\n\n    return 2 * x\n",
    "solutions/90_double/90_double.py": """
        def double(x, extra=0):
            if x < 1:
                return 0
            return 2 * x
        """,
    "solutions/90_double/alternatives/added.py": """
        def double(x, extra=0):
            return x + x
        """,
    "solutions/90_double/misconceptions.toml": """
        [[misconception]]
        name = "thrice"
        sentence = "x is taken three times"
        old = "return 2 * x"
        new = "return 3 * x"
        """,
    "solutions/90_double/equivalent.toml": """
        [[equivalent]]
        diff = '''
        - if x < 1:
            + if x < 0:'''
        reason = "twice nothing is nothing"
        """,
    "tests/spec/test_90_double.py": '''
        from hypothesis import strategies as st

        from fls_teach.course.checking.spec import expect, graded


        @graded(1, "f(x) = 2 x", examples=10, x=st.integers(0, 9))
        def test_doubles(student, x):
            """Twice the number"""
            you = student.double(x)
            expect(you == 2 * x, you=you, expected=2 * x, because="that is twice")


        @graded(1, "f(1) = 2")
        def test_one(student):
            """Twice one"""
            you = student.double(1)
            expect(you == 2, you=you, expected=2, because="that is twice")
        ''',
}
STUB, SOLUTION = "exercises/90_double/90_double.py", "solutions/90_double/90_double.py"
ENDLESS = """
[[misconception]]
name = "for_ever"
sentence = "it never ends"
old = "    return 2 * x"
new = '''
    while True:
        x + x'''

"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Makes a course of one small exercise, some of its texts replaced; what is endless there ends soon."""
    monkeypatch.setattr("fls_teach.course.lint.lint.EXTRA_SECONDS", 0.2)
    count = iter(range(90, 100))

    def make(*replaced, without=()):
        number = str(next(count))
        for path, text in FILES.items():
            text = textwrap.dedent(text).lstrip("\n")
            for name, old, new in replaced:
                if path.endswith(name):
                    assert old in text
                    text = text.replace(old, new, 1)
            if not path.endswith(without or ("nothing",)):
                place = tmp_path / number / path.replace("90", number)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text.replace("90", number))
        return Exercise(number, f"{number}_double", tmp_path / number)

    return make


def findings(report, about):
    return [finding.text for finding in report.findings if finding.about == about]


@mutating
def test_what_passes_is_shown_and_what_is_endless_ends(course):
    """Catches a mutant that counts as killed though no property fails, one that is listed and counts as a survivor,
    and an answer without an end that hangs the lint."""
    exercise = course(("misconceptions.toml", "[[misc", f"{ENDLESS}[[misc"))
    report = lint(exercise, seeds=2, command_complaint=command_complaint)
    unasked = [f"- def double(x, extra=0):\n+ def double(x, extra={extra}):" for extra in ("1", "(-1)")]
    assert [(finding.about, finding.diff) for finding in report.findings] == [("mutant", diff) for diff in unasked]
    every = mutants_of(exercise.solution.read_text())
    assert report.mutants == len(every) == report.killed + report.equivalent + report.survivors
    assert (report.equivalent, report.survivors) == (1, 2)
    assert set(report.confusion) == {"for_ever", "thrice"}
    assert [note for note in report.notes if ".2 catches no mutant" in note]
    assert not [note for note in report.notes if ".1 catches no mutant" in note]


@mutating
@pytest.mark.parametrize(
    "old, new, said",
    [
        ("x < 1", "x < 7", "equivalent.toml lists a mutant that does not exist"),
        ("- if x < 1:\n    + if x < 0:", "- return 2 * x\n+ return 3 * x", "lists a mutant that a property kills"),
    ],
)
def test_a_list_of_equivalent_mutants_is_not_believed(course, old, new, said):
    """Catches an entry that outlives its mutant, and one whose mutant a property does tell from the solution."""
    exercise = course(("equivalent.toml", old, new))
    report = Report(exercise.name, 1)
    try_mutants(exercise, report, mutants_of(exercise.solution.read_text()), seeds=1)
    (text,) = findings(report, "equivalent")
    assert said in text


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("[[equivalent]]", "[[equivalent]", "cannot be read"),
        ("[[equivalent]]", "[[same]]", r"start each entry with \[\[equivalent\]\]"),
        ("reason = ", "because = ", "needs a diff and a reason"),
        ('"twice nothing is nothing"', '""', "needs a diff and a reason"),
    ],
)
def test_a_slip_in_the_list_gets_a_sentence(course, old, new, said):
    """Catches a traceback, or an entry that is silently ignored."""
    with pytest.raises(CourseError, match=said):
        equivalent_mutants(course(("equivalent.toml", old, new)))


@pytest.mark.parametrize(
    "name, old, new, about, said",
    [
        (STUB, 'raise NotImplementedError("exercise 90: double")', "return 2 * x", "stub", "90.1 passes"),
        (STUB, '"exercise 90: double"', '"later"', "stub", "does not name the exercise"),
        ("added.py", "x + x", "x + x + 1", "alternative", "added.py fails 90.1 at seed 0"),
        (SOLUTION, "return 2 * x", "return 2*x + 1", "solution", "90_double.py fails 90.1 at seed 0"),
    ],
)
def test_each_answer_is_held_to_its_part(course, name, old, new, about, said):
    """Catches a stub that earns points or says too little, and an honest answer that fails."""
    report = lint(course((name, old, new), without=("misconceptions.toml",)), seeds=1, mutants=0)
    assert [text for text in findings(report, about) if said in text]
    assert {finding.about for finding in report.findings} == {about}


def test_a_misconception_that_passes_or_is_taken_for_another_is_found(course, monkeypatch):
    """Catches one that no property sees, and a card that names the wrong one."""
    monkeypatch.setattr("fls_teach.course.lint.trials.likely_misconception", lambda *_: "it is right")
    right = '[[misconception]]\nname = "right"\nsentence = "it is right"\nold = "2 * x"\nnew = "x * 2"\n'
    report = lint(course(("misconceptions.toml", "[[misc", f"{right}[[misc")), seeds=1, mutants=0)
    passes, *confused = findings(report, "misconception")
    assert passes == "'right' passes at seed 0: it is right"
    assert confused == [f"'thrice' fails 90.{k} and is taken for another: it is right" for k in (1, 2)]
    assert report.confusion == {"right": {}, "thrice": {"it is right": 2}}
    assert report.cost == {"right": 0, "thrice": 2}
    assert "these misconceptions cost more than half of 2 points: thrice 2" in report.notes


@pytest.mark.parametrize(
    "name, old, new, said",
    [
        ("README.md", "fls check 90", "fls chekc 90", "no command 'chekc'"),
        ("README.md", "fls check 90", "fls check 90 --quick", "No such option '--quick'"),
        ("README.md", "fls check 90", "fls demo nothing", "no demo 'nothing'"),
        ("README.md", "fls check 90", "fls --verbose", "no option '--verbose'"),
        ("README.md", "double(x, extra)", "double(extra, x)", r"the lesson has double\(extra, x\)"),
        (SOLUTION, "def double(x, extra=0)", "def double(x)", r"the solution has double\(x\)"),
        (SOLUTION, "def double", "def twice", "the solution has no double"),
        ("hints.md", "What", "```\nWhat", "a code block is not closed"),
    ],
)
def test_texts_that_do_not_agree_are_found(course, name, old, new, said):
    """Catches a lesson whose command or call would fail when it is typed."""
    assert not complaints(course(), command_complaint)
    (text,) = complaints(course((name, old, new)), command_complaint)
    assert re.search(said, text)


@mutating
def test_the_command(course, monkeypatch):
    """Catches an exit code, or a JSON object, that a script could not rely on; results that differ from run to run."""
    exercise = course(without=("misconceptions.toml",))

    def run(*words):
        return CliRunner().invoke(main, ["lint", "--course", str(exercise.root), "--seeds", "1", *words])

    first, second = (run("90", "--mutants", "4", "--jobs", jobs, "--json") for jobs in "12")
    reports = [json.loads(each.stdout) for each in (first, second)]
    assert [set(report["exercises"][0].pop("seconds")) for report in reports] == [{"90.1", "90.2"}] * 2
    assert reports[0] == reports[1]
    assert reports[0]["exercises"][0]["mutants"] == 4
    assert first.exit_code == (1 if reports[0]["exercises"][0]["findings"] else 0)
    shown = run("--mutants", "0")
    assert (shown.exit_code, shown.stdout.splitlines()[0][:27]) == (0, "90_double: no mutants tried")
    assert run("91").exit_code == run("--jobs", "0").exit_code == 2
    monkeypatch.setitem(sys.modules, "mutmut.mutation.mutators", None)
    refused = run("90")
    assert refused.exit_code == 2
    assert (
        "needs the package mutmut to make mutants: python -m pip install mutmut, or use --mutants 0" in refused.stderr
    )


@mutating
@pytest.mark.parametrize("exercise", exercises(), ids=lambda exercise: exercise.name)
def test_a_sample_of_the_mutants_of_our_own_solutions_is_killed(exercise):
    """Catches a property that no longer sees a mistake that it saw; benchmarks/lint.py tries all mutants."""
    for module in exercise.needs:
        pytest.importorskip(module)
    every, report = mutants_of(exercise.solution.read_text(encoding="utf-8")), Report(exercise.name, 1)
    number = 1 if exercise.needs else 3  # with torch, the least takes seconds
    try_mutants(exercise, report, every, seeds=1, number=number)
    assert report.mutants == number
    assert not report.findings
    assert not complaints(exercise, command_complaint)
