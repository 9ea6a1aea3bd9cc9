"""What a record says to people, as plain text: verdicts, cards, corrections, reasons to review, how to repeat it."""

from collections.abc import Sequence

from fls_teach.autograder.record import VERDICTS, Record
from fls_teach.autograder.selection import selected
from fls_teach.autograder.settings import TOTAL_LIMIT, TimeLimits
from fls_teach.course.checking import results
from fls_teach.course.registry import course_root, exercises, own_root
from fls_teach.sandbox.isolation.sandboxes import ResourceLimits

_OPTIONS = (
    ("--time-limit", "call_seconds", TimeLimits.call, TimeLimits.call),
    ("--total-limit", "submission_seconds", TOTAL_LIMIT, 0),
    ("--memory", "memory_mib", ResourceLimits.memory_mib, ResourceLimits.memory_mib),
)


def reasons_to_review(record: Record) -> list[str]:
    """Sentences on why a submission needs manual review, whatever its score; an empty list if it does not."""
    reasons = list(record.get("intake", {}).get("review", ()))
    if record.get("twice"):
        reasons.append(f"Marked twice with the same seed, the verdict differs for {', '.join(record['twice'])}.")
    return reasons


def corrections(record: Record) -> list[str]:
    """Sentences on what people corrected and what was deducted, for reports."""
    said = record.get("overrides", ())
    lines = [f"{each['item']}: {each['points']:g} points by hand. {each['reason']}" for each in said]
    if late := record.get("late"):
        days = "1 day" if late["days"] == 1 else f"{late['days']} days"
        lines.append(f"{days} late, {late['rule']}: {100 * late['kept']:g}% of the score is left.")
    return lines


def likely_of(item: Record) -> str:
    """The misconception that a property's failure looks like, or ""."""
    return item["likely"] or dict(item["card"] or ()).get("likely", "")


def card_rows(item: Record, hidden: Sequence[str] = ("likely", "theory")) -> list[tuple[str, str]]:
    """The counterexample card as a list of (label, text), as people read it; without rows shown elsewhere."""
    rows = [(label, text) for label, text in item["card"] or () if text and label not in hidden]
    return [(results.LABELS.get(label, label), text) for label, text in rows]


def verdict_lines(exercise: Record, item: Record) -> list[str]:
    """What a student is told about one property, as aligned lines of plain text."""
    failed = item["verdict"] != "passed"  # of a file that does not load no property has a card
    rows = [("verdict", f"{item['verdict']}: {VERDICTS[item['verdict']]}" if failed else "passed")]
    rows += [("summary", item["summary"]), ("property", item["formula"])]
    rows += card_rows(item) or [row for row in file_rows(exercise) if failed and row[1] != item["summary"]]
    rows = [(label, text) for label, text in [*rows, ("likely", likely_of(item))] if text]
    width = max(len(label) for label, _ in rows)
    return [
        f"{label if k == 0 else '':{width}}  {line}".rstrip()  # a text of several lines goes on below itself
        for label, text in rows
        for k, line in enumerate(text.split("\n"))
    ]


def file_rows(exercise: Record) -> list[tuple[str, str]]:
    """What there is to say about the file of an exercise as a whole, as a list of (label, text)."""
    rows = [(results.LABELS.get(name, name), exercise[name]) for name in ("message", "printed", "traceback")]
    return [(label, text) for label, text in rows if text]


def reproduce_command(record: Record) -> str:
    """``fls grade FILE --out FOLDER --seed ...`` with all that the marks depend on and that is not usual.

    Parameters
    ----------
    record : dict

    Returns
    -------
    str
    """
    words = ["fls grade FILE --out FOLDER --seed", str(record["seed"])]
    graded, every = {each["name"] for each in record["exercises"]}, exercises()
    if graded != {exercise.name for exercise in every}:
        words.append(f"--exercise {selected([each for each in every if each.name in graded], every)}")
    if course_root() != own_root():
        words.append("--course FOLDER")
    if "withheld properties" in record["versions"]:
        words.append("--extra-spec FOLDER")
    for option, name, usual, absent in _OPTIONS:
        if (value := record["limits"].get(name, absent)) != usual:
            words.append(f"{option} {value:g}")
    return " ".join(words)
