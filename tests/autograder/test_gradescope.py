"""results.json: Gradescope's schema to the letter, and a fault that never becomes a zero."""

import json

import pytest

from fls_teach.autograder.record import VERDICTS, as_json
from fls_teach.autograder.reports.gradescope import as_results

from .records import HOSTILE, every_verdict, exercise, hostile, item, record

FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}
NUMBER = (int, float)
# gradescope-autograders.readthedocs.io/en/latest/specs/: every field is optional, none other is named there.
TOP = {
    "score": NUMBER,
    "execution_time": NUMBER,
    "output": str,
    "output_format": FORMATS,
    "test_output_format": FORMATS,
    "test_name_format": FORMATS,
    "visibility": VISIBILITIES,
    "stdout_visibility": VISIBILITIES,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
TEST = {
    "score": NUMBER,
    "max_score": NUMBER,
    "status": {"passed", "failed"},
    "name": str,
    "name_format": FORMATS,
    "number": str,
    "output": str,
    "output_format": FORMATS,
    "tags": list,
    "visibility": VISIBILITIES,
    "extra_data": dict,
}


def fits(value, schema):
    """Whether all fields are known and have an allowed type or value."""
    return all(
        name in schema and (field in schema[name] if isinstance(schema[name], set) else isinstance(field, schema[name]))
        for name, field in value.items()
    )


@pytest.mark.parametrize("made", [record(), every_verdict(), every_verdict(fault=False), *map(hostile, HOSTILE)])
def test_it_fits_the_schema(made):
    results = json.loads(as_json(as_results(made)))
    assert fits(results, TOP)
    assert results["tests"] and all(fits(test, TEST) for test in results["tests"])
    assert not fits(results | {"max_score": 7}, TOP)


def test_the_tests_add_up_to_the_score():
    made = every_verdict(fault=False)
    results = as_results(made)
    assert sum(test["score"] for test in results["tests"]) == results["score"] == made["score"] == 4
    assert sum(test["max_score"] for test in results["tests"]) == made["max_score"]
    assert [test["status"] for test in results["tests"][:3]] == ["passed", "failed", "failed"]


def test_a_fault_leaves_no_score_for_gradescope_to_add_up():
    results = as_results(every_verdict())
    assert "score" not in results
    assert not any("score" in test for test in results["tests"])
    assert "it needs manual review" in results["output"]
    unjudged = [test for test in results["tests"] if "grader-fault" in test["output"]]
    assert len(unjudged) == 2 and not any("status" in test for test in unjudged)


def test_nothing_is_hidden_but_the_standard_output():
    results = as_results(every_verdict())
    assert {test["visibility"] for test in results["tests"]} == {results["visibility"]} == {"visible"}
    assert results["stdout_visibility"] == "hidden"


def test_a_test_says_what_the_card_says_in_aligned_lines():
    card = [["input", "phi = 0.5"], ["you", "1\n2"], ["theory", "twice"], ["traceback", "line 3"]]
    made = record(exercises=[exercise(items=[item("06.3", "wrong", card=card, likely="you clipped")])])
    (test,) = as_results(made)["tests"]
    assert (test["number"], test["name"]) == ("06.3", "The property 06.3 holds")
    assert test["output"].split("\n") == [
        "verdict   wrong: gave a wrong answer",
        "summary   got 0.31, expected 0",
        "property  E(w) = Phi(-m)",
        "input     phi = 0.5",
        "you       1",
        "          2",
        "where     line 3",
        "likely    you clipped",
    ]


def test_a_file_that_does_not_load_says_why_at_each_property():
    broken = exercise(
        items=[item("08.1", "crashed", summary="")], state="unusable", message="a tab", traceback="line 1"
    )
    results = as_results(record(exercises=[broken]))
    assert "08_bayes_error.py could not be used: a tab" in results["output"]
    assert "message   a tab\nwhere     line 1" in results["tests"][0]["output"]


def test_extra_data_is_what_a_second_run_needs():
    made = every_verdict()
    extra = as_results(made)["extra_data"]
    assert all(extra[name] == made[name] for name in ("digest", "seed", "keyed", "versions", "isolation", "limits"))
    assert [extra["verdicts"][f"06.{k}"] for k in range(1, 11)] == list(VERDICTS)


@pytest.mark.parametrize("text", HOSTILE)
def test_bytes_are_canonical_and_harmless(text):
    made = hostile(text)
    written = as_json(as_results(made))
    assert written == as_json(as_results(made)) and written.isascii() and written.endswith("}\n")
    # A lone surrogate or a NUL is what Ruby's parser and Gradescope's database refuse.
    assert not any(escape in written for escape in ("\\ud800 ", "\\u0000", "\\u001b", "\\u202e\\"))
    json.loads(written)["tests"][0]["output"].encode()
    with pytest.raises(ValueError):
        as_json(as_results(made | {"limits": {"call_seconds": float("nan")}}))
