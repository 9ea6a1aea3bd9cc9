"""What came of a batch, for the terminal and as JSON."""

import sys
from dataclasses import asdict

from fls_teach.autograder.record import Record
from fls_teach.autograder.reports.batch_result import BatchResult
from fls_teach.terminal import plain_text

SHOWN = 40  # submissions listed on the terminal; the gradebook has them all


_RED = "bold red"
SAID = {
    "edited_gradebooks": ("edited by hand, kept until you delete it; corrected marks belong in overrides.csv", _RED),
    "unknown_overrides": ("named in the corrected marks, but not graded", _RED),
    "not_on_the_roster": ("not on the roster", _RED),
    "unclear_on_the_roster": ("without a mark on the roster, as several rows or several submissions fit", _RED),
    "found_by_name_alone": ("found on the roster by name alone, as its numbers and logins are of another kind", ""),
    "absent": ("on the roster, but nothing was handed in", _RED),
    "undated": ("without a time of handing in, so --late took nothing off", _RED),
    "more_attempts": ("with more attempts, which do not count", ""),
    "noted": ("with notes on their files, which their reports show", ""),
    "unknown_members": ("named in --groups, but nothing was handed in under that name", ""),
    "hidden": ("passed over, as systems hide what begins with a dot", ""),
    "refused_workers": ("workers that were not used", _RED),
    "earlier_results": ("passed over, as it holds results of an earlier fls grade", ""),
}
"""What a batch may say of names beside the marks, by its name in JSON, and in which style."""
_FOR_A_PERSON = "unknown_overrides", "not_on_the_roster", "unclear_on_the_roster"


def needs_review(batch: BatchResult) -> bool:
    """Whether anything of a `BatchResult` needs manual review."""
    return bool(batch.faults or batch.review or any(map(batch.said.get, _FOR_A_PERSON)))


def as_dict(batch: BatchResult) -> Record:
    """A `BatchResult` for JSON."""
    names = "submission", "score", "max_score", "verdicts"
    return {
        "out": str(batch.out),
        "isolation": batch.isolation,
        "submissions": [dict(zip(names, line, strict=False)) for line in batch.rows],
        "faults": batch.faults,
        "review": dict(batch.review),
        "identical": batch.identical,
        "near_identical": None if batch.pairs is None else [asdict(pair) for pair in batch.pairs],
        "changes": batch.changes,
        **{name: batch.said.get(name, []) for name in SAID},
    }


def print_summary(done: BatchResult) -> None:
    """The batch on the terminal: one line per submission, or the distribution if there are many."""
    from rich.table import Table
    from rich.text import Text

    from fls_teach.terminal import console

    screen = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("submission", "score", "of", "verdicts"):
        table.add_column(heading, justify="right" if heading in ("score", "of") else "left", overflow="fold")
    for name, score, max_score, verdicts, *_ in done.rows[:SHOWN]:
        words = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()) if verdict != "passed")
        shown = Text("?" if score is None else str(score), style="bold red" if score is None else "")
        table.add_row(Text(_spelt(name)), shown, Text(str(max_score)), Text(words, style="dim"))
    screen.print(table)
    if len(done.rows) > SHOWN:
        screen.print(Text(f"... and {len(done.rows) - SHOWN} more in {done.out / 'gradebook.csv'}", style="dim"))
    for text, style in _sentences(done):
        screen.print(Text(text, style=style))


def _sentences(done):
    """(text, style) for each line below the table."""
    if len(done.scores) > 1:
        low, *_, high = done.scores
        yield f"\n{len(done.scores)} marked: lowest {low}, median {done.median:g}, highest {high}", ""
    if done.faults:
        yield f"{len(done.faults)} not graded because of a grader error; review manually: {_listed(done.faults)}", _RED
    if done.review:
        yield f"{len(done.review)} need manual review:", _RED
        yield from ((f"  {_spelt(name)}: {_spelt(reason)}", "red") for name, reason in done.review[:SHOWN])
    for name, (what, style) in SAID.items():
        if names := done.said.get(name):
            yield f"{len(names)} {what}: {_listed(names)}", style
    if done.blank:
        yield f"{len(done.blank)} with nothing in it that could be marked, so 0 points: {_listed(done.blank)}", "bold"
    if done.blank and len(done.blank) == len(done.rows):
        yield "That is all of them: is PATH the folder that holds the submissions?", _RED
    yield from ((f"Identical files: {_listed(names)}", "") for names in done.identical[:SHOWN])
    if done.pairs:
        many = f"{len(done.pairs)} near-identical {'pair' if len(done.pairs) == 1 else 'pairs'}"
        yield f"{many}, for manual review: {done.out / 'cohort.html'}", ""
    yield from ((line, "") for line in done.changes)
    text = f"gradebook  {done.out / 'gradebook.csv'}     isolation  {done.isolation}     {done.seconds:.1f} s"
    yield f"\n{text}", "dim"


def _listed(names):
    between = "; " if any("," in name for name in names[:10]) else ", "
    return between.join(map(_spelt, names[:10])) + (f"{between}..." if len(names) > 10 else "")


def _spelt(name):
    """A name for this terminal: one that has no such letters, nor any like them, shows their numbers."""
    try:
        name.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        if plain_text(name).count("?") > name.count("?"):
            return name.encode("ascii", "backslashreplace").decode()
    return name
