"""What came of a batch, for the terminal and as JSON."""

import statistics
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

from fls_teach.autograder.reports.cohort import Listed
from fls_teach.terminal import plain_text

SHOWN = 40  # submissions listed on the terminal; the gradebook has them all


_RED = "bold red"
SAID = {
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
    "earlier_results": ("passed over, as it holds results of an earlier fls grade", ""),
}
"""What a batch may say of names beside the marks, by its name in JSON, and in which style."""
_FOR_A_PERSON = "unknown_overrides", "not_on_the_roster", "unclear_on_the_roster"


@dataclass
class BatchResult:
    """What came of a batch.

    Attributes
    ----------
    out : Path
    isolation : str
    folders : list of str
        Each submission's folder below `out`.
    rows, lines : list of Listed
        Of what counts, and of all.
    said : dict of str to list of str
        Names of submissions, people or folders, by the keys of `SAID`.
    review : list of (str, str)
        Names of submissions that need manual review for another reason than a fault of the grader's, and why.
    by_digest : dict of str to list of str
        Names of submissions that answer anything, by the digest of their files.
    edited : list of Path
        Where gradebooks are kept that were edited by hand.
    refused_workers : list of (str, str)
        Workers of a cluster that marked nothing, and why.
    pairs : list of similar.Pair or None
    changes : list of str
        Lines on what `--against` found.
    seconds : float
    """

    out: Path
    isolation: str
    folders: list
    rows: list = field(default_factory=list)
    said: dict = field(default_factory=lambda: defaultdict(list))
    pairs: list | None = None
    changes: list = field(default_factory=list)
    seconds: float = 0.0
    review: list = field(default_factory=list)
    by_digest: dict = field(default_factory=dict)
    edited: list = field(default_factory=list)
    refused_workers: list = field(default_factory=list)
    lines: list = field(default_factory=list)

    def add(self, record, counts=True):
        """Count one more record; of an attempt that does not count, nothing but its line and notes."""
        line = Listed.of(record, counts)
        self.lines.append(line)
        if record["notes"]:
            self.said["noted"].append(line.name)
        if counts:
            self.rows.append(line)
            self.review += [(line.name, reason) for reason in line.review[:1]]
            if line.verdicts.keys() != {"missing"} and not record["fault"]:
                self.by_digest.setdefault(record["digest"], []).append(line.name)

    @property
    def identical(self):
        """Lists of the names of submissions whose files are the same."""
        return [names for names in self.by_digest.values() if len(names) > 1]

    def different(self, entries):
        """Those of the entries that are not identical to an earlier one."""
        again = {name for names in self.identical for name in names[1:]}
        return [entry for entry in entries if entry.name not in again]

    @property
    def faults(self):
        """Names of submissions that the grader failed on, which need manual review."""
        return [name for name, score, *_ in self.rows if score is None]

    @property
    def blank(self):
        """Names of submissions of which no file was taken, or stubs alone."""
        return [name for name, _, _, verdicts, *_ in self.rows if verdicts.keys() == {"missing"}]

    @property
    def for_a_person(self):
        """Whether anything needs manual review."""
        return bool(self.faults or self.review or any(map(self.said.get, _FOR_A_PERSON)))

    def as_dict(self):
        """For JSON."""
        rows = [
            {"submission": name, "score": score, "max_score": max_score, "verdicts": verdicts}
            for name, score, max_score, verdicts, *_ in self.rows
        ]
        pairs = None if self.pairs is None else [asdict(pair) for pair in self.pairs]
        return {
            **{"out": str(self.out), "isolation": self.isolation, "submissions": rows, "faults": self.faults},
            **{"review": dict(self.review), "identical": self.identical, "near_identical": pairs},
            **{"changes": self.changes, "edited_gradebooks": [str(each) for each in self.edited]},
            **({"refused_workers": dict(self.refused_workers)} if self.refused_workers else {}),
            **{name: self.said.get(name, []) for name in SAID},
        }


def print_summary(done):
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
    scores = sorted(score for _, score, *_ in done.rows if score is not None)
    if len(scores) > 1:
        low, middle, high = scores[0], statistics.median(scores), scores[-1]
        yield f"\n{len(scores)} marked: lowest {low}, median {middle:g}, highest {high}", ""
    if done.faults:
        yield f"{len(done.faults)} not graded because of a grader error; review manually: {_listed(done.faults)}", _RED
    if done.review:
        yield f"{len(done.review)} need manual review:", _RED
        yield from ((f"  {_spelt(name)}: {_spelt(reason)}", "red") for name, reason in done.review[:SHOWN])
    if done.edited:
        kept = " and ".join(f"'{each}'" for each in done.edited)
        where = f"'{done.out / 'overrides.csv'}' (submission,exercise,points,reason)"
        yield f"The gradebook was edited by hand; that version is kept as {kept}, until you delete it.", _RED
        yield f"Corrected marks stay if they are in {where}.", _RED
    for name, (what, style) in SAID.items():
        if names := done.said.get(name):
            yield f"{len(names)} {what}: {_listed(names)}", style
    if done.blank:
        yield f"{len(done.blank)} with nothing in it that could be marked, so 0 points: {_listed(done.blank)}", "bold"
    if done.blank and len(done.blank) == len(done.rows):
        yield "That is all of them: is PATH the folder that holds the submissions?", _RED
    yield from ((f"Not used, worker {worker}: {_spelt(reason)}", _RED) for worker, reason in done.refused_workers)
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
