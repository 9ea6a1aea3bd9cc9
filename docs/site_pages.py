"""The site's pages that lie elsewhere in the repository, and how any of our Markdown is read for the site.

Lessons, contributing and the measured records are copied into ``docs/_pages`` and read like the pages beside this file:
anchors become targets, links between our files become links between pages, formulas are typeset (formulas.toml).
"""

import re
import shutil
from pathlib import Path

from fls_teach.book.results.science import ANCHOR, REFERENCE
from fls_teach.cli import COMMANDS, GROUPS
from fls_teach.course.registry import exercises

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

DOCS = Path(__file__).parent
ROOT = DOCS.parent
COPIES = DOCS / "_pages"
PAGES = {
    "contributing": "CONTRIBUTING.md",
    "security": "SECURITY.md",
    "changelog": "CHANGELOG.md",
    "attacks": "tests/attacks/README.md",
}
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?\[[^\]]*\])\(([^)\s#]*)(#[\w-]+)?\)")


def sources():
    """Page name -> path of its file, for the pages that lie outside this folder."""
    found = {f"_pages/{name}": ROOT / path for name, path in PAGES.items()}
    found |= {f"_pages/lessons/{each.name}": each.stub.parent / "README.md" for each in exercises()}
    records = (ROOT / "benchmarks" / "results").glob("*.md")
    return found | {f"_pages/measured/{path.stem}": path for path in sorted(records)}


def copy_pages(app):
    """Bring the files of `sources` and their pictures into ``_pages``; only what changed, so that builds are short."""
    wanted = {}
    for name, path in sources().items():
        wanted[DOCS / f"{name}.md"] = path
        for _, target, _ in LINK.findall(path.read_text(encoding="utf-8")):
            if target.endswith((".png", ".gif")):
                wanted[(DOCS / name).parent / picture_name(path, target)] = path.parent / target
    for old in set(COPIES.rglob("*.*")) - set(wanted):
        old.unlink()
    for copy, path in wanted.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.is_file() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)
    (COPIES / "commands.md").write_text(commands(), encoding="utf-8")


def picture_name(page, target):
    """A lesson's pictures are all called picture.png; its copy is called after the lesson."""
    return f"{page.parent.name}-{Path(target).name}"


def read_page(app, name, content):
    """Sphinx's event "source-read": our Markdown as MyST."""
    path = sources().get(name, DOCS / f"{name}.md")
    if path.suffix != ".md" or not path.is_file():
        return
    text = BLOCK.sub(lambda match: typeset(path, match), content[0])
    text = ANCHOR.sub(r"(\1)=", text)
    text = LINK.sub(lambda match: linked(name, path, match), text)
    content[0] = REFERENCE.sub(r"{ref}`\1 (\2) <\2>`", text)


def typeset(path, match):
    """A block of plain text as the formula that formulas.toml has for it."""
    page = path.parent.name if path.name == "README.md" else path.stem
    formulas = FORMULAS.get(page)
    if formulas is None:
        return match[0]
    first = match[1].splitlines()[0]
    if first not in formulas:
        raise ValueError(f"formulas.toml has no entry in [{page}] for the block '{first}'")
    latex = formulas[first]
    return f"```{{math}}\n{latex.strip()}\n```" if latex else match[0]


def linked(name, path, match):
    """A link between files of the repository as one between pages; to a file that is no page, its name alone."""
    label, target, anchor = match[1], match[2], match[3] or ""
    if target.startswith(("http://", "https://", "mailto:")):
        return match[0]
    if not target:
        return f"{label}({anchor})"
    if label.startswith("!"):
        return f"{label}({picture_name(path, target)})" if path.parent != DOCS else match[0]
    file = (path.parent / target).resolve()
    pages = {source.resolve(): page for page, source in sources().items()}
    if file.parent == DOCS and file.suffix == ".md":
        pages[file] = file.stem
    if file not in pages:
        return label.strip("[]")
    return f"{label}({anchor or '/' + pages[file] + '.md'})"


def commands():
    """The reference of all commands, by whom they are for."""
    lines = ["# Commands", "", "Each ends with exit code 0 if all is well, 2 if what was asked for cannot be done."]
    for heading, names in GROUPS.items():
        lines += ["", f"## {heading}", ""]
        for name in names:
            directive = f".. click:: {COMMANDS[name]}\n   :prog: fls {name}\n   :nested: full"
            lines += ["```{eval-rst}", directive, "```", ""]
    return "\n".join(lines)


def docstring(app, what, name, obj, options, lines):
    """Sphinx's event "autodoc-process-docstring": what reStructuredText reads in norms, names and references."""
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = line.split("`")  # every second one is code
            parts[::2] = [re.sub(r"(?<=\w)_(?!\w)", r"\_", part.replace("|", r"\|")) for part in parts[::2]]
            lines[i] = REFERENCE.sub(r":ref:`\1 <\2>`", "`".join(parts))


REACHABLE = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    '<th class="head"><p></p></th>': "<td></td>",
}
"""What the theme leaves out: levels and names for a screen reader, and a way by keyboard to what scrolls."""


def make_reachable(app, problem):
    """Sphinx's event "build-finished"."""
    for path in Path(app.outdir).rglob("*.html") if problem is None else ():
        text = path.read_text(encoding="utf-8")
        for old, new in REACHABLE.items():
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")


FORMULAS = tomllib.loads((DOCS / "formulas.toml").read_text(encoding="utf-8"))


def setup(app):
    """Called by Sphinx."""
    app.connect("builder-inited", copy_pages)
    app.connect("source-read", read_page)
    app.connect("autodoc-process-docstring", docstring)
    app.connect("build-finished", make_reachable)
    return {"parallel_read_safe": True}
