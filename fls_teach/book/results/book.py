"""The book of results: science.md with each demo's claims and picture in its place, and one table of all claims."""

import json
from dataclasses import dataclass
from pathlib import Path

import jinja2

from fls_teach import __version__
from fls_teach.book.results.science import picture, sections, to_html
from fls_teach.course.registry import course_root, exercises, own_root
from fls_teach.demos import NAMES, demo_module, summary
from fls_teach.demos.framework.result import plain
from fls_teach.files import replacing

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

_HERE = Path(__file__).parent
CHAPTERS = tomllib.loads((_HERE / "chapters.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Chapter:
    """One demo: what `book.html` needs of its report."""

    name: str
    summary: str
    alt: str
    image: str
    """The picture as a data: address."""
    rows: list
    """(name, Claim) each, for a table."""
    parameters: dict
    versions: dict
    seed: int
    command: str
    """What repeats it."""


def chapter(report):
    """The chapter of a report of `fls_teach.demos.framework.report`."""
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


def command(result):
    """The command line that gives this result again.

    Examples
    --------
    >>> from fls_teach.demos.framework.result import Result
    >>> command(Result("ucurve", demo_module("ucurve").PRESETS["full"], 3, {}))
    'fls demo ucurve --preset full --seed 3'
    """
    presets = {name: plain(params) for name, params in demo_module(result.name).PRESETS.items()}
    # The preset with which the fewest parameters have to be named.
    changes = {name: _changed(params, result.params) for name, params in presets.items()}
    preset = min(changes, key=lambda name: len(changes[name]))
    settings = "".join(f" --set {field}={value}" for field, value in changes[preset].items())
    return f"fls demo {result.name} --preset {preset} --seed {result.seed}{settings}"


def _changed(preset, params):
    def text(value):
        return ",".join(map(str, value)) if isinstance(value, list) else value

    return {field: text(value) for field, value in params.items() if preset.get(field) != value}


def write_book(chapters, path):
    """Write the book as one HTML file that loads nothing.

    Parameters
    ----------
    chapters : list of Chapter
        Of the demos that it is to have, in their order.
    path : path-like
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
            missing=[name for name in NAMES if name not in [each.name for each in chapters]],
            science=science,
            lessons=lessons,
            # Its words are third-level headings right below the first.
            glossary=to_html(
                (docs / "glossary.md").read_text(encoding="utf-8").replace("\n### ", "\n## "), docs, deeper=1
            ),
            version=__version__,
            style=(_HERE / "book.css").read_text(encoding="utf-8"),
            script=(_HERE / "book.js").read_text(encoding="utf-8"),
        )
    )
    with replacing(Path(path)) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")


def _lesson(folder):
    return to_html((folder / "README.md").read_text(encoding="utf-8"), folder, deeper=2)


def _environment():
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["linked"] = lambda source: to_html(source).removeprefix("<p>").removesuffix("</p>\n")
    return environment
