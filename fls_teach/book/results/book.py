"""The book of results: science.md with the claims and picture of each demo inserted, and one table of all claims."""

import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from fls_teach import __version__
from fls_teach.book.explorer import page_html
from fls_teach.book.results.science import picture, sections, to_html
from fls_teach.course.registry import course_root, exercises, own_root
from fls_teach.demos import NAMES, demo_module, summary
from fls_teach.demos.framework.report import Report, redraw
from fls_teach.demos.framework.result import Result, plain
from fls_teach.files import replace_text
from fls_teach.pages import templates

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

_HERE = Path(__file__).parent
CHAPTERS = tomllib.loads((_HERE / "chapters.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Chapter:
    """The parts of one demo's report that `book.html` needs."""

    name: str
    summary: str
    alt: str
    image: str
    """The picture as a data: URL."""
    rows: list
    """Pairs (name, Claim), the rows of a table."""
    parameters: dict
    versions: dict
    seed: int
    command: str
    """The command that repeats it."""


def chapter(report: Report) -> Chapter:
    """Make the chapter of one demo's report, whose files must still exist."""
    result = report.result
    saved = json.loads(report.files["parameters"].read_bytes())
    return Chapter(
        result.name,
        summary(result.name),
        CHAPTERS[result.name]["alt"],
        picture(report.files["figure"]),
        [(result.name, claim) for claim in report.claims],
        result.params,
        saved["versions"],
        result.seed,
        command(result),
    )


def command(result: Result) -> str:
    """Return the command line that gives this result again.

    Examples
    --------
    >>> from fls_teach.demos.framework.result import Result
    >>> command(Result("ucurve", demo_module("ucurve").PRESETS["full"], 3, {}))
    'fls demo ucurve --preset full --seed 3'
    """
    presets = {name: plain(params) for name, params in demo_module(result.name).PRESETS.items()}
    # Use the preset from which the fewest parameters differ.
    changes = {name: _changed(params, result.params) for name, params in presets.items()}
    preset = min(changes, key=lambda name: len(changes[name]))
    settings = "".join(f" --set {field}={value}" for field, value in changes[preset].items())
    return f"fls demo {result.name} --preset {preset} --seed {result.seed}{settings}"


def _changed(preset, params):
    def text(value):
        return ",".join(map(str, value)) if isinstance(value, list) else value

    return {field: text(value) for field, value in params.items() if preset.get(field) != value}


def drawn(source: str | PathLike, folder: str | PathLike, names: list[str], progress) -> tuple[list[Report], list[str]]:
    """Draw saved results again into `folder` and return their reports; nothing is run.

    Parameters
    ----------
    source : path-like
        The folder with NAME.npz and NAME.json.
    folder : path-like
    names : list of str
        The demos to look for.
    progress : callable
        Called with (fraction, name).

    Returns
    -------
    reports : list of Report
    refused : list of str
        One sentence per result that is left out because it is damaged or from an earlier version.

    Raises
    ------
    ValueError
        If there is no result; the message is one sentence.
    OSError
        If `folder` cannot be written to.
    """
    paths = [path for name in names if (path := Path(source) / f"{name}.npz").is_file()]
    reports, refused = [], []
    for k, path in enumerate(paths):
        progress(k / len(paths), path.stem)
        try:
            reports.append(redraw(path, folder, path.stem))
        except ValueError as problem:
            refused.append(str(problem))
    if not paths:
        raise ValueError(f"'{source}' contains no result of a demo; 'fls demo --all --out DIR' writes them")
    return reports, refused


def in_numbers(chapters: list[Chapter]) -> str:
    """Say how many claims hold: "20 claims of 2 demos: 19 hold, 1 does not"."""
    holds = [claim.holds for each in chapters for _, claim in each.rows]
    failing = len(holds) - sum(holds)
    return (
        f"{len(holds)} claims of {len(chapters)} demo{'s' * (len(chapters) != 1)}: "
        f"{sum(holds)} hold, {failing} {'does' if failing == 1 else 'do'} not"
    )


def write_book(chapters: list[Chapter], path: str | PathLike) -> None:
    """Write the book as one HTML file without external resources, and the interactive page beside it as explore.html.

    Parameters
    ----------
    chapters : list of Chapter
        The chapters of the book, in their order.
    path : path-like

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    docs = own_root() / "docs"
    science = [
        {
            "anchor": anchor,
            "html": to_html(text, docs, deeper=1),
            "chapters": [each for each in chapters if CHAPTERS[each.name]["section"] == anchor],
        }
        for anchor, text in sections((docs / "science.md").read_text(encoding="utf-8"))
    ]
    lessons = [
        {"name": each.name, "title": each.title, "html": _lesson(each.stub.parent)} for each in exercises(course_root())
    ]
    page = (
        _environment()
        .get_template("book.html")
        .render(
            chapters=chapters,
            numbers=in_numbers(chapters),
            missing=[name for name in NAMES if name not in [each.name for each in chapters]],
            science=science,
            lessons=lessons,
            # The terms of the glossary are third-level headings directly below the first-level one.
            glossary=to_html(
                (docs / "glossary.md").read_text(encoding="utf-8").replace("\n### ", "\n## "), docs, deeper=1
            ),
            version=__version__,
            style=(_HERE / "book.css").read_text(encoding="utf-8"),
            script=(_HERE / "book.js").read_text(encoding="utf-8"),
        )
    )
    for file, text in ((Path(path), page), (Path(path).with_name("explore.html"), page_html())):
        replace_text(file, text)


def _lesson(folder):
    return to_html((folder / "README.md").read_text(encoding="utf-8"), folder, deeper=2)


def _environment():
    environment = templates(_HERE)
    environment.filters["linked"] = lambda source: to_html(source).removeprefix("<p>").removesuffix("</p>\n")
    return environment
