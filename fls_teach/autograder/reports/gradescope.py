"""Gradescope's results.json, made from a record.

Its schema: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
"""

from fls_teach.autograder.record import Record, final_marks, properties
from fls_teach.autograder.reports.lines import corrections, reproduce_command, verdict_lines


def as_results(record: Record) -> Record:
    """Return Gradescope's results.json as a dict.

    After a grader fault there is no score at all, neither a total nor one for a test: Gradescope adds up the scores of
    the tests if there is no total, so any that is left would become a mark, and a zero would be a wrong mark.
    Gradescope then shows the submission as not yet scored, for manual review.

    No test is hidden, because one hidden test would hide the total from the student. There is no execution time,
    because the same submission must give the same bytes.

    Parameters
    ----------
    record : dict

    Returns
    -------
    dict
    """
    marks, corrected = final_marks(record), {each["item"]: each["points"] for each in record.get("overrides", ())}
    fault = marks.score is None
    results: Record = {} if fault else {"score": marks.final}
    results |= {
        "output": "\n".join(_about(record)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(exercise, item, fault, corrected) for exercise, item in properties(record)],
        "extra_data": {
            **{name: record[name] for name in ("format", "submission", "digest", "seed", "keyed", "fault")},
            **{name: record[name] for name in ("max_score", "versions", "isolation", "limits")},
            "verdicts": {item["id"]: item["verdict"] for _, item in properties(record)},
        },
    }
    return results


def _about(record):
    """Yield the lines on the submission as a whole."""
    marks = final_marks(record)
    if marks.score is None:
        yield "The grader failed on this submission, so it has no mark. This is not your fault; it needs manual review."
    else:
        passed = sum(item["verdict"] == "passed" for _, item in properties(record))
        count = sum(1 for _ in properties(record))
        yield f"{marks.final:g} of {record['max_score']} points: {passed} of {count} properties passed."
    yield "Each test is one property of one exercise. A property that passes gives all of its points, any other none."
    unusable = [each for each in record["exercises"] if each["state"] == "unusable"]
    yield from (f"{each['name']}.py could not be used: {each['message']}" for each in unusable)
    yield from corrections(record)
    yield from record["notes"]
    origin = "derived from the course's key and your files" if record["keyed"] else "given by hand"
    yield f"Seed {record['seed']}, {origin}; isolation: {record['isolation']}; files {record['digest']}."
    command = reproduce_command(record)
    yield f"The same file, key and version of the course give the same marks; {command} repeats the run."


def _test(exercise, item, fault, corrected):
    passed = item["verdict"] == "passed"
    marks = {} if fault else {"score": corrected.get(item["id"], item["points"]), "max_score": item["of"]}
    # A test without a score and a status looks neutral, as it should for a property that could not be judged.
    status = {} if item["verdict"] == "grader-fault" else {"status": "passed" if passed else "failed"}
    return {
        **marks,
        **status,
        "name": item["sentence"],
        "name_format": "text",
        "number": item["id"],
        "output": "\n".join(verdict_lines(exercise, item)),
        "output_format": "text",
        "visibility": "visible",
    }
