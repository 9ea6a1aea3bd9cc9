"""Every reference to the pages science.md and glossary.md leads somewhere: in a clone, in a wheel, in a workspace."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fls_teach.course.registry import pages
from fls_teach.course.workspace.start import start

ROOT = Path(__file__).parents[1]
MARK = re.compile(r"\[[PDM]\]")
REFERENCE = re.compile(r"\b(science|glossary)\.md#([\w-]+)")
WRITTEN = (".py", ".md", ".cfg", ".toml", ".html", ".in")
ROOMS = "fls_teach", "exercises", "solutions", "tests", "benchmarks", "docs"
SECTIONS = (
    "notation dynamics phase-1 phase-2 errors u-curve causes equivalence discrete-training mixtures images "
    "open-questions"
).split()
DEMOS = sorted((ROOT / "fls_teach" / "demos").rglob("*.py"))
CLAIMS = [path for path in DEMOS if path.name == "claims.py"]


def texts():
    """(path in the repository, text) of what the repository's authors wrote."""
    paths = [path for path in ROOT.iterdir() if path.is_file()]
    paths += [path for room in ROOMS for path in (ROOT / room).rglob("*")]
    for path in sorted(paths):
        name = path.relative_to(ROOT)
        if path.suffix in WRITTEN and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix(), path.read_text(encoding="utf-8")


def anchors(text):
    """What `#` may be followed by: explicit anchors, and headings as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([\w-]+)"></a>', text))


def references():
    """(where, page, anchor) of every reference."""
    for name, text in texts():
        for match in REFERENCE.finditer(text):
            yield name, f"{match[1]}.md", match[2]


def unresolved(folder):
    """References that lead nowhere when the two pages are those of `folder`."""
    known = {path.name: anchors((folder / path.name).read_text(encoding="utf-8")) for path in pages(ROOT)}
    return [reference for reference in references() if reference[2] not in known[reference[1]]]


def test_the_sections_have_the_anchors_that_everything_refers_to():
    """Catches a renamed or lost section, also one that nothing happens to refer to today."""
    text = (ROOT / "docs" / "science.md").read_text(encoding="utf-8")
    assert re.findall(r'<a id="([\w-]+)"></a>\n## ', text)[: len(SECTIONS)] == SECTIONS
    assert text.index("| **[P]** |") < text.index("| **[D]** |") < text.index("| **[M]** |") < text.index("<a id=")


def test_references_resolve_in_a_clone():
    """Catches a reference to a section that does not exist; and a search that finds no references at all."""
    assert len({name for name, *_ in references()}) > 3
    assert unresolved(ROOT / "docs") == []


def test_references_resolve_in_a_wheel(tmp_path):
    """Catches a page that setup.py leaves out: the package's files as a wheel gets them, built afresh."""
    build = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(tmp_path / "lib")]
    done = subprocess.run([*build, "egg_info", "--egg-base", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert unresolved(tmp_path / "lib" / "fls_teach" / "course_files" / "docs") == []


def test_references_resolve_in_a_workspace(tmp_path):
    """Catches a page that `fls start` leaves out, or a workspace whose README.md does not name it."""
    start(tmp_path / "work")
    assert unresolved(tmp_path / "work") == []
    readme = (tmp_path / "work" / "README.md").read_text(encoding="utf-8")
    assert all(page.name in readme for page in pages(ROOT))


def test_the_pages_refer_to_their_own_sections():
    """Catches a broken link within or between the two pages, which travel without the rest of the repository."""
    for page in pages(ROOT):
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            name, _, anchor = target.partition("#")
            other = page.with_name(name) if name else page
            assert other in pages(ROOT), f"{page.name} links to {target}"
            assert not anchor or anchor in anchors(other.read_text(encoding="utf-8")), f"{page.name}: {target}"


@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.relative_to(DEMOS[0].parent).as_posix())
def test_no_reference_is_put_together_while_the_program_runs(path):
    """Catches a claim's source that the search of texts cannot see, such as f"science.md#{section}"."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            assert "science.md#{}" not in "".join(parts), f"{path}:{node.lineno}"


def sources(path):
    """Every string of a claims file that begins with a mark, with the constants of the module put in."""
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    tables = [value.values() for value in vars(module).values() if isinstance(value, dict)]
    yield from (text for values in tables for text in values if isinstance(text, str) and MARK.match(text))
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    pieces = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        words = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces
        if words or isinstance(node, ast.JoinedStr):
            try:
                text = eval(compile(ast.Expression(node), str(path), "eval"), vars(module))
            except (NameError, AttributeError, TypeError):  # a sentence with measured numbers in it
                continue
            if MARK.match(text):
                yield text


@pytest.mark.parametrize("path", CLAIMS, ids=lambda path: path.parent.name)
def test_every_source_of_a_claim_has_a_section(path):
    """Catches a claim whose source is a mark alone, or names a section that does not exist."""
    known = anchors((ROOT / "docs" / "science.md").read_text(encoding="utf-8"))
    found = list(sources(path))
    assert found
    for text in found:
        named = [anchor for page, anchor in REFERENCE.findall(text) if page == "science"]
        assert named and set(named) <= known, text


def test_nothing_refers_to_notes_that_are_not_here():
    """Catches a reference by section number to notes that no reader has."""
    elsewhere = re.compile(r"SCIENCE(\.md|'s| sections? \d| \d)|\bSCI \d")
    assert [(name, match[0]) for name, text in texts() for match in elsewhere.finditer(text)] == []
