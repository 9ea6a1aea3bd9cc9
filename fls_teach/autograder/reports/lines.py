"""What a record says to people, as lines of plain text: verdicts, cards, corrections, and reasons to look at it."""

from collections.abc import Sequence

from fls_teach.autograder.record import VERDICTS, Record
from fls_teach.course.checking import results


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


def row_lines(rows: list[tuple[str, str]]) -> list[str]:
    """Rows as aligned lines of plain text; a text of several lines goes on below itself."""
    width = max((len(label) for label, _ in rows), default=0)
    return [
        f"{label if k == 0 else '':{width}}  {line}".rstrip()
        for label, text in rows
        for k, line in enumerate(text.split("\n"))
    ]


def verdict_lines(exercise: Record, item: Record) -> list[str]:
    """What a student is told about one property, as aligned lines of plain text."""
    failed = item["verdict"] != "passed"  # of a file that does not load no property has a card
    rows = [("verdict", f"{item['verdict']}: {VERDICTS[item['verdict']]}" if failed else "passed")]
    rows += [("summary", item["summary"]), ("property", item["formula"])]
    rows += card_rows(item) or [row for row in file_rows(exercise) if failed and row[1] != item["summary"]]
    rows += [("likely", likely_of(item))]
    return row_lines([(label, text) for label, text in rows if text])


def file_rows(exercise: Record) -> list[tuple[str, str]]:
    """What there is to say about the file of an exercise as a whole, as a list of (label, text)."""
    rows = [(results.LABELS.get(name, name), exercise[name]) for name in ("message", "printed", "traceback")]
    return [(label, text) for label, text in rows if text]
