"""JUnit's XML, drawn from a record: what continuous integration systems read."""

from xml.etree import ElementTree

from fls_teach.autograder.record import Record, properties
from fls_teach.autograder.reports.lines import verdict_lines
from fls_teach.characters import printable

FAILURES = ("wrong", "missing", "skipped-by-submission")
"""Verdicts on an answer, or on its absence; any other that is not "passed" says that there was no answer to judge."""


def as_junit(record: Record) -> str:
    """One testsuite an exercise, one testcase a property.

    Failures are `FAILURES`; the other verdicts are errors, "grader-fault" among them: a fault of the grader's must not
    look like a failure of the submission's. The type of each is its verdict. There are no times or dates: the same
    submission gives the same bytes.

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
    """The attributes of an element that stands for these properties."""
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
