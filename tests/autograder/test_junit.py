"""junit.xml: what was counted is there, and no text of a student's breaks the format."""

import re
from collections import Counter
from xml.etree import ElementTree

import pytest

from fls_teach.autograder.record import VERDICTS
from fls_teach.autograder.reports.junit import as_junit

from .records import HOSTILE, every_verdict, exercise, hostile, item, record


def counted(element):
    """Attributes of a suite, as numbers."""
    return {name: int(element.get(name)) for name in ("tests", "failures", "errors")}


def found(element):
    """The same, counted from the cases."""
    return {name: len(list(element.iter(tag))) for name, tag in (("tests", "testcase"), ("failures", "failure"))} | {
        "errors": len(list(element.iter("error")))
    }


@pytest.mark.parametrize("made", [record(), every_verdict(), record(exercises=[]), *map(hostile, HOSTILE)])
def test_it_parses_again_and_the_counts_agree(made):
    top = ElementTree.fromstring(as_junit(made))
    assert top.tag == "testsuites" and counted(top) == found(top)
    assert [suite.get("name") for suite in top] == [each["name"] for each in made["exercises"]]
    for suite, part in zip(top, made["exercises"], strict=True):
        assert counted(suite) == found(suite)
        assert counted(suite)["tests"] == len(part["properties"])


def test_each_verdict_has_its_kind_and_type():
    suite = ElementTree.fromstring(as_junit(every_verdict()))[0]
    kinds = [(child.tag, child.get("type")) for case in suite.iter("testcase") for child in case]
    failures = ("wrong", "missing", "skipped-by-submission")
    assert kinds == [("failure" if name in failures else "error", name) for name in VERDICTS if name != "passed"]
    assert Counter(tag for tag, _ in kinds) == {"failure": 3, "error": 6}


def test_a_case_says_what_the_report_says():
    part = exercise(items=[item("06.3", "wrong", likely="you clipped")])
    (case,) = ElementTree.fromstring(as_junit(record(exercises=[part]))).iter("testcase")
    assert case.attrib == {"classname": "08_bayes_error", "name": "06.3 The property 06.3 holds"}
    assert case[0].get("message") == "got 0.31, expected 0"
    assert "likely    you clipped" in case[0].text


@pytest.mark.parametrize("text", HOSTILE)
def test_text_comes_back_as_it_was_but_for_what_xml_forbids(text):
    written = as_junit(hostile(text))
    assert written == as_junit(hostile(text)) and written.isascii()
    case = next(ElementTree.fromstring(written).iter("testcase"))
    if text.isprintable():
        assert case[0].get("message") == text
    assert not re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", case[0].text)
    assert not re.search(r"time|date", re.sub("timeout", "", re.sub('"[^"]*"', "", written)))
