"""The HTML pages: a report for one submission, and a page for the whole batch.

They are self-contained files without scripts. A content security policy forbids scripts and external resources, in case
a student's markup gets past the escaping. Text from students is isolated (bdi), so that it cannot reorder ours.
"""

from pathlib import Path

from fls_teach.autograder.record import VERDICTS, Marks, Record, final_marks, properties
from fls_teach.autograder.reports.batch_result import BatchResult, others
from fls_teach.autograder.reports.lines import card_rows, corrections, file_rows, likely_of, reproduce_command
from fls_teach.characters import printable
from fls_teach.pages import templates

LISTED, LISTED_PAIRS = 50, 200
"""How many submissions of one kind, and pairs, the page of a batch lists; it only counts the others."""

_TEMPLATES = Path(__file__).parent / "templates"

# Verdict or state: (symbol, class of style.css, word); the word tells the same without colour.
LOOKS = {
    **{verdict: ("✗", "bad", verdict) for verdict in VERDICTS},
    "passed": ("✓", "good", "passed"),
    "missing": ("–", "none", "not written yet"),
    "tampered": ("!", "odd", "tampered"),
    "skipped-by-submission": ("✗", "bad", "skipped by the submission"),
    "grader-fault": ("?", "odd", "needs manual review"),
    "failed": ("✗", "bad", "not all passed"),
    "unusable": ("✗", "bad", "does not load"),
    "fault": ("?", "odd", "needs manual review"),
}


def report_page(record: Record) -> str:
    """Return the HTML report for the author of one submission, to be saved as UTF-8."""
    verdicts = [item["verdict"] for _, item in properties(record)]
    absent = sum(each["state"] == "missing" and each["message"] != "" for each in record["exercises"])
    template = _ENVIRONMENT.get_template("report.html")
    counts = {"passed": verdicts.count("passed"), "count": len(verdicts), "absent": absent}
    counts |= {"marks": final_marks(record), "corrected": corrections(record)}
    return template.render(record=record, **counts)


def cohort_page(batch: BatchResult) -> str:
    """Return the HTML page about a batch for the instructor, to be saved as UTF-8."""
    every = sorted(batch.lines, key=lambda line: (line.name.casefold(), line.name))
    lists = {
        "faults": sorted((line.name, line.fault) for line in batch.counted if line.score is None),
        "review": sorted(batch.review),
        "notes": sorted((line.name, line.note) for line in batch.counted if line.note),
    }
    return _ENVIRONMENT.get_template("cohort.html").render(batch=batch, submissions=every, **lists)


def percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def many(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or one + 's'}"


def scrolls(text: str) -> bool:
    """Return whether a text of a card is so long that it may scroll in its box, whatever the width of the page."""
    return sum(1 + len(line) // 30 for line in text.split("\n")) > 14


def marks_of(exercise: Record, marks: Marks) -> str:
    points = marks.points[exercise["name"]]
    return "no mark" if points is None else f"{points:g}/{exercise['of']}"


# All text becomes printable when it is inserted. Markup is a subclass of str and comes only from the templates.
_ENVIRONMENT = templates(_TEMPLATES, finalize=lambda value: printable(value) if type(value) is str else value)
_SHARED = card_rows, file_rows, likely_of, many, marks_of, others, percent, reproduce_command, scrolls
_ENVIRONMENT.globals |= {function.__name__: function for function in _SHARED}
_ENVIRONMENT.globals |= {"listed": LISTED, "listed_pairs": LISTED_PAIRS, "looks": LOOKS, "verdicts": VERDICTS}
