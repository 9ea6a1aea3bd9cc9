"""Near-identical submissions: copies are found under other names, honest work is not, and nothing crashes."""

import itertools
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fls_teach
from fls_teach.autograder.reports.batch_result import BatchResult
from fls_teach.autograder.reports.html import cohort_page
from fls_teach.autograder.reports.similar import LONGEST, REFERENCE, SHORTEST, Pair, _lines, _Stub, near_identical
from fls_teach.course.registry import CourseError, exercises, find_exercise

EXERCISE = find_exercise("12")
COPIED = EXERCISE.alternatives[0].read_text(encoding="utf-8")


def submitted(name, source, exercise=EXERCISE):
    """A submission of one file."""
    return SimpleNamespace(name=name, files={exercise.name: source if isinstance(source, bytes) else source.encode()})


def found(*submissions, among=(EXERCISE,)):
    """The pairs, without how alike they are."""
    return [(pair.a, pair.b) for pair in near_identical(iter(submissions), among)]


def disguised(source):
    """The same code, as someone would hide it: new names for the variables, comments, docstrings, blank lines."""
    stub = _Stub(EXERCISE.stub.read_text(encoding="utf-8"))
    local = set(re.findall(r"^ +(\w+) = ", source, re.M)) - stub.functions
    assert len(local) > 3
    for k, name in enumerate(sorted(local)):
        source = re.sub(rf"(?<![.\w]){name}\b(?!=)", f"my_{k}", source)
    source = re.sub(r"^( +)(my_\d+ = )", r"\1# now this\n\n\1'''and that'''\n\1\2", source, flags=re.M)
    return source.replace(" + ", "  +  ").replace("\n", "\r\n")


def test_a_copy_is_found_whatever_it_is_called_and_however_it_is_laid_out():
    copy = disguised(COPIED)
    assert copy != COPIED
    assert near_identical([submitted("ann", COPIED), submitted("bob", copy)], [EXERCISE]) == [
        Pair("ann", "bob", EXERCISE.name, 1.0)
    ]


