"""Print results on a console, with colours if it is a terminal.

Text that a student controls is passed to rich as `Text`, never as markup.
"""

import textwrap

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fls_teach.course.checking.results import LABELS
from fls_teach.course.feedback.prose import wrapped

WIDTH = 84
NARROW = 60  # columns
_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "bold red"), "not run": ("-", "dim")}
_STATES = {"passed": ("✓", "green"), "failed": ("✗", "red"), "missing": ("!", "red"), "changed": ("…", "yellow")}
_STYLES = {"you": "red", "expected": "green", "likely": "bold", "replay": "cyan", "traceback": "dim", "printed": "dim"}


def print_result(console, result):
    """Print the result of one exercise: its points, one line per property, and the cards."""
    points = f"{result.points}/{result.max_points} points"
    width = min(WIDTH, console.width)
    console.print(_line(width, result.name, points, style="bold"))
    if result.message:
        label = {"unusable": "you", "not checked": "why"}.get(result.state, "next")
        _print_rows(console, [(label, result.message), ("printed", result.printed), ("traceback", result.traceback)])
    for each in result.results if result.state != "unusable" else ():  # if unusable, all properties say the same
        mark, style = _MARKS[each.state]
        dim = "dim" if each.state == "not run" else ""
        head, points = f"  {mark} {each.item.id}  ", f"{each.points}/{each.item.points}"
        line = _line(width, each.item.sentence, points, head, dim)
        line.highlight_words([mark], style)
        console.print(line)
        if each.card:
            _print_rows(console, each.card)
    more = [each for each in result.results if each.state == "failed" and not each.card]
    if more and result.state != "unusable":
        console.print(Text(f"  {_failures(len(more))} without a card: --all-cards shows them all", style="dim"))
    if result.note:
        console.print(Text(f"  Note: {result.note}", style="yellow"))


def _failures(count):
    return "1 more failure" if count == 1 else f"{count} more failures"


def _line(width, left, right, head="", style=""):
    """Return `head`, `left` wrapped beside it, and `right` at the right margin of the first line."""
    room = max(width - len(head) - len(right) - 2, 12)
    first, *more = textwrap.wrap(left, room) or [""]
    lines = [f"{head}{first:{room}}  {right}", *(" " * len(head) + line for line in more)]
    return Text("\n".join(lines), style=style)


def _print_rows(console, rows):
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=11, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        if text:
            table.add_row(Text(LABELS.get(label, label), style="dim"), Text(text, style=_STYLES.get(label, "")))
    console.print(Padding(table, (0, 0, 0, 7), expand=False))


def print_hint(console, exercise, heading, text, step, steps):
    """Print one hint.

    Parameters
    ----------
    console : rich.console.Console
    exercise : Exercise
    heading, text : str
        The hint's heading, and its text as Markdown.
    step, steps : int
        Number of this hint, and of all hints.
    """
    more = f"run `fls hint {exercise.number}` again for the next one" if step < steps else "there are no more"
    markdown = f"{exercise.name}: {heading}\n\n{text}\n\nHint {step} of {steps}; {more}."
    whole = wrapped(markdown, min(WIDTH, console.width))
    console.print(Text(whole), no_wrap=True, overflow="ignore", crop=False)  # already wrapped; code must not be


def print_listing(console, rows):
    """Print one line per exercise with its state and points.

    Parameters
    ----------
    console : rich.console.Console
        If it is narrow, titles are left out and notes are printed on separate lines.
    rows : list of Row
    """
    narrow = console.width < NARROW
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ["", "exercise", "points"] if narrow else ["", "exercise", "about", "points", ""]:
        table.add_column(heading, justify="right" if heading == "points" else "left", overflow="fold")
    for row in rows:
        mark, style = _STATES.get(row.state, (" ", ""))
        points, note = Text(f"{row.points}/{row.of}"), Text(row.note, style="dim")
        if narrow:
            table.add_row(Text(mark, style=style), Text.assemble(row.name, *(("\n", note) if row.note else ())), points)
        else:
            table.add_row(Text(mark, style=style), Text(row.name), Text(row.title), points, note)
    console.print(table)
    console.print(Text(f"\n{sum(row.points for row in rows)} of {sum(row.of for row in rows)} points", style="bold"))
