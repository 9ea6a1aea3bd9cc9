"""The book of results: complete, one file, and every link in it leads somewhere."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from fls_teach.book.explorer import page_html
from fls_teach.book.results.book import CHAPTERS, chapter, command, write_book
from fls_teach.book.results.science import sections
from fls_teach.book.results.tables import write_tables
from fls_teach.course.registry import exercises, own_root
from fls_teach.demos import NAMES, demo_module
from fls_teach.demos.framework.claim import Claim, Measured, Tolerance
from fls_teach.demos.framework.report import Report
from fls_teach.demos.framework.result import Result, save

SCIENCE = (own_root() / "docs" / "science.md").read_text(encoding="utf-8")
NONE = Tolerance(0, "none")
CLAIMS = [
    Claim(
        "a", "x < y & |z| <b>", "[D] science.md#u-curve", "> 0", Measured(0.5, 0.4, 0.6, n=8), Tolerance(0, "t"), True
    ),
    Claim("b", "it holds", "[P] Theorem 5.6", "0", Measured(3.0), NONE, False),
]


VOID = "img", "meta", "input", "br", "hr", "link"


class Page(HTMLParser):
    """What a page holds: ids, addresses, pictures without words, tags that stay open."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded, self.wordless, self.open = Counter(), [], [], 0, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids.update([given["id"]] if "id" in given else [])
        self.links += [given["href"]] if tag == "a" and "href" in given else []
        self.loaded += [given[name] for name in ("src", "srcset", "action") if name in given]
        self.loaded += [given["href"]] if tag == "link" else []
        self.wordless += tag == "img" and not given.get("alt")
        self.open += [tag] if tag not in VOID else []

    def handle_endtag(self, tag):
        assert tag in VOID or self.open.pop() == tag


@pytest.fixture(scope="module")
def chapters(tmp_path_factory):
    """Chapters of all demos, of results that were made up."""
    folder = tmp_path_factory.mktemp("results")
    made = []
    for name in NAMES:
        result = Result(name, demo_module(name).PRESETS["quick"], 0, {"value": [1.0]})
        files = save(result, folder) | {"figure": folder / f"{name}.png"}
        files["figure"].write_bytes(b"\x89PNG " + name.encode())
        made.append(chapter(Report(result, CLAIMS, files)))
    return made


@pytest.fixture(scope="module")
def page(chapters, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "index.html"
    write_book(chapters, path)
    assert path.with_name("explore.html").read_text(encoding="utf-8") == page_html()
    return path.read_text(encoding="utf-8")


def test_every_demo_has_its_place_and_its_picture_in_words():
    """Catches a new demo that the book would leave out without a word."""
    assert set(CHAPTERS) == set(NAMES)
    anchors = {anchor for anchor, _ in sections(SCIENCE)}
    assert {each["section"] for each in CHAPTERS.values()} <= anchors
    assert all(len(each["alt"]) > 100 for each in CHAPTERS.values())


def test_every_link_leads_to_one_place_and_nothing_is_loaded(page):
    """Catches a broken link, an id that is there twice, and a page that needs a network or other files."""
    read = Page(page)
    assert not read.open and not read.wordless
    assert [name for name, count in read.ids.items() if count > 1] == []
    within = [link[1:] for link in read.links if link.startswith("#")]
    assert len(within) > 100 and set(within) <= set(read.ids)
    assert {link for link in read.links if not link.startswith(("#", "https://"))} == {"explore.html"}
    assert read.loaded and all(address.startswith("data:") for address in read.loaded)
    assert "@import" not in page and "url(" not in page and "fetch(" not in page


def test_the_book_has_all_claims_the_whole_science_and_every_lesson(page, chapters):
    """Catches a chapter, a section or a lesson that is lost, and a claim whose signs were read as markup."""
    assert page.count("x &lt; y &amp; |z| &lt;b&gt;") == 2 * len(NAMES)  # in the table of all, and in its chapter
    assert f"{2 * len(NAMES)} claims of {len(NAMES)} demos" in page
    assert all(f'<section id="{anchor}">' in page for anchor, _ in sections(SCIENCE))
    assert all(f'<article id="lesson-{each.name}">' in page for each in exercises(own_root()))
    assert page.count("data:image/png") == len(NAMES) + len(exercises(own_root()))


def test_the_command_of_a_chapter_gives_its_result_again():
    """Catches a command that would run another preset, seed or parameter than the result's."""
    presets = demo_module("ucurve").PRESETS
    params = {**vars(presets["full"]), "n_draws": 7}
    again = command(Result("ucurve", params, 5, {}))
    assert again == "fls demo ucurve --preset full --seed 5 --set n_draws=7"


def test_the_tables_are_markdown_that_shows_what_was_claimed(chapters, tmp_path):
    """Catches a claim whose bars or brackets break its table."""
    write_tables(chapters[:2], tmp_path / "claims.md", "results")
    text = (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert "4 claims of 2 demos: 2 hold, 2 do not" in text
    write_tables(chapters[:1], tmp_path / "claims.md", "results")
    assert "2 claims of 1 demo: 1 hold" in (tmp_path / "claims.md").read_text(encoding="utf-8")
    assert r"| x \< y & \|z\| \<b\> | \[D\] science.md#u-curve | \> 0 | 0.50 ± 0.10 (n = 8) | yes |" in text
    assert re.search(r"!\[[^\]]{100,}\]\(results/mechanism\.png\)", text)


def test_from_a_folder_without_results_is_a_sentence(fls, tmp_path):
    """Catches an empty book, or a traceback, where the folder was mistyped."""
    done = fls("book", "--from", tmp_path, "--out", tmp_path / "book", check=2)
    assert "contains no result of a demo" in done.stderr and "Traceback" not in done.stderr
    done = fls("book", "--from", tmp_path, "--seed", "3", check=2)
    assert "--seed would have no effect with --from" in done.stderr


def test_a_result_of_an_earlier_version_is_left_out_and_named(fls, tmp_path):
    """Catches a book that one old file prevents, or that leaves it out without a word."""
    (tmp_path / "old").mkdir()
    for name in ("heatmap", "equivalence"):
        save(Result(name, {"gone": 1}, 0, {"value": [1.0]}), tmp_path / "old")
    done = fls("book", "--from", tmp_path / "old", "--out", tmp_path / "book", check=2)
    assert done.stderr.count("left out: ") == 2 and "was written by another version" in done.stderr
    assert "no result in" in done.stderr and "can be drawn" in done.stderr
