"""What the documentation site is made of; `make docs` builds it, with every warning an error."""

import importlib.util
import re
from pathlib import Path

import pytest

from fls_teach.course.registry import exercises

DOCS = Path(__file__).parents[2] / "docs"


def _module(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site():
    return _module("site_pages")


def test_every_block_of_a_lesson_and_of_the_science_has_a_formula_and_no_formula_is_left_over(site):
    """Catches a lesson that was edited without its typeset formula, which would go on showing the old one."""
    pages = {each.name: each.stub.parent / "README.md" for each in exercises()}
    pages |= {name: DOCS / f"{name}.md" for name in ("science", "architecture")}
    assert set(site.FORMULAS) == set(pages)
    for name, path in pages.items():
        blocks = site.BLOCK.findall(path.read_text(encoding="utf-8"))
        assert {block.splitlines()[0] for block in blocks} == set(site.FORMULAS[name]), name


def test_every_formula_becomes_mathml_without_a_rest_of_latex(site):
    """Catches an environment or a macro that the converter does not know: it prints a name or & on the page."""
    pytest.importorskip("latex2mathml")
    mathml = _module("site_math").mathml
    for page, formulas in site.FORMULAS.items():
        for latex in filter(None, formulas.values()):
            html = mathml(latex, "block")
            assert not re.search(r">(?:&|&amp;|&#x0*26;)<|\\|linebreak", html), (page, latex)
            rows = 1 + latex.count("\\\\")
            assert not re.search(
                r"(?:</mi>|</msub>)<mi>(?:log|a?r?c?cos)</mi>|<mi>(?:log|a?r?c?cos)</mi><m(?:i|sub)>", html
            ), (page, latex)
            assert html.count("<mtr>") == (rows if rows > 1 else 0), (page, latex)


def test_a_block_without_a_formula_ends_the_build(site):
    """Catches a formula that would silently stay plain text on the site."""
    match = site.BLOCK.search("```\nnew = formula\n```")
    with pytest.raises(ValueError, match="no entry in .03_velocity. for the block 'new = formula'"):
        site.typeset(Path("03_velocity/README.md"), match)


def test_links_between_files_become_links_between_pages(site):
    """Catches a link that works in the repository and leads nowhere on the site."""
    page = DOCS / "instructor.md"

    def linked(text):
        return site.LINK.sub(lambda match: site.linked("instructor", page, match), text)

    assert linked("[how](../CONTRIBUTING.md)") == "[how](/_pages/contributing.md)"
    assert linked("[why](science.md#causes) and [that](#limits)") == "[why](#causes) and [that](#limits)"
    assert linked("[file](../setup.py), [web](https://example.org)") == "file, [web](https://example.org)"


def test_every_command_is_in_the_reference(site):
    """Catches a command that `fls --help` lists in no group, and so the site nowhere."""
    assert sorted(re.findall(r":prog: fls (\S+)", site.commands())) == sorted(site.COMMANDS)
