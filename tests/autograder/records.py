"""Records made by hand, as the reports' tests need them."""

import copy

from fls_teach.autograder.record import VERDICTS

HOSTILE = (
    "<script>alert(1)</script>",
    "]]><!--&amp;\"'{{ 7*7 }}{% raw %}",
    "abc\u202etxt.exe\u2066x\u200b",
    "\ud800 \x00 \x1b[31mred \x0b\ufffe",
    "=cmd|' /C calc'!A0",
    "x" * 3000,
    "🧪👩🏽‍🔬 日本語 עברית",
    "https://example.com/a.png javascript:alert(1)",
)
"""Texts that a student may choose."""

VERSIONS = {"fls_teach": "0.2", "course": "sha256:" + "c" * 64, "python": "3.11.7", "numpy": "2.1.0"}


def item(id="08.1", verdict="passed", of=2, **more):
    """One property."""
    failed = verdict != "passed"
    return {
        "id": id,
        "sentence": f"The property {id} holds",
        "formula": "E(w) = Phi(-m)",
        "points": 0 if failed else of,
        "of": of,
        "verdict": verdict,
        "summary": "got 0.31, expected 0" if failed else "",
        "likely": "",
        "card": [["input", "phi = 0.5"], ["you", "0.31"], ["expected", "0"]] if verdict == "wrong" else None,
        **more,
    }


def exercise(name="08_bayes_error", items=None, **more):
    """One exercise with these properties; its points are their sums."""
    items = [item()] if items is None else items
    verdicts = {each["verdict"] for each in items}
    state = "passed" if verdicts <= {"passed"} else "fault" if "grader-fault" in verdicts else "failed"
    return {
        "number": name[:2],
        "name": name,
        "title": name[3:].replace("_", " "),
        "points": sum(each["points"] for each in items),
        "of": sum(each["of"] for each in items),
        "state": state,
        "message": "",
        "traceback": "",
        "printed": "",
        "properties": items,
        **more,
    }


def record(name="alice", exercises=None, **more):
    """One record; its score is the sum of its exercises, unless the grader failed."""
    exercises = [exercise()] if exercises is None else exercises
    fault = any(each["state"] == "fault" for each in exercises)
    made = {
        "format": 1,
        "submission": name,
        "folder": name,
        "digest": "sha256:" + "a" * 64,
        "seed": 1234567890123,
        "keyed": True,
        "score": None if fault else sum(each["points"] for each in exercises),
        "max_score": sum(each["of"] for each in exercises),
        "fault": fault,
        "versions": VERSIONS,
        "isolation": "bwrap",
        "limits": {"call_seconds": 5.0, "exercise_seconds": 20.0, "submission_seconds": 300.0, "memory_mib": 4096},
        "notes": [],
        "exercises": exercises,
        **more,
    }
    return copy.deepcopy(made)


def every_verdict(name="alice", fault=True):
    """A record with one property of each verdict in each of two exercises; with or without grader-fault."""
    verdicts = [verdict for verdict in VERDICTS if fault or verdict != "grader-fault"]
    parts = [
        exercise(full, [item(f"{full[:2]}.{k}", verdict) for k, verdict in enumerate(verdicts, 1)])
        for full in ("06_phase_one_bound", "08_bayes_error")
    ]
    return record(name, parts)


def hostile(text):
    """A record in which everything that a student can write is `text`."""
    card = [["input", text], ["you", text], ["printed", f"{text}\n{text}"], [text, text], ["likely", text]]
    items = [item("08.1", "wrong", summary=text, likely=text, card=card), item("08.2", "crashed", summary=text)]
    broken = exercise("09_decomposition", [item("09.1", "crashed")], state="unusable", message=text, traceback=text)
    return record(text[:100], [exercise(items=items), broken | {"printed": text}], notes=[text])
