"""The HTML pages: a report for one submission, a page for the whole batch.

They are files to send around: no script, nothing loaded from anywhere, and a policy that forbids both should markup of
a student's get through the escaping. Whatever a student wrote is set apart, so that it cannot reorder what is ours.
"""

import functools
from pathlib import Path

import jinja2

from fls_teach.autograder.marking.record import VERDICTS, final_marks, printable, properties
from fls_teach.autograder.reports.lines import card_rows, corrections, file_rows, likely_of
from fls_teach.autograder.reports.reproduce import reproduce_command

LISTED_PAIRS = 200
_TEMPLATES = Path(__file__).parent / "templates"

# (mark, look, word) of each verdict and state; the word says it without colour, the look is a class of style.css.
_LOOKS = {
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


@functools.lru_cache(maxsize=1)
def _environment():
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every text on its way out; what is already markup is a subclass of str and comes from the templates alone.
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    environment.globals |= {
        "card_rows": card_rows,
        "file_rows": file_rows,
        "likely_of": likely_of,
        "looks": _LOOKS,
        "many": _many,
        "marks_of": _marks,
        "percent": _percent,
        "scrolls": _scrolls,
        "verdicts": VERDICTS,
    }
    return environment


def report_page(record):
    """The report for the author of one submission, as HTML.

    Parameters
    ----------
    record : dict

    Returns
    -------
    str
        Save it as UTF-8.
    """
    verdicts = [item["verdict"] for _, item in properties(record)]
    absent = sum(each["state"] == "missing" and each["message"] != "" for each in record["exercises"])
    template = _environment().get_template("report.html")
    counts = {"passed": verdicts.count("passed"), "count": len(verdicts), "absent": absent}
    counts |= {"marks": final_marks(record), "corrected": corrections(record)}
    return template.render(record=record, reproduce_command=reproduce_command(record), **counts)


def cohort_page(cohort, pairs=None, note="", identical=(), submissions=()):
    """The page for the person who runs the course, as HTML.

    Parameters
    ----------
    cohort : Cohort
    pairs : list of similar.Pair, optional
        Near-identical submissions; None if none were looked for.
    note : str
        A sentence on that: why none were looked for, or what was left out.
    identical : sequence of list of str
        Names of submissions with the same files.
    submissions : iterable of Listed
        All of them, in any order.

    Returns
    -------
    str
        Save it as UTF-8.
    """
    template = _environment().get_template("cohort.html")
    every = sorted(submissions, key=lambda each: (each.name.casefold(), each.name))
    return template.render(
        cohort=cohort, pairs=pairs, note=note, listed=LISTED_PAIRS, identical=identical, submissions=every
    )


def _percent(part, whole):
    return round(100 * part / whole, 2) if whole else 0.0


def _many(number, one, more=""):
    return f"{number} {one if number == 1 else more or one + 's'}"


def _scrolls(text):
    """Whether a text of a card is so long that the page gives it a box to scroll in, however wide the page is."""
    return sum(1 + len(line) // 30 for line in text.split("\n")) > 14


def _marks(exercise, marks):
    points = marks.points[exercise["name"]]
    return "no mark" if points is None else f"{points:g}/{exercise['of']}"
