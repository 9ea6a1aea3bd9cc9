"""Results on a console: colours where there is a terminal, the same words without.

Whatever a student controls reaches rich as `Text`, never as markup.
"""

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH = 84
_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "bold red"), "not run": ("-", "dim")}
_STYLES = {"you": "red", "expected": "green", "likely": "bold", "replay": "cyan", "traceback": "dim", "printed": "dim"}
_LABELS = {"printed": "you printed", "off": "", "theory": "property", "traceback": "where"}


def print_result(console, result):
    """One exercise: its points, a line a property, the cards."""
    points = f"{result.points}/{result.of} points"
    console.print(_line(result.name, points, "bold"))
    if result.message:
        label = "you" if result.state == "unusable" else "next"
        _print_rows(console, [(label, result.message), ("printed", result.printed), ("traceback", result.traceback)])
    for each in result.results:
        mark, style = _MARKS[each.state]
        text = f"  {mark} {each.item.id}  {each.item.sentence}"
        dim = "dim" if each.state == "not run" else ""
        console.print(_line(text, f"{each.points}/{each.item.points}", dim, mark, style))
        if each.card:
            _print_rows(console, each.card.rows)
    more = [each for each in result.results if each.state == "failed" and not each.card]
    if more:
        console.print(Text(f"  {_failures(len(more))} without a card: --all-cards shows them all", style="dim"))


def _failures(count):
    return "1 more failure" if count == 1 else f"{count} more failures"


def _line(left, right, style="", mark="", mark_style=""):
    """`left` and, at the right margin, `right`; a long sentence goes on below."""
    text = Text(left, style=style)
    if mark:
        text.highlight_words([mark], mark_style)
    gap = WIDTH - len(left) - len(right)
    text.append(" " * gap + right if gap > 1 else "  " + right)
    return text


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
    rows : list of (name, title, state, points, of, note)
    total, of : int
    """
    marks = {"passed": ("✓", "green"), "failed": ("✗", "red"), "missing": ("!", "red"), "changed": ("…", "yellow")}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading, justify in (("", "left"), ("exercise", "left"), ("about", "left"), ("points", "right"), ("", "left")):
        table.add_column(heading, justify=justify, overflow="fold")
    for name, title, state, points, worth, note in rows:
        mark, style = marks.get(state, (" ", ""))
        words = [Text(mark, style=style), Text(name), Text(title), Text(f"{points}/{worth}"), Text(note, style="dim")]
        table.add_row(*words)
    console.print(table)
    console.print(Text(f"\n{total} of {of} points", style="bold"))
