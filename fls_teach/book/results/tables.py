"""Write the claims as Markdown tables, for a repository or a web site."""

from os import PathLike
from pathlib import Path

from fls_teach.book.results.book import Chapter, in_numbers
from fls_teach.files import replace_text

HEAD = "| claim | source | predicted | measured | holds |\n|---|---|---|---|---|\n"


def write_tables(chapters: list[Chapter], path: str | PathLike, pictures: str) -> None:
    """Write the claims of all `chapters` beside their pictures.

    Parameters
    ----------
    chapters : list of Chapter
    path : path-like
        The Markdown file.
    pictures : str
        The folder of NAME.png, relative to the file.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    versions = sorted({", ".join(f"{what} {which}" for what, which in each.versions.items()) for each in chapters})
    parts = [
        "# The book of results",
        f"{in_numbers(chapters)}. "
        f"Made by {'; '.join(versions)}. Intervals are 95% intervals over seeds; what each claim means, with its "
        "derivation or its controls, stands in the section of science.md that its source names.",
        *(_part(each, pictures) for each in chapters),
    ]
    replace_text(Path(path), "\n\n".join(parts) + "\n")


def _part(chapter, pictures):
    rows = ""
    for _, claim in chapter.rows:
        cells = map(_cell, (claim.statement, claim.source, claim.predicted, claim.measured.words))
        rows += f"| {' | '.join(cells)} | {'yes' if claim.holds else '**no**'} |\n"
    image = f"![{chapter.alt}]({pictures}/{chapter.name}.png)"
    return f"## {chapter.name}\n\n{chapter.summary}\n\n{image}\n\n{HEAD}{rows}\nRepeat: `{chapter.command}`"


def _cell(text):
    for sign in "\\`*_|<>[]":
        text = text.replace(sign, f"\\{sign}")
    return text
