"""JUnit's XML, made from a record, for continuous integration systems."""

from xml.etree import ElementTree

from fls_teach.autograder.record import Record, properties
from fls_teach.autograder.reports.lines import verdict_lines
from fls_teach.characters import printable

FAILURES = ("wrong", "missing", "skipped-by-submission")
"""Verdicts that are failures; the others, except "passed", mean that there was no answer to judge, and are errors."""


def as_junit(record: Record) -> str:
    """Return the XML of a record, with one testsuite per exercise and one testcase per property.

    "grader-fault" is an error, so that a grader fault does not look like a failure of the submission. The type of each
    failure or error is its verdict. There are no times or dates, because the same submission must give the same bytes.

    Returns
    -------
    str
        ASCII only, so that it can be saved in any encoding.
    """
    every = [item for _, item in properties(record)]
    top = ElementTree.Element("testsuites", _counted(record["submission"], every))
    for exercise in record["exercises"]:
        suite = ElementTree.SubElement(top, "testsuite", _counted(exercise["name"], exercise["properties"]))
        about = ElementTree.SubElement(suite, "properties")
        for name in ("submission", "digest", "seed", "isolation"):
            ElementTree.SubElement(about, "property", {"name": name, "value": printable(str(record[name]))})
        for item in exercise["properties"]:
            _testcase(suite, exercise, item)
    ElementTree.indent(top, " ")
    return ElementTree.tostring(top, encoding="us-ascii", xml_declaration=True).decode("ascii") + "\n"


def _counted(name, items):
    """Return the attributes of an element that contains these properties."""
    verdicts = [item["verdict"] for item in items]
    failures = sum(verdict in FAILURES for verdict in verdicts)
    errors = len(verdicts) - failures - verdicts.count("passed")
    return {"name": printable(name), "tests": str(len(verdicts)), "failures": str(failures), "errors": str(errors)}


def _testcase(suite, exercise, item):
    name = printable(f"{item['id']} {item['sentence']}")
    case = ElementTree.SubElement(suite, "testcase", {"classname": printable(exercise["name"]), "name": name})
    verdict = item["verdict"]
    if verdict != "passed":
        kind = "failure" if verdict in FAILURES else "error"
        message = item["summary"] or exercise["message"] or verdict
        problem = ElementTree.SubElement(case, kind, {"type": verdict, "message": printable(message)})
        problem.text = printable("\n".join(verdict_lines(exercise, item)))
