"""The parts of a record as plain text: verdicts, cards, corrections, reasons for review, the command to repeat it."""

from collections.abc import Sequence

from fls_teach.autograder.record import VERDICTS, Record
from fls_teach.autograder.selection import selection_text
from fls_teach.autograder.settings import TOTAL_LIMIT, TimeLimits
from fls_teach.course.checking import results
from fls_teach.course.registry import course_root, exercises, own_root
from fls_teach.sandbox.isolation.sandboxes import ResourceLimits

# (option, field of the record's limits, the option's default, value if the record has no such field)
_OPTIONS = (
    ("--time-limit", "call_seconds", TimeLimits.call, TimeLimits.call),
    ("--total-limit", "submission_seconds", TOTAL_LIMIT, 0),
    ("--memory", "memory_mib", ResourceLimits.memory_mib, ResourceLimits.memory_mib),
)


def reasons_to_review(record: Record) -> list[str]:
    """Return sentences on why a submission needs manual review, whatever its score; [] if it does not."""
    reasons = list(record.get("intake", {}).get("review", ()))
    if record.get("twice"):
        where = ", ".join(record["twice"])
        reasons.append(f"It was marked twice with the same seed, and the verdict differs for {where}.")
    return reasons


def corrections(record: Record) -> list[str]:
    """Return sentences on the corrected marks and the deduction for late work."""
    overrides = record.get("overrides", ())
    lines = [
        f"{each['item']}: {each['points']:g} {'point' if each['points'] == 1 else 'points'} by hand: {each['reason']}"
        for each in overrides
    ]
    if late := record.get("late"):
        days = "1 day" if late["days"] == 1 else f"{late['days']} days"
        lines.append(f"{days} late, {late['rule']}: {100 * late['kept']:g}% of the score is left.")
    return lines


def likely_of(item: Record) -> str:
    """Return the misconception that a property's failure looks like, or ""."""
    return item["likely"] or dict(item["card"] or ()).get("likely", "")


def card_rows(item: Record, hidden: Sequence[str] = ("likely", "theory")) -> list[tuple[str, str]]:
    """Return the counterexample card as a list of (label, text), without rows that are shown elsewhere."""
    rows = [(label, text) for label, text in item["card"] or () if text and label not in hidden]
    return [(results.LABELS.get(label, label), text) for label, text in rows]


def verdict_lines(exercise: Record, item: Record) -> list[str]:
    """Return what a student is told about one property, as aligned lines of plain text."""
    failed = item["verdict"] != "passed"
    rows = [("verdict", f"{item['verdict']}: {VERDICTS[item['verdict']]}" if failed else "passed")]
    rows += [("summary", item["summary"]), ("property", item["formula"])]
    # There is no card if the file does not load.
    rows += card_rows(item) or [row for row in file_rows(exercise) if failed and row[1] != item["summary"]]
    rows = [(label, text) for label, text in [*rows, ("likely", likely_of(item))] if text]
    width = max(len(label) for label, _ in rows)
    return [
        f"{label if k == 0 else '':{width}}  {line}".rstrip()  # the further lines of a text are indented
        for label, text in rows
        for k, line in enumerate(text.split("\n"))
    ]


def file_rows(exercise: Record) -> list[tuple[str, str]]:
    """Return what is reported on the file of an exercise as a whole, as a list of (label, text)."""
    rows = [(results.LABELS.get(name, name), exercise[name]) for name in ("message", "printed", "traceback")]
    return [(label, text) for label, text in rows if text]


def reproduce_command(record: Record) -> str:
    """Return ``fls grade FILE --out FOLDER --seed ...`` with all options that affect the marks and are not defaults."""
    words = ["fls grade FILE --out FOLDER --seed", str(record["seed"])]
    graded, every = {each["name"] for each in record["exercises"]}, exercises()
    if graded != {exercise.name for exercise in every}:
        words.append(f"--exercise {selection_text([each for each in every if each.name in graded], every)}")
    if course_root() != own_root():
        words.append("--course FOLDER")
    if "withheld properties" in record["versions"]:
        words.append("--extra-spec FOLDER")
    for option, name, default, absent in _OPTIONS:
        if (value := record["limits"].get(name, absent)) != default:
            words.append(f"{option} {value:g}")
    return " ".join(words)
