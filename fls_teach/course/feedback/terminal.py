"""Results on a console: colours where there is a terminal, the same words without.

Whatever a student controls reaches rich as `Text`, never as markup.
"""

import textwrap

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH = 84
NARROW = 60  # columns; below, the listing leaves the titles out
_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "bold red"), "not run": ("-", "dim")}
_STYLES = {"you": "red", "expected": "green", "likely": "bold", "replay": "cyan", "traceback": "dim", "printed": "dim"}
_LABELS = {"printed": "you printed", "off": "", "theory": "property", "traceback": "where"}


def print_result(console, result):
    """One exercise: its points, a line a property, the cards."""
    points = f"{result.points}/{result.of} points"
    width = min(WIDTH, console.width)
    console.print(_line(width, result.name, points, style="bold"))
    if result.message:
        label = "you" if result.state == "unusable" else "next"
        _print_rows(console, [(label, result.message), ("printed", result.printed), ("traceback", result.traceback)])
    for each in result.results:
        mark, style = _MARKS[each.state]
        dim = "dim" if each.state == "not run" else ""
        head, worth = f"  {mark} {each.item.id}  ", f"{each.points}/{each.item.points}"
        line = _line(width, each.item.sentence, worth, head, dim)
        line.highlight_words([mark], style)
        console.print(line)
        if each.card:
            _print_rows(console, each.card.rows)
    more = [each for each in result.results if each.state == "failed" and not each.card]
    if more:
        console.print(Text(f"  {_failures(len(more))} without a card: --all-cards shows them all", style="dim"))
    if result.note:
        console.print(Text(f"  Note: {result.note}", style="yellow"))


def _failures(count):
    return "1 more failure" if count == 1 else f"{count} more failures"


def _line(width, left, right, head="", style=""):
    """`left` after `head` and, at the right margin, `right`; a long sentence goes on below itself."""
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
            table.add_row(Text(_LABELS.get(label, label), style="dim"), Text(text, style=_STYLES.get(label, "")))
    console.print(Padding(table, (0, 0, 0, 7), expand=False))


def print_listing(console, rows, total, of):
    """The course at a glance.

    Parameters
    ----------
    console : rich.console.Console
        On a narrow one the titles are left out.
    rows : list of (name, title, state, points, of, note)
    total, of : int
    """
    marks = {"passed": ("✓", "green"), "failed": ("✗", "red"), "missing": ("!", "red"), "changed": ("…", "yellow")}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    headings, titles = ["", "exercise", "about", "points", ""], console.width >= NARROW
    for heading in headings if titles else headings[:2] + headings[3:]:
        table.add_column(heading, justify="right" if heading == "points" else "left", overflow="fold")
    for name, title, state, points, worth, note in rows:
        mark, style = marks.get(state, (" ", ""))
        about = [Text(title)] if titles else []
        words = [Text(mark, style=style), Text(name), *about, Text(f"{points}/{worth}"), Text(note, style="dim")]
        table.add_row(*words)
    console.print(table)
    console.print(Text(f"\n{total} of {of} points", style="bold"))