def test_a_copy_with_a_few_changes_is_found_and_one_with_many_is_not():
    lines = COPIED.splitlines(keepends=True)
    slightly = "".join([*lines, "print(f'{1}')\n"])
    half = "".join(lines[: len(lines) // 2])
    (pair,) = near_identical([submitted("ann", COPIED), submitted("bob", slightly)], [EXERCISE])
    assert 0.9 <= pair.ratio < 1
    assert found(submitted("ann", COPIED), submitted("bob", half)) == []


def test_a_copy_of_the_reference_is_found():
    reference = EXERCISE.solution.read_text(encoding="utf-8")
    assert found(submitted("zoe", disguised(reference))) == [("zoe", REFERENCE)]
    almost = reference + "print(1)\n"
    # Each is linked to the reference, also the one that is more like another copy.
    assert found(submitted("zoe", almost), submitted("ann", almost + "print(2, 3)\n")) == [
        ("zoe", REFERENCE),
        ("ann", "zoe"),
        ("ann", REFERENCE),
    ]


def test_functions_pasted_from_what_the_course_publishes_are_found():
    """The specification's own helpers earned nearly all points of six exercises, and no list named it."""
    specification = EXERCISE.specification.read_text(encoding="utf-8")
    helpers = [
        part for part in re.split(r"\n(?=\S)", specification) if part.startswith("def ") and "student" not in part
    ]
    pasted = "\n".join(helpers)
    glue = "\ndef network_error(*args, **kwargs):\n    return float(line_error(*args))\n"
    theory = Path(fls_teach.__file__).with_name("theory") / "error.py"
    texts = disguised(pasted) + glue, theory.read_text(encoding="utf-8").partition("\ndef ")[2]
    pairs = near_identical([submitted("ann", texts[0]), submitted("bob", texts[1])], [EXERCISE])
    assert {(pair.a, pair.b, pair.course) for pair in pairs} >= {
        ("ann", None, "the specification"),
        ("bob", None, "fls_teach.theory"),
    }
    assert all(0.7 <= pair.ratio <= 1 for pair in pairs)
    page = cohort_page(BatchResult(pairs=pairs))
    assert "<em>the specification</em>" in page and "<em>fls_teach.theory</em>" in page


def test_nobody_is_called_the_reference():
    pairs = near_identical([submitted("the reference solution", COPIED), submitted("ann", COPIED)], [EXERCISE])
    assert {(pair.a, pair.b) for pair in pairs} == {("ann", "the reference solution")}
    reference = Pair("bob", REFERENCE, EXERCISE.name, 1.0, "the reference solution")
    page = cohort_page(BatchResult(pairs=[*pairs, reference]))
    assert page.count("<em>the reference solution</em>") == page.count("<bdi>the reference solution</bdi>") == 1


def test_honest_solutions_are_not_alike():
    """All reference solutions and alternatives, each in a submission of its own."""
    every = [
        submitted(f"{exercise.name} {path.stem}", path.read_bytes(), exercise)
        for exercise in exercises()
        for path in exercise.alternatives
    ]
    assert len(every) > 32
    assert found(*every, among=exercises()) == []


def test_what_the_course_hands_out_does_not_count():
    for exercise in exercises():
        source = exercise.stub.read_text(encoding="utf-8")
        assert _Stub(source).own_tokens(source) == ""
        again = submitted("a", source, exercise), submitted("b", source, exercise)
        assert found(*again, among=[exercise]) == []


def test_names_that_anybody_can_choose_do_not_count_and_others_do():
    tokens = _Stub("def f(a):\n    pass\n").own_tokens
    assert tokens("x = a.real + b") == tokens("y = c.real + d  # so") != ""
    assert tokens("x = a.real + b") != tokens("x = a.imag + b")
    assert tokens("x = len(a)") != tokens("x = sum(a)")
    assert tokens("import os\ndef f(\n    b,  # the first\n    c=1,\n):\n    return") == tokens("return")


def test_short_answers_are_not_compared():
    exercise = find_exercise("08")
    source = exercise.solution.read_bytes()
    assert 0 < len(_Stub(exercise.stub.read_text()).own_tokens(source.decode())) < SHORTEST
    assert found(submitted("a", source, exercise), submitted("b", source, exercise), among=[exercise]) == []


def test_a_crowd_of_copies_is_a_star_not_every_pair():
    pairs = found(*(submitted(f"s{k:02}", COPIED) for k in range(30)))
    assert pairs == [("s00", f"s{k:02}") for k in range(1, 30)]


def test_more_texts_than_rows_of_the_table():
    variants = [submitted(f"s{k:03}", COPIED + f"x = {k}\n") for k in range(150)]
    linked = set(itertools.chain.from_iterable(found(*variants)))
    assert len(linked) == 150


@pytest.mark.parametrize(
    "source",
    [b"", b"\x00" * 999, b"\xff\xfe\xd8" * 999, b"'''" * 40_000, b"(" * 90_000, b'"' * 90_001, b"\\" * 90_000]
    + [
        b"'\\" * 50_000,
        b"1" * 90_000,
        b"x = 1\n" * 50_000,
        b"x" * 10_000_000,
        b"\n" * 20_000_000,
        "ｘ𝕏\u202e=".encode() * 20_000,
    ],
)
def test_hostile_source_costs_no_time_and_no_exception(source):
    start = time.process_time()
    tokens = _Stub("").own_tokens(source.decode("utf-8", "replace"))
    assert time.process_time() - start < 2
    assert len(tokens) <= LONGEST
    found(submitted("a", source), submitted("b", source + b"1"))


@given(st.text(alphabet="'\"\\()[]{}\n #abr1.=+\u00e9\ud800"))
def test_any_text_is_cut_up_whole(source):
    stub = _Stub("")
    assert stub.own_tokens(source) == stub.own_tokens(source)
    assert len(stub.own_tokens(source)) <= len(source)


def test_files_of_other_exercises_are_ignored_and_their_names_do_not_matter():
    other = SimpleNamespace(name="x", files={"99_unknown": COPIED.encode()})
    assert found(other, submitted("ann", COPIED)) == []


def test_without_rapidfuzz_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    with pytest.raises(CourseError, match=r"pip install rapidfuzz"):
        near_identical([], [EXERCISE])


def test_a_backslash_at_the_end_takes_no_longer():
    """Each opening quote looked for its end up to the last character, and found none: minutes for one file."""
    text = "\\'''x\n" * 20_000 + "\\"
    started = time.process_time()
    list(_lines(text))
    assert time.process_time() - started < 5
