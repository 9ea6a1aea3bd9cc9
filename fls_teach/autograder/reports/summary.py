"""The summary of a batch, for the terminal and as JSON."""

import sys
from dataclasses import asdict

from fls_teach.autograder.record import Record
from fls_teach.autograder.reports.batch_result import BatchResult
from fls_teach.terminal import plain_text

SHOWN = 40  # submissions listed on the terminal; the gradebook lists all


_RED = "bold red"
REMARKS = {
    "edited_gradebooks": ("edited by hand, kept until you delete it; corrected marks belong in overrides.csv", _RED),
    "unknown_overrides": ("named in the corrected marks, but not graded", _RED),
    "not_on_the_roster": ("not on the roster", _RED),
    "unclear_on_the_roster": ("without a mark on the roster, as several rows or several submissions fit", _RED),
    "found_by_name_alone": ("found on the roster by name alone, because its ids and logins are of another kind", ""),
    "absent": ("on the roster, but nothing was handed in", _RED),
    "undated": ("without a submission time, so --late deducted nothing", _RED),
    "more_attempts": ("with more attempts, which do not count", ""),
    "noted": ("with notes on their files, which their reports show", ""),
    "unknown_members": ("named in --groups, but nothing was handed in under that name", ""),
    "unassigned": ("passed over: named after neither an exercise nor a person, or a copy of what lies beside it", ""),
    "in_several_paths": ("in several of the paths, with a row for each; put these into one folder for one row", ""),
    "hidden": ("passed over, because their names begin with a dot", ""),
    "refused_workers": ("workers that were not used", _RED),
    "earlier_results": ("passed over, as it holds results of an earlier fls grade", ""),
}
"""Name of a remark in JSON: (its text on the terminal after the number of names, style). See `BatchResult.remarks`."""
_TO_REVIEW = "unknown_overrides", "not_on_the_roster", "unclear_on_the_roster"


def needs_review(batch: BatchResult) -> bool:
    """Return whether anything in a batch needs manual review."""
    return bool(batch.faults or batch.review or any(map(batch.remarks.get, _TO_REVIEW)))


def as_dict(batch: BatchResult) -> Record:
    """Return a `BatchResult` as a dict for JSON."""
    names = "submission", "score", "max_score", "verdicts"
    return {
        "out": str(batch.out),
        "isolation": batch.isolation,
        "submissions": [dict(zip(names, line, strict=False)) for line in batch.counted],
        "faults": batch.faults,
        "review": dict(batch.review),
        "identical": batch.identical,
        "near_identical": None if batch.pairs is None else [asdict(pair) for pair in batch.pairs],
        "changes": batch.changes,
        **{name: batch.remarks.get(name, []) for name in REMARKS},
    }


def print_summary(batch: BatchResult) -> None:
    """Print the first `SHOWN` submissions, one line each, and sentences about the whole batch."""
    from rich.table import Table
    from rich.text import Text

    from fls_teach.terminal import console

    screen = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("submission", "score", "of", "verdicts"):
        table.add_column(heading, justify="right" if heading in ("score", "of") else "left", overflow="fold")
    rows = batch.counted
    for name, score, max_score, verdicts, *_ in rows[:SHOWN]:
        words = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()) if verdict != "passed")
        shown = Text("?" if score is None else str(score), style="bold red" if score is None else "")
        table.add_row(Text(_encodable(name)), shown, Text(str(max_score)), Text(words, style="dim"))
    screen.print(table)
    if len(rows) > SHOWN:
        screen.print(Text(f"... and {len(rows) - SHOWN} more in {batch.out / 'gradebook.csv'}", style="dim"))
    for text, style in _sentences(batch):
        screen.print(Text(text, style=style))


def _sentences(batch):
    """Yield (text, style) for each line below the table."""
    scores, faults, blank = batch.scores, batch.faults, batch.blank
    if len(scores) > 1:
        yield f"\n{len(scores)} marked: lowest {scores[0]}, median {batch.median:g}, highest {scores[-1]}", ""
    if faults:
        yield f"{len(faults)} not graded because of a grader error; review manually: {_joined(faults)}", _RED
    if batch.review:
        yield f"{len(batch.review)} {'needs' if len(batch.review) == 1 else 'need'} manual review:", _RED
        yield from ((f"  {_encodable(name)}: {_encodable(reason)}", "red") for name, reason in batch.review[:SHOWN])
    for name, (what, style) in REMARKS.items():
        if names := batch.remarks.get(name):
            yield f"{len(names)} {what}: {_joined(names)}", style
    if blank:
        yield f"{len(blank)} without any work that could be marked, so 0 points: {_joined(blank)}", "bold"
    if blank and len(blank) == len(batch.counted):
        yield "That is all of them: is PATH the folder that holds the submissions?", _RED
    yield from ((f"Identical files: {_joined(names)}", "") for names in batch.identical[:SHOWN])
    if batch.pairs:
        many = f"{len(batch.pairs)} near-identical {'pair' if len(batch.pairs) == 1 else 'pairs'}"
        yield f"{many}, for manual review: {batch.out / 'cohort.html'}", ""
    yield from ((line, "") for line in batch.changes)
    text = f"gradebook  {batch.out / 'gradebook.csv'}     isolation  {batch.isolation}     {batch.seconds:.1f} s"
    yield f"\n{text}", "dim"


def _joined(names):
    separator = "; " if any("," in name for name in names[:10]) else ", "
    return separator.join(map(_encodable, names[:10])) + (f"{separator}..." if len(names) > 10 else "")


def _encodable(name):
    """Return a name for this terminal: with escapes if its encoding has neither the letters nor similar ones."""
    try:
        name.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        if plain_text(name).count("?") > name.count("?"):
            return name.encode("ascii", "backslashreplace").decode()
    return name
